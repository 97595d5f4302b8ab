// The scripts that a run has before it, in their order. What lay there at the beginning is a sorted list that is walked
// through; what comes later is sorted in, so that a lower number which arrives late is the next. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"

namespace runner {

class Queue {
 public:
  Queue(std::vector<std::string> sorted, core::Order order) : names_(std::move(sorted)), late_(Before{order}) {}

  bool empty() const noexcept { return left() == 0; }
  std::size_t left() const noexcept { return names_.size() - index_ + late_.size(); }
  // Which is taken next; not when it is empty.
  const std::string& front() const noexcept { return late_is_next() ? *late_.begin() : names_[index_]; }
  std::string take();
  // Of those left, the ones that a word of `depends` means.
  std::vector<std::string> called(std::string_view word) const;
  // No effect when it is before us already. One that was taken may come again: its file may be another now.
  void add(const std::string& name);

 private:
  struct Before {
    core::Order order;
    bool operator()(std::string_view left, std::string_view right) const noexcept;
  };
  bool late_is_next() const noexcept;

  std::vector<std::string> names_;
  std::size_t index_ = 0;
  std::set<std::string, Before> late_;
};

}  // namespace runner
