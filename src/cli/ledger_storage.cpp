// The ledger taken elsewhere and brought back: ledger list, init, export, import, migrate.
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/database_url.hpp"
#include "cli/json_ledger.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "exchange/leaving.hpp"
#include "exchange/ledger_place.hpp"
#include "exchange/out_file.hpp"
#include "ledger/history.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "runner/run_lock.hpp"

namespace cli {
namespace {

using exchange::Place;

std::string ledger_path(const Context& context) {
  return context.config().path(context.config().ledger.path);
}

Place own_place(const Context& context) {
  return {Place::Kind::sqlite, ledger_path(context), base::escape(ledger_path(context))};
}

// What a person typed; its ${NAME}s filled in, so that a password is on no command line.
Place place_of(const std::string& text) {
  return exchange::place_from(fill_variables(text, process_environment(), "the place"));
}

bool is_own(const Context& context, const Place& place) {
  if (place.kind != Place::Kind::sqlite) return false;
  if (place.where == ledger_path(context)) return true;
  struct stat one {
  }, other{};
  const std::string folder = ledger::folder_of(place.where);
  const auto name = [](const std::string& path) { return path.substr(path.find_last_of('/') + 1); };
  return name(place.where) == name(ledger_path(context)) && ::stat(folder.c_str(), &one) == 0 &&
         ::stat(ledger::folder_of(ledger_path(context)).c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

// Nobody runs while the ledger that they would write comes into being.
ledger::Digest copy(const Context& context, const Place& from, const Place& to) {
  std::optional<os::Fd> lock;
  if (is_own(context, to)) lock.emplace(runner::take_run_lock(context.config(), std::nullopt, nullptr));
  return exchange::copy_ledger(from, to, ledger_path(context));
}

int tell(const Context& context, const Place& from, const Place& to, const ledger::Digest& digest,
         const std::string& kept) {
  if (context.arguments.json) {
    context.print(ledger_copied_json(from.shown, to.shown, digest, kept) + "\n");
    return 0;
  }
  const bool is_read = exchange::about(to.kind).is_read;
  context.print(fmt::format("{} from {} to {}{}\n", base::plural(static_cast<std::uint64_t>(digest.rows()), "row"),
                            from.shown, to.shown, is_read ? ", read back and compared" : ""));
  if (!kept.empty()) print_field(context, "kept", kept);
  print_field(context, "digest", digest.sha256);
  return 0;
}

// YYYYMMDD-HHMMSS, UTC.
std::string stamp() {
  std::string text;
  for (const char sign : base::iso8601(os::now()).substr(0, 19))
    if (sign != '-' && sign != ':') text += sign == 'T' ? '-' : sign;
  return text;
}

// --format names the kind, --to the place; either may be left out.
Place export_place(const Arguments& arguments) {
  if (arguments.format.empty())
    return place_of(arguments.to.empty() ? "jsonl:ledger-" + stamp() + ".jsonl" : arguments.to);
  for (const exchange::PlaceKind& kind : exchange::k_place_kinds) {
    if (kind.name != arguments.format) continue;
    if (kind.kind == Place::Kind::postgresql) return place_of(arguments.to);
    const std::string name = fmt::format("{}:", kind.name);
    const bool is_file = kind.kind == Place::Kind::sqlite || kind.kind == Place::Kind::json_lines;
    const std::string ending = !is_file ? "" : kind.kind == Place::Kind::sqlite ? ".db" : ".jsonl";
    if (arguments.to.empty()) return place_of(name + "ledger-" + stamp() + ending);
    return place_of(arguments.to.starts_with(name) ? arguments.to : name + arguments.to);
  }
  throw base::Error(base::ErrorKind::usage, fmt::format("there is no format {}", base::escape(arguments.format)),
                    "Nothing was written.", "fettle ledger list");
}

}  // namespace

int ledger_list_command(const Context& context) {
  const std::string own = ledger_path(context);
  if (context.arguments.json) {
    context.print(ledger_places_json(own) + "\n");
    return 0;
  }
  for (const exchange::PlaceKind& kind : exchange::k_place_kinds)
    print_pair(context, kind.name, std::string(kind.about));
  context.print("\n" + context.style.paint(Colour::bold, "For other tools, what is applied") + "\n");
  for (const exchange::LeavingFormat& format : exchange::k_leaving_formats)
    print_pair(context, format.name, std::string(format.about));
  context.print("\n");
  print_field(context, "in use", "sqlite:" + own);
  return 0;
}

int ledger_init_command(const Context& context) {
  const Place own = own_place(context);
  const os::Fd lock = runner::take_run_lock(context.config(), std::nullopt, nullptr);
  const bool is_new = exchange::is_free(own);
  const std::string id = ledger::Ledger::open(own.where).id();
  if (context.arguments.json)
    context.print(object_json({{"path", own.where}, {"id", id}, {"made", is_new ? "yes" : "no"}}) + "\n");
  else
    context.print(fmt::format("{} {} (id {})\n", own.shown, is_new ? "is made, and empty" : "is there already", id));
  return 0;
}

namespace {

// To the file that --to names, or to stdout.
int leave(const Context& context) {
  const Arguments& arguments = context.arguments;
  const auto history = ledger::History::open(ledger_path(context));
  const exchange::Leaving leaving =
      exchange::leave_to(arguments.format, history ? history->applied({}) : std::vector<ledger::Applied>());
  if (arguments.to.empty()) {
    context.print(leaving.text);
  } else {
    exchange::write_new_file(arguments.to, leaving.text);
  }
  if (leaving.left_out.empty()) return 0;
  std::vector<std::string> warnings;
  for (const std::string& script : leaving.left_out)
    warnings.push_back(fmt::format("{} is left out: that tool cannot have such a name", base::escape(script)));
  context.warn(warnings);
  return 0;
}

}  // namespace

int ledger_export_command(const Context& context) {
  if (exchange::is_leaving_format(context.arguments.format)) return leave(context);
  const Place to = export_place(context.arguments);
  return tell(context, own_place(context), to, copy(context, own_place(context), to), "");
}

int ledger_import_command(const Context& context) {
  if (context.arguments.from.empty())
    throw base::Error(base::ErrorKind::usage, "say what to bring back: --from PLACE", "Nothing was changed.",
                      "fettle ledger list");
  const Place from = place_of(context.arguments.from);
  const Place to = own_place(context);
  ledger::make_folder(to.where);
  return tell(context, from, to, copy(context, from, to), "");
}

int ledger_migrate_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.to.empty())
    throw base::Error(base::ErrorKind::usage, "say where the ledger goes: --to PLACE", "Nothing was changed.",
                      "fettle ledger list");
  const Place from = arguments.from.empty() ? own_place(context) : place_of(arguments.from);
  const Place to = place_of(arguments.to);
  std::string kept;
  if (arguments.backup) {
    if (from.kind != Place::Kind::sqlite)
      throw base::Error(base::ErrorKind::usage, "--backup keeps a copy of a SQLite ledger, and that is none",
                        "Nothing was changed.");
    kept = fmt::format("{}.backup-{}", from.where, stamp());
    (void)copy(context, from, {Place::Kind::sqlite, kept, base::escape(kept)});
  }
  return tell(context, from, to, copy(context, from, to), kept);
}

}  // namespace cli
