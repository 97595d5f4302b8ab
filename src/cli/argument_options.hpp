// The options of each command, as CLI11 is told of them. Beside cli/arguments the only place that includes CLI11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace cli {

// What CLI11 hands over as text, before it is checked.
struct Raw {
  bool quiet = false, verbose = false, version = false;
  std::string wait, outcome, run, limit, since, until, steps, plan, drift, preview, keep, most, days, expires, via,
      before, request;
  std::vector<std::string> script_arguments, only;
};

void add_options(std::string_view command, CLI::App& app, Arguments& out, Raw& raw);

// Those of every command.
void add_globals(CLI::App& app, Arguments& out, Raw& raw);

}  // namespace cli
