#include "web/screen_parts.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/console.hpp"
#include "os/clock.hpp"
#include "os/random.hpp"
#include "web/highlight.hpp"

namespace web {
namespace {

using core::OutcomeKind;

struct Share {
  OutcomeKind kind;
  std::uint64_t count;
};

// In the order in which they are told.
std::array<Share, 7> shares_of(const core::Counts& counts) noexcept {
  return {Share{OutcomeKind::succeeded, counts.succeeded},     Share{OutcomeKind::skipped, counts.skipped},
          Share{OutcomeKind::failed, counts.failed},           Share{OutcomeKind::blocked, counts.blocked},
          Share{OutcomeKind::interrupted, counts.interrupted}, Share{OutcomeKind::unknown, counts.unknown},
          Share{OutcomeKind::rolled_back, counts.rolled_back}};
}

// Its words stand beside it.
std::string bar_of(const core::Counts& counts) {
  constexpr double k_width = 100;
  const double all = static_cast<double>(counts.total());
  const auto shares = shares_of(counts);
  if (std::count_if(shares.begin(), shares.end(), [](const Share& share) { return share.count > 0; }) < 2) return {};
  std::string parts;
  double at = 0;
  for (const Share& share : shares_of(counts)) {
    if (share.count == 0) continue;
    const double width = k_width * static_cast<double>(share.count) / all;
    parts += fmt::format("<rect class=\"{}\" x=\"{:.2f}\" width=\"{:.2f}\" height=\"6\"/>", core::name(share.kind), at,
                         width);
    at += width;
  }
  return fmt::format(
      "<svg class=\"shares\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg>", parts);
}

std::string duration_of(const ledger::Attempt& attempt) {
  return attempt.ended_as && attempt.measures.total.count() > 0 ? base::format_duration(attempt.measures.total)
                                                                : std::string();
}

std::string attempt_row(const ledger::Attempt& attempt, Columns columns) {
  std::string row = fmt::format(
      "<tr class=\"{}\" data-id=\"{}\"><td class=\"id\">{}</td><td>{}</td>",
      attempt.ended_as ? core::name(*attempt.ended_as) : "running", attempt.id,
      link(attempt_address(attempt.id), fmt::format("<span class=\"unseen\">Attempt </span>{}", attempt.id)),
      badge(attempt.ended_as));
  if (columns.script) row += fmt::format("<td class=\"wide\">{}</td>", script_link(attempt.script));
  row += fmt::format("<td class=\"gist\">{}</td><td class=\"number\">{}</td><td>{}</td>", clipped(gist_of(attempt)),
                     duration_of(attempt), moment(attempt.started));
  if (columns.run)
    row +=
        fmt::format("<td>{}</td><td class=\"id\">{}</td>", shown(attempt.by),
                    link(run_address(attempt.run), fmt::format("<span class=\"unseen\">Run </span>{}", attempt.run)));
  return row + "</tr>\n";
}

std::string run_state(const ledger::Run& run) {
  if (!run.finished) return badge("running", Icon::run, "not finished");
  if (run.trigger == ledger::k_preview) return badge("preview", Icon::eye, "preview");
  if (run.counts.unknown > 0) return badge(OutcomeKind::unknown);
  if (run.counts.failed > 0) return badge(OutcomeKind::failed);
  if (run.counts.interrupted > 0) return badge(OutcomeKind::interrupted);
  if (run.counts.rolled_back > 0) return badge(OutcomeKind::rolled_back);
  if (run.counts.blocked > 0 && run.counts.succeeded + run.counts.skipped == 0) return badge(OutcomeKind::blocked);
  if (run.counts.succeeded == 0 && run.counts.skipped > 0) return badge(OutcomeKind::skipped);
  return badge("succeeded", Icon::check, "done");
}

std::string run_row(const ledger::Run& run) {
  const std::string took =
      run.finished && *run.finished > run.started
          ? base::format_duration(std::chrono::milliseconds(run.finished->milliseconds - run.started.milliseconds))
          : std::string();
  const std::string counts = counts_of(run.counts);
  return fmt::format(
      "<tr data-id=\"{}\"><td class=\"id\">{}</td><td>{}</td><td class=\"wide\">{}</td><td "
      "class=\"number\">{}</td><td>{}</td><td>{}</td>"
      "<td>{}</td><td class=\"gist\">{}</td></tr>\n",
      run.id, link(run_address(run.id), fmt::format("<span class=\"unseen\">Run </span>{}", run.id)), run_state(run),
      counts.empty() ? "<span class=\"soft\">no script</span>" : counts, took, moment(run.started), shown(run.by),
      shown(run.trigger), clipped(run.reason));
}

// Nobody can tell it to a fraction of a second.
std::string time_left(double seconds) {
  constexpr double k_longest = 1e9;
  const auto whole = std::chrono::seconds(static_cast<std::int64_t>(std::clamp(seconds + 0.5, 1.0, k_longest)));
  return whole < std::chrono::minutes(1) ? fmt::format("{} s", whole.count()) : base::format_duration(whole);
}

}  // namespace

std::string own_fields(const Look& look) {
  constexpr std::size_t k_random_bytes = 9;
  if (look.viewer.csrf.empty()) return {};
  return hidden("csrf", look.viewer.csrf) + hidden("once", os::random_hex(k_random_bytes));
}

std::string hidden(std::string_view name, std::string_view value) {
  return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, sent(value));
}

