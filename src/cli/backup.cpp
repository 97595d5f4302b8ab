#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/backing_up.hpp"
#include "cli/commands.hpp"
#include "cli/json_backup.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/putting_back.hpp"
#include "cli/run.hpp"
#include "os/clock.hpp"
#include "os/signals.hpp"
#include "runner/run_lock.hpp"

namespace cli {
namespace {

constexpr int k_fault_found = 7;

void print_wrapped(const Context& context, std::string_view text) {
  for (const std::string& line : paragraph(text, context.style.width)) context.print(line + "\n");
}

void print_below(const Context& context, std::string_view text) {
  for (const std::string& line : paragraph(text, context.style.width - 4))
    context.print("    " + context.style.paint(Colour::dim, line) + "\n");
}

// As a person in the folder of the configuration names it.
std::string shown_path(const Context& context, const std::string& path) {
  const std::string start = context.config().directory + "/";
  return path.starts_with(start) ? path.substr(start.size()) : path;
}

// Nobody can be asked where no terminal is.
void refuse_unasked(const Context& context) {
  if (context.arguments.yes || (::isatty(STDIN_FILENO) != 0 && !context.arguments.json)) return;
  throw base::Error(base::ErrorKind::usage, "a restore asks first, and nobody can answer here", "Nothing was restored.",
                    "Say --yes, or look first: --into DIR");
}

std::string title_of(const backup::Part& part) {
  return part.kind == backup::PartKind::database ? fmt::format("database {}", part.database)
                                                 : std::string(backup::name(part.kind));
}

// "ledger, main, old, scripts"
std::string holds(const backup::Manifest& manifest) {
  std::string text;
  for (const backup::Part& part : manifest.parts)
    if (part.kind != backup::PartKind::contents)
      text += fmt::format("{}{}", text.empty() ? "" : ", ",
                          part.kind == backup::PartKind::database ? part.database : backup::name(part.kind));
  if (manifest.locked.by != core::Encrypt::none) text += " (encrypted)";
  return text;
}

void print_row(const Context& context, std::size_t name_width, const std::array<std::string, 5>& cells) {
  const std::array<std::size_t, 4> widths = {name_width, 16, 8, 10};
  std::string line;
  for (std::size_t at = 0; at < widths.size(); ++at) {
    const std::string cell = at == 0 ? cells[at] : base::fit(cells[at], widths[at]);
    line += at == 2 ? fmt::format("{:>{}}  ", cell, widths[at]) : pad(cell, widths[at]) + "  ";
  }
  context.print(base::fit(line + cells[4], context.style.width) + "\n");
}

}  // namespace

int backup_create_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  refuse_backup(context.config(), arguments.without);
  const auto start = os::Steady::now();
  Console console = console_of(context);
  const os::Fd lock = runner::take_run_lock(context.config(), arguments.wait, &console);
  os::StopSignals signals;
  const auto made = make_backup(context.config(), {"manual", arguments.by, arguments.reason, 0, arguments.without},
                                lock.get(), signals.fd());
  if (!made) {
    context.say("Stopped; no backup was made.\n");
    return 128 + signals.take();
  }
  const std::string path = vault_of(context.config()).path_of(made->name);
  context.warn(made->warnings);
  if (arguments.json) {
    context.print(made_backup_json(*made, path) + "\n");
    return 0;
  }
  context.print(fmt::format("backup {}\n", made->name));
  for (const backup::Part& part : made->manifest.parts) {
    if (part.kind == backup::PartKind::contents) continue;
    std::string what =
        fmt::format("{}, {} packed", base::format_size(part.packed.size), base::format_size(part.packed.packed));
    if (part.kind == backup::PartKind::scripts) what = base::plural(made->scripts, "script") + ", " + what;
    print_pair(context, title_of(part), what);
  }
  for (const std::string& name : made->manifest.without)
    print_pair(context, fmt::format("database {}", name), "left out");
  print_wrapped(context, fmt::format("{} in {}: {}", base::format_size(made->manifest.size()),
                                     base::format_duration(os::since(start)), shown_path(context, path)));
  for (const std::string& name : made->pruned)
    print_wrapped(context, fmt::format("removed, as [backup] keep says: {}", name));
  return 0;
}

