#include "ledger/schema.hpp"

#include <SQLiteCpp/Transaction.h>
#include <array>
#include <fmt/format.h>
#include <string>

#include "ledger/chain.hpp"

namespace ledger {
namespace {

// As it was when version 2 came, whatever schema.sql says later.
constexpr std::string_view k_to_version_2 = R"sql(
CREATE TABLE ledger (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  id       TEXT NOT NULL,
  made_at  INTEGER NOT NULL
) STRICT;
INSERT INTO ledger VALUES (1, lower(hex(randomblob(16))),
  coalesce((SELECT started_at FROM runs ORDER BY id LIMIT 1), CAST(strftime('%s', 'now') AS INTEGER) * 1000));
CREATE INDEX attempts_taken_back ON attempts (script, sha256)
  WHERE state = 'marked' AND outcome IN ('failed', 'interrupted');
CREATE INDEX attempts_unfiled ON attempts (outcome, script)
  WHERE moved_to IS NULL AND outcome IN ('succeeded', 'failed', 'skipped');
CREATE TABLE chain (
  position INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL CHECK (kind <> ''),
  ref      INTEGER NOT NULL,
  content  TEXT NOT NULL,
  lines    TEXT,
  hash     TEXT NOT NULL
) STRICT;
CREATE TRIGGER attempts_are_final BEFORE UPDATE OF id, run, script, sha256, state, outcome, cause, started_at,
  finished_at, database, description, repeatable, load_us, should_run_us, execute_us, commit_us, total_us, cpu_us,
  peak_memory, statements, rows_changed, worker_sandbox, broker_sandbox, reason, message, result, error, traceback
  ON attempts WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'attempts_are_final: an attempt that has ended is not changed any more'); END;
CREATE TRIGGER attempts_are_filed_once BEFORE UPDATE OF moved_to ON attempts WHEN OLD.moved_to IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'attempts_are_filed_once: where a file went is written once'); END;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts_are_kept: no attempt is removed'); END;
CREATE TRIGGER log_lines_are_final BEFORE UPDATE ON log_lines
BEGIN SELECT RAISE(ABORT, 'log_lines_are_final: no log line is changed'); END;
CREATE TRIGGER log_lines_are_kept BEFORE DELETE ON log_lines
BEGIN SELECT RAISE(ABORT, 'log_lines_are_kept: no log line is removed'); END;
CREATE TRIGGER versions_are_final BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions_are_final: the text of a version is not changed'); END;
CREATE TRIGGER versions_are_kept BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions_are_kept: the text of a version is not removed'); END;
CREATE TRIGGER events_are_final BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events_are_final: no event is changed'); END;
CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events_are_kept: no event is removed'); END;
CREATE TRIGGER runs_keep_their_start BEFORE UPDATE OF id, trigger, by, host, pid, reason, command, fettle, started_at
  ON runs
BEGIN SELECT RAISE(ABORT, 'runs_keep_their_start: who started a run, and when, is not changed'); END;
CREATE TRIGGER runs_are_final BEFORE UPDATE ON runs WHEN OLD.finished_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'runs_are_final: a run that has ended is not changed any more'); END;
CREATE TRIGGER runs_are_kept BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'runs_are_kept: no run is removed'); END;
CREATE TRIGGER chain_is_final BEFORE UPDATE ON chain
BEGIN SELECT RAISE(ABORT, 'chain_is_final: no entry of the chain is changed'); END;
CREATE TRIGGER chain_is_kept BEFORE DELETE ON chain
BEGIN SELECT RAISE(ABORT, 'chain_is_kept: no entry of the chain is removed'); END;
CREATE TRIGGER ledger_is_final BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger_is_final: the id of a ledger is not changed'); END;
CREATE TRIGGER ledger_is_kept BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger_is_kept: the id of a ledger is not removed'); END;
)sql";

// Fewer indexes, and so fewer pages that a script makes the log grow by. Tables and triggers are those of version 2.
constexpr std::string_view k_to_version_3 = R"sql(
DROP INDEX attempts_by_run;
DROP INDEX attempts_by_outcome;
DROP INDEX attempts_applied;
DROP INDEX attempts_unfiled;
CREATE INDEX attempts_open ON attempts (outcome, script)
  WHERE moved_to IS NULL AND (outcome IS NULL OR outcome IN ('succeeded', 'failed', 'skipped'));
