// What runner, zygote, broker and worker say to each other. Each struct is one kind of frame (os/channel carries them).
// decode() gives nullopt for anything malformed: whoever sent it is not to be trusted any more.
//
//   runner → zygote  Spawn                          zygote → runner  Spawned, Ended
//   runner → worker  Load, Ask, Execute, Data       worker → runner  WorkerReady, Loaded, Line, Answer, Result, Fault,
//                                                                    Progress, ReadData
//   page_message.hpp has those of batches.
//   runner → broker  BrokerSettings, Begin, Finish, Inquire, Examine, Muster
//   broker → runner  BrokerReady, Began, Heard, ChangedRows, Done, Inquired, Examined, Mustered
//   watcher → run    Go, Look                       run → watcher    StandingBy, Heard, Left, LogRecord,
//   RunOver worker → broker  Statement, Many, Fetch, Close, Describe         broker → worker  Rows, Affected, SqlFault
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/approval.hpp"
#include "core/batch.hpp"
#include "core/changes.hpp"
#include "core/fleet.hpp"
#include "core/limits.hpp"
#include "core/message_kind.hpp"
#include "core/observer.hpp"
#include "core/outcome.hpp"
#include "core/receipt.hpp"
#include "core/sandbox_level.hpp"
#include "core/script.hpp"
#include "core/value.hpp"
#include "core/wire.hpp"

