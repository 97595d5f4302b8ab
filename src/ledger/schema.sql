-- The ledger: what fettle did to whom, when, on whose word. Read it with any SQLite tool; only `fettle run` writes it.
-- Times are milliseconds since 1970-01-01T00:00:00Z. Names, texts and messages are the bytes as they came: usually
-- UTF-8, but nothing guarantees it, and a log line may hold a NUL. NULL always means "there is none", never "".
-- This is the whole schema of version 7 (PRAGMA user_version); PRAGMA application_id says that the file is a ledger.
-- What has ended is never changed again. The triggers at the end stand against accidents: whoever means to can drop
-- them. The chain is the proof against intent: `fettle ledger verify` finds what was edited, removed or put in.

-- The ledger itself: one row, made with the file.
CREATE TABLE ledger (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),  -- 1: there is no second row
  id       TEXT NOT NULL,     -- 128 random bits as 32 lower-case hexadecimal digits; the chain begins with it
  made_at  INTEGER NOT NULL   -- ms since 1970; of a ledger of version 1: start of its first run
) STRICT;
INSERT INTO ledger VALUES (1, lower(hex(randomblob(16))), CAST(strftime('%s', 'now') AS INTEGER) * 1000);

-- One sweep over the folder.
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY,  -- counts up from 1; `fettle history` and the page show it
  trigger     TEXT NOT NULL CHECK (trigger <> ''),  -- what started it: manual, watch, web, schedule,
                                                    -- rollback, mark, repair; preview: it was taken back in
                                                    -- the end and counts no attempts (previews)
  by          TEXT NOT NULL,        -- who started it: a login name, or what --by said
  host        TEXT NOT NULL,        -- name of the machine it ran on
  pid         INTEGER NOT NULL,     -- process id of the runner on that machine
  reason      TEXT,                 -- what --reason said; NULL: nothing
  command     TEXT NOT NULL,        -- the command line, so that it can be repeated
  fettle      TEXT NOT NULL,        -- version of the program
  started_at  INTEGER NOT NULL,     -- ms since 1970
  finished_at INTEGER,              -- ms since 1970; NULL: still going on, or the process died
  exit_code   INTEGER,              -- of the process; NULL as finished_at is
  scripts     INTEGER,              -- scripts that it had to deal with; NULL as finished_at is
  succeeded   INTEGER NOT NULL DEFAULT 0,  -- attempts of this run that ended so, up to now
  failed      INTEGER NOT NULL DEFAULT 0,  -- likewise
  skipped     INTEGER NOT NULL DEFAULT 0,  -- likewise
  blocked     INTEGER NOT NULL DEFAULT 0,  -- likewise
  interrupted INTEGER NOT NULL DEFAULT 0,  -- likewise
  unknown     INTEGER NOT NULL DEFAULT 0,  -- likewise
  CHECK ((finished_at IS NULL) = (exit_code IS NULL)),
  CHECK ((finished_at IS NULL) = (scripts IS NULL))
) STRICT;

-- The exact text of every version of a script that was ever attempted, once.
CREATE TABLE versions (
  sha256     TEXT PRIMARY KEY NOT NULL,  -- of the text: 64 lower-case hexadecimal digits
  size       INTEGER NOT NULL,           -- of the text, bytes
  zstd       BLOB NOT NULL,              -- the text as one zstd frame
  first_seen INTEGER NOT NULL            -- ms since 1970: start of the first attempt of this version
) STRICT;

