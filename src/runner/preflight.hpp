// What can be said of scripts without changing anything: `check` and `plan`. Lives in the command's own process, with
// the same broker and workers as a run; neither ledger nor folders are written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/guard.hpp"
#include "core/outcome.hpp"
#include "core/plan.hpp"
#include "core/script.hpp"
#include "runner/choice.hpp"

namespace runner {

struct Checked {
  std::string script;  // name, or the path that was given
  std::string sha256;
  core::Declaration declaration;
  core::Outcome outcome;  // succeeded: nothing found; failed: syntax, contract, timeout, memory, crash
};

struct CheckReport {
  std::vector<Checked> scripts;
  std::vector<core::Ignored> ignored;
  std::vector<std::string> warnings;  // order, and dependencies that nobody has heard of
};

// words: names of pending scripts, or paths to files anywhere; empty: everything pending. No database is opened.
CheckReport check(const core::Config& config, const std::vector<std::string>& words);

// One script that lies nowhere yet.
Checked check_text(const core::Config& config, const core::Script& script);

enum class Forecast { would_run, would_skip, would_fail, blocked };

struct Planned {
  std::string script, sha256;
  core::ScriptState state = core::ScriptState::fresh;
  Forecast forecast = Forecast::would_run;
  std::string reason;
  core::Declaration declaration;
  core::Outcome outcome;              // error and traceback where it would fail
  std::vector<std::string> warnings;  // of its validate()
};

struct PlanReport {
  std::vector<Planned> scripts;
  std::vector<core::Ignored> ignored;
  std::vector<std::string> warnings;
  bool target_unreachable = false;
  std::optional<core::Forbidden> forbidden;  // no run may be now
};

// As a run with this choice and these arguments would go.
PlanReport plan(const core::Config& config, const Choice& choice, const std::vector<core::Argument>& arguments);

}  // namespace runner