CREATE INDEX attempts_other_outcome ON attempts (outcome) WHERE outcome <> 'succeeded';
)sql";

// More causes, so the table is made anew: SQLite cannot change a CHECK. Foreign keys are not looked after here.
constexpr std::string_view k_to_version_4 = R"sql(
CREATE TABLE attempts_3 AS SELECT * FROM attempts;
DROP TABLE attempts;
CREATE TABLE attempts (
  id              INTEGER PRIMARY KEY,
  run             INTEGER NOT NULL REFERENCES runs (id),
  script          TEXT NOT NULL CHECK (script <> ''),
  sha256          TEXT NOT NULL REFERENCES versions (sha256),
  state           TEXT NOT NULL,
  outcome         TEXT CHECK (outcome IN ('succeeded', 'skipped', 'failed', 'blocked', 'interrupted', 'unknown',
                                          'rolled_back', 'marked', 'imported')),
  cause           TEXT CHECK (cause IN ('error', 'syntax', 'contract', 'timeout', 'memory', 'crash', 'locked',
                                        'unreachable', 'validation', 'rule', 'dependency')),
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
INSERT INTO attempts SELECT * FROM attempts_3;
DROP TABLE attempts_3;
CREATE INDEX attempts_by_script ON attempts (script);
CREATE INDEX attempts_applied_version ON attempts (script, sha256)
  WHERE outcome IN ('succeeded', 'marked', 'imported');
CREATE INDEX attempts_taken_back ON attempts (script, sha256)
  WHERE outcome = 'rolled_back' OR (state = 'marked' AND outcome IN ('failed', 'interrupted'));
CREATE INDEX attempts_open ON attempts (outcome, script)
  WHERE moved_to IS NULL AND (outcome IS NULL OR outcome IN ('succeeded', 'failed', 'skipped'));
CREATE INDEX attempts_other_outcome ON attempts (outcome) WHERE outcome <> 'succeeded';
CREATE TABLE details (
  attempt  INTEGER PRIMARY KEY REFERENCES attempts (id),
  try      INTEGER NOT NULL DEFAULT 1,
  again    INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
  allowed  INTEGER NOT NULL DEFAULT 0 CHECK (allowed IN (0, 1)),
  undoes   INTEGER REFERENCES attempts (id),
  requeues INTEGER NOT NULL DEFAULT 0 CHECK (requeues IN (0, 1)),
  depends  TEXT,
  tags     TEXT,
  args     TEXT,
  warnings TEXT,
  data     TEXT
) STRICT;
CREATE TABLE progress (
  attempt INTEGER PRIMARY KEY REFERENCES attempts (id),
  done    INTEGER NOT NULL,
  total   INTEGER,
  label   TEXT,
  at      INTEGER NOT NULL
) STRICT;
CREATE TRIGGER attempts_are_final BEFORE UPDATE OF id, run, script, sha256, state, outcome, cause, started_at,
  finished_at, database, description, repeatable, load_us, should_run_us, execute_us, commit_us, total_us, cpu_us,
  peak_memory, statements, rows_changed, worker_sandbox, broker_sandbox, reason, message, result, error, traceback
  ON attempts WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'attempts_are_final: an attempt that has ended is not changed any more'); END;
CREATE TRIGGER attempts_are_filed_once BEFORE UPDATE OF moved_to ON attempts WHEN OLD.moved_to IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'attempts_are_filed_once: where a file went is written once'); END;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts_are_kept: no attempt is removed'); END;
CREATE TRIGGER details_are_in_time BEFORE INSERT ON details
  WHEN (SELECT outcome FROM attempts WHERE id = NEW.attempt) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'details_are_in_time: an attempt that has ended is told nothing more of'); END;
CREATE TRIGGER details_are_final BEFORE UPDATE ON details
  WHEN (SELECT outcome FROM attempts WHERE id = OLD.attempt) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'details_are_final: details of an attempt that has ended are not changed any more'); END;