int backup_list_command(const Context& context) {
  const backup::Vault vault = vault_of(context.config());
  const std::vector<backup::Entry> entries = vault.list();
  if (context.arguments.json) {
    context.print(backups_json(vault, entries) + "\n");
    return 0;
  }
  if (entries.empty()) {
    print_wrapped(context, fmt::format("There is no backup in {}. Make one: fettle backup create", vault.path()));
    return 0;
  }
  std::size_t width = 0;
  for (const backup::Entry& entry : entries) width = std::max(width, base::display_width(base::escape(entry.name)));
  print_row(context, width, {"name", "made", "size", "trigger", "reason"});
  for (const backup::Entry& entry : entries) {
    const backup::Manifest& manifest = entry.manifest;
    if (entry.fault) {
      print_row(context, width, {base::escape(entry.name), "", "", "", ""});
      print_below(context, fmt::format("{}: {}", entry.fault->file, entry.fault->what));
      continue;
    }
    print_row(context, width,
              {base::escape(entry.name), base::local_time(manifest.made).substr(0, 16),
               base::format_size(manifest.size()), base::escape(manifest.trigger), base::escape(manifest.reason)});
    std::string note = holds(manifest);
    if (manifest.run != 0) note += fmt::format("; before run {}", manifest.run);
    for (const std::string& name : manifest.without) note += fmt::format("; without {}", name);
    print_below(context, note);
  }
  return 0;
}

int backup_verify_command(const Context& context) {
  const backup::Vault vault = vault_of(context.config());
  std::vector<backup::Entry> entries;
  for (const std::string& name : context.arguments.words) entries.push_back(vault.find(name));
  if (entries.empty()) entries = vault.list();
  if (!context.arguments.all && context.arguments.words.empty() && entries.size() > 1) entries.resize(1);
  if (entries.empty())
    throw base::Error(base::ErrorKind::usage, fmt::format("there is no backup in {}", base::escape(vault.path())),
                      "Nothing was verified.", "fettle backup create");
  std::vector<Verified> all;
  for (backup::Entry& entry : entries) {
    const auto key = key_of(context.config(), entry, Asked::optional);
    std::vector<backup::Fault> faults = vault.verify(entry, key);
    all.push_back({std::move(entry), std::move(faults), key.has_value()});
  }
  const bool is_faulty = std::any_of(all.begin(), all.end(), [](const Verified& one) { return !one.faults.empty(); });
  if (context.arguments.json) {
    context.print(verified_json(all) + "\n");
    return is_faulty ? k_fault_found : 0;
  }
  for (const Verified& one : all) {
    for (const backup::Fault& fault : one.faults)
      for (const std::string& line :
           paragraph(fmt::format("{}/{}: {}", one.entry.name, fault.file, fault.what), context.style.width))
        context.print(context.style.paint(Colour::red, line) + "\n");
    if (!one.faults.empty()) continue;
    const bool is_locked = one.entry.manifest.locked.by != core::Encrypt::none;
    print_pair(context, one.entry.name,
               fmt::format("whole, {}{}", base::format_size(one.entry.manifest.size()),
                           is_locked && !one.decrypted ? "; not decrypted: no secret was given" : ""));
  }
  return is_faulty ? k_fault_found : 0;
}

