// `fettle token`: who may use the page and the API. Takes the run lock while it writes. Throws Error: usage, lock_held,
// io, ledger_broken.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "ledger/tokens.hpp"

namespace runner {

struct TokenRequest {
  std::string name;
  core::Scope scope = core::Scope::read;
  std::optional<base::Instant> expires;  // nullopt: never
  std::string by, reason;                // by: empty for this user
};

struct NewToken {
  std::string secret;  // told this once: the ledger keeps only its digest
  ledger::Token token;
};

NewToken add_token(const core::Config& config, const TokenRequest& request);
ledger::Token revoke_token(const core::Config& config, const TokenRequest& request);

// All that ever were, oldest first.
std::vector<ledger::Token> tokens(const core::Config& config);

}  // namespace runner
