#include "cli/diagnoses.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/json_output.hpp"

namespace cli {
namespace {

using core::Diagnoses;
using core::Diagnosis;
using core::OutcomeKind;
using core::Verdict;

// The symbols of outcomes, so that a mark means the same everywhere.
OutcomeKind like(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::good:
      return OutcomeKind::succeeded;
    case Verdict::warning:
      return OutcomeKind::interrupted;
    case Verdict::unreachable:
    case Verdict::fault:
      return OutcomeKind::failed;
  }
  return OutcomeKind::failed;
}

std::string mark_of(const Style& style, Verdict verdict) {
  if (verdict == Verdict::warning && !style.utf8) return style.paint(Colour::yellow, "warn");
  return style.paint(colour_of(like(verdict)), style.symbol(like(verdict)));
}

// "  ✓ subject      what was found", the text wrapped in its own column, and the advice below it.
void print_diagnosis(const Context& context, const Diagnosis& diagnosis, std::size_t column) {
  const Style& style = context.style;
  const std::size_t indent = 2 + base::display_width(style.symbol(OutcomeKind::succeeded)) + 1;
  const std::size_t start = indent + column + 2;
  const std::string subject = base::fit(base::escape(diagnosis.subject), column);
  std::string left = fmt::format("  {} {}  ", mark_of(style, diagnosis.verdict), pad(subject, column));
  for (const std::string& line : paragraph(diagnosis.found, style.width - start)) {
    context.print(left + line + "\n");
    left.assign(start, ' ');
  }
  if (diagnosis.advice.empty()) return;
  std::string arrow = style.utf8 ? "→ " : "> ";
  for (const std::string& line : paragraph(diagnosis.advice, style.width - start - 2)) {
    context.print(std::string(start, ' ') + style.paint(Colour::dim, arrow) + line + "\n");
    arrow = "  ";
  }
}

void print_heading(const Context& context, std::string part, bool first) {
  part.front() = static_cast<char>(part.front() - 'a' + 'A');
  context.print((first ? "" : "\n") + context.style.paint(Colour::bold, part) + "\n");
}

std::size_t column_of(const Diagnoses& all) {
  constexpr std::size_t k_widest = 18;
  std::size_t column = 0;
  for (const Diagnosis& each : all) column = std::max(column, base::display_width(base::escape(each.subject)));
  return std::min(column, k_widest);
}

std::size_t count(const Diagnoses& all, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [verdict](const Diagnosis& each) { return each.verdict == verdict; }));
}

std::string summary_of(const Diagnoses& all) {
  const std::size_t good = count(all, Verdict::good);
  if (good == all.size()) return fmt::format("{} things tried, all good", all.size());
  std::string text = fmt::format("{} things tried, {} good", all.size(), good);
  if (const std::size_t warnings = count(all, Verdict::warning); warnings > 0)
    text += ", " + base::plural(warnings, "warning");
  if (const std::size_t faults = count(all, Verdict::fault); faults > 0) text += ", " + base::plural(faults, "fault");
  if (const std::size_t away = count(all, Verdict::unreachable); away > 0)
    text += fmt::format(", {} out of reach", base::plural(away, "database"));
  return text;
}

void print_all(const Context& context, const Diagnoses& all) {
  const bool quiet = context.arguments.talk == Talk::quiet;
  const std::size_t column = column_of(all);
  std::string part;
  for (const Diagnosis& each : all) {
    if (quiet && each.verdict == Verdict::good) continue;
    if (each.part != part) print_heading(context, each.part, part.empty());
    part = each.part;
    print_diagnosis(context, each, column);
  }
  context.print(fmt::format("{}{}\n", part.empty() ? "" : "\n", summary_of(all)));
}

}  // namespace

int tell_diagnoses(const Context& context, const Diagnoses& all) {
  if (context.arguments.json)
    context.print(doctor_json(all) + "\n");
  else
    print_all(context, all);
  return core::exit_code(all);
}

}  // namespace cli
