// What ledger verify finds, as values: nothing here is thrown. A finding says that something is not as fettle wrote it;
// who did it and what stood there before cannot be known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/pruning.hpp"

namespace ledger {

// The newest entry of the chain. Kept elsewhere, it proves later that nothing before it was made anew.
struct Head {
  std::int64_t position = 0;  // 0: nothing is in the chain
  std::string hash;           // 64 hexadecimal digits
};

// "12:9f86d0…", and back; nullopt for what is no such text.
std::string describe(const Head& head);
std::optional<Head> head_from(std::string_view text);

enum class FindingKind : std::uint8_t {
  edited,         // a row's content does not match its hash
  removed,        // a row, or an entry of the chain, is gone
  added,          // a row that fettle did not write, or not in this place
  reordered,      // an entry of the chain does not follow from the one before
  lines_changed,  // an attempt's log lines do not match their hash
  text_changed,   // the text of a version is not what its SHA-256 says
  text_missing,   // an attempt's version is gone
  run_missing,    // an attempt's run is gone
  misfiled,       // where an attempt's file went does not fit how it ended
  rebuilt,        // the chain does not hold a head that was kept elsewhere
  unguarded,      // a trigger that refuses accidents is gone
  damaged,        // SQLite itself finds the file damaged
};
std::string_view name(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind = FindingKind::edited;
  std::string subject;       // "attempt 12", "run 3", "version 9f86…", "entry 7 of the chain"
  std::int64_t attempt = 0;  // 0: about no single attempt
  std::string script;        // of that attempt, as the row says now; may be empty
  std::string what;          // one line
};

struct Verdict {
  std::vector<Finding> findings;
  std::int64_t attempts = 0, runs = 0, events = 0, texts = 0, imports = 0;  // that were looked at
  Head head;
  Pruned pruned;  // what is no longer there to be looked at
};

}  // namespace ledger
