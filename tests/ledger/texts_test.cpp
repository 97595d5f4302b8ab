#include "ledger/texts.hpp"

#include <doctest/doctest.h>
#include <string>

#include "base/error.hpp"
#include "ledger/ledger_fixture.hpp"

using core::OutcomeKind;
using support::ended;
using support::LedgerFixture;
using support::run_of;
using support::script_of;

TEST_CASE("the exact bytes of a script come back, whatever they are") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  std::string all_bytes;
  for (int i = 0; i < 5000; ++i) all_bytes += static_cast<char>(i * 7 + i / 256);
  for (const std::string& text :
       {std::string(), std::string("return {}\r\n"), std::string("\0\0", 2), all_bytes, std::string(1U << 20U, '-')}) {
    const core::Script script = script_of("x.lua", text);
    LedgerFixture::attempt(ledger, run, script, ended(OutcomeKind::failed));
    CHECK((ledger.text(script.sha256) == text));
    CHECK((fixture.history().text(script.sha256) == text));
  }
}

TEST_CASE("a text is stored once however often and under however many names it ran") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  const std::string text(100'000, 'x');
  for (const char* name : {"a.lua", "b.lua", "a.lua"})
    LedgerFixture::attempt(ledger, run, script_of(name, text), ended(OutcomeKind::failed));
  CHECK(fixture.ask("SELECT count(*) FROM versions") == "1");
  CHECK(fixture.ask("SELECT size FROM versions") == "100000");
  CHECK(fixture.ask("SELECT first_seen FROM versions") == "1500");
  CHECK(std::stoi(fixture.ask("SELECT length(zstd) FROM versions")) < 1000);
}

TEST_CASE("a text that nobody ran is an error") {
  const LedgerFixture fixture;
  const ledger::Ledger ledger = fixture.open();
  CHECK_THROWS_AS((void)fixture.history().text("0000"), base::Error);
}

TEST_CASE("a text that was altered in the ledger is not passed off as what ran") {
  const LedgerFixture fixture;
  ledger::Ledger ledger = fixture.open();
  const core::Script script = script_of("x.lua", "return {}");
  const core::Script other = script_of("y.lua", "return 12");
  const std::int64_t run = ledger.begin_run(run_of("anna"));
  for (const core::Script& each : {script, other})
    LedgerFixture::attempt(ledger, run, each, ended(OutcomeKind::failed));
  SUBCASE("by another text") {
    fixture.tamper("UPDATE versions SET zstd = (SELECT zstd FROM versions WHERE sha256 = '" + other.sha256 + "')");
  }
  SUBCASE("by garbage") {
    fixture.tamper("UPDATE versions SET zstd = x'00010203'");
  }
  SUBCASE("by an impossible size") {
    fixture.tamper("UPDATE versions SET size = 1 << 60");
  }
  SUBCASE("by a wrong size") {
    fixture.tamper("UPDATE versions SET size = size - 1");
  }
  CHECK_THROWS_AS((void)fixture.history().text(script.sha256), base::Error);
}
