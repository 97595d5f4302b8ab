// What `fettle doctor` found of one thing that it tried, in words for a person. Pure data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace core {

enum class Verdict {
  good,
  warning,      // it works, but less well than it could
  unreachable,  // a database that cannot be used
  fault,        // fettle cannot do its work
};

struct Diagnosis {
  std::string part;     // "lock-down", "folders", "ledger", "databases", "machine"
  std::string subject;  // what was tried
  Verdict verdict = Verdict::good;
  std::string found;   // what came of it, and what that means
  std::string advice;  // what to do; empty: nothing
};

using Diagnoses = std::vector<Diagnosis>;

// "good", "warning", "unreachable", "fault".
std::string_view name(Verdict verdict) noexcept;

// 7: a fault; 6: databases that cannot be reached are all that is wrong; 0: nothing, warnings allowed.
int exit_code(const Diagnoses& diagnoses) noexcept;

}  // namespace core
