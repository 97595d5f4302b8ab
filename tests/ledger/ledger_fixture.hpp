// A ledger in a fresh folder, and short words to fill it.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "ledger/history.hpp"
#include "ledger/ledger.hpp"
#include "support/scratch.hpp"

namespace support {

inline core::Script script_of(std::string name, std::string text) {
  std::string sha256 = base::sha256_hex(text);
  return {.name = std::move(name), .sha256 = std::move(sha256), .text = std::move(text)};
}

inline ledger::RunStart run_of(std::string by) {
  return {.trigger = "manual",
          .by = std::move(by),
          .host = "host-a",
          .reason = "",
          .command = "fettle run",
          .pid = 411,
          .at = {1000}};
}

inline ledger::Finished ended(core::OutcomeKind kind) {
  ledger::Finished finished;
  finished.outcome.kind = kind;
  if (kind == core::OutcomeKind::failed) finished.outcome.cause = core::Cause::error;
  finished.at = {2000};
  return finished;
}

struct LedgerFixture {
  Scratch scratch;
  std::string path = scratch.path("state/ledger.db");

  ledger::Ledger open() const { return ledger::Ledger::open(path); }
  ledger::History history() const { return ledger::History::open(path).value(); }

  // One attempt from begin to end.
  static std::int64_t attempt(ledger::Ledger& ledger, std::int64_t run, const core::Script& script,
                              const ledger::Finished& finished) {
    const std::int64_t id = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = {1500}});
    ledger.finish_attempt(id, finished);
    return id;
  }

  // One value of the file, as another tool would read it.
  std::string ask(const std::string& sql) const {
    SQLite::Database database(path, SQLite::OPEN_READONLY);
    return database.execAndGet(sql).getString();
  }

  void change(const std::string& sql) const {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec(sql);
  }

  // The same by somebody who means it: no trigger and no foreign key stands in the way, and nothing tells afterwards.
  void tamper(const std::string& sql) const {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    std::vector<std::pair<std::string, std::string>> triggers;
    SQLite::Statement all(database, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'");
    while (all.executeStep()) triggers.emplace_back(all.getColumn(0).getString(), all.getColumn(1).getString());
    all.reset();
    database.exec("PRAGMA foreign_keys = OFF");
    for (const auto& [name, text] : triggers) database.exec("DROP TRIGGER " + name);
    database.exec(sql);
    for (const auto& [name, text] : triggers) database.exec(text);
  }
};

}  // namespace support