CREATE TRIGGER details_are_kept BEFORE DELETE ON details
BEGIN SELECT RAISE(ABORT, 'details_are_kept: no details are removed'); END;
)sql";

// As they were when version 5 came.
constexpr std::string_view k_to_version_5 = R"sql(
CREATE TABLE changes (
  attempt  INTEGER NOT NULL REFERENCES attempts (id),
  number   INTEGER NOT NULL,
  name     TEXT NOT NULL,
  inserted INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  deleted  INTEGER NOT NULL,
  net      INTEGER NOT NULL CHECK (net IN (0, 1)),
  gap      TEXT,
  columns  TEXT,
  key      TEXT,
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE schema_changes (
  attempt INTEGER NOT NULL REFERENCES attempts (id),
  number  INTEGER NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('created', 'altered', 'dropped')),
  type    TEXT NOT NULL,
  name    TEXT NOT NULL,
  before  TEXT,
  after   TEXT,
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE changed_rows (
  attempt INTEGER NOT NULL REFERENCES attempts (id),
  part    INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  zstd    BLOB NOT NULL,
  PRIMARY KEY (attempt, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE previews (
  run          INTEGER NOT NULL REFERENCES runs (id),
  number       INTEGER NOT NULL,
  script       TEXT NOT NULL CHECK (script <> ''),
  sha256       TEXT NOT NULL,
  outcome      TEXT NOT NULL CHECK (outcome IN ('succeeded', 'skipped', 'failed', 'blocked', 'interrupted', 'unknown',
                                                'rolled_back', 'marked', 'imported')),
  cause        TEXT CHECK (cause IN ('error', 'syntax', 'contract', 'timeout', 'memory', 'crash', 'locked',
                                     'unreachable', 'validation', 'rule', 'dependency')),
  reason       TEXT,
  message      TEXT,
  result       TEXT,
  error        TEXT,
  traceback    TEXT,
  total_us     INTEGER NOT NULL,
  statements   INTEGER NOT NULL,
  rows_changed INTEGER NOT NULL,
  database     TEXT,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE preview_changes (
  run      INTEGER NOT NULL REFERENCES runs (id),
  script   INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  name     TEXT NOT NULL,
  inserted INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  deleted  INTEGER NOT NULL,
  net      INTEGER NOT NULL CHECK (net IN (0, 1)),
  gap      TEXT,
  columns  TEXT,
  key      TEXT,
  PRIMARY KEY (run, script, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE preview_schema_changes (
  run    INTEGER NOT NULL REFERENCES runs (id),
  script INTEGER NOT NULL,
  number INTEGER NOT NULL,
  kind   TEXT NOT NULL CHECK (kind IN ('created', 'altered', 'dropped')),
  type   TEXT NOT NULL,
  name   TEXT NOT NULL,
  before TEXT,
  after  TEXT,
  PRIMARY KEY (run, script, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE preview_rows (
  run    INTEGER NOT NULL REFERENCES runs (id),
  script INTEGER NOT NULL,
  part   INTEGER NOT NULL,
  size   INTEGER NOT NULL,
  zstd   BLOB NOT NULL,
  PRIMARY KEY (run, script, part)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER changes_are_in_time BEFORE INSERT ON changes
  WHEN (SELECT outcome FROM attempts WHERE id = NEW.attempt) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'changes_are_in_time: an attempt that has ended is told nothing more of'); END;
CREATE TRIGGER changes_are_final BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes_are_final: what an attempt changed is not told otherwise later'); END;
CREATE TRIGGER changes_are_kept BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes_are_kept: what an attempt changed is not removed'); END;
CREATE TRIGGER schema_changes_are_in_time BEFORE INSERT ON schema_changes
  WHEN (SELECT outcome FROM attempts WHERE id = NEW.attempt) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'schema_changes_are_in_time: an attempt that has ended is told nothing more of'); END;
CREATE TRIGGER schema_changes_are_final BEFORE UPDATE ON schema_changes
BEGIN SELECT RAISE(ABORT, 'schema_changes_are_final: what an attempt changed is not told otherwise later'); END;
CREATE TRIGGER schema_changes_are_kept BEFORE DELETE ON schema_changes
BEGIN SELECT RAISE(ABORT, 'schema_changes_are_kept: what an attempt changed is not removed'); END;
CREATE TRIGGER changed_rows_are_in_time BEFORE INSERT ON changed_rows
  WHEN (SELECT outcome FROM attempts WHERE id = NEW.attempt) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'changed_rows_are_in_time: an attempt that has ended is told nothing more of'); END;
CREATE TRIGGER changed_rows_are_final BEFORE UPDATE ON changed_rows
BEGIN SELECT RAISE(ABORT, 'changed_rows_are_final: what an attempt changed is not told otherwise later'); END;
CREATE TRIGGER changed_rows_are_kept BEFORE DELETE ON changed_rows
BEGIN SELECT RAISE(ABORT, 'changed_rows_are_kept: what an attempt changed is not removed'); END;
CREATE TRIGGER previews_are_in_time BEFORE INSERT ON previews
  WHEN (SELECT finished_at FROM runs WHERE id = NEW.run) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'previews_are_in_time: a preview that is over is told nothing more of'); END;
CREATE TRIGGER previews_are_final BEFORE UPDATE ON previews
BEGIN SELECT RAISE(ABORT, 'previews_are_final: what a preview found is not changed'); END;
CREATE TRIGGER previews_are_kept BEFORE DELETE ON previews
BEGIN SELECT RAISE(ABORT, 'previews_are_kept: what a preview found is not removed'); END;
CREATE TRIGGER preview_changes_are_in_time BEFORE INSERT ON preview_changes
  WHEN (SELECT finished_at FROM runs WHERE id = NEW.run) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'preview_changes_are_in_time: a preview that is over is told nothing more of'); END;
CREATE TRIGGER preview_changes_are_final BEFORE UPDATE ON preview_changes
BEGIN SELECT RAISE(ABORT, 'preview_changes_are_final: what a preview found is not changed'); END;
CREATE TRIGGER preview_changes_are_kept BEFORE DELETE ON preview_changes
BEGIN SELECT RAISE(ABORT, 'preview_changes_are_kept: what a preview found is not removed'); END;
CREATE TRIGGER preview_schema_changes_are_in_time BEFORE INSERT ON preview_schema_changes
  WHEN (SELECT finished_at FROM runs WHERE id = NEW.run) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'preview_schema_changes_are_in_time: a preview that is over is told nothing more of'); END;
CREATE TRIGGER preview_schema_changes_are_final BEFORE UPDATE ON preview_schema_changes
BEGIN SELECT RAISE(ABORT, 'preview_schema_changes_are_final: what a preview found is not changed'); END;
CREATE TRIGGER preview_schema_changes_are_kept BEFORE DELETE ON preview_schema_changes
BEGIN SELECT RAISE(ABORT, 'preview_schema_changes_are_kept: what a preview found is not removed'); END;
CREATE TRIGGER preview_rows_are_in_time BEFORE INSERT ON preview_rows
  WHEN (SELECT finished_at FROM runs WHERE id = NEW.run) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'preview_rows_are_in_time: a preview that is over is told nothing more of'); END;
CREATE TRIGGER preview_rows_are_final BEFORE UPDATE ON preview_rows
BEGIN SELECT RAISE(ABORT, 'preview_rows_are_final: what a preview found is not changed'); END;
CREATE TRIGGER preview_rows_are_kept BEFORE DELETE ON preview_rows
BEGIN SELECT RAISE(ABORT, 'preview_rows_are_kept: what a preview found is not removed'); END;
)sql";

// As they were when version 6 came.
constexpr std::string_view k_to_version_6 = R"sql(
CREATE TABLE imports (
  id           INTEGER PRIMARY KEY,
  tool         TEXT NOT NULL CHECK (tool <> ''),
  source       TEXT NOT NULL CHECK (source <> ''),
  part         TEXT NOT NULL,
  by           TEXT NOT NULL,
  host         TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  reason       TEXT,
  command      TEXT NOT NULL,
  fettle       TEXT NOT NULL,
  at           INTEGER NOT NULL,
  last_attempt INTEGER NOT NULL,
  first        INTEGER NOT NULL,
  rows         INTEGER NOT NULL,
  imported     INTEGER NOT NULL,
  already      INTEGER NOT NULL,
  skipped      INTEGER NOT NULL,
  failed       INTEGER NOT NULL
) STRICT;
CREATE TABLE imported (
  id          INTEGER PRIMARY KEY,
  import      INTEGER NOT NULL REFERENCES imports (id) DEFERRABLE INITIALLY DEFERRED,
  origin      INTEGER NOT NULL,
  key         TEXT NOT NULL,
  name        TEXT NOT NULL CHECK (name <> ''),
  stem        TEXT NOT NULL CHECK (stem <> ''),
  state       TEXT NOT NULL CHECK (state = 'applied' OR state = 'marked' OR state = 'skipped' OR state = 'failed'
                                           OR state = 'pending' OR state = 'rolled_back' OR state = 'unknown'),
  note        TEXT,
  at          INTEGER,
  duration_ms INTEGER,
  checksum    TEXT,
  batch       INTEGER,
  further     TEXT
) STRICT;
CREATE INDEX imported_by_stem ON imported (stem, state);
CREATE INDEX imported_by_key ON imported (origin, key);
CREATE TRIGGER imports_are_final BEFORE UPDATE ON imports
BEGIN SELECT RAISE(ABORT, 'imports_are_final: no import is changed'); END;
CREATE TRIGGER imports_are_kept BEFORE DELETE ON imports
BEGIN SELECT RAISE(ABORT, 'imports_are_kept: no import is removed'); END;
CREATE TRIGGER imported_are_in_time BEFORE INSERT ON imported
  WHEN EXISTS (SELECT 1 FROM imports WHERE id = NEW.import)
BEGIN SELECT RAISE(ABORT, 'imported_are_in_time: an import that is over takes nothing more'); END;
CREATE TRIGGER imported_are_final BEFORE UPDATE ON imported
BEGIN SELECT RAISE(ABORT, 'imported_are_final: what another tool has recorded is not changed'); END;
CREATE TRIGGER imported_are_kept BEFORE DELETE ON imported
BEGIN SELECT RAISE(ABORT, 'imported_are_kept: what another tool has recorded is not removed'); END;
)sql";