namespace {

int tell_faults(const Context& context, const backup::Entry& entry, const std::vector<backup::Fault>& faults) {
  if (context.arguments.json) context.print(verified_json({{entry, faults, false}}) + "\n");
  for (const backup::Fault& fault : faults)
    for (const std::string& line :
         paragraph(fmt::format("{}/{}: {}", entry.name, fault.file, fault.what), context.style.width))
      context.say(context.style.paint(Colour::red, line) + "\n");
  context.say("Nothing was restored; everything is as it was. Next: fettle backup verify --all\n");
  return k_fault_found;
}

void tell_put_back(const Context& context, const PutBackReport& report) {
  for (const PutBack& put : report.all) {
    if (put.how == PutBack::How::same) print_pair(context, put.what, "was as the backup has it");
    if (put.how == PutBack::How::restored && put.what != "scripts")
      print_pair(context, put.what,
                 put.kept.empty() ? "restored" : fmt::format("restored; before it: {}", shown_path(context, put.kept)));
    if (put.how == PutBack::How::beside) print_pair(context, put.what, fmt::format("restored as {}", put.kept));
    if (put.how == PutBack::How::restored && put.what == "scripts")
      print_pair(context, put.what, fmt::format("{} moved back, {} written", report.moved, report.written));
    if (put.how == PutBack::How::beside)
      print_wrapped(context,
                    "MariaDB cannot swap two databases at once, so yours is as it was. Look at the restored one, then "
                    "name it in the url of config.toml, and of your application.");
  }
  for (const std::string& name : report.left)
    print_wrapped(context, fmt::format("left as it is, with other bytes than in the backup: {}", name));
}

}  // namespace

int backup_restore_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  const core::Config& config = context.config();
  const backup::Vault vault = vault_of(config);
  const backup::Entry entry = vault.find(arguments.words.front());
  if (entry.fault) return tell_faults(context, entry, {*entry.fault});
  const auto key = key_of(config, entry, Asked::must);
  const RestoreWish wish{arguments.by,     arguments.reason,  arguments.databases,
                         arguments.ledger, arguments.scripts, arguments.force};
  refuse_wish(entry, wish);
  if (const auto faults = vault.verify(entry, key); !faults.empty()) return tell_faults(context, entry, faults);
  if (!arguments.into.empty()) {
    put_into(vault, entry, key, arguments.into);
    if (arguments.json)
      context.print(object_json({{"name", entry.name}, {"into", arguments.into}}) + "\n");
    else
      print_wrapped(context, fmt::format("backup {} is written out in {}", entry.name, base::escape(arguments.into)));
    return 0;
  }
  const std::string what = fmt::format("{}", fmt::join(wanted_parts(entry, wish), ", "));
  if (!arguments.json)
    print_wrapped(context, fmt::format("backup {} of {}: {}", entry.name, base::local_time(entry.manifest.made), what));
  refuse_unasked(context);
  flush(context.out);
  if (!is_agreed(context, "Put it in the place of what is there?", "a restore")) {
    context.print("Nothing was restored.\n");
    return 0;
  }
  const PutBackReport report = put_back(config, vault, entry, key, wish);
  if (arguments.json)
    context.print(put_back_json(entry, report) + "\n");
  else
    tell_put_back(context, report);
  return 0;
}

int backup_prune_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  const backup::Vault vault = vault_of(context.config());
  backup::Retention retention{context.config().backup.keep, context.config().backup.keep_days};
  if (arguments.most != 0 || arguments.days != 0)
    retention = {arguments.most == 0 ? core::k_unlimited : static_cast<std::uint64_t>(arguments.most),
                 arguments.days == 0 ? core::k_unlimited : static_cast<std::uint64_t>(arguments.days)};
  std::vector<std::string> names = prune(vault, retention, false, false);
  if (!arguments.dry_run && !names.empty()) {
    if (!arguments.json)
      for (const std::string& name : names) context.print(fmt::format("  {}\n", base::escape(name)));
    if (!is_agreed(context, fmt::format("Remove {}?", base::plural(names.size(), "backup")), "removing backups")) {
      context.print("Nothing was removed.\n");
      return 0;
    }
  }
  if (!arguments.dry_run) {
    const os::Fd lock = vault.lock();
    names = prune(vault, retention, false, true);
  }
  if (arguments.json) {
    context.print(lists_json({{arguments.dry_run ? "would_remove" : "removed", names}}) + "\n");
    return 0;
  }
  if (arguments.dry_run)
    for (const std::string& name : names) context.print(fmt::format("  {}\n", base::escape(name)));
  context.print(
      fmt::format("{} {}\n", base::plural(names.size(), "backup"), arguments.dry_run ? "would be removed" : "removed"));
  return 0;
}

}  // namespace cli
