// What a script changes in a SQLite file: the rows by the preupdate hook, which sees each one before it is written,
// also those that triggers, foreign keys and REPLACE write; the schema by comparing it. Tables of fettle and of SQLite
// itself, and temporary ones, are left out. Lives in the broker; owned by its connection.
//
// The hook is called in the middle of a statement and cannot refuse it: what goes wrong there is kept, and fails the
// attempt when its changes are told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "core/wire.hpp"
#include "target/change_log.hpp"
#include "target/connection.hpp"
#include "target/sqlite_catalogue.hpp"
#include "target/sqlite_guard.hpp"
#include "target/sqlite_rows.hpp"
#include "target/sqlite_table.hpp"

namespace target {

class SqliteChanges {
 public:
  // Both must outlive it.
  SqliteChanges(sqlite3* database, SqliteGuard& guard) : database_(database), guard_(guard) {}
  SqliteChanges(const SqliteChanges&) = delete;
  SqliteChanges& operator=(const SqliteChanges&) = delete;
  ~SqliteChanges();

  // Before any statement of a script is compiled: SQLite compiles them otherwise where there is a hook.
  void watch(std::uint64_t images);
  // The account starts anew.
  void begin(core::Access access);
  // A statement of the script is about to be executed. Throws SqlError.
  void before(std::string_view sql);
  // All since begin(), as Connection::changes() says.
  core::Changes tell(const Connection::TellRow& tell);

 private:
  // A table that was written to while the program ran; kept over attempts, as long as the schema stays.
  struct Known {
    std::string name;
    std::optional<SqliteRows> rows;  // none: it is not told about
    // In this attempt:
    std::uint64_t attempt = 0;  // its number; another one: it was not written to yet
    ChangeLog::Table log = 0;
    bool notes = false;  // its rows are noted
    bool made = false;   // by this script
  };
  struct Drop {
    std::string table;
    std::uint64_t rows = 0;  // that it had before the script
    bool net = true;
  };
  struct Settings {
    std::int64_t user_version = 0, application_id = 0;
  };

  static void on_write(void* self, sqlite3* database, int operation, const char* schema, const char* table,
                       sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) noexcept;
  void written(int operation, const char* table, std::int64_t old_rowid, std::int64_t new_rowid);
  void note_old(Known& known, std::int64_t rowid);
  void note_read_old(Known& known, std::int64_t rowid);
  void note_new(Known& known, int operation, std::int64_t rowid);
  void note(Known& known, bool fits);
  std::optional<bool> pack_hooked(const SqliteTable& table);
  void give_up(Known& known, std::string_view gap);
  core::ValueView where_it_lies(sqlite3_value* value) const;
  sqlite3_value* old_value(const SqliteTable& table, const SqliteColumn& column);
  sqlite3_value* new_value(const SqliteTable& table, const SqliteColumn& column, int operation);

  Known& find(std::string_view table);
  Known& look_at(const std::string& table);
  void open(Known& known);
  bool was_made(const std::string& table);
  std::int64_t ask(const char* sql);
  std::uint64_t count_rows(const std::string& table);
  void refresh();
  void prepare_drop(const std::string& table);
  void settle_drop();

  void tell_rows(Known& known, ChangeLog::Netting& now);
  void tell_made(Known& known, ChangeLog::Netting& now);
  void add_settings(std::vector<core::SchemaChange>& changes);
  void open_made(const SqliteCatalogue& now);
  void open_dropped(const SqliteCatalogue& now);

  sqlite3* database_;
  SqliteGuard& guard_;
  ChangeLog log_;
  std::map<std::string, Known, std::less<>> known_;
  Known* last_ = nullptr;
  std::vector<Known*> written_;  // in the order of log_
  std::int64_t schema_version_ = -1;
  std::uint64_t attempt_ = 0;
  bool utf8_ = false;  // texts lie in the file as they are given
  bool watches_ = false, active_ = false, piecemeal_ = false;
  bool looked_ = false;                       // at the version of the schema, in this attempt
  bool stale_ = false;                        // the schema may have changed since
  bool altered_ = false;                      // an ALTER was executed
  std::optional<SqliteCatalogue> catalogue_;  // as it was before this script, once it may change it
  std::optional<Settings> settings_;          // likewise
  std::optional<Drop> drop_;                  // that is executed now
  std::vector<Drop> dropped_;
  std::optional<SqlError> fault_;
  std::string key_, new_key_;
  core::Writer row_;
};

}  // namespace target
