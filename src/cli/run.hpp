// One run with its telling: for `run` and `retry`. Lives in the runner process. Nothing may be open before it is called
// that a helper process should not inherit.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "runner/runner.hpp"

namespace cli {

// Which scripts the command line names.
runner::Choice choice_from(const Arguments& arguments);

// The parts of a request that both commands share.
runner::RunRequest request_from(const Arguments& arguments, const core::Config& config);

// Tells a run as it goes on; on stderr alone where JSON is asked for.
Console console_of(const Context& context, Lasting lasting = Lasting::everything);

// Runs and tells on the console; the caller prints JSON where it is asked for.
core::RunReport run_and_tell(const Context& context, const runner::RunRequest& request);

// Tells of a run that a guard forbids, on the console or as JSON. Gives the exit code.
int tell_forbidden(const Context& context, const core::RunReport& report);

// The run of a child that fettle watch has started.
int run_supervised(const Context& context);

// "main (sqlite:app.db), old (sqlite:old.db)"
std::string databases_text(const LoadedConfig& loaded);

}  // namespace cli
