// Which pending scripts wait, for what, and until when. What did not change and is not due is not tried again, so that
// a script that stays wakes nobody. Pure: the times are given. Lives in the watcher.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/message.hpp"

namespace watch {

using Moment = std::chrono::steady_clock::time_point;

class Waiting {
 public:
  struct Entry {
    std::string reason;
    std::optional<core::FileStamp> stamp;  // of the file that a run has left; nullopt: it cannot be read yet
    std::optional<base::Instant> until;    // wall time from which on it is worth another try
    std::optional<Moment> again;           // the same by the steady clock
    std::chrono::milliseconds pause{0};    // before the next look
    bool depends = false;                  // on another script
    bool untried = false;                  // a run stopped before it: the next one goes through it, whyever it begins
  };

  // A run has considered it and left it where it lies. One whose database could not be reached is worth another try
  // after a pause, which grows from time to time.
  void left(const core::Left& left, Moment now);
  // It cannot be read now: somebody writes it. Looked at again after a pause that grows up to `most`.
  void unready(const std::string& script, std::string reason, Moment now, std::chrono::milliseconds most);
  // Whether a file, as it is now, is to be run.
  bool wants_run(const std::string& script, const core::FileStamp& stamp, base::Instant wall, Moment now);
  void forget(const std::string& script) { entries_.erase(script); }
  void forget_all_but(const std::vector<std::string>& scripts);
  // Something was decided elsewhere, so that what a run has left may be asked again.
  void forget_what_was_left();
  // Something was applied: what depends on it may run now.
  void forget_what_depends();
  // A change of this file was told of: its next look is not put off.
  void noticed(const std::string& script);

  // Which of them are due now.
  std::vector<std::string> due(base::Instant wall, Moment now) const;
  std::optional<base::Instant> next_instant() const;
  std::optional<Moment> next_moment() const;

  bool any_left() const noexcept;
  std::vector<core::Go::Waiting> left_alone(base::Instant wall, Moment now) const;
  const std::map<std::string, Entry>& entries() const noexcept { return entries_; }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace watch
