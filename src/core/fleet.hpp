// What a database tells of everybody who works on it, this node included.
#pragma once

#include <string>
#include <vector>

#include "core/receipt.hpp"

namespace core {

// A node that has the lock of a script.
struct AtWork {
  std::string script, node;
  std::string since;  // UTC, ISO 8601; empty: unknown
  std::string where;  // host and process, as the server sees them
};

struct Fleet {
  std::vector<Receipt> applied;  // newest first
  std::vector<Receipt> begun;    // scripts without a transaction whose end nobody recorded; likewise
  std::vector<AtWork> at_work;
};

}  // namespace core
