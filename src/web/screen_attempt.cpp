// One attempt with everything that there is to say of it.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/console.hpp"
#include "cli/json_output.hpp"
#include "runner/live_log.hpp"
#include "web/frame.hpp"
#include "web/highlight.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

constexpr std::size_t k_sample = 8;  // rows of each table and kind
constexpr std::size_t k_large_sample = 500;
constexpr std::size_t k_most_lines = 500;  // of the log

struct Shown {
  const Look& look;
  const ledger::History& history;
  ledger::Attempt attempt;
};

bool asks_for_all(const Shown& it, std::string_view what) {
  return it.look.request.parameter("show") == what;
}

std::string show_all(const Shown& it, std::string_view what, std::string_view words) {
  return fmt::format("<p class=\"more\">{}</p>\n",
                     link(fmt::format("{}?show={}#{}", attempt_address(it.attempt.id), what, what), words));
}

std::string joined_pairs(const std::string& object) {
  std::string text;
  for (const auto& [name, value] : cli::members_in(object))
    text += fmt::format("{}<code>{}</code>", text.empty() ? "" : " ", shown(fmt::format("{}={}", name, value)));
  return text;
}

std::string chips(const std::string& list) {
  std::string text;
  for (const std::string& each : cli::texts_in(list))
    text += fmt::format("<span class=\"chip\">{}</span> ", shown(each));
  return text;
}

// ---- what it came to ----

std::string outcome_of(const Shown& it) {
  const ledger::Attempt& attempt = it.attempt;
  const core::Outcome& outcome = attempt.outcome;
  Facts facts;
  if (attempt.ended_as == core::OutcomeKind::failed || outcome.cause != core::Cause::none)
    facts.text("cause", cli::cause_text(outcome.cause));
  facts.text("reason", outcome.reason).text("message", outcome.message);
  const std::int64_t taken_back = it.history.taken_back_by(attempt);
  if (taken_back != 0) facts.html("rolled back", fmt::format("in {}", attempt_link(taken_back)));
  if (attempt.details.undoes != 0) facts.html("takes back", attempt_link(attempt.details.undoes));
  if (attempt.details.try_number > 1 || attempt.details.again)
    facts.text("try", fmt::format("{} of this run{}", attempt.details.try_number,
                                  attempt.details.again ? "; it was to try again" : ""));
  if (attempt.details.allowed) facts.text("failure", "allowed: it says allowFailure = true");
  for (const std::string& warning : cli::texts_in(attempt.details.warnings)) facts.text("warning", warning);
  if (attempt.ended_as) facts.text("file", attempt.moved_to.empty() ? "stayed where it lay" : attempt.moved_to);
  return section("outcome", "Outcome", facts.take());
}

std::string error_of(const core::Outcome& outcome) {
  if (outcome.error.empty() && outcome.traceback.empty()) return {};
  std::string out;
  if (!outcome.error.empty())
    out += fmt::format("<pre class=\"said failed\">{}</pre>\n", shown_lines(base::trim(outcome.error)));
  if (!outcome.traceback.empty())
    out += fmt::format(
        "<details open id=\"traceback\"><summary>Traceback</summary><pre class=\"said\">{}</pre></details>\n",
        shown_lines(base::trim(outcome.traceback)));
  return section("error", "Error", out);
}

std::string result_of(const core::Outcome& outcome) {
  if (outcome.result.empty()) return {};
  return section("result", "Result",
                 fmt::format("<pre class=\"said\">{}</pre>\n", shown_lines(cli::pretty(outcome.result))));
}

