// The lines that a script says, kept for the ledger within limits, and told to people as they come. Lives in the
// runner; one for each attempt.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "core/limits.hpp"
#include "core/message.hpp"
#include "ledger/ledger.hpp"

namespace runner {

class ScriptLines {
 public:
  using Sink = std::function<void(core::LineLevel, std::string_view)>;  // may be empty

  ScriptLines(const core::Limits& limits, Sink sink) : limits_(limits), sink_(std::move(sink)) {}

  void take(const core::Line& line);
  void tell();  // those that were not told yet
  std::vector<ledger::LogLine> take_all() noexcept { return std::move(lines_); }

 private:
  core::Limits limits_;
  Sink sink_;
  std::vector<ledger::LogLine> lines_;
  std::size_t told_ = 0, bytes_ = 0;
};

}  // namespace runner
