#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/changes.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/imported.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/recorded.hpp"
#include "cli/report.hpp"
#include "cli/words.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

ledger::History open_history(const Context& context) {
  auto history = ledger::History::open(context.config().path(context.config().ledger.path));
  if (history) return std::move(*history);
  throw base::Error(base::ErrorKind::usage, "no script was run yet, so there is nothing to show",
                    "Nothing was changed.", "fettle status");
}

// The other attempts of this script, newest first.
std::vector<ledger::Attempt> others_of(const ledger::History& history, const ledger::Attempt& shown) {
  constexpr std::int64_t k_most = 20;
  ledger::Filter filter;
  filter.script = shown.script;
  filter.limit = k_most;
  std::vector<ledger::Attempt> others = history.attempts(filter);
  std::erase_if(others, [&shown](const ledger::Attempt& each) { return each.id == shown.id; });
  return others;
}

void heading(const Context& context, std::string_view text) {
  context.print("\n" + context.style.paint(Colour::bold, text) + "\n");
}

void print_lines_of(const Context& context, std::string_view text, std::string_view indent) {
  for (const std::string_view line : base::split(text, '\n'))
    context.print(fmt::format("{}{}\n", indent, base::escape_lines(line)));
}

std::string when(const ledger::Attempt& attempt) {
  std::string text = base::local_time(attempt.started);
  if (attempt.ended_as) text += fmt::format(", for {}", base::format_duration(attempt.measures.total));
  return text;
}

std::string who(const ledger::Attempt& attempt) {
  return fmt::format("{} on {}, {}{}{}", attempt.by, attempt.host, attempt.trigger,
                     attempt.run_reason.empty() ? "" : ": ", attempt.run_reason);
}

// What never came to pass is left out.
std::string durations_of(const ledger::Measures& measures) {
  const std::pair<std::string_view, std::chrono::microseconds> all[] = {{"load", measures.load},
                                                                        {"shouldRun", measures.should_run},
                                                                        {"execute", measures.execute},
                                                                        {"commit", measures.commit}};
  std::string text;
  for (const auto& [name, duration] : all)
    if (duration.count() > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, base::format_duration(duration));
  return text;
}

void print_measures(const Context& context, const ledger::Measures& measures) {
  print_field(context, "durations", durations_of(measures));
  const bool had_worker = !measures.worker_sandbox.empty();  // undone by its rows it has none
  print_field(context, "worker",
              !had_worker ? std::string()
                          : fmt::format("cpu {}, peak memory {}", base::format_duration(measures.cpu),
                                        base::format_size(measures.peak_memory)));
  print_field(context, "database",
              fmt::format("{}, {} changed", base::plural(measures.statements, "statement"),
                          base::plural(measures.rows_changed, "row")));
  print_field(context, "sandbox",
              fmt::format("{}broker {}", had_worker ? fmt::format("worker {}; ", measures.worker_sandbox) : "",
                          measures.broker_sandbox));
}

std::string pairs(const std::string& object, std::size_t longest) {
  std::string text;
  for (const auto& [name, value] : members_in(object))
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, base::fit(value, longest));
  return text;
}

std::string try_of(const ledger::Details& details) {
  if (details.try_number == 1 && !details.again) return {};
  return fmt::format("try {} of this run{}", details.try_number, details.again ? "; it was to try again" : "");
}

void print_details(const Context& context, const ledger::Details& details, std::int64_t rolled_back_by) {
  constexpr std::size_t k_whole = 4000;
  constexpr std::size_t k_short_hash = 13;  // of a data file: enough to tell two apart
  print_field(context, "try", try_of(details));
  if (details.allowed) print_field(context, "failure", "allowed: it says allowFailure = true");
  if (details.undoes != 0) print_field(context, "rollback", fmt::format("takes back attempt {}", details.undoes));
  if (rolled_back_by != 0)
    print_field(context, "rollback", fmt::format("was rolled back in attempt {}", rolled_back_by));
  print_field(context, "args", pairs(details.args, k_whole));
  print_field(context, "data", pairs(details.data, k_short_hash));
  print_field(context, "depends on", fmt::format("{}", fmt::join(texts_in(details.depends), ", ")));
  print_field(context, "tags", fmt::format("{}", fmt::join(texts_in(details.tags), ", ")));
  for (const std::string& warning : texts_in(details.warnings)) print_field(context, "warning", warning);
}