std::string form_of(const Look& look, const Verb& verb) {
  const std::string reason =
      "<label class=\"field\">Reason <span class=\"soft\">(kept in the ledger)</span><input name=\"reason\" "
      "maxlength=\"500\" autocomplete=\"off\"></label>";
  const std::string form = fmt::format(
      "<form method=\"post\" action=\"{}\">{}{}{}{}<div class=\"buttons\"><button "
      "class=\"{}\">{}{}</button>{}</div></form>",
      verb.address, own_fields(look), verb.ask.empty() ? std::string() : fmt::format("<p>{}</p>", verb.ask),
      verb.fields, reason, verb.look.empty() ? "main" : verb.look, icon(verb.picture), verb.word, verb.buttons);
  return fmt::format(
      "<details class=\"verb\" name=\"verbs\" data-id=\"{}\"><summary class=\"button\">{}{}…</summary>{}</details>\n",
      verb.address, icon(verb.picture), verb.word, form);
}

std::string section(std::string_view id, std::string_view title, std::string_view content, std::string_view beside) {
  if (content.empty()) return {};
  return fmt::format(
      "<section class=\"card\" id=\"{0}\" aria-labelledby=\"{0}-title\">\n<div class=\"heading\"><h2 "
      "id=\"{0}-title\">{1}</h2>"
      "{2}</div>\n{3}</section>\n",
      id, title, beside, content);
}

std::string table(std::string_view label, std::string_view head, std::string_view rows) {
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"{}\" tabindex=\"0\"><table "
      "class=\"list\">\n<thead><tr>{}</tr>"
      "</thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
      label, head, rows);
}

std::string page_title(std::string_view title, std::string_view beside, std::string_view below) {
  return fmt::format("<div class=\"title\"><h1>{}</h1>{}</div>\n{}", title, beside,
                     below.empty() ? std::string() : fmt::format("<p class=\"below\">{}</p>\n", below));
}

std::string nothing(std::string_view sentence) {
  return fmt::format("<p class=\"nothing\">{}</p>\n", sentence);
}

std::string clipped(std::string_view raw) {
  constexpr std::size_t k_columns = 240;
  return base::html_entities(base::fit(base::escape(base::first_line(base::trim(raw))), k_columns));
}

