// The audit file: every run, attempt, log line and the exact text that ran. Write side, in the runner only; there is
// one writer at a time because the run lock is held. WAL with synchronous=FULL: what a call promises as durable
// survives a power cut. Any failure to write throws Error(ledger_broken) and is never retried: after it every call
// throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/changes.hpp"
#include "core/observer.hpp"
#include "core/outcome.hpp"
#include "core/plan.hpp"
#include "core/script.hpp"
#include "ledger/place.hpp"

namespace ledger {

struct RunStart {
  std::string trigger;  // "manual", "watch", "web", "schedule"
  std::string by;
  std::string host;
  std::string reason;   // --reason; may be empty
  std::string command;  // the command line
  std::int64_t pid = 0;
  base::Instant at;
};

struct RunEnd {
  base::Instant at;
  std::int64_t scripts = 0;
  int exit_code = 0;
};

// Written before anything of a script runs.
struct Intent {
  std::int64_t run = 0;
  core::Script script;
  std::string state;  // core::name(ScriptState): new, retry, changed, applied, imported; or k_rollback
  base::Instant at;
  std::string args{};  // what --arg gives it, a JSON object; empty: nothing
  // Of a rollback: the attempt that it takes back, in which database, and whether the file goes back to pending.
  std::int64_t undoes = 0;
  std::string database{};
  bool requeues = false;
};

// The state of an attempt that takes another one back (schema.sql).
inline constexpr std::string_view k_rollback = "rollback";

struct LogLine {
  base::Instant at;
  core::LineLevel level = core::LineLevel::info;
  std::string text;
};

// What was measured of an attempt. Durations in microseconds.
struct Measures {
  std::chrono::microseconds load{0}, should_run{0}, execute{0}, commit{0}, total{0};
  std::chrono::microseconds cpu{0};  // of the worker
  std::uint64_t peak_memory = 0;     // of the worker, bytes
  std::uint64_t statements = 0;      // sent by the script
  std::uint64_t rows_changed = 0;    // as the database counted them
  std::string worker_sandbox;        // core::describe of the level in force
  std::string broker_sandbox;
};

// What more there is to say of an attempt; most have nothing. Lists are JSON, empty for nothing (schema.sql, details).
struct Details {
  std::int64_t try_number = 1;  // of the script in its run
  bool again = false;           // it failed, and the run goes on to try once more
  bool allowed = false;         // its failure counts for nobody
  std::int64_t undoes = 0;      // of a rollback; 0: it is none. Written with the intent, and so are args
  std::string depends, tags, args, warnings, data;

  bool empty() const noexcept {
    return try_number == 1 && !again && !allowed && depends.empty() && tags.empty() && args.empty() &&
           warnings.empty() && data.empty();
  }
};

// A part of changed rows (core::RecordedChanges), compressed as the ledger keeps it.
struct PackedPart {
  std::int64_t size = 0;  // bytes of the part
  std::string zstd;
};

struct Finished {
  core::Outcome outcome;
  core::Declaration declaration;
  std::string database;  // the one it could write; empty when it never came so far
  Measures measures;
  std::vector<LogLine> lines;
  Details details;
  std::optional<core::Progress> progress;  // as it was told last
  core::RecordedChanges changes;           // of what was committed, or may have been
  // All parts of the rows, where they were packed as they came: then `changes` need not have them all.
  std::vector<PackedPart> packed;
  base::Instant at;
};

// What `fettle run --dry-run` found of one script. Nothing of it happened.
struct Previewed {
  std::string script, sha256;
  core::Outcome outcome;
  std::string database;                // the one it could have written; empty when it never came so far
  std::chrono::microseconds total{0};  // from start to end
  std::uint64_t statements = 0;        // sent by the script
  std::uint64_t rows_changed = 0;      // as the database counted them
  core::RecordedChanges changes;       // with as many rows as shall be kept
};

// A run of its own with the trigger k_preview, which made no attempts: nothing else that is asked of the ledger knows
// it.
struct Preview {
  RunStart start;
  RunEnd end;
  std::vector<Previewed> scripts;  // in the order in which they would run
};

inline constexpr std::string_view k_preview = "preview";

// A verb that is no attempt: retry, mark, repair, unlock.
struct Event {
  std::string verb;
  std::string script;
  std::string by, host, reason;
  std::string detail;
  base::Instant at;
};

// What a person declares of a version: `fettle mark`.
enum class Declared {
  succeeded,  // it is applied: an attempt that ended as `marked`
  failed,     // it is not applied and did not work: one that ended as `failed`, without a cause
  pending,    // it is not applied and may run again: one that ended as `interrupted`
};

// A mark changes no earlier attempt. It adds a run of its own with the trigger "mark", which carries who and why; in it
// an attempt with the state "marked", which is now the newest of its script, so that known() goes by it; and an event.
// A version that was applied, and is then declared as failed or pending, no longer counts as applied.
struct Mark {
  core::Script script;  // its text may be empty where the ledger has this version already
  Declared as = Declared::succeeded;
  std::string by, host, reason;
  std::string command;  // the command line
  std::int64_t pid = 0;
  base::Instant at;
};

// An attempt that ended as unknown, and is the newest of its script.
struct InDoubt {
  std::int64_t attempt = 0;
  std::string script, sha256;
  std::string database;  // that could not be asked
  std::string args;      // as Intent::args
  base::Instant finished;
};

// What its database proves of it later on. Nothing of the attempt is changed. As a mark it adds a run, with the trigger
// "repair", in it an attempt with the state "settled" and this end, and an event.
struct Settled {
  InDoubt doubt;
  Finished finished;
  Event event;  // tells who and why
  std::int64_t pid = 0;
};

// What the caller lets others do while the ledger is at work. Either may be empty; what they throw flies on, once
// everything is durable all the same.
struct Meanwhile {
  std::function<void(std::int64_t attempt)> begun;  // the attempt has its id; nothing of it is durable
  std::function<void()> before_sync;                // everything is written, only the sync is missing
};

class Ledger {
 public:
  // Opens the ledger at path, makes it (and its folder, mode 0700) when it is missing, migrates an older schema.
  // Throws Error(ledger_broken) when it is no ledger, damaged, newer than this program, or not writable.
  static Ledger open(const std::string& path);
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  // The run's id. Its row rides with the next commit: that of its first attempt, as a rule.
  std::int64_t begin_run(const RunStart& start);
  void end_run(std::int64_t run, const RunEnd& end);

