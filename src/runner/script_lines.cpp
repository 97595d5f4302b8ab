#include "runner/script_lines.hpp"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "os/clock.hpp"

namespace runner {
namespace {

constexpr std::size_t k_longest_line = std::size_t{64} << 10U;
constexpr std::size_t k_beside_text = 16;  // bytes: even empty lines fill the log

}  // namespace

void ScriptLines::take(const core::Line& line) {
  if (lines_.size() >= limits_.log_lines || bytes_ >= limits_.log_bytes) return;
  bytes_ += line.text.size() + k_beside_text;
  std::string text = base::cap(line.text, k_longest_line);
  if (lines_.size() + 1 == limits_.log_lines || bytes_ >= limits_.log_bytes)
    text += fmt::format("\n{}", core::log_is_full(limits_));
  lines_.push_back({os::now(), line.level, std::move(text)});
}

void ScriptLines::tell() {
  for (; told_ < lines_.size(); ++told_)
    if (sink_) sink_(lines_[told_].level, lines_[told_].text);
}

}  // namespace runner