std::string running_of(const Shown& it) {
  const auto progress = it.history.progress(it.attempt.id);
  std::string out;
  if (!it.attempt.ended_as) {
    out = fmt::format("<p>It runs since {}.</p>\n", moment(it.attempt.started));
    if (progress) out += progress_of(*progress, it.attempt.started);
    if (it.look.viewer.may(core::Scope::run) && is_sendable(it.attempt.script))
      out += fmt::format("<div class=\"orders\">{}</div>\n",
                         form_of(it.look, {"/cancel", "Cancel", Icon::stop, "danger",
                                           "Only this script is stopped and rolled back; the run goes on.",
                                           hidden("script", it.attempt.script)}));
    return section("progress", "Progress", out);
  }
  if (!progress) return {};
  const std::string total =
      progress->total > 0 ? fmt::format(" of {}", base::format_count(static_cast<std::uint64_t>(progress->total))) : "";
  out = fmt::format("<p>{}{} {}</p>\n", base::format_count(static_cast<std::uint64_t>(progress->done)), total,
                    shown(progress->label));
  if (progress->total > 0)
    out += fmt::format("<progress max=\"{}\" value=\"{}\" aria-label=\"Progress\"></progress>\n", progress->total,
                       std::min(progress->done, progress->total));
  return section("progress", "Progress", out);
}

// ---- log, changes, text ----

std::string log_of(const Shown& it) {
  const std::vector<ledger::LogLine> lines =
      it.attempt.ended_as ? it.history.lines(it.attempt.id) : runner::live_lines(it.look.config(), it.attempt.id);
  const bool all = asks_for_all(it, "log") || lines.size() <= k_most_lines;
  std::string out;
  // While it works the newest ones are of interest.
  const std::size_t first = all || it.attempt.ended_as ? 0 : lines.size() - k_most_lines;
  for (std::size_t at = first; at < lines.size() && (all || at < first + k_most_lines); ++at)
    out += fmt::format(
        "<li class=\"{0}\"><time datetime=\"{1}\" data-exact>{2}</time><span "
        "class=\"level\">{0}</span><span>{3}</span></li>\n",
        core::name(lines[at].level), base::iso8601(lines[at].at), base::iso8601(lines[at].at).substr(11, 12),
        shown(lines[at].text));
  if (!out.empty())
    out = fmt::format("<ol class=\"log\"{}>\n{}</ol>\n", it.attempt.ended_as ? "" : " aria-live=\"polite\"", out);
  if (!all) out += show_all(it, "log", fmt::format("All {} lines", base::format_count(lines.size())));
  if (const ledger::Pruned pruned = it.history.pruned(it.attempt.id); pruned.attempt != 0)
    out += fmt::format("<p class=\"soft\">What it logged was pruned on {} by {}.</p>\n",
                       base::iso8601(pruned.at).substr(0, 10), shown(pruned.by));
  return section("log", "Log", out, fmt::format("<span class=\"tally\">{}</span>", base::format_count(lines.size())));
}

std::string changed_by(const Shown& it) {
  const core::Changes changes = it.history.changes(it.attempt.id);
  if (changes.empty()) return {};
  const bool all = asks_for_all(it, "changes");
  const std::vector<core::RowChange> rows =
      it.history.sample_of_rows(it.attempt.id, changes, all ? k_large_sample : k_sample);
  std::uint64_t counted = 0;
  for (const core::TableChanges& table : changes.tables) counted += table.inserted + table.updated + table.deleted;
  std::string out = changes_of(changes, rows, all);
  if (!all && !rows.empty())
    out += show_all(
        it, "changes",
        counted > rows.size() ? fmt::format("Up to {} rows of each, in full", k_large_sample) : "Values in full");
  return section("changes", "What it changed", out);
}

std::string text_of(const Shown& it) {
  return section(
      "text", "Text that ran", text_that_ran(it.history, it.attempt.sha256),
      fmt::format("<code class=\"hash\" title=\"SHA-256\">{}</code>", shown(it.attempt.sha256.substr(0, 12))));
}

// ---- who, and what it took ----

