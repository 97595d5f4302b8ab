// What an importer of one tool makes of what that tool has recorded: facts, one by one, in the order of the source.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "ledger/imported.hpp"

namespace exchange {

using Fact = ledger::ImportedFact;
using State = core::ImportedState;

// Where facts go. An importer tells each row of its source in one of the three ways.
class Facts {
 public:
  virtual ~Facts() = default;
  virtual void take(const Fact& fact) = 0;
  // key: what tells the row apart. why: the same text for all rows that are left out for the same reason.
  virtual void skip(std::string_view key, std::string_view why) = 0;
  virtual void fail(std::string_view key, std::string_view why) = 0;
};

// The name of a script without what other tools put before and behind it: folders, and ".js", ".php" and so on.
std::string stem_of(std::string_view name);

}  // namespace exchange
