#include "target/sqlite.hpp"

#include <SQLiteCpp/Database.h>
#include <array>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sqlite3.h>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "target/refusals.hpp"
#include "target/sqlite_address.hpp"
#include "target/sqlite_changes.hpp"
#include "target/sqlite_copy.hpp"
#include "target/sqlite_cursor.hpp"
#include "target/sqlite_facts.hpp"
#include "target/sqlite_guard.hpp"
#include "target/sqlite_internal.hpp"
#include "target/sqlite_pages.hpp"
#include "target/sqlite_silence.hpp"
#include "target/sqlite_statements.hpp"
#include "target/sqlite_values.hpp"

namespace target {
namespace {

using core::Cause;

constexpr int k_steps_between_stop_checks = 10'000;             // of SQLite's virtual machine: some 0.2 ms
constexpr std::size_t k_longest_fault = std::size_t{4} << 10U;  // bytes of what SQLite says
constexpr std::chrono::milliseconds k_busy_pause{10};

// A journal that is written over needs no change of the file system at each commit, which a truncated one does twice.
// What one large transaction needed is given back.
constexpr const char* k_journal_size = "PRAGMA journal_size_limit=4194304";  // bytes

class Sqlite final : public Connection {
 public:
  explicit Sqlite(const SqliteAddress& address);
  ~Sqlite() override;

  std::string_view engine() const override { return "sqlite"; }
  void copy_to(const std::string& file, int wake) override {
    guard_.listen_to(SqliteGuard::Speaker::fettle);
    copy_sqlite(handle(), file, wake);
  }
  std::vector<os::FileRule> files() const override;
  std::string journalled_file() const override { return wal_ ? std::string() : address_.path; }
  void begin(const Beginning& how) override;
  void commit() override;
  void rollback() override;
  bool in_transaction() const override { return started_ || (is_open() && (!outer_ || saved_)); }
  std::int64_t execute(std::string_view sql, const core::Values& parameters) override;
  std::int64_t execute_many(std::string_view sql, core::PackedRows rows) override;
  std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) override;
  std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                  const std::string& name) override;
  std::optional<core::Receipt> find_receipt(const std::string& script, const std::string& sha256) override;
  void leave_receipt(const core::Receipt& receipt) override;
  bool has_receipt(const core::Receipt& of) override {
    return internal_.receipt_of(of.script, of.sha256, of.ledger, of.attempt).has_value();
  }
  void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) override {
    for (const std::int64_t attempt : attempts) internal_.take_receipt_away(version, attempt);
  }
  std::vector<std::string> seen_scripts(const std::string& part) override { return internal_.scripts_with(part); }
  bool keeps_receipts() override { return internal_.has_receipts(); }
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256) override {
    return internal_.starts_of(script, sha256);
  }
  void leave_start(const core::Receipt& receipt) override;
  void take_start_away(const core::Receipt& receipt) override;
  std::optional<core::Receipt> proof_of(const core::Inquire& attempt) override;
  std::optional<core::Receipt> seen_receipt(const std::string& script, const std::string& sha256) override {
    return keeps_receipts() ? internal_.receipt_of(script, sha256) : std::nullopt;
  }
  // SQLite ends the whole transaction when it stops a statement that writes, or the disk is full.
  bool lost() const override { return outer_ && !is_open(); }
  void check_restored() override { silence_.check(); }
  void preview() override { previews_ = true; }
  Pages& pages() override { return pages_; }
  core::Fleet muster(const core::Muster& wish) override { return internal_.muster(wish); }
  std::vector<core::Fact> facts() override {
    guard_.listen_to(SqliteGuard::Speaker::fettle);
    return facts_of(handle());
  }
  void watch_changes(std::uint64_t images) override { changes_.watch(images); }
  core::Changes changes(const TellRow& tell) override { return changes_.tell(tell); }
  std::uint64_t rows_changed() const override {
    return static_cast<std::uint64_t>(sqlite3_total_changes64(handle()) - changes_at_begin_);
  }

  // One step of a script's statement; true: there is a row. Throws SqlError.
  bool step(sqlite3_stmt* statement);

 private:
  sqlite3* handle() const noexcept { return database_.getHandle(); }
  bool is_open() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }  // a transaction
  void prepare_durability();
  void set_up_guards();
  void forget_temporary();
  void allow(core::Access access);
  void begin_preview(bool reads);
  void keep_preview();
  std::int64_t run(sqlite3_stmt* statement);
  std::int64_t run_many(std::string_view sql, core::PackedRows rows);
  void commit_these();
  [[noreturn]] void fail(int code);

  static int on_progress(void* self) { return static_cast<Sqlite*>(self)->should_stop() ? 1 : 0; }
  static int on_busy(void* self, int tries);

  SqliteAddress address_;
  SQLite::Database database_;
  SqliteGuard guard_;
  std::vector<os::Fd> files_;    // for files(): the database and, in WAL mode, its companions
  SqliteStatements statements_;  // of scripts
  SqliteInternal internal_;
  SqliteSilence silence_{handle(), internal_, address_.foreign_keys};
  SqliteChanges changes_;
  SqlitePages pages_{internal_, [this] { commit(); }, [this] { guard_.listen_to(SqliteGuard::Speaker::script); }};
  core::Access access_ = core::Access::read;
  bool wal_ = false;
  std::optional<core::Access> allowed_;  // what the connection is set to: every change makes SQLite compile all anew
  std::int64_t changes_at_begin_ = 0;
  bool started_ = false;  // a script is at work without a transaction
  bool previews_ = false;
  bool outer_ = false;  // of a preview: the transaction that is never committed is open
  bool saved_ = false;  // of a preview: its savepoint is set, a script is at work in it
};

