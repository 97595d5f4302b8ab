// What a script demands before it may run, beside the time: an environment, arguments, scripts before it; and what the
// person who started the run chose. Gathers what is known; core/dependency decides. Lives in the runner, one for each
// run or plan.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/dependency.hpp"
#include "core/outcome.hpp"
#include "core/script.hpp"
#include "runner/choice.hpp"
#include "runner/crew.hpp"

namespace runner {

// Whether any node has applied any version of what a word of `depends` means to a database of this run.
bool has_receipt(Crew& crew, const std::string& word);

class Demands {
 public:
  // Who can be asked about a script.
  struct Sources {
    std::function<core::Known(const std::string& script)> known;
    std::function<std::vector<std::string>(const std::string& word)> known_names;  // of scripts in the ledger
    std::function<std::vector<std::string>(const std::string& word)> ahead;        // pending, later in this run
    std::function<std::vector<std::string>(const std::string& word)> left;         // pending, not in this run
    std::function<bool(const std::string& word)> has_receipt;                      // in a database, by any node
  };

  // force: what it depends on is not asked.
  Demands(const core::Config& config, Choice choice, core::Force force, Sources sources)
      : environment_(config.run.environment), choice_(std::move(choice)), force_(force), sources_(std::move(sources)) {}

  // nullopt: it may run.
  std::optional<core::Outcome> judge(const std::string& script, const core::Declaration& declaration);

  // This script is dealt with, or will not be: those that waited for it, which need another look.
  std::vector<std::string> release(const std::string& script);
  bool waits(const std::string& script) const { return waits_.count(script) > 0; }

 private:
  std::optional<core::Outcome> judge_dependencies(const std::string& script, const core::Declaration& declaration);
  bool knows_against(const std::string& script) const;
  core::Standing stand(const std::string& script, const std::string& word) const;

  std::string environment_;
  Choice choice_;
  core::Force force_;
  Sources sources_;
  core::Waits waits_;  // for what comes later in this run
};

}  // namespace runner
