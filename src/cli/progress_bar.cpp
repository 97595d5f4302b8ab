#include "cli/progress_bar.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "base/text.hpp"

namespace cli {
namespace {

constexpr std::size_t k_cells = 20;

std::string bar(const core::Progress& progress, const Style& style) {
  const double part =
      static_cast<double>(std::min(progress.done, progress.total)) / static_cast<double>(progress.total);
  const auto full = static_cast<std::size_t>(part * k_cells);
  std::string text = "[";
  for (std::size_t cell = 0; cell < k_cells; ++cell)
    text += style.utf8 ? (cell < full ? "█" : "░") : (cell < full ? "#" : ".");
  return text + fmt::format("] {} %", static_cast<int>(part * 100));
}

std::string count(std::int64_t number) {
  return base::format_count(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
}

}  // namespace

std::string progress_line(const core::Progress& progress, std::chrono::microseconds elapsed, const Style& style,
                          std::size_t width) {
  const bool known = progress.total > 0;
  const std::string label = progress.label.empty() ? std::string() : " " + base::escape(progress.label);
  std::vector<std::string> parts;
  if (known) parts.push_back(bar(progress, style));
  parts.push_back(known ? fmt::format("{} of {}{}", count(progress.done), count(progress.total), label)
                        : count(progress.done) + (label.empty() ? " done" : label));
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(progress.done - progress.before) / seconds : 0;
  if (rate > 0)
    parts.push_back(rate >= 10 ? fmt::format("{}/s", count(static_cast<std::int64_t>(rate)))
                               : fmt::format("{:.1f}/s", rate));
  if (known && rate > 0 && progress.done < progress.total) {
    const double left = static_cast<double>(progress.total - progress.done) / rate;
    constexpr double k_most = 1e9;
    parts.push_back(
        base::format_duration(std::chrono::microseconds(static_cast<std::int64_t>(std::min(left, k_most) * 1e6))) +
        " left");
  }
  parts.push_back(base::format_duration(elapsed));
  const std::string between = fmt::format(" {} ", style.bullet());
  std::string line = parts.front();
  for (std::size_t at = 1; at < parts.size(); ++at) {
    if (base::display_width(line) + base::display_width(between) + base::display_width(parts[at]) > width) break;
    line += between + parts[at];
  }
  return line;
}

}  // namespace cli