-- One try of one script in one run. The row is there, durably, before the script can change anything.
CREATE TABLE attempts (
  id              INTEGER PRIMARY KEY,  -- counts up from 1 over all runs
  run             INTEGER NOT NULL REFERENCES runs (id),        -- the run that made it
  script          TEXT NOT NULL CHECK (script <> ''),           -- bytes of the file name: the script's identity
  sha256          TEXT NOT NULL REFERENCES versions (sha256),   -- the bytes that ran: the script's version
  state           TEXT NOT NULL,        -- what the script was when it was picked up: new, retry, changed, applied,
                                        -- imported; or
                                        -- it was not picked up: marked, a person declared the outcome; settled, the
                                        -- database proved it of an attempt that was unknown; rollback, its rollback()
                                        -- was to take an earlier attempt back (details.undoes)
  outcome         TEXT CHECK (outcome IN ('succeeded', 'skipped', 'failed', 'blocked', 'interrupted', 'unknown',
                                          'rolled_back', 'marked', 'imported')),
                                        -- how it ended; NULL: it runs now, or its runner died
  cause           TEXT CHECK (cause IN ('error', 'syntax', 'contract', 'timeout', 'memory', 'crash', 'locked',
                                        'unreachable', 'validation', 'rule', 'dependency')),
                                        -- why it failed or is blocked; NULL: the outcome has no cause, or none yet
  started_at      INTEGER NOT NULL,     -- ms since 1970
  finished_at     INTEGER,              -- ms since 1970; NULL exactly when outcome is
  moved_to        TEXT,                 -- where the file went, as "failed/x.lua"; NULL: it stayed, or is not moved yet;
                                        -- written once, after the end, and so the one column outside the chain
  database        TEXT,                 -- name of the one database that it could write; NULL: it never came so far
  description     TEXT,                 -- what the script says it is for; NULL: nothing
  repeatable      INTEGER NOT NULL DEFAULT 0 CHECK (repeatable IN (0, 1)),  -- 1: it declares repeatable = true
  load_us         INTEGER,              -- microseconds: handing over, compiling and loading; NULL while outcome is
  should_run_us   INTEGER,              -- microseconds in shouldRun(); NULL while outcome is
  execute_us      INTEGER,              -- microseconds in execute(); NULL while outcome is
  commit_us       INTEGER,              -- microseconds in the target's commit; NULL while outcome is
  total_us        INTEGER,              -- microseconds from start to end of the attempt; NULL while outcome is
  cpu_us          INTEGER,              -- microseconds of processor time of the worker; NULL while outcome is
  peak_memory     INTEGER,              -- bytes: the most that the worker held; NULL while outcome is
  statements      INTEGER,              -- SQL statements that the script sent; NULL while outcome is
  rows_changed    INTEGER,              -- rows changed, as the database counted them; NULL while outcome is
  worker_sandbox  TEXT,                 -- lock-down in force for the worker; NULL: it was never started, or not ended
  broker_sandbox  TEXT,                 -- lock-down in force for the broker; NULL: it was never started, or not ended
  reason          TEXT,                 -- why it was skipped, blocked or interrupted; NULL: no such outcome
  message         TEXT,                 -- what the script says of its work; NULL: nothing
  result          TEXT,                 -- further fields that execute() returned, a JSON object; NULL: none
  error           TEXT,                 -- what went wrong, one or a few lines; NULL: nothing
  traceback       TEXT,                 -- Lua's stack at the error; NULL: none
  CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT;

-- Attempts of one script, newest last.
CREATE INDEX attempts_by_script ON attempts (script);
-- Which versions of a script were applied, and whether these very bytes were.
CREATE INDEX attempts_applied_version ON attempts (script, sha256)
  WHERE outcome IN ('succeeded', 'marked', 'imported');
-- Which versions were rolled back, or declared by a person as not applied after all.
CREATE INDEX attempts_taken_back ON attempts (script, sha256)
  WHERE outcome = 'rolled_back' OR (state = 'marked' AND outcome IN ('failed', 'interrupted'));
-- What is not over: it has not ended, or its file may still have to be moved.
CREATE INDEX attempts_open ON attempts (outcome, script)
  WHERE moved_to IS NULL AND (outcome IS NULL OR outcome IN ('succeeded', 'failed', 'skipped'));
-- What ended in one of the rarer ways. Attempts of one run need no index: they stand side by side.
CREATE INDEX attempts_other_outcome ON attempts (outcome) WHERE outcome <> 'succeeded';

-- What more there is to say of an attempt. Most have no row: there is nothing to say.
CREATE TABLE details (
  attempt  INTEGER PRIMARY KEY REFERENCES attempts (id),  -- whose
  try      INTEGER NOT NULL DEFAULT 1,  -- which try of its script in its run: 2 and on after `retries`
  again    INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),    -- 1: it failed, and the run was to try once more
  allowed  INTEGER NOT NULL DEFAULT 0 CHECK (allowed IN (0, 1)),  -- 1: it declares allowFailure = true
  undoes   INTEGER REFERENCES attempts (id),  -- the attempt whose work it is to take back; NULL: it is no rollback
  requeues INTEGER NOT NULL DEFAULT 0 CHECK (requeues IN (0, 1)),  -- 1: a rollback that puts the file back to pending
  depends  TEXT,  -- what it declares as `depends`, a JSON array; NULL: nothing
  tags     TEXT,  -- what it declares as `tags`, a JSON array; NULL: nothing
  args     TEXT,  -- what --arg gave it, a JSON object; NULL: nothing
  warnings TEXT,  -- what its validate() warned of, a JSON array; NULL: nothing
  data     TEXT   -- the data files that it read, a JSON object of names and SHA-256; NULL: none
) STRICT;

