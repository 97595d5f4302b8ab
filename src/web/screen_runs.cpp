// All runs, and one run: its attempts, or what it found when it was a preview.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/console.hpp"
#include "runner/survey.hpp"
#include "web/charts.hpp"
#include "web/frame.hpp"
#include "web/paging.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

constexpr std::int64_t k_runs = 30;       // of one page
constexpr std::int64_t k_attempts = 100;  // of one page
constexpr std::size_t k_sample = 5;       // rows of each table and kind of a preview
constexpr std::size_t k_most_previewed = 200;

std::string facts_of(const ledger::Run& run) {
  Facts facts;
  facts.html("started", moment(run.started));
  if (run.finished) {
    facts.html("ended", fmt::format("{}, after {}", moment(*run.finished),
                                    base::format_duration(std::chrono::milliseconds(run.finished->milliseconds -
                                                                                    run.started.milliseconds))));
    facts.text("exit code", fmt::format("{}", run.exit_code.value_or(0)));
  } else {
    facts.text("ended", "not yet, or its process died");
  }
  facts.text("by", run.by)
      .text("on", fmt::format("{}, process {}", run.host, run.pid))
      .text("how", run.trigger)
      .text("why", run.reason);
  if (!run.command.empty()) facts.html("command", fmt::format("<code>{}</code>", shown(run.command)));
  return section("facts", "Who, when and why", facts.take());
}

std::string counts_section(const ledger::Run& run) {
  const std::string counts = counts_of(run.counts);
  return section("counts", run.trigger == ledger::k_preview ? "What would come of it" : "What came of it",
                 counts.empty() ? nothing("No script.") : counts);
}

std::string attempts_section(const Look& look, std::int64_t run) {
  const std::int64_t before = id_of(look.request.parameter("before"));
  std::vector<ledger::Attempt> attempts = look.history->attempts(
      ledger::Filter{.script = {}, .outcome = {}, .run = run, .limit = k_attempts + 1, .before = before});
  if (attempts.empty()) return {};
  const std::int64_t next = cut_page(attempts, k_attempts);
  return section(
      "attempts", "Attempts",
      attempts_chart(attempts) + attempts_table(attempts, {.run = false}) + pages(run_address(run), {}, before, next));
}

// ---- previews ----

std::string foreseen_badge(core::OutcomeKind kind) {
  if (kind == core::OutcomeKind::succeeded) return badge(core::name(kind), icon_of(kind), "would succeed");
  if (kind == core::OutcomeKind::skipped) return badge(core::name(kind), icon_of(kind), "would be skipped");
  if (kind == core::OutcomeKind::failed) return badge(core::name(kind), icon_of(kind), "would fail");
  return badge(kind);
}

std::string foreseen(const ledger::Previewed& script) {
  const core::Outcome& outcome = script.outcome;
  Facts facts;
  if (outcome.kind == core::OutcomeKind::failed) facts.text("cause", cli::cause_text(outcome.cause));
  facts.text("reason", outcome.reason).text("message", outcome.message);
  facts.text("took",
             fmt::format("{}, {}, {} changed", base::format_duration(script.total),
                         base::plural(script.statements, "statement"), base::plural(script.rows_changed, "row")));
  facts.text("database", script.database);
  std::string out = facts.take();
  if (!outcome.error.empty())
    out += fmt::format("<pre class=\"said failed\">{}</pre>\n", shown_lines(base::trim(outcome.error)));
  if (!script.changes.changes.empty())
    out += changes_of(script.changes.changes, core::sample(script.changes, k_sample), false);
  return fmt::format("<section class=\"card\"><div class=\"heading\"><h2>{}</h2>{}</div>{}</section>\n",
                     script_link(script.script), foreseen_badge(outcome.kind), out);
}

std::string agreement(const Look& look, std::int64_t run, const ledger::Preview& preview) {
  if (preview.scripts.empty() || !look.viewer.may(core::Scope::run)) return {};
  return fmt::format(
      "<div class=\"orders\">{}</div>\n",
      form_of(look, {"/run", "Run exactly this", Icon::play, "main",
                     "The very versions that were previewed are run, and only while they change what is told below: a "
                     "script that would change other rows is rolled back.",
                     hidden("plan", fmt::format("{}", run))}));
}

std::string preview_sections(const Look& look, std::int64_t run) {
  const auto preview = look.history->preview(run);
  if (!preview) return {};
  std::string out = agreement(look, run, *preview);
  for (std::size_t at = 0; at < std::min(preview->scripts.size(), k_most_previewed); ++at)
    out += foreseen(preview->scripts[at]);
  if (preview->scripts.size() > k_most_previewed)
    out += fmt::format("<p class=\"more\">… and {} more: <code>fettle show --preview {}</code> tells of all.</p>\n",
                       preview->scripts.size() - k_most_previewed, run);
  return out;
}

std::string cancel_of(const Look& look, const ledger::Run& run) {
  if (run.finished || !look.viewer.may(core::Scope::run)) return {};
  const runner::Lock lock = runner::lock_state(look.config());
  if (!lock.held || !lock.run || lock.run->id != run.id) return {};
  return fmt::format("<div class=\"orders\">{}</div>\n",
                     form_of(look, {"/cancel", "Cancel the run", Icon::stop, "danger",
                                    "The script at work is stopped and rolled back; those behind it stay pending."}));
}

}  // namespace

std::string runs_screen(const Look& look) {
  const std::int64_t before = id_of(look.request.parameter("before"));
  std::vector<ledger::Run> runs = look.history ? look.history->runs(k_runs + 1, before) : std::vector<ledger::Run>();
  const std::int64_t next = cut_page(runs, k_runs);
  Frame frame{.title = "Runs", .here = "/runs", .main = page_title("Runs")};
  frame.main += runs.empty() ? nothing("No run yet.")
                             : section("runs", "Newest first",
                                       runs_chart(runs) + runs_table(runs) + pages("/runs", {}, before, next));
  return framed(look, frame);
}

std::string run_screen(const Look& look, std::int64_t run) {
  const auto found = look.history ? look.history->run(run) : std::nullopt;
  if (!found) throw NotFound(fmt::format("there is no run {}", run));
  const bool preview = found->trigger == ledger::k_preview;
  Frame frame{.title = fmt::format("{} {}", preview ? "Preview" : "Run", run), .here = "/runs", .main = {}};
  frame.changes = !found->finished;
  frame.main = page_title(frame.title,
                          preview           ? badge("preview", Icon::eye, "nothing was changed")
                          : found->finished ? std::string()
                                            : badge("running", Icon::run, "not finished"),
                          shown(found->reason));
  frame.main += cancel_of(look, *found) + "<div class=\"columns\">\n<div>\n" + counts_section(*found) +
                (preview ? preview_sections(look, run) : attempts_section(look, run)) +
                "</div>\n<div class=\"side\">\n" + facts_of(*found) + "</div>\n</div>\n";
  return framed(look, frame);
}

}  // namespace web