void print_header(const Context& context, const ledger::Attempt& attempt, std::int64_t rolled_back_by) {
  const std::string title =
      fmt::format("attempt {} {} {}", attempt.id, context.style.bullet(), base::escape(attempt.script));
  context.print(context.style.paint(Colour::bold, base::fit(title, context.style.width)) + "\n\n");
  std::string outcome = outcome_text(context.style, attempt.ended_as, 0);
  if (attempt.ended_as == core::OutcomeKind::failed) outcome += fmt::format(": {}", cause_text(attempt.outcome.cause));
  context.print(context.style.paint(Colour::dim, "outcome    ") + outcome + "\n");
  print_field(context, "reason", attempt.outcome.reason);
  print_field(context, "message", attempt.outcome.message);
  print_field(context, "about", attempt.description);
  print_details(context, attempt.details, rolled_back_by);
  print_field(context, "started", when(attempt));
  print_field(context, "run", fmt::format("{} by {}", attempt.run, who(attempt)));
  print_field(context, "command", attempt.command);
  print_field(context, "file", attempt.moved_to.empty() ? "stayed pending" : attempt.moved_to);
  print_field(context, "version",
              fmt::format("{}{}{}", attempt.sha256, attempt.state.empty() ? "" : ", ", attempt.state));
  print_field(context, "writes to", attempt.database);
  if (attempt.repeatable) print_field(context, "repeatable", "yes");
  if (attempt.ended_as) print_measures(context, attempt.measures);
}

void print_outcome(const Context& context, const core::Outcome& outcome) {
  if (!outcome.error.empty()) {
    heading(context, "Error");
    print_lines_of(context, base::trim(outcome.error), "  ");
  }
  if (!outcome.traceback.empty()) {
    heading(context, "Traceback");
    print_lines_of(context, base::trim(outcome.traceback), "  ");
  }
  if (!outcome.result.empty()) {
    heading(context, "Result");
    print_lines_of(context, pretty(outcome.result), "  ");
  }
}

void print_log(const Context& context, const std::vector<ledger::LogLine>& lines) {
  if (lines.empty()) return;
  heading(context, "Log");
  for (const ledger::LogLine& line : lines) {
    const std::string start =
        fmt::format("  {}  {}", base::iso8601(line.at).substr(11), pad(core::name(line.level), 5));
    context.print(context.style.paint(Colour::dim, start) + "  " + base::escape(line.text) + "\n");
  }
}

// Exactly what ran: never wrapped, never cut, only made safe for the terminal.
void print_text(const Context& context, std::string_view text) {
  heading(context, "Text that ran");
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::vector<std::string_view> lines = base::split(text, '\n');
  const std::size_t width = std::max<std::size_t>(3, fmt::formatted_size("{}", lines.size()));
  std::size_t number = 0;
  for (const std::string_view line : lines)
    context.print(context.style.paint(Colour::dim, fmt::format("  {:>{}} ", ++number, width)) +
                  fmt::format(" {}\n", base::escape_lines(line)));
}

Full wish(const Context& context) noexcept {
  return context.arguments.full ? Full::yes : Full::no;
}

// Of all rows none is held longer than it takes to print it.
RowsOf recorded_rows(const ledger::History& history, std::int64_t attempt) {
  return [&history, attempt](std::uint32_t table, const std::function<void(const core::RowChange&)>& take) {
    history.each_changed_row(attempt, [&](const core::RowChange& row) {
      if (row.table == table) take(row);
    });
  };
}

std::vector<core::RowChange> rows_to_show(const ledger::History& history, std::int64_t attempt,
                                          const core::Changes& changes, Full full) {
  if (full == Full::no) return history.sample_of_rows(attempt, changes, k_sample);
  std::vector<core::RowChange> rows;
  history.each_changed_row(attempt, [&rows](const core::RowChange& row) { rows.push_back(row); });
  return rows;
}

void print_changes(const Context& context, const core::Changes& changes, const RowsOf& rows, std::string_view more) {
  if (changes.empty()) return;
  heading(context, "Changes");
  tell_changes(changes, rows, context.style, wish(context),
               [&context](const std::string& line) { context.print(line + "\n"); });
  if (wish(context) == Full::no && !more.empty()) context.print(fmt::format("  All rows: {}\n", more));
}