Sqlite::Sqlite(const SqliteAddress& address)
    : address_(address),
      database_(open_file(address)),
      guard_(database_.getHandle()),
      statements_(database_.getHandle(), guard_, SqliteGuard::Speaker::script, [this](int code) { fail(code); }),
      internal_(database_.getHandle(), guard_, [this](int code) { fail(code); }),
      changes_(database_.getHandle(), guard_) {
  sqlite3_extended_result_codes(handle(), 1);
  sqlite3_busy_handler(handle(), &Sqlite::on_busy, this);
  sqlite3_progress_handler(handle(), k_steps_between_stop_checks, &Sqlite::on_progress, this);
  set_up_guards();
  prepare_durability();
  // What SQLite would otherwise open only when it is first needed, behind the lock-down.
  std::array<char, 8> noise{};
  sqlite3_randomness(static_cast<int>(noise.size()), noise.data());
  ::tzset();
}

Sqlite::~Sqlite() {
  guard_.listen_to(SqliteGuard::Speaker::fettle);
  statements_.forget();
  internal_.forget();
  if (is_open()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  if (address_.only_read) return;
  if (!wal_) sqlite3_exec(handle(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);  // removes the journal
}

std::vector<os::FileRule> Sqlite::files() const {
  std::vector<os::FileRule> rules;
  for (const os::Fd& fd : files_) rules.push_back({fd.get(), os::FileRight::read_write});
  return rules;
}

void Sqlite::set_up_guards() {
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_limit(handle(), SQLITE_LIMIT_ATTACHED, 0);
  // A temporary file could not be made behind the lock-down, where nobody only reads.
  if (!address_.only_read) internal_.once("PRAGMA temp_store=MEMORY");
  internal_.once(address_.foreign_keys ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");
}

// Reads the settings back: a PRAGMA that was not understood or not possible says nothing. Also the first read of the
// file, so that what is no database is found here, and WAL files are open before the lock-down.
void Sqlite::prepare_durability() {
  internal_.once("SELECT count(*) FROM sqlite_schema");
  wal_ = internal_.word("PRAGMA journal_mode") == "wal";
  if (address_.only_read) return;
  if (sqlite3_db_readonly(handle(), "main") == 1)
    refuse_target(fmt::format("{} is read-only for this user", base::escape(address_.path)));
  if (!wal_ && internal_.word("PRAGMA journal_mode=PERSIST") != "persist")
    refuse_target(fmt::format("{} cannot use a rollback journal", base::escape(address_.path)));
  if (!wal_) internal_.once(k_journal_size);
  internal_.once(wal_ ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=EXTRA");
  if (const auto level = internal_.say("PRAGMA synchronous");
      !level || level->at(0) != core::Value(std::int64_t{wal_ ? 2 : 3}))
    refuse_target(fmt::format("{} cannot be written durably", base::escape(address_.path)));
  for (const char* ending : {"", "-wal", "-shm"})
    if (os::Fd fd(::open((address_.path + ending).c_str(), O_PATH | O_CLOEXEC)); fd) files_.push_back(std::move(fd));
}

int Sqlite::on_busy(void* self, int tries) {
  auto* connection = static_cast<Sqlite*>(self);
  if (connection->should_stop() || tries * k_busy_pause >= connection->address_.busy_timeout) return 0;
  const timespec pause{0, std::chrono::nanoseconds(k_busy_pause).count()};
  ::nanosleep(&pause, nullptr);
  return 1;
}

void Sqlite::fail(int code) {
  std::string refusal = guard_.take_refusal();
  if (!refusal.empty()) throw SqlError(Cause::error, std::move(refusal));
  const Cause cause = cause_of(code);
  const std::string said = base::cap(sqlite3_errmsg(handle()), k_longest_fault);
  if (cause == Cause::timeout) throw SqlError(cause, "the statement was stopped at the time limit");
  if ((code & 0xFF) == SQLITE_LOCKED)
    throw SqlError(Cause::error,
                   fmt::format("{}: a query of this script is still being read; finish its loop first", said));
  if (cause == Cause::locked && should_stop())
    throw SqlError(Cause::timeout, fmt::format("{}: another process held it until the time limit was reached", said));
  if (said.starts_with("cannot VACUUM")) throw SqlError(Cause::error, no_rebuilding(access_));
  if (cause == Cause::locked)
    throw SqlError(cause, fmt::format("{}: another process held it for {} ([databases] url, ?busy_timeout=…)", said,
                                      base::format_duration(address_.busy_timeout)));
  if ((code & 0xFF) == SQLITE_READONLY && only_reads(access_))
    throw SqlError(Cause::error, "this database may only be read here");
  throw SqlError(cause, said);
}

// At its first step a kept statement may be compiled anew, because the schema has changed since.
bool Sqlite::step(sqlite3_stmt* statement) {
  guard_.expect(sqlite3_sql(statement));
  const int code = sqlite3_step(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(code);
  return code == SQLITE_ROW;
}

std::int64_t Sqlite::run(sqlite3_stmt* statement) {
  if (only_reads(access_) && sqlite3_stmt_readonly(statement) == 0) throw SqlError(Cause::error, no_writing());
  const std::int64_t before = sqlite3_total_changes64(handle());
  while (step(statement)) {
  }
  // sqlite3_changes keeps its old value over statements that change no rows.
  return sqlite3_total_changes64(handle()) == before ? 0 : sqlite3_changes64(handle());
}

std::int64_t Sqlite::execute(std::string_view sql, const core::Values& parameters) {
  changes_.before(sql);
  const Rewind rewind(statements_.keep(sql));
  bind_all(rewind.statement, parameters, Bytes::stay);
  return run(rewind.statement);
}

// Without a transaction of the script these rows get one, as they come in one call.
std::int64_t Sqlite::execute_many(std::string_view sql, core::PackedRows rows) {
  if (!started_) return run_many(sql, rows);
  internal_.once("BEGIN IMMEDIATE");
  try {
    const std::int64_t affected = run_many(sql, rows);
    commit_these();
    return affected;
  } catch (const std::exception&) {
    if (is_open()) internal_.once("ROLLBACK");
    throw;
  }
}

std::int64_t Sqlite::run_many(std::string_view sql, core::PackedRows rows) {
  std::int64_t affected = 0;
  changes_.before(sql);
  const Rewind rewind(statements_.keep(sql));
  core::Values row;
  while (rows.next(row)) {
    bind_all(rewind.statement, row, Bytes::stay);
    affected += run(rewind.statement);
    sqlite3_reset(rewind.statement);
  }
  return affected;
}

// The cursor outlives the parameters.
std::unique_ptr<Cursor> Sqlite::query(std::string_view sql, const core::Values& parameters) {
  changes_.before(sql);
  Compiled statement = statements_.take(sql);
  bind_all(statement.get(), parameters, Bytes::are_copied);
  if (only_reads(access_) && sqlite3_stmt_readonly(statement.get()) == 0) run(statement.get());
  return read_rows(std::move(statement), [this](sqlite3_stmt* reading) { return step(reading); });
}

std::vector<core::Row> Sqlite::describe(core::Describe::What what, const std::string& table, const std::string& name) {
  using What = core::Describe::What;
  static constexpr std::array<const char*, 4> k_sql = {
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
      "AND name NOT IN ('fettle_receipts', 'fettle_begun', 'fettle_batches') ORDER BY name",
      "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
      "SELECT count(*) FROM pragma_table_xinfo(?) WHERE name = ? COLLATE NOCASE",
      "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND name = ? COLLATE "
      "NOCASE"};
  core::Values parameters;
  if (what != What::tables) parameters.emplace_back(table);
  if (what == What::has_column || what == What::has_index) parameters.emplace_back(name);
  const Rewind rewind(statements_.keep(k_sql[static_cast<std::size_t>(what)]));
  bind_all(rewind.statement, parameters, Bytes::stay);
  std::vector<core::Row> rows;
  while (step(rewind.statement)) {
    core::Value value = core::owned(column(rewind.statement, 0));
    if (what != What::tables) value = std::get<std::int64_t>(value) > 0;
    rows.push_back({std::move(value)});
  }
  return rows;
}

// Temporary tables, views and triggers would live as long as the connection: a trigger of one script would fire in the
// next. Dropped before the commit, in the time of the script that made them.
void Sqlite::forget_temporary() {
  for (;;) {
    const std::string drop = internal_.word(
        "SELECT printf('DROP %s temp.\"%w\"', type, name) FROM sqlite_temp_schema "
        "WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1");
    if (drop.empty()) return;
    if (should_stop())
      throw SqlError(Cause::timeout, "the temporary tables were too many to drop in the time that is left");
    allow(core::Access::write);
    internal_.once(drop.c_str());
  }
}

void Sqlite::allow(core::Access access) {
  if (allowed_ == access) return;
  allowed_.reset();
  internal_.once(access == core::Access::read ? "PRAGMA query_only=ON" : "PRAGMA query_only=OFF");
  allowed_ = access;
}

void Sqlite::begin(const Beginning& how) {
  if (!how.further) forget_temporary();
  if (how.access == core::Access::receipt_only && !previews_) {
    allow(core::Access::write);
    internal_.make_receipts();
  }
  access_ = how.access;
  silence_.set(how.restores, is_open());
  const bool reads = only_reads(access_);
  guard_.expect(access_);
  if (previews_ && (outer_ || !reads)) {
    begin_preview(reads);
  } else {
    allow(reads ? core::Access::read : core::Access::write);
    internal_.once(reads ? "BEGIN" : "BEGIN IMMEDIATE");
    if (!reads) internal_.make_receipts();  // before a script could make one of its own
  }
  silence_.remember();
  changes_at_begin_ = sqlite3_total_changes64(handle());
  changes_.begin(access_);
  guard_.listen_to(SqliteGuard::Speaker::script);
}

// --- previews ------------------------------------------------------------------------------------------------------

// Without the outer transaction the savepoint would be one, and its release a commit.
void Sqlite::begin_preview(bool reads) {
  if (lost()) throw SqlError(Cause::unreachable, "the transaction of the preview was ended");
  allow(core::Access::write);
  if (!outer_) internal_.once("BEGIN IMMEDIATE");
  outer_ = true;
  internal_.once("SAVEPOINT fettle_preview");
  saved_ = true;
  if (reads) allow(core::Access::read);
}

// Only COMMIT itself looks at foreign keys that may be mended until then.
void Sqlite::keep_preview() {
  int broken = 0, ignored = 0;
  sqlite3_db_status(handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &ignored, 0);
  if (broken != 0) throw SqlError(Cause::error, commit_was_refused("FOREIGN KEY constraint failed"));
  internal_.once("RELEASE fettle_preview");
  saved_ = false;
}

// --- receipts ------------------------------------------------------------------------------------------------------

std::optional<core::Receipt> Sqlite::find_receipt(const std::string& script, const std::string& sha256) {
  if (previews_ && !internal_.has_receipts()) return std::nullopt;
  return internal_.receipt_of(script, sha256);
}

void Sqlite::leave_receipt(const core::Receipt& receipt) {
  if (previews_) return forget_temporary();
  if (only_reads(access_)) internal_.once("ROLLBACK");
  if (!is_open()) {
    allow(core::Access::write);
    internal_.once("BEGIN IMMEDIATE");
  }
  forget_temporary();
  if (started_ && !internal_.take_start_away(receipt)) throw SqlError(Cause::error, start_is_gone());
  if (started_) internal_.take_starts_away(receipt.script);
  internal_.leave(receipt);
}

// In the transaction that begin() opened, which it ends.
void Sqlite::leave_start(const core::Receipt& receipt) {
  internal_.leave_start(receipt);
  commit_these();
  started_ = true;
  changes_at_begin_ = sqlite3_total_changes64(handle());
  guard_.listen_to(SqliteGuard::Speaker::script);
}

// Opening the file rolled back what a dead process had left, and a living one would still hold the run lock.
std::optional<core::Receipt> Sqlite::proof_of(const core::Inquire& attempt) {
  return internal_.receipt_of(attempt.script, attempt.sha256, attempt.ledger, attempt.attempt);
}

void Sqlite::commit() {
  if (previews_) return only_reads(access_) ? rollback() : keep_preview();
  commit_these();
  started_ = false;
}

void Sqlite::commit_these() {
  guard_.listen_to(SqliteGuard::Speaker::fettle);
  const int code = sqlite3_exec(handle(), "COMMIT", nullptr, nullptr, nullptr);
  if ((code & 0xFF) == SQLITE_CONSTRAINT) throw SqlError(Cause::error, commit_was_refused(sqlite3_errmsg(handle())));
  if (code != SQLITE_OK) fail(code);
}

void Sqlite::rollback() {
  if (outer_ && is_open()) {
    internal_.once("ROLLBACK TO fettle_preview");
    internal_.once("RELEASE fettle_preview");
    saved_ = false;
  } else if (is_open())
    internal_.once("ROLLBACK");
  started_ = false;
}

void Sqlite::take_start_away(const core::Receipt& receipt) {
  internal_.once("BEGIN IMMEDIATE");
  internal_.take_start_away(receipt);
  commit_these();
}

}  // namespace

std::unique_ptr<Connection> open_sqlite(std::string_view address, const Surroundings& surroundings) {
  return std::make_unique<Sqlite>(parse_sqlite_address(address, surroundings));
}

}  // namespace target
