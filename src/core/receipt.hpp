// The proof that a script was applied: a row in the target, committed in the script's own transaction. So it is there
// exactly when the script's changes are, whatever died and whenever. A script without a transaction first leaves a row
// that says that it has begun, in a table of its own, and a receipt in its place at the end: who finds it begun, and
// nobody at work, knows that some of it may have been executed, and no more.
#pragma once

#include <cstdint>
#include <string>

namespace core {

struct Receipt {
  std::string script, sha256;
  std::string ledger;        // id of the ledger that knows the attempt
  std::string node;          // host that ran it
  std::string applied_at;    // UTC, ISO 8601
  std::string version;       // of fettle
  std::int64_t attempt = 0;  // in that ledger
  std::int64_t run = 0;
};

// What a target says when it is asked for the receipt of one attempt.
enum class Proof : std::uint8_t {
  present,
  begun,        // without a transaction; nobody is at it any more
  absent,       // and no transaction is left that could still commit one
  unreachable,  // the database cannot be asked now
};

}  // namespace core
