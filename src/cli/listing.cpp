#include "cli/listing.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/text.hpp"
#include "base/time.hpp"

namespace cli {
namespace {

constexpr std::size_t k_label_width = 11;
constexpr std::size_t k_time_width = 8;

std::string outcome_word(const Style& style, const std::optional<core::OutcomeKind>& kind) {
  if (!kind) return fmt::format("{} running", style.utf8 ? "…" : "...");
  return fmt::format("{} {}", style.symbol(*kind), core::name(*kind));
}

struct Widths {
  std::size_t attempt = 2, run = 3, outcome = 7;
};

Widths widths_of(const Style& style, const std::vector<ledger::Attempt>& attempts) {
  Widths widths;
  for (const ledger::Attempt& attempt : attempts) {
    widths.attempt = std::max(widths.attempt, fmt::formatted_size("{}", attempt.id));
    widths.run = std::max(widths.run, fmt::formatted_size("{}", attempt.run));
    widths.outcome = std::max(widths.outcome, base::display_width(outcome_word(style, attempt.ended_as)));
  }
  return widths;
}

}  // namespace

void print_field(const Context& context, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  bool first = true;
  for (const std::string& line : paragraph(text, context.style.width - k_label_width)) {
    context.print(context.style.paint(Colour::dim, pad(first ? label : "", k_label_width)) + line + "\n");
    first = false;
  }
}

void print_pair(const Context& context, std::string_view name, std::string_view remark) {
  const std::size_t width = context.style.width - 2;
  const std::size_t column = std::min<std::size_t>(36, width / 2);
  const std::string shown = base::escape(name);
  const std::string said = base::escape(remark);
  const std::size_t name_width = std::max(base::display_width(shown), column);
  if (!said.empty() && name_width + 2 + base::display_width(said) <= width) {
    context.print(fmt::format("  {}  {}\n", pad(shown, column), said));
    return;
  }
  for (const std::string& line : paragraph(shown, width)) context.print(fmt::format("  {}\n", line));
  if (said.empty()) return;
  for (const std::string& line : paragraph(said, width - 4)) context.print(fmt::format("      {}\n", line));
}

void print_ignored(const Context& context, const std::vector<core::Ignored>& ignored, std::string_view folder) {
  if (ignored.empty()) return;
  context.print(
      fmt::format("{} in {}/\n",
                  context.style.paint(Colour::yellow, fmt::format("{} ignored", base::plural(ignored.size(), "file"))),
                  base::escape(folder)));
  const bool all = context.arguments.talk == Talk::verbose;
  const std::size_t rows = all ? ignored.size() : std::min(ignored.size(), k_most_rows);
  for (std::size_t row = 0; row < rows; ++row) print_pair(context, ignored[row].name, ignored[row].reason);
  if (rows < ignored.size()) context.print(fmt::format("  … and {} more: -v shows all\n", ignored.size() - rows));
}

std::string outcome_text(const Style& style, const std::optional<core::OutcomeKind>& kind, std::size_t width) {
  return style.paint(kind ? colour_of(*kind) : Colour::dim, pad(outcome_word(style, kind), width));
}

std::string declared_text(const Style& style, const core::Declaration& declaration) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view label, const std::string& text) {
    if (!text.empty()) parts.push_back(fmt::format("{} {}", label, base::escape(text)));
  };
  const auto listed = [](const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ", ")); };
  add("depends on", listed(declaration.depends));
  add("tags", listed(declaration.tags));
  add("only for", listed(declaration.environments));
  add("database", declaration.writes ? declaration.database : "none");
  add("args", listed(declaration.args));
  add("not before", declaration.not_before);
  add("window", declaration.window);
  if (declaration.timeout) add("timeout", base::format_duration(*declaration.timeout));
  if (declaration.retries > 0) add("retries", fmt::format("{}", declaration.retries));
  if (declaration.max_rows > 0) add("at most", base::plural(declaration.max_rows, "row"));
  if (declaration.repeatable) parts.emplace_back("repeatable");
  if (!declaration.transaction) parts.emplace_back("without a transaction");
  if (declaration.allow_failure) parts.emplace_back("may fail");
  if (declaration.validates) parts.emplace_back("validates");
  if (declaration.rolls_back) parts.emplace_back("can be rolled back");
  return fmt::format("{}", fmt::join(parts, fmt::format(" {} ", style.bullet())));
}

void print_attempts(const Context& context, const std::vector<ledger::Attempt>& attempts) {
  const Style& style = context.style;
  const Widths widths = widths_of(style, attempts);
  const std::string heading = fmt::format("{:>{}}  {:>{}}  {:<16}  {:<{}}  {:>{}}  script", "id", widths.attempt, "run",
                                          widths.run, "started", "outcome", widths.outcome, "time", k_time_width);
  context.print(style.paint(Colour::dim, base::fit(heading, style.width)) + "\n");
  const std::size_t before = widths.attempt + widths.run + 16 + widths.outcome + k_time_width + 10;
  const std::size_t room = style.width > before + 8 ? style.width - before : 8;
  for (const ledger::Attempt& attempt : attempts) {
    const std::string time = attempt.ended_as ? base::format_duration(attempt.measures.total) : "";
    context.print(fmt::format("{:>{}}  {:>{}}  {}  {}  {:>{}}  {}\n", attempt.id, widths.attempt, attempt.run,
                              widths.run, base::local_time(attempt.started).substr(0, 16),
                              outcome_text(style, attempt.ended_as, widths.outcome), time, k_time_width,
                              base::fit(base::escape(attempt.script), room)));
  }
}

void print_error(const Context& context, const core::Outcome& outcome) {
  for (const std::string& line : paragraph(outcome.error, context.style.width - 6))
    context.print("      " + line + "\n");
  if (context.arguments.talk != Talk::verbose) return;
  for (const std::string_view line : base::split(base::trim(outcome.traceback), '\n'))
    context.print(base::fit("      " + base::escape(line), context.style.width) + "\n");
}

void print_forbidden(const Context& context, const core::Forbidden& forbidden) {
  const std::string text = fmt::format("runs are not allowed now: {}", core::describe(forbidden));
  context.print("\n");
  for (const std::string& line : paragraph(text, context.style.width))
    context.print(context.style.paint(Colour::yellow, line) + "\n");
}

void print_hints(const Context& context, const std::vector<Hint>& hints) {
  if (hints.empty() || context.arguments.talk == Talk::quiet) return;
  context.print("\nNext:\n");
  std::size_t column = 0;
  for (const Hint& hint : hints) column = std::max(column, base::display_width(hint.command));
  for (const Hint& hint : hints) {
    const std::string line = fmt::format("  {}  {}", pad(hint.command, column), hint.effect);
    context.print(base::fit(line, context.style.width) + "\n");
  }
}

}  // namespace cli