namespace core {

enum class Role : std::uint8_t { worker, broker };
enum class Access : std::uint8_t {
  read,
  write,         // in one transaction
  piecemeal,     // without one: each statement is committed by itself
  receipt_only,  // nothing, but the receipt that says so
};

// Whether a script's statements may only read.
constexpr bool only_reads(Access access) noexcept {
  return access == Access::read || access == Access::receipt_only;
}

struct Spawn {  // its descriptors are the child's
  static constexpr Kind kind = Kind::spawn;
  Role role = Role::worker;
  std::string settings;  // WorkerSettings, encoded; a broker hears its own from the runner
};

struct Spawned {  // with one descriptor: the child's pidfd
  static constexpr Kind kind = Kind::spawned;
  std::int64_t pid = 0;  // 0: fork failed
};

struct Ended {
  static constexpr Kind kind = Kind::ended;
  std::int64_t pid = 0;
  std::int32_t status = 0;  // as of wait(2)
  std::int64_t cpu_microseconds = 0;
  std::uint64_t peak_memory = 0;  // bytes
};

struct WorkerSettings {
  static constexpr Kind kind = Kind::spawn;
  std::uint64_t memory = 0;       // bytes that Lua may hold
  std::uint64_t cpu_seconds = 0;  // last resort beside the runner's clock
  Limits limits{};
};

struct Fact {
  std::string name, text;
};

// What a backup wants of a database: one step for each broker, which does nothing else then (target/keeping).
struct Keeping {
  enum class Step : std::uint8_t {
    none,
    save,     // all that is committed now, into the file, which does not exist
    compare,  // whether the database still is as the file has it
    make,     // what the file has, beside the database, and check it
    swap,     // that takes the database's place; what was there is kept
    drop,     // what make has left
  } step = Step::none;
  std::string file;
  std::string name{};        // tells what is made and what is kept from all else: letters, digits and underscores
  std::vector<Fact> rows{};  // make: how many each table must have
};

struct DatabaseAddress {
  std::string name, url;
  // This database is copied: into a file that does not exist, or by a server into a database of this name beside it.
  std::string copy_to{};
  Keeping keeping{};
};

// The copies that rehearsals have servers keep (target/postgresql_copy).
struct ServerCopies {
  std::string mark;                // that of this ledger's; empty: no rehearsal is meant, servers are opened
  std::string prefix;              // of their names; behind it comes the rehearsal's
  std::vector<std::string> alive;  // rehearsals whose copies stay, those of all others are dropped
};

// The broker's first message; its descriptors (the run lock) stay open as long as the broker lives.
struct BrokerSettings {
  static constexpr Kind kind = Kind::open;
  std::string directory;    // relative paths in URLs are relative to it
  std::string ledger_path;  // may never be a target
  std::vector<DatabaseAddress> databases;
  Limits limits{};
  std::uint64_t images = 0;  // bytes of changed rows that are kept of one attempt, as they were before; 0: only counts
  bool preview = false;      // each database keeps one transaction for everything, which is never committed
  ServerCopies copies{};
};

struct DatabaseFacts {
  std::string name;
  std::string engine;
};

struct Load {
  static constexpr Kind kind = Kind::load;
  std::string name;  // of the script, escaped: it becomes part of error messages
  std::string text;
  std::vector<DatabaseFacts> databases;
  std::int64_t attempt = 0, run = 0;
  bool preview = false;
  std::string environment;
  std::string trigger, by, host;  // of the run
  std::vector<Argument> arguments;
};

struct Ask {  // may be sent behind Load; a script that cannot be loaded is not asked
  static constexpr Kind kind = Kind::ask;
  std::string database;     // the one that `db` is, unless the script declares another
  std::string coordinator;  // or that it writes none
};

struct Execute {
  static constexpr Kind kind = Kind::execute;
  bool undo = false;     // rollback() instead, without having been asked
  std::string database;  // the one that `db` is then
};

struct WorkerReady {
  static constexpr Kind kind = Kind::worker_ready;
  SandboxLevel level;
};

struct Loaded {
  static constexpr Kind kind = Kind::loaded;
  Declaration declaration;
};

struct Line {
  static constexpr Kind kind = Kind::line;
  LineLevel level = LineLevel::info;
  std::string text;
};

struct Answer {  // of shouldRun(), and of validate() when that said yes
  static constexpr Kind kind = Kind::answer;
  enum class Word : std::uint8_t { yes, no, skip, invalid } word = Word::no;
  std::string reason;                 // for skip and invalid
  std::vector<std::string> warnings;  // of validate()
};

struct Result {  // of execute()
  static constexpr Kind kind = Kind::result;
  enum class Word : std::uint8_t { succeeded, failed, skipped } word = Word::failed;
  std::string message;  // for failed: the error
  std::string json;     // further fields; empty: none
};

struct Fault {
  static constexpr Kind kind = Kind::fault;
  Cause cause = Cause::error;
  std::string error, traceback;
};

struct ProgressTold {  // at most every tenth of a second
  static constexpr Kind kind = Kind::progress;
  Progress progress;
};

struct ReadData {  // a part of a data file; answered by Data
  static constexpr Kind kind = Kind::read_data;
  std::string name;
  std::int64_t offset = 0;  // bytes
};

struct Data {
  static constexpr Kind kind = Kind::data;
  std::string fault;  // empty: the rest holds
  std::string bytes;  // from the offset on; empty: the file ends there
};

// With the worker's channel as a descriptor when a new worker is to be served. Ends what was begun before it.
//   read:      not answered; the transaction begins with the first statement
//   write, receipt_only: answered by Began when the transaction is open, or cannot be
//   piecemeal: answered by Began when a receipt says that the attempt has begun, or it cannot be left
struct Begin {
  static constexpr Kind kind = Kind::begin;
  std::string database;
  Access access = Access::read;
  std::int64_t milliseconds = 0;  // until the attempt's time limit
  Receipt receipt;                // not for reading: to be left in the database by the commit
  bool once = true;  // not for reading: an earlier receipt of the same version means that there is nothing to do
  std::int64_t settled = 0;    // piecemeal: of this attempt of our ledger the end is known, whatever a row says
  bool forced = false;         // piecemeal: whoever has begun it and did not succeed
  std::uint64_t max_rows = 0;  // that may be changed; 0: any number
  // This attempt of our ledger is taken back: its receipt must be there, and goes with the commit. 0: none is.
  std::int64_t undoes = 0;
  Approval approval{};    // write: what is to be committed must be what somebody agreed to
  bool restores = false;  // undoes: by rows (core/restore_message.hpp); nothing of the database's own fires
  // The receipt of this attempt of our ledger proves nothing, and goes with the commit, when the other one, a rollback
  // without a transaction, has left a row that says it had begun. 0: there is none.
  std::int64_t disowned = 0, disowned_by = 0;
  bool batches = false;  // write: it may work in pages (OpenBatch)
};

struct Finish {
  static constexpr Kind kind = Kind::finish;
  bool commit = false;
  bool confirm = false;  // Heard first, so that a broker which is slow can be told from one that is stuck
};

struct Heard {
  static constexpr Kind kind = Kind::heard;
};

// Whether an attempt was committed; without a ledger: whether anybody's was, as far as can be seen now. Without a
// sha256, too: of any version of what `script`, a word as in `depends`, means.
struct Inquire {
  static constexpr Kind kind = Kind::inquire;
  std::string database;
  std::string script, sha256, ledger;
  std::int64_t attempt = 0;
  // Of a rollback: the attempt that it takes back, whose receipt is gone when it was committed. 0: it is none.
  std::int64_t undoes = 0;
  bool only_begun = false;  // whether it has begun without a transaction, as far as can be seen now, is all that counts
  bool needs_table = false;  // a database without a table of receipts is another one than it was, and proves nothing
};

struct Inquired {
  static constexpr Kind kind = Kind::inquired;
  Proof proof = Proof::unreachable;
  Receipt receipt;    // when present
  std::string error;  // when unreachable
  Paged paged;        // of its script, unless it was asked for anybody's receipt
};

struct Examine {  // what a database is like, for `fettle doctor`
  static constexpr Kind kind = Kind::examine;
  std::string database;
  Access access = Access::read;  // write: also opens a write transaction, with the table of receipts, and rolls it back
};

struct Examined {
  static constexpr Kind kind = Kind::examined;
  Cause cause = Cause::none;  // none: everything that was tried worked
  std::string error;
  std::vector<Fact> facts;
};

struct Muster {  // who works on a database, and what they did
  static constexpr Kind kind = Kind::muster;
  std::string database;
  std::int64_t skip = 0, most = 0;   // of the receipts, newest first
  std::vector<std::string> scripts;  // whose locks are looked for, where they do not tell whose they are
};

struct Mustered {
  static constexpr Kind kind = Kind::mustered;
  std::string error;  // empty: the rest holds
  Fleet fleet;
};

struct DatabaseStatus {
  std::string name, engine;
  std::string fault;  // empty: open
  Cause cause = Cause::none;
  std::vector<Fact> facts{};  // what came of a Keeping (target/keeping)
};

struct BrokerReady {
  static constexpr Kind kind = Kind::broker_ready;
  SandboxLevel level;
  std::vector<DatabaseStatus> databases;
};

struct Began {
  static constexpr Kind kind = Kind::began;
  Cause cause = Cause::none;  // none: the transaction is open, unless `applied` says that it need not be
  std::string error;
  bool lost = false;       // the connection is gone: a new broker may have another
  bool elsewhere = false;  // another node is at work on the script
  bool applied = false;    // the version was applied before: `earlier` proves it, no transaction is open
  bool begun = false;      // piecemeal: it was begun before and did not succeed; `earlier` proves it
  bool missing = false;    // undo: there is no receipt of this version
  Receipt earlier;
  std::uint64_t statements = 0;  // of the transaction that this one ended
};

// Rows that an attempt changed, before the Done that it belongs to: none, or many.
struct ChangedRows {
  static constexpr Kind kind = Kind::changed_rows;
  std::vector<RowChange> rows;
};

struct Done {
  static constexpr Kind kind = Kind::done;
  enum class Word : std::uint8_t { committed, rolled_back, unknown } word = Word::rolled_back;
  Cause cause = Cause::none;  // why a commit became a roll-back; after any roll-back: which limit the attempt hit
  std::string error;
  bool lost = false;              // the connection is gone: a new broker may have another
  bool may_have_written = false;  // a statement was executed that is not plainly a query
  bool locked = false;            // the last statement that failed did so for a lock, which may pass by itself
  std::uint64_t statements = 0, rows_changed = 0;
  Changes changes{};           // of what was committed, or may have been
  std::string changed_rows{};  // the last ChangedRows, encoded; empty: there are no more
};

struct Statement {
  static constexpr Kind kind = Kind::statement;
  enum class Wants : std::uint8_t { affected, rows } wants = Wants::affected;
  std::string database, sql;
  Row parameters;
};

struct Many {  // one statement, executed for each row
  static constexpr Kind kind = Kind::many;
  std::string database, sql;
  bool follows = false;  // of the same call as the Many before: if that failed, nothing of this one is executed
  std::vector<Row> rows;
};

struct Fetch {
  static constexpr Kind kind = Kind::fetch;
  std::uint32_t cursor = 0;
  bool ahead = false;  // not needed yet: no rows, and the cursor kept, when they could be more than a limit allows
};

struct Close {
  static constexpr Kind kind = Kind::close;
  std::uint32_t cursor = 0;
};

struct Describe {  // answered by Rows
  static constexpr Kind kind = Kind::describe;
  enum class What : std::uint8_t { tables, has_table, has_column, has_index } what = What::tables;
  std::string database, table, name;
};

struct Rows {
  static constexpr Kind kind = Kind::rows;
  std::uint32_t cursor = 0;  // 0: these were the last
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

struct Affected {
  static constexpr Kind kind = Kind::affected;
  std::int64_t rows = 0;
};

struct SqlFault {
  static constexpr Kind kind = Kind::sql_fault;
  std::string message;
};

struct StandingBy {  // the configuration is read, the processes stand ready; waits for Go
  static constexpr Kind kind = Kind::standing_by;
};

struct Go {
  static constexpr Kind kind = Kind::go;
  struct Waiting {
    std::string script;
    FileStamp stamp;
  };
  std::vector<Waiting> leave;  // these, as long as they are the same files: nothing changed since they were held back
};

struct Look {  // answered by Heard, before which no other is sent
  static constexpr Kind kind = Kind::look;
  bool all = false;
  std::vector<std::string> names;
};

struct Left {  // a script whose file stays pending although this run has considered it
  static constexpr Kind kind = Kind::left;
  std::string script;
  FileStamp stamp;
  Cause cause = Cause::none;
  std::string reason;
  std::optional<std::chrono::milliseconds> until;  // since 1970: from then on it is worth another look
  bool untried = false;                            // the run stopped before it
};

struct LogRecord {  // for the log of the operator, which the watcher writes alone
  static constexpr Kind kind = Kind::log_record;
  LineLevel level = LineLevel::info;
  std::string text;
};

struct RunOver {
  static constexpr Kind kind = Kind::run_over;
  std::int64_t run = 0;  // 0: nothing was recorded
  std::int32_t exit_code = 0;
  bool applied = false;  // a script was applied or found not to be needed: what depends on it may run now
};

// The same bytes as Statement, Many and Rows, read where they lie: the body must outlive what is decoded.
struct StatementView {
  static constexpr Kind kind = Kind::statement;
  Statement::Wants wants = Statement::Wants::affected;
  std::string_view database, sql;
  Values parameters;
};

struct ManyView {
  static constexpr Kind kind = Kind::many;
  std::string_view database, sql;
  bool follows = false;
  PackedRows rows;
};

struct RowsView {
  static constexpr Kind kind = Kind::rows;
  std::uint32_t cursor = 0;
  std::vector<std::string_view> columns;
  PackedRows rows;
};

// Both are defined for every message above; the views are only decoded.
template <class Message>
std::string encode(const Message& message);
template <class Message>
std::optional<Message> decode(std::string_view body);

}  // namespace core
