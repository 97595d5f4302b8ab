// The rows that an attempt changed, packed part by part on their way to the runner. Lives in the broker.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/changes.hpp"
#include "core/wire.hpp"

namespace target {

class ChangedRows {
 public:
  // send: takes one packed core::ChangedRows that is full.
  explicit ChangedRows(std::function<void(std::string_view)> send) : send_(std::move(send)) {}

  // false: this one is too large to be told, and is not.
  bool add(const core::RowChange& change);
  // What was not sent yet, packed; empty: nothing.
  std::string take_rest();

 private:
  void begin();

  std::function<void(std::string_view)> send_;
  core::Writer part_;
  std::uint32_t count_ = 0;
};

}  // namespace target
