// A ledger as the first version of the schema left it, to be brought up to date.
#pragma once

#include <SQLiteCpp/Database.h>
#include <string>

#include "ledger/schema.hpp"

namespace support {

inline constexpr const char* k_schema_1 = R"sql(
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY,
  trigger     TEXT NOT NULL CHECK (trigger <> ''),
  by          TEXT NOT NULL,
  host        TEXT NOT NULL,
  pid         INTEGER NOT NULL,
  reason      TEXT,
  command     TEXT NOT NULL,
  fettle      TEXT NOT NULL,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,
  exit_code   INTEGER,
  scripts     INTEGER,
  succeeded   INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  skipped     INTEGER NOT NULL DEFAULT 0,
  blocked     INTEGER NOT NULL DEFAULT 0,
  interrupted INTEGER NOT NULL DEFAULT 0,
  unknown     INTEGER NOT NULL DEFAULT 0,
  CHECK ((finished_at IS NULL) = (exit_code IS NULL)),
  CHECK ((finished_at IS NULL) = (scripts IS NULL))
) STRICT;
CREATE TABLE versions (
  sha256     TEXT PRIMARY KEY NOT NULL,
  size       INTEGER NOT NULL,
  zstd       BLOB NOT NULL,
  first_seen INTEGER NOT NULL
) STRICT;
CREATE TABLE attempts (
  id              INTEGER PRIMARY KEY,
  run             INTEGER NOT NULL REFERENCES runs (id),
  script          TEXT NOT NULL CHECK (script <> ''),
  sha256          TEXT NOT NULL REFERENCES versions (sha256),
  state           TEXT NOT NULL,
  outcome         TEXT CHECK (outcome IN ('succeeded', 'skipped', 'failed', 'blocked', 'interrupted', 'unknown',
                                          'rolled_back', 'marked', 'imported')),
  cause           TEXT CHECK (cause IN ('error', 'syntax', 'contract', 'timeout', 'memory', 'crash', 'locked',
                                        'unreachable')),
  started_at      INTEGER NOT NULL,
  finished_at     INTEGER,
  moved_to        TEXT,
  database        TEXT,
  description     TEXT,
  repeatable      INTEGER NOT NULL DEFAULT 0 CHECK (repeatable IN (0, 1)),
  load_us         INTEGER,
  should_run_us   INTEGER,
  execute_us      INTEGER,
  commit_us       INTEGER,
  total_us        INTEGER,
  cpu_us          INTEGER,
  peak_memory     INTEGER,
  statements      INTEGER,
  rows_changed    INTEGER,
  worker_sandbox  TEXT,
  broker_sandbox  TEXT,
  reason          TEXT,
  message         TEXT,
  result          TEXT,
  error           TEXT,
  traceback       TEXT,
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT;
CREATE INDEX attempts_by_script ON attempts (script);
CREATE INDEX attempts_by_run ON attempts (run);
CREATE INDEX attempts_by_outcome ON attempts (outcome);
CREATE INDEX attempts_applied ON attempts (script) WHERE outcome IN ('succeeded', 'marked', 'imported');
CREATE INDEX attempts_applied_version ON attempts (script, sha256)
  WHERE outcome IN ('succeeded', 'marked', 'imported');
CREATE TABLE log_lines (
  attempt INTEGER NOT NULL REFERENCES attempts (id),
  number  INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  level   TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
  text    TEXT NOT NULL,
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  verb   TEXT NOT NULL CHECK (verb <> ''),
  script TEXT,
  by     TEXT NOT NULL,
  host   TEXT NOT NULL,
  reason TEXT,
  detail TEXT
) STRICT;
)sql";

// rows: statements that fill it.
inline void make_ledger_1(const std::string& path, const std::string& rows) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA application_id = " + std::to_string(ledger::k_application_id));
  database.exec(k_schema_1);
  database.exec("PRAGMA user_version = 1");
  database.exec(rows);
}

}  // namespace support
