// The ledger looked at and looked after: ledger show, test, validate, health, metrics, analyze, optimize.
#include "runner/ledger_state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/diagnoses.hpp"
#include "cli/json_ledger.hpp"
#include "cli/listing.hpp"
#include "ledger/upkeep.hpp"
#include "os/clock.hpp"
#include "os/disk.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"

namespace cli {
namespace {

std::string path_of(const Context& context) {
  return context.config().path(context.config().ledger.path);
}

ledger::History open_history(const Context& context) {
  auto history = ledger::History::open(path_of(context));
  if (!history)
    throw base::Error(base::ErrorKind::usage, fmt::format("there is no ledger yet: {}", base::escape(path_of(context))),
                      "Nothing was changed.", "fettle run   makes it");
  return std::move(*history);
}

std::string size_text(std::int64_t bytes) {
  return base::format_size(static_cast<std::uint64_t>(bytes));
}

std::string count_text(std::int64_t count) {
  return base::format_count(static_cast<std::uint64_t>(count));
}

std::string time_text(const std::optional<ledger::Microseconds>& time) {
  return time ? base::format_duration(*time) : "none yet";
}

void print_figures(const Context& context, const ledger::Figures& told) {
  std::string outcomes;
  for (const auto& [outcome, count] : told.outcomes)
    outcomes += fmt::format("{}{} {}", outcomes.empty() ? "" : ", ", count_text(count), outcome);
  print_field(context, "attempts", outcomes.empty() ? "none" : outcomes);
  if (told.unfinished > 0) print_field(context, "unfinished", count_text(told.unfinished));
  print_field(
      context, "lately",
      fmt::format("{} in the last 24 hours, {} in 7 days", count_text(told.last_day), count_text(told.last_week)));
  print_field(context, "scripts", count_text(told.scripts));
  if (told.first && told.last)
    print_field(context, "span", fmt::format("{} to {}", base::local_time(*told.first), base::local_time(*told.last)));
  print_field(context, "time",
              fmt::format("median {}, 95 % within {}, longest {}", time_text(told.median), time_text(told.slow),
                          time_text(told.longest)));
  print_field(context, "commit", fmt::format("median {}", time_text(told.median_commit)));
  print_field(context, "file",
              fmt::format("{}, of which {} free; texts {}, changed rows {}", size_text(told.bytes),
                          size_text(told.free_bytes), size_text(told.text_bytes), size_text(told.row_bytes)));
  std::string rows;
  for (const auto& [table, count] : told.tables)
    if (count > 0) rows += fmt::format("{}{} {}", rows.empty() ? "" : ", ", table, count_text(count));
  print_field(context, "rows", rows);
}

// "007_x.lua      12   1  3.1 ms   12 ms  × 1.4"
void print_scripts(const Context& context, const std::vector<ledger::ScriptFigures>& all) {
  constexpr std::size_t k_name = 28;
  context.print(
      context.style.paint(Colour::dim, fmt::format("{:<{}} {:>6} {:>6} {:>8} {:>8} {:>8}  {}", "script", k_name,
                                                   "tried", "failed", "asked", "worked", "longest", "lately")) +
      "\n");
  const std::size_t most =
      context.arguments.limit == 0 ? all.size() : static_cast<std::size_t>(context.arguments.limit);
  for (std::size_t at = 0; at < std::min(all.size(), most); ++at) {
    const ledger::ScriptFigures& each = all[at];
    const std::string name = base::fit(base::escape(each.script), k_name);
    const std::string trend = each.trend ? fmt::format("× {:.1f}", *each.trend) : "";
    context.print(fmt::format("{}{} {:>6} {:>6} {:>8} {:>8} {:>8}  {}\n", name,
                              std::string(k_name - base::display_width(name), ' '), count_text(each.attempts),
                              count_text(each.failed), base::format_duration(each.should_run),
                              base::format_duration(each.execute), base::format_duration(each.longest), trend));
  }
  if (all.size() > most) context.print(fmt::format("… and {} more (--limit 0 shows all)\n", all.size() - most));
}

}  // namespace

int ledger_show_command(const Context& context) {
  const std::string path = path_of(context);
  const std::optional<os::Disk> disk = os::disk_under(path);
  struct stat file {
  }, log{};
  const bool is_there = ::stat(path.c_str(), &file) == 0;
  const auto log_size = static_cast<std::int64_t>(::stat((path + "-wal").c_str(), &log) == 0 ? log.st_size : 0);
  const auto size = static_cast<std::int64_t>(is_there ? file.st_size : 0);
  if (context.arguments.json) {
    context.print(ledger_show_json({.path = path,
                                    .is_there = is_there,
                                    .bytes = size,
                                    .log_bytes = log_size,
                                    .disk = disk ? disk->type : "",
                                    .free = disk ? disk->free : 0}) +
                  "\n");
    return 0;
  }
  print_field(context, "storage", "SQLite; each commit is on disk before a run goes on");
  print_field(context, "path", path);
  print_field(context, "size",
              is_there ? fmt::format("{}, log {}", size_text(size), size_text(log_size))
                       : "not there yet; the first run makes it");
  if (disk) print_field(context, "disk", fmt::format("{}, {} free", disk->type, base::format_size(disk->free)));
  return 0;
}

int ledger_test_command(const Context& context) {
  return tell_diagnoses(context, runner::try_ledger_writes(context.config()));
}

int ledger_validate_command(const Context& context) {
  return tell_diagnoses(context, runner::validate_ledger(context.config()));
}

int ledger_health_command(const Context& context) {
  return tell_diagnoses(context, runner::look_after_ledger(context.config()));
}

int ledger_metrics_command(const Context& context) {
  const ledger::Figures figures = open_history(context).figures(os::now());
  if (context.arguments.json)
    context.print(ledger_metrics_json(figures) + "\n");
  else
    print_figures(context, figures);
  return 0;
}

int ledger_analyze_command(const Context& context) {
  const std::vector<ledger::ScriptFigures> all = open_history(context).script_figures();
  if (context.arguments.json)
    context.print(ledger_analyze_json(all) + "\n");
  else
    print_scripts(context, all);
  return 0;
}

namespace {

std::string prune_text(const ledger::PruneResult& result, std::string_view verb) {
  return fmt::format("{} of log and the changed rows ({}) of attempts up to {}, and {} up to run {}, {}",
                     base::plural(static_cast<std::uint64_t>(result.lines), "line"), size_text(result.bytes),
                     result.attempt, base::plural(static_cast<std::uint64_t>(result.previews), "previewed script"),
                     result.run, verb);
}

void warn_of_reader(const Context& context, const ledger::Optimized& done) {
  if (done.has_reader) context.warn({"somebody reads the ledger, so its log keeps the space until a later run"});
}

// What is pruned stays pruned, whether the file gets smaller or not.
void give_space_back(const Context& context) {
  try {
    warn_of_reader(context, ledger::optimize(path_of(context)));
  } catch (const base::Error& error) {
    context.warn({fmt::format("the space was not given back: {} (fettle ledger optimize)", error.what())});
  }
}

void print_wrapped(const Context& context, const std::string& text) {
  for (const std::string& line : paragraph(text, context.style.width)) context.print(line + "\n");
}

}  // namespace

// Looks first, so that a person is asked about what would go; nobody else waits for the answer.
int ledger_prune_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  if (!arguments.since)
    throw base::Error(base::ErrorKind::usage, "say what stays: --keep TIME, such as 90d", "Nothing was pruned.",
                      "fettle ledger prune --help");
  (void)open_history(context);
  ledger::PruneWish wish{.before = *arguments.since,
                         .by = arguments.by.empty() ? os::user_name() : arguments.by,
                         .host = os::host_name(),
                         .reason = arguments.reason,
                         .at = os::now(),
                         .dry_run = true};
  ledger::PruneResult result = ledger::prune(path_of(context), wish);
  const bool is_any = result.attempt != 0 || result.run != 0;
  bool done = false;
  if (is_any && !arguments.dry_run) {
    if (!arguments.json) print_wrapped(context, prune_text(result, "would go. What was applied stays known."));
    flush(context.out);
    if (!is_agreed(context, "Prune?", "pruning")) {
      context.print("Nothing was pruned.\n");
      return 0;
    }
    const os::Fd lock = runner::take_run_lock(context.config(), std::nullopt, nullptr);
    wish.dry_run = false;
    result = ledger::prune(path_of(context), wish);
    done = true;
    give_space_back(context);
  }
  if (arguments.json)
    context.print(ledger_prune_json(result, done) + "\n");
  else if (!is_any)
    context.print("There is nothing that old.\n");
  else
    print_wrapped(context, prune_text(result, done ? "are gone. fettle ledger verify still proves the rest."
                                                   : "would go. Nothing was changed."));
  return 0;
}

int ledger_optimize_command(const Context& context) {
  const os::Fd lock = runner::take_run_lock(context.config(), std::nullopt, nullptr);
  (void)open_history(context);  // says what is wrong before anything is touched
  const ledger::Optimized done = ledger::optimize(path_of(context));
  warn_of_reader(context, done);
  if (context.arguments.json)
    context.print(ledger_optimize_json(done) + "\n");
  else
    context.print(fmt::format("{} before, {} now\n", size_text(done.before), size_text(done.after)));
  return 0;
}

}  // namespace cli
