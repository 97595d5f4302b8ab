// What is to be done with each pending script, decided from its version and from what the ledger knows of its name.
// Pure: `plan` prints it, `run` follows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/imported.hpp"
#include "core/outcome.hpp"

namespace core {

// What the ledger knows of one script name.
struct Known {
  struct Seen {
    std::int64_t attempt = 0;
    OutcomeKind outcome = OutcomeKind::failed;
    std::string sha256;
  };
  std::optional<Seen> last;              // newest attempt of this name that has ended
  std::optional<Seen> applied;           // newest that succeeded (or was marked or imported as such), of any version
  std::optional<Seen> same_version;      // newest that succeeded with the very bytes in question
  bool same_version_repeatable = false;  // whether that version declares repeatable = true
  std::optional<Imported> imported;      // what another tool has recorded, unless attempts since then tell otherwise
};

// How `status` and `plan` call a pending script.
enum class ScriptState {
  fresh,     // never attempted
  retry,     // its last attempt did not succeed
  changed,   // a version of this name was applied, these bytes were not
  applied,   // these very bytes were applied
  imported,  // another tool has applied a script of this name
};

enum class Decision {
  run,   // load it, ask shouldRun(), perhaps execute
  skip,  // already applied: file it without running
  hold,  // leave it where it is
};

struct Step {
  ScriptState state = ScriptState::fresh;
  Decision decision = Decision::run;
  std::string reason;  // always set for skip and hold; else what is special about the state, or empty
};

enum class Force { no, yes };  // run --force: also what was applied or is on hold

Step decide(std::string_view sha256, const Known& known, Changed changed, Force force);

std::string_view name(ScriptState state) noexcept;

}  // namespace core