void print_changes(const Context& context, const ledger::History& history, std::int64_t attempt) {
  const core::Changes changes = history.changes(attempt);
  if (wish(context) == Full::yes) return print_changes(context, changes, recorded_rows(history, attempt), {});
  const std::vector<core::RowChange> sample = history.sample_of_rows(attempt, changes, k_sample);
  std::uint64_t rows = 0;
  for (const core::TableChanges& table : changes.tables) rows += table.inserted + table.updated + table.deleted;
  const bool more = !sample.empty() && rows > sample.size();
  print_changes(context, changes, rows_of(sample), more ? fmt::format("fettle show {} --full", attempt) : "");
}

void print_attempt(const Context& context, const ledger::History& history, const ledger::Attempt& attempt,
                   std::int64_t rolled_back_by, const std::vector<ledger::Attempt>& others) {
  print_header(context, attempt, rolled_back_by);
  if (const auto fact = history.imported(attempt.script)) print_field(context, "elsewhere", core::describe(*fact));
  print_outcome(context, attempt.outcome);
  print_changes(context, history, attempt.id);
  print_log(context, history.lines(attempt.id));
  if (const ledger::Pruned pruned = history.pruned(attempt.id); pruned.attempt != 0)
    context.print(
        context.style.paint(Colour::dim, fmt::format("What it logged was pruned on {} by {}.",
                                                     base::iso8601(pruned.at).substr(0, 10), base::escape(pruned.by))) +
        "\n");
  print_text(context, history.text(attempt.sha256));
  if (others.empty()) return;
  heading(context, "Other attempts of this script");
  print_attempts(context, others);
}

ToShow to_show(const Context& context, const ledger::History& history, const ledger::Attempt& attempt,
               std::int64_t rolled_back_by, const std::vector<ledger::Attempt>& others) {
  ToShow shown;
  shown.attempt = attempt;
  shown.rolled_back_by = rolled_back_by;
  shown.lines = history.lines(attempt.id);
  shown.text = history.text(attempt.sha256);
  shown.changes = history.changes(attempt.id);
  shown.rows = rows_to_show(history, attempt.id, shown.changes, wish(context));
  for (const ledger::Attempt& other : others) shown.others.emplace_back(other, history.changes(other.id));
  return shown;
}

ReportedScript reported_attempt(const Context& context, const ledger::History& history,
                                const ledger::Attempt& attempt) {
  ReportedScript script;
  script.script = attempt.script;
  script.sha256 = attempt.sha256;
  script.outcome = attempt.ended_as ? std::optional(attempt.outcome) : std::nullopt;
  script.duration = attempt.measures.total;
  script.statements = attempt.measures.statements;
  script.rows_changed = attempt.measures.rows_changed;
  script.database = attempt.database;
  script.changes = history.changes(attempt.id);
  script.rows = rows_to_show(history, attempt.id, script.changes, wish(context));
  script.text = history.text(attempt.sha256);
  return script;
}

void told_of(const Context& context) {
  const std::string& file = context.arguments.output;
  if (context.arguments.json)
    context.print(object_json({{"output", file}}) + "\n");
  else if (context.arguments.talk != Talk::quiet)
    context.print(fmt::format("Written: {}\n", base::escape(file)));
}

void write_attempt(const Context& context, const ledger::History& history, const ledger::Attempt& attempt) {
  ReportFacts facts;
  facts.title = fmt::format("Attempt {}: {}", attempt.id, attempt.script);
  facts.facts = {{"run", fmt::format("{} by {}", attempt.run, who(attempt))},
                 {"started", base::iso8601(attempt.started)},
                 {"command", attempt.command}};
  facts.full = wish(context);
  const ReportedScript script = reported_attempt(context, history, attempt);
  write_report(context.arguments.output, facts, {&script, 1});
  told_of(context);
}

// ---- previews ----

