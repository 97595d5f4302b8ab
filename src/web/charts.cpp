#include "web/charts.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "base/text.hpp"
#include "web/html.hpp"

namespace web {
namespace {

constexpr double k_height = 96;  // of the bars
constexpr double k_step = 16;    // from bar to bar
constexpr double k_bar = 12;     // width of one
constexpr std::size_t k_fewest = 3;
constexpr std::size_t k_most = 100;

// Told apart without its colour, too: what failed is crossed out, what did nothing is hollow.
std::string bar(core::OutcomeKind kind, double x, double top, double height) {
  std::string drawn =
      fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.1f}\" rx=\"1.5\"/>",
                  core::name(kind), x + 0.5, top + 0.5, k_bar, std::max(height - 1, 1.0));
  if (kind == core::OutcomeKind::failed || kind == core::OutcomeKind::unknown)
    drawn += fmt::format("<path class=\"mark\" d=\"M{:.1f} {:.1f}l4 4m0-4l-4 4\"/>", x + 3, top + 3);
  return drawn;
}

std::string legend(const std::set<core::OutcomeKind>& kinds) {
  std::string items;
  for (const core::OutcomeKind kind : kinds)
    items += fmt::format("<span class=\"key\"><svg viewBox=\"0 0 13 12\" aria-hidden=\"true\">{}</svg>{}</span> ",
                         bar(kind, 0, 0, 12), word_of(kind));
  return items;
}

std::string picture(std::string_view title, std::string_view low, std::string_view high, std::size_t bars,
                    const std::set<core::OutcomeKind>& kinds, std::string_view content) {
  const double width = k_step * static_cast<double>(bars);
  return fmt::format(
      "<figure class=\"chart\"><figcaption>{0} <span class=\"legend\">{6}</span></figcaption><div class=\"plot\"><span "
      "class=\"high\">{1}</span><svg viewBox=\"0 0 {2:.0f} {3:.0f}\" width=\"{2:.0f}\" preserveAspectRatio=\"none\" "
      "role=\"group\" aria-label=\"{0}\">{4}</svg><span class=\"low\">{5}</span></div></figure>\n",
      title, high, width, k_height, content, low, legend(kinds));
}

std::string described(std::string_view address, std::string_view words, std::string_view bars) {
  return fmt::format("<a href=\"{}\" aria-label=\"{}\"><title>{}</title>{}</a>", address, words, words, bars);
}

}  // namespace

std::string attempts_chart(const std::vector<ledger::Attempt>& newest_first) {
  std::vector<const ledger::Attempt*> shown_ones;
  for (const ledger::Attempt& attempt : newest_first)
    if (attempt.ended_as && shown_ones.size() < k_most) shown_ones.push_back(&attempt);
  if (shown_ones.size() < k_fewest) return {};
  std::reverse(shown_ones.begin(), shown_ones.end());
  const auto size = [](const ledger::Attempt& attempt) {
    return std::log10(std::max(static_cast<double>(attempt.measures.total.count()), 100.0));
  };
  const auto [least, most] =
      std::minmax_element(shown_ones.begin(), shown_ones.end(),
                          [&](const auto* left, const auto* right) { return size(*left) < size(*right); });
  const double low = std::floor(size(**least) * 2) / 2 - 0.5;
  const double high = std::max(size(**most), low + 1);
  std::string bars;
  std::set<core::OutcomeKind> kinds;
  double x = 0;
  for (const ledger::Attempt* attempt : shown_ones) {
    kinds.insert(*attempt->ended_as);
    const double height = std::max(k_height * (size(*attempt) - low) / (high - low), 4.0);
    const std::string words = fmt::format("Attempt {} of {}: {}, {}", attempt->id, shown(attempt->script),
                                          word_of(*attempt->ended_as), base::format_duration(attempt->measures.total));
    bars += described(attempt_address(attempt->id), words, bar(*attempt->ended_as, x, k_height - height, height));
    x += k_step;
  }
  return picture("How long attempts took, and what came of them, newest on the right",
                 base::format_duration((*least)->measures.total), base::format_duration((*most)->measures.total),
                 shown_ones.size(), kinds, bars);
}

std::string runs_chart(const std::vector<ledger::Run>& newest_first) {
  std::vector<const ledger::Run*> shown_ones;
  for (const ledger::Run& run : newest_first)
    if (run.trigger != ledger::k_preview && run.counts.total() > 0 && shown_ones.size() < k_most)
      shown_ones.push_back(&run);
  if (shown_ones.size() < k_fewest) return {};
  std::reverse(shown_ones.begin(), shown_ones.end());
  std::uint64_t most = 1;
  for (const ledger::Run* run : shown_ones) most = std::max(most, run->counts.total());
  std::string bars;
  std::set<core::OutcomeKind> kinds;
  double x = 0;
  for (const ledger::Run* run : shown_ones) {
    const core::Counts& counts = run->counts;
    const std::pair<std::uint64_t, core::OutcomeKind> parts[] = {
        {counts.succeeded, core::OutcomeKind::succeeded},     {counts.skipped, core::OutcomeKind::skipped},
        {counts.failed, core::OutcomeKind::failed},           {counts.blocked, core::OutcomeKind::blocked},
        {counts.interrupted, core::OutcomeKind::interrupted}, {counts.unknown, core::OutcomeKind::unknown},
        {counts.rolled_back, core::OutcomeKind::rolled_back}};
    double top = k_height;
    std::string words = fmt::format("Run {}:", run->id);
    std::string pieces;
    for (const auto& [count, kind] : parts) {
      if (count == 0) continue;
      kinds.insert(kind);
      const double height = k_height * static_cast<double>(count) / static_cast<double>(most);
      top -= height;
      pieces += bar(kind, x, top, height);
      words += fmt::format(" {} {}", count, word_of(kind));
    }
    bars += described(run_address(run->id), words, pieces);
    x += k_step;
  }
  return picture("Scripts of each run, and what came of them, newest on the right", "0", base::plural(most, "script"),
                 shown_ones.size(), kinds, bars);
}

}  // namespace web