  // Durable when it returns: the attempt's id.
  std::int64_t begin_attempt(const Intent& intent, const Meanwhile& meanwhile = {});
  // Durable when it returns: outcome, log lines and measures in one commit.
  void finish_attempt(std::int64_t attempt, const Finished& finished);
  // Both in one commit, with one sync: the end of one attempt and the intent of the next.
  std::int64_t finish_then_begin(std::int64_t attempt, const Finished& finished, const Intent& next,
                                 const Meanwhile& meanwhile = {});
  // Ahead of the end of an attempt, while nothing else is to be done: writes nothing. Throws Error(internal).
  PackedPart pack(std::string_view part);
  // How far it has come, for those who look meanwhile. Durable like everything else, so not to be told too often. It is
  // no proof of anything, so where somebody else is in the way it is left out.
  void set_progress(std::int64_t attempt, const core::Progress& progress, base::Instant at);
  // Where the file went. Kept back until moves_are_durable(): were it on disk before the move itself, a power cut would
  // leave a file that lies where it lay, and a ledger that takes it for one which somebody put back. Until then it can
  // be derived from the folders (unfiled).
  void set_moved_to(std::int64_t attempt, const std::string& moved_to);
  // What set_moved_to told so far is on disk: it rides with the next commit.
  void moves_are_durable();

  // Attempts that were begun and never finished, by runs that are dead (the caller holds the lock).
  struct Unfinished {
    std::int64_t attempt = 0;
    std::string script;
    std::string sha256;
    std::int64_t undoes = 0;  // of a rollback: the attempt that it was to take back; 0: it is none
    std::string database{};   // of a rollback: where
    bool requeues = false;    // of a rollback: its file was to go back to pending
    std::string filed_at{};   // of a rollback: where that file was moved to when it was applied
  };
  std::vector<Unfinished> unfinished() const;

  // Attempts that ended so that their file should have been moved, and of which nobody wrote where it went: the newest
  // attempt of its script only, newest first. Skipped ones do not count where they stay, nor do rollbacks, which file
  // nothing, nor those that were to be tried again.
  struct Unfiled {
    std::int64_t attempt = 0;
    std::string script;
    std::string sha256;
    core::Outcome outcome;  // its kind, cause, error and traceback
    base::Instant finished;
  };
  std::vector<Unfiled> unfiled(core::Skipped skipped = core::Skipped::move) const;

  // Those that its database may settle: no rollbacks.
  std::vector<InDoubt> in_doubt() const;
  // Durable when it returns: the attempt's id.
  std::int64_t settle_doubt(const Settled& settled);
  // The attempt whose receipt is in the database: of one with the state "settled" the one that was in doubt, else
  // itself.
  std::int64_t receipt_of(std::int64_t attempt) const;

  // Whether an attempt other than this one, of the same script, had its file moved to that place.
  bool is_claimed(const std::string& script, const std::string& moved_to, std::int64_t attempt) const;

  // Whether it is known how this attempt ended: it was seen, or a person has said it since.
  bool is_settled(std::int64_t attempt) const;

  // An applied attempt at this version of which a rollback without a transaction undid nobody knows how much, and which
  // a person has declared as not applied since. Its receipt may still be there, and proves nothing any more.
  struct Disowned {
    std::int64_t applied = 0, undone_by = 0;  // attempts; 0: there is none
  };
  Disowned disowned(const std::string& script, const std::string& sha256) const;

  core::Known known(const std::string& name, const std::string& sha256) const;
  // As History::names_like.
  std::vector<std::string> names_like(const std::string& word) const;
  // How many of the newest attempts of this version, in a row, ended as interrupted and had come no further: those of
  // batches that had left a result. A mark begins a new row.
  std::int64_t interruptions(const std::string& name, const std::string& sha256) const;

  // The newest attempt after which nothing of a script was left to do: it succeeded, or a person said so. A
  // skip proves nothing: it may be a mere not now. attempt = 0: there is none.
  struct Concluded {
    std::int64_t attempt = 0;
    base::Instant at{};
  };
  Concluded concluded(const std::string& name) const;

  // 128 random bits as 32 hexadecimal digits, made with the ledger and never changed.
  std::string id() const;

  // Durable when it returns.
  void record(const Event& event);
  // Rides with the next commit, as set_moved_to does: for an event that belongs to what is written next.
  void note(const Event& event);
  // Durable when it returns: whatever rode with the next commit.
  void settle();
  // Durable when it returns: the attempt's id. Throws Error(usage) when the text of the version is neither in the
  // ledger nor given.
  std::int64_t mark(const Mark& mark);

  // Durable when it returns, in one commit: the id of its run, whatever start.trigger says a k_preview.
  std::int64_t record_preview(const Preview& preview);

  // The exact bytes of a version that ran. Throws Error(ledger_broken) when there is none, or they were altered.
  std::string text(const std::string& sha256) const;

 private:
  struct Inside;
  explicit Ledger(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace ledger
