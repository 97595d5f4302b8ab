// Tokens that open the page and its API, as the ledger remembers them: each is an event ("token add"), and so is its
// end
// ("token revoke"). So they are never changed, stand in the chain, and go wherever the ledger goes. Of the token itself
// only its SHA-256 is kept: 256 random bits cannot be guessed from it. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/scope.hpp"

namespace ledger {

struct Token {
  std::string name;  // whose it is: the actor of what is done with it
  core::Scope scope = core::Scope::read;
  std::string sha256;  // of the token, 64 hexadecimal digits
  base::Instant made;
  std::string by;                        // who made it
  std::optional<base::Instant> expires;  // nullopt: never
  std::optional<base::Instant> revoked;  // nullopt: it holds
  std::string revoked_by;
};

// Kept by who asks again and again: each event is read once.
struct TokenBook {
  std::int64_t last = 0;      // the newest event that is taken in
  std::vector<Token> tokens;  // oldest first

  // The one of that name that holds; nullptr: there is none. One that has expired holds until it is revoked.
  const Token* holding(std::string_view name) const noexcept;
};
void take_in_tokens(SQLite::Database& database, TokenBook& book);

inline constexpr std::string_view k_token_add = "token add", k_token_revoke = "token revoke";

// What such an event says of it, and back. nullopt: it is no such text.
std::string detail_of(const Token& token);
std::optional<Token> token_from(std::string_view detail);

// Letters, digits and . _ - @, up to 64 of them: fit for command lines, addresses and logs.
bool is_token_name(std::string_view name) noexcept;

}  // namespace ledger
