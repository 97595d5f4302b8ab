// `fettle token` and `--via`, by the built program.
#include <doctest/doctest.h>
#include <string>

#include "base/hash.hpp"
#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Site;

TEST_CASE("a token is shown once, the ledger keeps only its digest, and the list tells who has one") {
  const Site site;
  const Ended made = site.fettle({"token", "add", "anna", "--scope", "run", "--expires", "90d", "--by", "root"});
  CHECK(made.status == 0);
  const std::string token = made.out.substr(0, made.out.find('\n'));
  CHECK(token.starts_with("fettle_"));
  CHECK(token.size() == 71);
  CHECK(made.err.find("scope run") != std::string::npos);
  const std::string ledger = support::read_file(site.path(".fettle/ledger.db"));
  CHECK(ledger.find(token) == std::string::npos);
  CHECK(ledger.find(base::sha256_hex(token)) != std::string::npos);
  const json list = site.fettle_json({"token", "list", "--json"});
  REQUIRE(list.size() == 1);
  CHECK(list[0].at("name") == "anna");
  CHECK(list[0].at("scope") == "run");
  CHECK(list[0].at("state") == "holds");
  CHECK(list[0].at("by") == "root");
  CHECK_FALSE(list[0].contains("token"));
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("a name has one token at a time, and after it was revoked may have another") {
  const Site site;
  CHECK(site.fettle({"token", "add", "anna"}).status == 0);
  const Ended twice = site.fettle({"token", "add", "anna"});
  CHECK(twice.status == 2);
  CHECK(twice.err.find("anna has a token already") != std::string::npos);
  CHECK(site.fettle({"token", "revoke", "anna", "--reason", "left"}).status == 0);
  CHECK(site.fettle({"token", "revoke", "anna"}).status == 2);
  CHECK(site.fettle({"token", "add", "anna", "--scope", "admin"}).status == 0);
  const json list = site.fettle_json({"token", "list", "--json"});
  REQUIRE(list.size() == 2);
  CHECK(list[0].at("state") == "revoked");
  CHECK(list[1].at("scope") == "admin");
}

TEST_CASE("what makes no sense of a token is refused, and nothing is made") {
  const Site site;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"token", "add"},
                                                {"token", "add", "a b"},
                                                {"token", "add", "a", "b"},
                                                {"token", "add", "anna", "--scope", "root"},
                                                {"token", "add", "anna", "--expires", "2001-01-01"},
                                                {"token", "add", "anna", "--expires", "soon"}}) {
    CAPTURE(words.back());
    CHECK(site.fettle(words).status == 2);
  }
  CHECK(site.fettle({"token", "list"}).out.find("no token yet") != std::string::npos);
}

TEST_CASE("a run says by which way it was asked for, and the recorded line from where") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { shouldRun = function() return true end, execute = function() return { executed = true } end }");
  CHECK(site.fettle({"run", "--by", "anna", "--via", "web:192.0.2.7"}).status == 0);
  const json attempt = site.fettle_json({"show", "1", "--json"});
  CHECK(attempt.at("trigger") == "web");
  CHECK(attempt.at("command") == "fettle run --by anna --via web:192.0.2.7");
  CHECK(site.fettle({"pause", "--via", "web:192.0.2.7", "--reason", "release"}).status == 0);
  CHECK(site.sql("select reason from events", ".fettle/ledger.db") == "release, via web:192.0.2.7");
}

TEST_CASE("a way that there is not is refused") {
  const Site site;
  for (const std::string way : {"watch", "preview", "web: x", "web:\n", "Web"}) {
    CAPTURE(way);
    CHECK(site.fettle({"run", "--via", way}).status == 2);
  }
}
