#include "ledger/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/text.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr std::size_t k_longest_name = 64;
constexpr std::size_t k_digest = 64;

}  // namespace

const Token* TokenBook::holding(std::string_view name) const noexcept {
  const auto found = std::find_if(tokens.begin(), tokens.end(),
                                  [name](const Token& token) { return token.name == name && !token.revoked; });
  return found == tokens.end() ? nullptr : &*found;
}

void take_in_tokens(SQLite::Database& database, TokenBook& book) {
  Query query(database, "SELECT id, at, verb, by, detail FROM events WHERE id > ?1 ORDER BY id");
  query.number(book.last);
  while (query.next()) {
    book.last = query.take_number();
    const base::Instant at{query.take_number()};
    const std::string verb = query.take_text();
    if (verb != k_token_add && verb != k_token_revoke) continue;
    const std::string by = query.take_text();
    std::optional<Token> token = token_from(query.take_text());
    if (!token) continue;
    if (verb == k_token_add) {
      token->made = at;
      token->by = by;
      book.tokens.push_back(*std::move(token));
      continue;
    }
    for (Token& each : book.tokens) {
      if (each.sha256 != token->sha256 || each.revoked) continue;
      each.revoked = at;
      each.revoked_by = by;
    }
  }
}

std::string detail_of(const Token& token) {
  return fmt::format("{} {} {}{}", token.name, core::name(token.scope), token.sha256,
                     token.expires ? fmt::format(" expires {}", token.expires->milliseconds) : "");
}

std::optional<Token> token_from(std::string_view detail) {
  const std::vector<std::string_view> words = base::split(detail, ' ');
  if (words.size() != 3 && words.size() != 5) return std::nullopt;
  const std::optional<core::Scope> scope = core::scope_named(words[1]);
  if (!is_token_name(words[0]) || !scope || words[2].size() != k_digest) return std::nullopt;
  Token token{std::string(words[0]), *scope, std::string(words[2]), {}, {}, {}, {}, {}};
  if (words.size() == 3) return token;
  base::Instant expires;
  const auto [end, fault] = std::from_chars(words[4].data(), words[4].data() + words[4].size(), expires.milliseconds);
  if (words[3] != "expires" || fault != std::errc() || end != words[4].data() + words[4].size()) return std::nullopt;
  token.expires = expires;
  return token;
}

bool is_token_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= k_longest_name && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-' || letter == '@';
         });
}

}  // namespace ledger