// The tables are those of version 6. From here on a row that was updated may be told by what differs
// (core/changed_row.hpp), which programs before would take for damage.
constexpr std::string_view k_to_version_7;

constexpr std::array k_steps = {MigrationStep{2, k_to_version_2, build_chain},
                                MigrationStep{3, k_to_version_3},
                                MigrationStep{4, k_to_version_4},
                                MigrationStep{5, k_to_version_5},
                                MigrationStep{6, k_to_version_6},
                                MigrationStep{7, k_to_version_7}};

}  // namespace

int version_of(SQLite::Database& database) {
  return database.execAndGet("PRAGMA user_version").getInt();
}

void create(SQLite::Database& database) {
  // EXTRA also syncs the folder when the rollback journal goes: were it to come back after a power cut, it would undo
  // the schema under a write-ahead log that already holds attempts.
  database.exec("PRAGMA synchronous = EXTRA");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (version_of(database) != 0) return;  // somebody else was quicker
  database.exec(fmt::format("PRAGMA application_id = {}", k_application_id));
  database.exec(std::string(schema_text()));
  database.exec(fmt::format("PRAGMA user_version = {}", k_version));
  transaction.commit();
}

void migrate(SQLite::Database& database, std::span<const MigrationStep> steps, const std::function<void()>& before) {
  if (steps.empty() || steps.back().to <= version_of(database)) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = version_of(database);
  if (steps.back().to <= version) return;  // somebody else was quicker
  if (before) before();
  for (const MigrationStep& step : steps) {
    if (step.to <= version) continue;
    database.exec(std::string(step.sql));
    if (step.then != nullptr) step.then(database);
    database.exec(fmt::format("PRAGMA user_version = {}", step.to));
  }
  transaction.commit();
}

std::span<const MigrationStep> migration_steps() noexcept {
  return k_steps;
}

}  // namespace ledger
