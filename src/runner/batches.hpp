// The batches of one attempt: where each was taken up, what of it is committed since, and what failed in it. Lives in
// the session of its script.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/page_message.hpp"

namespace runner {

class Batches {
 public:
  std::size_t count() const noexcept { return all_.size(); }
  bool any() const noexcept { return !all_.empty(); }
  bool has(const std::string& name) const noexcept;
  // found: its bookmark; pages = 0: there is none. anew: that does not count any more.
  void open(const core::Bookmark& found, bool anew);
  // Of the batch that was opened last: what is true of its next page.
  bool is_open(const std::string& name) const noexcept {
    return any() && all_.back().name == name && !all_.back().ended;
  }
  bool begins_anew() const noexcept { return all_.back().anew; }
  // The page is done; unless it was the last one of its batch, it is committed.
  void turn(const core::TurnPage& page);

  // Somebody died over a commit: what is committed the database must say, which `ask` is to have done.
  void doubt() noexcept { in_doubt_ = true; }
  bool is_in_doubt() const noexcept { return in_doubt_; }
  void settle(const core::Paged& said) noexcept;

  // Committed so far, by earlier attempts too.
  core::Paged paged() const noexcept;
  // A JSON object with one array, "batches". whole: what is done but not committed counts, too.
  std::string result(bool whole) const;

 private:
  struct Batch {
    std::string name;
    std::uint64_t pages = 0, rows = 0, failed = 0;  // committed
    std::uint64_t last_rows = 0, last_failed = 0;   // of the last page, which is not
    std::vector<std::string> failures;              // the first of this attempt
    bool anew = false, ended = false;
  };

  std::vector<Batch> all_;
  bool advanced_ = false, in_doubt_ = false;
  core::Paged said_;  // by the database
  bool asked_ = false;
};

// The result of a script with that object in it, unless it has such a field of its own.
std::string with_batches(const std::string& result, const std::string& batches);

}  // namespace runner