std::string origin_of(const ledger::Attempt& attempt) {
  Facts facts;
  facts.html("started", moment(attempt.started));
  if (attempt.ended_as) facts.html("ended", moment(attempt.finished));
  facts.html("run", run_link(attempt.run));
  facts.text("by", attempt.by).text("on", attempt.host).text("how", attempt.trigger).text("why", attempt.run_reason);
  if (!attempt.command.empty()) facts.html("command", fmt::format("<code>{}</code>", shown(attempt.command)));
  facts.html("arguments", joined_pairs(attempt.details.args));
  return section("origin", "Who, when and why", facts.take());
}

std::string measures_of(const ledger::Attempt& attempt) {
  const ledger::Measures& measures = attempt.measures;
  if (!attempt.ended_as) return {};
  Facts facts;
  const auto add = [&facts](std::string_view name, std::chrono::microseconds duration) {
    if (duration.count() > 0) facts.text(name, base::format_duration(duration));
  };
  add("in all", measures.total);
  add("load", measures.load);
  add("shouldRun", measures.should_run);
  add("execute", measures.execute);
  add("commit", measures.commit);
  facts.text("database", fmt::format("{}, {} changed", base::plural(measures.statements, "statement"),
                                     base::plural(measures.rows_changed, "row")));
  if (!measures.worker_sandbox.empty()) {
    facts.text("worker", fmt::format("{} of processor time, {} of memory at most", base::format_duration(measures.cpu),
                                     base::format_size(measures.peak_memory)));
    facts.text("its sandbox", measures.worker_sandbox);
  }
  facts.text("broker's sandbox", measures.broker_sandbox);
  return section("measures", "What it took", facts.take());
}

std::string script_of(const ledger::Attempt& attempt) {
  Facts facts;
  facts.html("script", script_link(attempt.script)).text("about", attempt.description);
  facts.html("version", fmt::format("<code class=\"hash\">{}</code>{}", shown(attempt.sha256),
                                    attempt.state.empty() ? "" : ", " + shown(attempt.state)));
  facts.text("writes to", attempt.database);
  facts.html("depends on", chips(attempt.details.depends)).html("tags", chips(attempt.details.tags));
  facts.html("data", joined_pairs(attempt.details.data));
  if (attempt.repeatable) facts.text("repeatable", "yes");
  return section("script", "Script", facts.take());
}

std::string neighbours_of(const Shown& it) {
  const auto older = it.history.attempts(
      ledger::Filter{.script = it.attempt.script, .outcome = {}, .limit = 1, .before = it.attempt.id});
  std::string out = link(script_address(it.attempt.script), "The script and what can be done with it");
  if (!older.empty()) out += " · " + link(attempt_address(older.front().id), "The attempt before this one");
  return fmt::format("<p class=\"more\">{}</p>\n", out);
}

}  // namespace

std::string attempt_screen(const Look& look, std::int64_t attempt) {
  auto found = look.history ? look.history->attempt(attempt) : std::nullopt;
  if (!found) throw NotFound(fmt::format("there is no attempt {}", attempt));
  const Shown it{look, *look.history, std::move(*found)};
  Frame frame{.title = fmt::format("Attempt {}: {}", attempt, it.attempt.script), .here = {}, .main = {}};
  frame.changes = !it.attempt.ended_as;
  frame.main =
      page_title(fmt::format("Attempt {} <span class=\"of\">{}</span>", attempt, script_link(it.attempt.script)),
                 badge(it.attempt.ended_as), shown(it.attempt.description));
  frame.main += "<div class=\"columns\">\n<div>\n" + running_of(it) + outcome_of(it) + error_of(it.attempt.outcome) +
                result_of(it.attempt.outcome) + changed_by(it) + log_of(it) + text_of(it) +
                "</div>\n<div class=\"side\">\n" + origin_of(it.attempt) + measures_of(it.attempt) +
                script_of(it.attempt) + "</div>\n</div>\n" + neighbours_of(it);
  return framed(look, frame);
}

}  // namespace web
