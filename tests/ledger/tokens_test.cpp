#include "ledger/tokens.hpp"

#include <doctest/doctest.h>
#include <string>

#include "ledger/ledger_fixture.hpp"

using ledger::Token;
using support::LedgerFixture;

namespace {

const std::string k_digest(64, 'a'), k_other(64, 'b');

Token token(const std::string& name, const std::string& sha256) {
  return {name, core::Scope::run, sha256, {5}, "root", {}, {}, {}};
}

void record(ledger::Ledger& ledger, std::string_view verb, const Token& of, std::int64_t at) {
  ledger::Event event;
  event.verb = verb;
  event.by = "root";
  event.host = "h";
  event.detail = ledger::detail_of(of);
  event.at = {at};
  ledger.record(event);
}

}  // namespace

TEST_CASE("what an event says of a token is read back as it was, and anything else is no token") {
  Token one = token("deploy-bot@ci.example", k_digest);
  CHECK(ledger::token_from(ledger::detail_of(one))->name == one.name);
  CHECK_FALSE(ledger::token_from(ledger::detail_of(one))->expires);
  one.expires = base::Instant{1234};
  one.scope = core::Scope::admin;
  CHECK(ledger::token_from(ledger::detail_of(one))->expires == base::Instant{1234});
  CHECK(ledger::token_from(ledger::detail_of(one))->scope == core::Scope::admin);
  for (const std::string& text :
       {std::string(), "anna run " + k_digest.substr(1), "anna root " + k_digest, "anna run " + k_digest + " expires",
        "anna run " + k_digest + " expires x", "an/na run " + k_digest, "anna run " + k_digest + " until 5"})
    CHECK_FALSE(ledger::token_from(text));
}

TEST_CASE("tokens come and go with events, each read once, and a name may be given again") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const ledger::History history = fixture.history();
  ledger::TokenBook book;
  history.take_in(book);
  CHECK(book.tokens.empty());
  record(ledger, ledger::k_token_add, token("anna", k_digest), 10);
  record(ledger, "pause", token("x", k_other), 11);
  history.take_in(book);
  history.take_in(book);
  REQUIRE(book.tokens.size() == 1);
  CHECK(book.last == 2);
  CHECK(book.holding("anna")->made == base::Instant{10});
  CHECK(book.holding("bert") == nullptr);
  record(ledger, ledger::k_token_revoke, token("anna", k_digest), 12);
  record(ledger, ledger::k_token_add, token("anna", k_other), 13);
  history.take_in(book);
  REQUIRE(book.tokens.size() == 2);
  CHECK(book.tokens[0].revoked == base::Instant{12});
  CHECK(book.holding("anna")->sha256 == k_other);
  CHECK(history.verify({}).findings.empty());
}

TEST_CASE("names of tokens are plain words") {
  for (const char* name : {"anna", "deploy-bot", "a.b_c@d", "7"}) CHECK(ledger::is_token_name(name));
  for (const std::string& name : {std::string(), std::string("-x"), std::string("a b"), std::string("a\nb"),
                                  std::string("ä"), std::string("a'b"), std::string(65, 'a')})
    CHECK_FALSE(ledger::is_token_name(name));
}
