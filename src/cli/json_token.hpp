// The documents that `fettle token` prints with --json.
#pragma once

#include <string>
#include <vector>

#include "runner/tokens.hpp"

namespace cli {

std::string new_token_json(const runner::NewToken& made);
std::string tokens_json(const std::vector<ledger::Token>& tokens, base::Instant now);

}  // namespace cli
