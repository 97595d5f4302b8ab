// How large the next page of a batch is and how long it lets the database rest before: by how long pages take. Pure but
// for the clock that its caller reads. Lives in the worker.
//
// The rule: a page that took more than twice as long as the best one (and more than 20 ms) is slow. After a slow page
// the next one has half as many rows, and comes after a pause as long as that page took, 5 s at most; after any other
// it has half as many more again, up to the size that the script asked for. The best time is that of a page of full
// size, and forgotten slowly: each page that does not reach it lets it grow by a hundredth.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sandbox {

class BatchPace {
 public:
  using Time = std::chrono::microseconds;

  BatchPace(std::int64_t size, bool adapts) noexcept : full_(size), size_(size), adapts_(adapts) {}

  std::int64_t size() const noexcept { return size_; }

  // A page is done, its commit included. How long to let pass, beside what the script asked for.
  Time take(Time page) noexcept {
    if (!adapts_) return Time(0);
    const bool slow = best_ > Time(0) && page > 2 * best_ && page > k_never_slow;
    if (size_ == full_) best_ = best_ == Time(0) ? page : std::min(page, best_ + best_ / 100);
    size_ = slow ? std::max<std::int64_t>(size_ / 2, 1) : std::min(full_, size_ + size_ / 2 + 1);
    return slow ? std::min(page, k_longest_rest) : Time(0);
  }

 private:
  static constexpr Time k_never_slow{20'000};
  static constexpr Time k_longest_rest{5'000'000};

  std::int64_t full_, size_;
  bool adapts_;
  Time best_{0};
};

}  // namespace sandbox
