#include "runner/tokens.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "ledger/history.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/random.hpp"
#include "runner/run_lock.hpp"

namespace runner {
namespace {

constexpr std::size_t k_random_bytes = 32;
constexpr std::string_view k_prefix = "fettle_";  // by which people and scanners of leaked secrets know it

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was changed.", std::move(next));
}

ledger::TokenBook book_of(const core::Config& config) {
  ledger::TokenBook book;
  if (const auto history = ledger::History::open(config.path(config.ledger.path))) history->take_in(book);
  return book;
}

void record(const core::Config& config, const TokenRequest& request, std::string_view verb,
            const ledger::Token& token) {
  ledger::Event event;
  event.verb = verb;
  event.by = token.revoked ? token.revoked_by : token.by;
  event.host = os::host_name();
  event.reason = request.reason;
  event.detail = ledger::detail_of(token);
  event.at = token.revoked ? *token.revoked : token.made;
  ledger::Ledger::open(config.path(config.ledger.path)).record(event);
}

}  // namespace

NewToken add_token(const core::Config& config, const TokenRequest& request) {
  if (!ledger::is_token_name(request.name))
    refuse(fmt::format("\"{}\" is no name for a token", base::escape(request.name)),
           "Up to 64 letters, digits and . _ - @, such as anna or deploy-bot.");
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  if (book_of(config).holding(request.name) != nullptr)
    refuse(fmt::format("{} has a token already", request.name), fmt::format("fettle token revoke {}", request.name));
  NewToken made;
  made.secret = std::string(k_prefix) + os::random_hex(k_random_bytes);
  made.token.name = request.name;
  made.token.scope = request.scope;
  made.token.sha256 = base::sha256_hex(made.secret);
  made.token.made = os::now();
  made.token.by = request.by.empty() ? os::user_name() : request.by;
  made.token.expires = request.expires;
  record(config, request, ledger::k_token_add, made.token);
  return made;
}

ledger::Token revoke_token(const core::Config& config, const TokenRequest& request) {
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  const ledger::TokenBook book = book_of(config);
  const ledger::Token* found = book.holding(request.name);
  if (found == nullptr) refuse(fmt::format("{} has no token", base::escape(request.name)), "fettle token list");
  ledger::Token token = *found;
  token.revoked = os::now();
  token.revoked_by = request.by.empty() ? os::user_name() : request.by;
  record(config, request, ledger::k_token_revoke, token);
  return token;
}

std::vector<ledger::Token> tokens(const core::Config& config) {
  return book_of(config).tokens;
}

}  // namespace runner
