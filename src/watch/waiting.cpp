#include "watch/waiting.hpp"

#include <algorithm>
#include <utility>

namespace watch {
namespace {

constexpr std::chrono::milliseconds k_first_pause{100};  // before the next look at a file that is being written
constexpr std::chrono::milliseconds k_first{1000};       // before the next try to reach a database
constexpr std::chrono::milliseconds k_longest{300'000};

bool is_due(const Waiting::Entry& entry, base::Instant wall, Moment now) {
  return (entry.until && *entry.until <= wall) || (entry.again && *entry.again <= now);
}

}  // namespace

void Waiting::left(const core::Left& left, Moment now) {
  const Entry before = std::exchange(entries_[left.script], {});
  Entry& entry = entries_[left.script];
  entry.reason = left.reason;
  entry.stamp = left.stamp;
  entry.untried = left.untried;
  entry.depends = left.cause == core::Cause::dependency;
  if (left.until) entry.until = base::Instant{left.until->count()};
  if (left.cause != core::Cause::unreachable && left.cause != core::Cause::locked) return;
  const bool once_more = before.stamp == left.stamp && before.again;
  entry.pause = once_more ? std::min<std::chrono::milliseconds>(2 * before.pause, k_longest) : k_first;
  entry.again = now + entry.pause;
}

void Waiting::unready(const std::string& script, std::string reason, Moment now, std::chrono::milliseconds most) {
  Entry& entry = entries_[script];
  const bool is_first = entry.stamp.has_value() || entry.pause.count() == 0;
  const std::chrono::milliseconds pause = is_first ? k_first_pause : entry.pause * 2;
  entry = {std::move(reason), {}, {}, {}, std::min(pause, most)};
  entry.again = now + entry.pause;
}

bool Waiting::wants_run(const std::string& script, const core::FileStamp& stamp, base::Instant wall, Moment now) {
  const auto found = entries_.find(script);
  if (found == entries_.end()) return true;
  return found->second.stamp != stamp || is_due(found->second, wall, now);
}

void Waiting::forget_all_but(const std::vector<std::string>& scripts) {
  const std::set<std::string_view> known(scripts.begin(), scripts.end());
  std::erase_if(entries_, [&known](const auto& entry) { return known.count(entry.first) == 0; });
}

void Waiting::forget_what_was_left() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.stamp.has_value(); });
}

void Waiting::forget_what_depends() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.depends; });
}

void Waiting::noticed(const std::string& script) {
  const auto found = entries_.find(script);
  if (found != entries_.end() && !found->second.stamp) found->second.pause = {};
}

std::vector<std::string> Waiting::due(base::Instant wall, Moment now) const {
  std::vector<std::string> scripts;
  for (const auto& [script, entry] : entries_)
    if (is_due(entry, wall, now)) scripts.push_back(script);
  return scripts;
}

std::optional<base::Instant> Waiting::next_instant() const {
  std::optional<base::Instant> next;
  for (const auto& [script, entry] : entries_)
    if (entry.until && (!next || *entry.until < *next)) next = entry.until;
  return next;
}

std::optional<Moment> Waiting::next_moment() const {
  std::optional<Moment> next;
  for (const auto& [script, entry] : entries_)
    if (entry.again && (!next || *entry.again < *next)) next = entry.again;
  return next;
}

bool Waiting::any_left() const noexcept {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& entry) { return entry.second.stamp.has_value(); });
}

std::vector<core::Go::Waiting> Waiting::left_alone(base::Instant wall, Moment now) const {
  std::vector<core::Go::Waiting> alone;
  for (const auto& [script, entry] : entries_)
    if (entry.stamp && !entry.untried && !is_due(entry, wall, now)) alone.push_back({script, *entry.stamp});
  return alone;
}

}  // namespace watch
