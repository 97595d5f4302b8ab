// What a screen is made of: the configuration, the ledger as it is now, who looks, and what the address asks for.
// Nothing of it outlives the answer to one request.
#pragma once

#include <optional>
#include <string>

#include "cli/config_file.hpp"
#include "core/scope.hpp"
#include "ledger/history.hpp"
#include "web/request.hpp"

namespace web {

// Who is signed in.
struct Viewer {
  std::string name;  // of the token; the actor of all that is done
  core::Scope scope = core::Scope::read;
  std::string csrf;  // to be sent back with every form; empty: came with a token and not with a cookie

  bool may(core::Scope needed) const noexcept { return core::allows(scope, needed); }
};

struct Look {
  const cli::LoadedConfig& loaded;
  const std::optional<ledger::History>& history;  // nullopt: there is no ledger yet
  const Viewer& viewer;
  const Request& request;

  const core::Config& config() const noexcept { return loaded.config; }
};

}  // namespace web