-- What an attempt changed in its database, for those that changed something: as the broker told it before the commit,
-- of what was committed, or may have been. A row for each table.
CREATE TABLE changes (
  attempt  INTEGER NOT NULL REFERENCES attempts (id),  -- whose
  number   INTEGER NOT NULL,  -- counts up from 1 within the attempt, as the tables were touched first
  name     TEXT NOT NULL,     -- of the table, not quoted; on a server with its schema where that is not the current
                              -- one; empty: nobody can say which tables
  inserted INTEGER NOT NULL,  -- rows
  updated  INTEGER NOT NULL,  -- rows
  deleted  INTEGER NOT NULL,  -- rows
  net      INTEGER NOT NULL CHECK (net IN (0, 1)),  -- 1: each row is counted once, for what it was before and is
                                                    -- behind; 0: as often as it was written
  gap      TEXT,  -- why the rows in changed_rows are not all that were changed; NULL: they are
  columns  TEXT,  -- names of the columns of its rows in changed_rows, a JSON array; NULL: none is known
  key      TEXT,  -- names of those that tell its rows apart, a JSON array; NULL: only all together do
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;

-- What an attempt changed in the schema of its database.
CREATE TABLE schema_changes (
  attempt INTEGER NOT NULL REFERENCES attempts (id),  -- whose
  number  INTEGER NOT NULL,  -- counts up from 1 within the attempt
  kind    TEXT NOT NULL CHECK (kind IN ('created', 'altered', 'dropped')),  -- what became of it
  type    TEXT NOT NULL,     -- table, index, view, trigger …
  name    TEXT NOT NULL,     -- of it, as the database has it
  before  TEXT,  -- SQL that made it as it was; NULL: there was none, or the database cannot tell
  after   TEXT,  -- SQL that makes it as it is; NULL: there is none, or the database cannot tell
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;

-- The rows that an attempt changed, as they were and as they became, up to [run] images bytes.
CREATE TABLE changed_rows (
  attempt INTEGER NOT NULL REFERENCES attempts (id),  -- whose
  part    INTEGER NOT NULL,  -- counts up from 1 within the attempt
  size    INTEGER NOT NULL,  -- of the part, bytes
  zstd    BLOB NOT NULL,     -- the part as one zstd frame: a message ChangedRows (src/core/message.hpp,
                             -- src/core/changed_row.hpp), whose rows name their table by its place in changes, from 0
  PRIMARY KEY (attempt, part)
) STRICT, WITHOUT ROWID;

-- What previews found (`fettle run --dry-run`): a row for each script of a run with the trigger preview, written with
-- the run in one commit. Nothing of it happened, so it says nothing of what a script is or was.
CREATE TABLE previews (
  run          INTEGER NOT NULL REFERENCES runs (id),  -- which preview
  number       INTEGER NOT NULL,  -- counts up from 1 within the run, in the order in which the scripts would run
  script       TEXT NOT NULL CHECK (script <> ''),  -- bytes of the file name
  sha256       TEXT NOT NULL,     -- of the bytes that were previewed; they may be in no version
  outcome      TEXT NOT NULL CHECK (outcome IN ('succeeded', 'skipped', 'failed', 'blocked', 'interrupted', 'unknown',
                                                'rolled_back', 'marked', 'imported')),
                                  -- how an attempt would have ended
  cause        TEXT CHECK (cause IN ('error', 'syntax', 'contract', 'timeout', 'memory', 'crash', 'locked',
                                     'unreachable', 'validation', 'rule', 'dependency')),  -- as of an attempt
  reason       TEXT,              -- as of an attempt, and so are all that follow
  message      TEXT,              -- what the script says of its work; NULL: nothing
  result       TEXT,              -- further fields that execute() returned, a JSON object; NULL: none
  error        TEXT,              -- what went wrong; NULL: nothing
  traceback    TEXT,              -- Lua's stack at the error; NULL: none
  total_us     INTEGER NOT NULL,  -- microseconds from start to end
  statements   INTEGER NOT NULL,  -- SQL statements that the script sent
  rows_changed INTEGER NOT NULL,  -- rows changed, as the database counted them
  database     TEXT,              -- name of the one database that it could write; NULL: it never came so far
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What each of them would have changed: as changes, schema_changes and changed_rows of attempts.
CREATE TABLE preview_changes (
  run      INTEGER NOT NULL REFERENCES runs (id),  -- which preview
  script   INTEGER NOT NULL,  -- which script: previews.number
  number   INTEGER NOT NULL,  -- counts up from 1 within the script
  name     TEXT NOT NULL,     -- of the table; empty: nobody can say which tables
  inserted INTEGER NOT NULL,  -- rows
  updated  INTEGER NOT NULL,  -- rows
  deleted  INTEGER NOT NULL,  -- rows
  net      INTEGER NOT NULL CHECK (net IN (0, 1)),  -- 1: each row is counted once; 0: as often as it was written
  gap      TEXT,  -- why not all rows could be told; NULL: they could
  columns  TEXT,  -- names of the columns of its rows in preview_rows, a JSON array; NULL: none is known
  key      TEXT,  -- names of those that tell its rows apart, a JSON array; NULL: only all together do
  PRIMARY KEY (run, script, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE preview_schema_changes (
  run    INTEGER NOT NULL REFERENCES runs (id),  -- which preview
  script INTEGER NOT NULL,  -- which script: previews.number
  number INTEGER NOT NULL,  -- counts up from 1 within the script
  kind   TEXT NOT NULL CHECK (kind IN ('created', 'altered', 'dropped')),  -- what would become of it
  type   TEXT NOT NULL,     -- table, index, view, trigger …
  name   TEXT NOT NULL,     -- of it
  before TEXT,  -- SQL that made it as it is; NULL: there is none, or the database cannot tell
  after  TEXT,  -- SQL that makes it as it would be; NULL: there would be none, or the database cannot tell
  PRIMARY KEY (run, script, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE preview_rows (
  run    INTEGER NOT NULL REFERENCES runs (id),  -- which preview
  script INTEGER NOT NULL,  -- which script: previews.number
  part   INTEGER NOT NULL,  -- counts up from 1 within the script
  size   INTEGER NOT NULL,  -- of the part, bytes
  zstd   BLOB NOT NULL,     -- the part, as in changed_rows; some of the rows, as a sample
  PRIMARY KEY (run, script, part)
) STRICT, WITHOUT ROWID;

-- How far an attempt said it has come. Overwritten while it runs, so no proof of anything and not in the chain.
CREATE TABLE progress (
  attempt INTEGER PRIMARY KEY REFERENCES attempts (id),  -- whose
  done    INTEGER NOT NULL,  -- steps
  total   INTEGER,           -- steps; NULL: it does not know
  label   TEXT,              -- what the steps are; NULL: not said
  at      INTEGER NOT NULL   -- ms since 1970
) STRICT;

-- What scripts logged, capped by the runner.
CREATE TABLE log_lines (
  attempt INTEGER NOT NULL REFERENCES attempts (id),  -- whose line
  number  INTEGER NOT NULL,  -- counts up from 1 within the attempt
  at      INTEGER NOT NULL,  -- ms since 1970
  level   TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),  -- as the script chose it
  text    TEXT NOT NULL,     -- the line without its line end; may be empty
  PRIMARY KEY (attempt, number)
) STRICT, WITHOUT ROWID;

-- What was done that is no attempt: retry, mark, unlock by people; repair by them and by the start of every run.
CREATE TABLE events (
  id     INTEGER PRIMARY KEY,  -- counts up from 1
  at     INTEGER NOT NULL,     -- ms since 1970
  verb   TEXT NOT NULL CHECK (verb <> ''),  -- the command
  script TEXT,                 -- bytes of the file name; NULL: it was about no single script
  by     TEXT NOT NULL,        -- who did it, or whose run did
  host   TEXT NOT NULL,        -- name of the machine
  reason TEXT,                 -- what --reason said; NULL: nothing
  detail TEXT                  -- what else is worth knowing, for people; NULL: nothing
) STRICT;

-- What other tools have recorded, as `fettle import` brought it here. A row for each time that it brought something.
CREATE TABLE imports (
  id           INTEGER PRIMARY KEY,  -- counts up from 1
  tool         TEXT NOT NULL CHECK (tool <> ''),    -- whose history it is, as the command calls the tool
  source       TEXT NOT NULL CHECK (source <> ''),  -- where it lay: a path, or a server and its database; no secrets
  part         TEXT NOT NULL,        -- the table; empty: the source is a file or a folder
  by           TEXT NOT NULL,        -- who imported it: a login name, or what --by said
  host         TEXT NOT NULL,        -- name of the machine
  pid          INTEGER NOT NULL,     -- process id of the command on that machine
  reason       TEXT,                 -- what --reason said; NULL: nothing
  command      TEXT NOT NULL,        -- the command line, without secrets
  fettle       TEXT NOT NULL,        -- version of the program
  at           INTEGER NOT NULL,     -- ms since 1970
  last_attempt INTEGER NOT NULL,     -- the newest attempt at that time: what later ones say of a script counts for more;
                                     -- 0: there was none
  first        INTEGER NOT NULL,     -- id of its first row in imported: those that follow are its own, so many as
                                     -- `imported` says
  rows         INTEGER NOT NULL,     -- that the source had, and so each is one of these:
  imported     INTEGER NOT NULL,     -- brought here
  already      INTEGER NOT NULL,     -- known here in the same state, by an earlier import
  skipped      INTEGER NOT NULL,     -- of no use, such as one that says that nothing has happened
  failed       INTEGER NOT NULL      -- not understood, and left out because of --keep-going
) STRICT;

-- One fact of another tool: what became of one of its scripts. Of several with the same origin and key the newest
-- counts. (For a longer list behind IN, SQLite would build a table at every INSERT, and there may be millions.)
CREATE TABLE imported (
  id          INTEGER PRIMARY KEY,  -- counts up from 1 over all imports, in the order of the source
  import      INTEGER NOT NULL REFERENCES imports (id) DEFERRABLE INITIALLY DEFERRED,  -- which one brought it
  origin      INTEGER NOT NULL,     -- the first import of the same tool, source and part
  key         TEXT NOT NULL,        -- what tells it apart there
  name        TEXT NOT NULL CHECK (name <> ''),  -- of the script, as the tool has it
  stem        TEXT NOT NULL CHECK (stem <> ''),  -- of the script here: its name without .lua; "7_*": whatever it is
                                                 -- called behind this number, or word
  state       TEXT NOT NULL CHECK (state = 'applied' OR state = 'marked' OR state = 'skipped' OR state = 'failed'
                                           OR state = 'pending' OR state = 'rolled_back' OR state = 'unknown'),
                                    -- what became of it; marked: it counts as applied and was not executed
  note        TEXT,                 -- what is to be known of that; NULL: nothing
  at          INTEGER,              -- when, ms since 1970; NULL: the tool does not know
  duration_ms INTEGER,              -- how long it took; NULL: the tool does not know
  checksum    TEXT,                 -- of the script, as the tool has it; NULL: none
  batch       INTEGER,              -- which ones ran together; NULL: the tool does not know
  further     TEXT                  -- what else the tool has of it, a JSON object; NULL: nothing
) STRICT;

-- Whether a script was applied elsewhere.
CREATE INDEX imported_by_stem ON imported (stem, state);
-- Whether a fact is here already.
CREATE INDEX imported_by_key ON imported (origin, key);

-- One entry for each fact that has become final, in the order in which they did. Each names its row and carries the
-- digest of that row's content, and a hash over itself and the hash before it: to change an old row without a trace,
-- all later hashes have to be made anew, and then they differ from one that was kept elsewhere (`--head`, `--expect`).
-- A digest is SHA-256, as 64 lower-case hexadecimal digits, of values one after the other: NULL as "n"; a number as "i"
-- and 8 bytes, lowest first; a text as "t", its length in bytes as such 8 bytes, and its bytes.
CREATE TABLE chain (
  position INTEGER PRIMARY KEY,  -- counts up from 1 without a gap
  kind     TEXT NOT NULL CHECK (kind <> ''),  -- what became final: run_start (who started a run, and when), attempt,
                                              -- event, run_end, details, changes (of an attempt), preview
                                              -- (of a run), import
  ref      INTEGER NOT NULL,     -- id of the run, attempt (of details and changes: theirs), event or import
  content  TEXT NOT NULL,        -- digest of the row's columns in the order of this file: of an attempt all but
                                 -- moved_to; of a run_start id to started_at, of a run_end id and finished_at on. Of
                                 -- changes and a preview of all rows of all of their tables in the order of this file,
                                 -- each table followed by NULL, and in place of a zstd the SHA-256 of its bytes. Of
                                 -- an import its row and those of its facts, by id
  lines    TEXT,                 -- digest of number, at, level, text of its log lines in order; NULL: it has none
  hash     TEXT NOT NULL         -- digest of the hash before (of the first: digest of the ledger's id), position, kind,
                                 -- ref, content and lines
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