std::string_view gist_of(const ledger::Attempt& attempt) {
  const core::Outcome& outcome = attempt.outcome;
  for (const std::string* text : {&outcome.error, &outcome.reason, &outcome.message})
    if (const std::string_view line = base::first_line(base::trim(*text)); !line.empty()) return line;
  if (attempt.ended_as == OutcomeKind::failed) return cli::cause_text(outcome.cause);
  return {};
}

std::string attempts_table(const std::vector<ledger::Attempt>& attempts, Columns columns) {
  std::string rows;
  for (const ledger::Attempt& attempt : attempts) rows += attempt_row(attempt, columns);
  const std::string head = fmt::format(
      "<th scope=\"col\">No.</th><th scope=\"col\">Outcome</th>{}<th scope=\"col\">What it said</th><th scope=\"col\" "
      "class=\"number\">Took</th><th scope=\"col\">Started</th>{}",
      columns.script ? "<th scope=\"col\">Script</th>" : "",
      columns.run ? "<th scope=\"col\">By</th><th scope=\"col\">Run</th>" : "");
  return table("Attempts", head, rows);
}

std::string runs_table(const std::vector<ledger::Run>& runs) {
  std::string rows;
  for (const ledger::Run& run : runs) rows += run_row(run);
  return table("Runs",
               "<th scope=\"col\">No.</th><th scope=\"col\">State</th><th scope=\"col\">Scripts</th><th scope=\"col\" "
               "class=\"number\">Took</th><th scope=\"col\">Started</th><th scope=\"col\">By</th><th scope=\"col\">"
               "How</th><th scope=\"col\">Reason</th>",
               rows);
}

std::string counts_of(const core::Counts& counts) {
  std::string words;
  for (const Share& share : shares_of(counts))
    if (share.count > 0)
      words += fmt::format("<span class=\"count {}\">{}{} {}</span> ", core::name(share.kind),
                           icon(icon_of(share.kind)), base::format_count(share.count), word_of(share.kind));
  if (words.empty()) return {};
  return fmt::format("<span class=\"counts\">{}</span>{}", words, bar_of(counts));
}

KeptText kept_text(const ledger::History& history, const std::string& sha256) {
  try {
    return {history.text(sha256), {}};
  } catch (const base::Error& altered) {
    return {{}, altered.what()};
  }
}

std::string text_that_ran(const ledger::History& history, const std::string& sha256) {
  const KeptText kept = kept_text(history, sha256);
  return kept.fault.empty() ? highlighted(kept.text, "L")
                            : fmt::format("<p class=\"wrong\">{}</p>\n", shown(kept.fault));
}

std::string progress_of(const core::Progress& progress, base::Instant since) {
  const auto elapsed =
      std::chrono::milliseconds(std::max<std::int64_t>(os::now().milliseconds - since.milliseconds, 1));
  const double rate = static_cast<double>(progress.done) * 1000.0 / static_cast<double>(elapsed.count());
  const std::string what = progress.label.empty() ? "step" : progress.label;
  std::string text = base::format_count(static_cast<std::uint64_t>(std::max<std::int64_t>(progress.done, 0)));
  if (progress.total > 0)
    text += fmt::format(" of {} ({:.0f} %)", base::format_count(static_cast<std::uint64_t>(progress.total)),
                        100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total));
  text += progress.label.empty() ? "" : " " + shown(progress.label);
  if (rate >= 0.1) text += fmt::format(" · {:.1f} a second", rate);
  if (progress.total > progress.done && rate > 0)
    text += fmt::format(" · about {} left", time_left(static_cast<double>(progress.total - progress.done) / rate));
  const std::string bar =
      progress.total > 0
          ? fmt::format("<progress max=\"{}\" value=\"{}\" aria-label=\"{} done\"></progress>", progress.total,
                        std::clamp<std::int64_t>(progress.done, 0, progress.total), shown(what))
          : fmt::format("<progress aria-label=\"{} done\"></progress>", shown(what));
  return fmt::format("<div class=\"progress\">{}<p>{}</p></div>\n", bar, text);
}

}  // namespace web
