// The rows that an attempt changed, packed part by part on their way to the runner. Lives in the broker.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "core/wire.hpp"
#include "target/connection.hpp"

namespace target {

class ChangedRows {
 public:
  // send: takes one packed core::ChangedRows that is full.
  explicit ChangedRows(std::function<void(std::string_view)> send) : send_(std::move(send)) {}

  // false: this one is too large to be told, and is not.
  bool add(const PackedChange& change);
  // What was not sent yet, packed; empty: nothing.
  std::string take_rest();

 private:
  void begin();

  std::function<void(std::string_view)> send_;
  core::Writer part_;
  std::uint32_t count_ = 0;
};

// Has the connection tell what the script at work in it changed. Throws as Connection::changes().
void tell_changes(Connection& own, core::Done& done, std::function<void(std::string_view)> send);

}  // namespace target