core::RunReport report_of(const ledger::Preview& preview, std::int64_t run) {
  core::RunReport report;
  report.run = run;
  report.trigger = preview.start.trigger;
  report.by = preview.start.by;
  report.host = preview.start.host;
  report.reason = preview.start.reason;
  report.started = preview.start.at;
  report.finished = preview.end.at;
  report.duration = std::chrono::milliseconds(preview.end.at.milliseconds - preview.start.at.milliseconds);
  report.dry_run = true;
  for (const ledger::Previewed& previewed : preview.scripts) {
    core::AttemptReport& script = report.scripts.emplace_back();
    script.script = previewed.script;
    script.sha256 = previewed.sha256;
    script.outcome = previewed.outcome;
    script.duration = previewed.total;
    script.changes = previewed.changes.changes;
    script.sample = core::all_rows(previewed.changes);
    report.counts.add(previewed.outcome.kind);
  }
  return report;
}

void print_previewed(const Context& context, const core::AttemptReport& script) {
  const std::string title =
      fmt::format("{} {} ", context.style.symbol(script.outcome.kind), base::escape(script.script));
  context.print("\n" + context.style.paint(Colour::bold, base::fit(title, context.style.width)) + "\n");
  print_field(context, "outcome", core::name(script.outcome.kind));
  print_field(context, "reason", script.outcome.reason);
  print_field(context, "message", script.outcome.message);
  print_field(context, "error", script.outcome.error);
  print_field(context, "version", script.sha256);
  const std::vector<std::string> lines =
      change_lines(script.changes, rows_of(script.sample), context.style, wish(context));
  for (const std::string& line : lines) context.print(line + "\n");
}

void print_preview(const Context& context, const core::RunReport& report, const std::string& command) {
  const std::string title = fmt::format("preview {} {} {}", report.run, context.style.bullet(),
                                        base::plural(report.scripts.size(), "script"));
  context.print(context.style.paint(Colour::bold, title) + "\n\n");
  print_field(context, "started", base::local_time(report.started));
  print_field(context, "by",
              fmt::format("{} on {}{}{}", report.by, report.host, report.reason.empty() ? "" : ": ", report.reason));
  print_field(context, "command", command);
  print_field(context, "so", "everything was rolled back: nothing was changed");
  for (const core::AttemptReport& script : report.scripts) print_previewed(context, script);
}

void write_preview(const Context& context, const ledger::Preview& preview, const core::RunReport& report) {
  std::vector<ReportedScript> scripts;
  for (std::size_t at = 0; at < report.scripts.size(); ++at) {
    scripts.push_back(reported(report.scripts[at]));
    scripts.back().statements = preview.scripts[at].statements;
    scripts.back().rows_changed = preview.scripts[at].rows_changed;
    scripts.back().database = preview.scripts[at].database;
  }
  ReportFacts facts = facts_of(report);
  facts.full = wish(context);
  write_report(context.arguments.output, facts, scripts);
  told_of(context);
}

int show_preview(const Context& context) {
  const std::int64_t run = context.arguments.preview_run;
  const ledger::History history = open_history(context);
  const std::optional<ledger::Preview> preview = history.preview(run);
  if (!preview)
    throw base::Error(base::ErrorKind::usage, fmt::format("run {} was no preview", run), "Nothing was changed.",
                      "fettle history --preview");
  const core::RunReport report = report_of(*preview, run);
  if (!context.arguments.output.empty())
    write_preview(context, *preview, report);
  else if (context.arguments.json)
    context.print(run_json(report) + "\n");
  else
    print_preview(context, report, preview->start.command);
  return 0;
}

}  // namespace

int show_command(const Context& context) {
  if (!context.arguments.output.empty()) (void)report_format(context.arguments.output);
  if (context.arguments.preview_run != 0) return show_preview(context);
  const ledger::History history = open_history(context);
  if (is_only_imported(history, context.arguments.words.front())) return show_imported(context, history);
  const Found found = find_attempt(history, context.arguments.words.front());
  const std::vector<ledger::Attempt> others = others_of(history, found.attempt);
  const std::int64_t rolled_back_by = history.taken_back_by(found.attempt);
  if (!context.arguments.output.empty())
    write_attempt(context, history, found.attempt);
  else if (context.arguments.json)
    context.print(show_json(to_show(context, history, found.attempt, rolled_back_by, others)) + "\n");
  else
    print_attempt(context, history, found.attempt, rolled_back_by, others);
  if (!found.also.empty() && found.also != found.attempt.script && context.arguments.talk != Talk::quiet)
    context.say(fmt::format("This is attempt {}; the script of that number: fettle show {}\n", found.attempt.id,
                            core::command_word(found.also)));
  return 0;
}

}  // namespace cli
