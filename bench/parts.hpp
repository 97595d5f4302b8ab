// The floor programs: the least that one workload of fettle's can cost on this machine. They make the calls that the
// work needs, one after the other, and do nothing else: no checks of the past, no limits on the script, no repair.
// Whatever fails ends the program with a message.
#pragma once

#include <sqlite3.h>
#include <string>

namespace bench {

[[noreturn]] void fail(const std::string& what);  // with errno's text
void need(bool held, const char* what);

// A connection that is open while it lives.
class Database {
 public:
  explicit Database(const std::string& path);
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  sqlite3* get() const noexcept { return handle_; }
  void execute(const char* sql) const;
  void check(int code) const;  // OK, ROW and DONE are well

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const char* sql);
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  sqlite3_stmt* get() const noexcept { return handle_; }
  bool step() const;      // true: there is a row
  void run_once() const;  // steps to the end and resets

 private:
  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

// The settings that fettle gives a target with a rollback journal.
void prepare_target(const Database& database);

// directory: has fix-scripts/, successfully-ran/ and app.db; the ledger is floor.db in it. Runs all scripts.
void run_scripts(const std::string& directory);

void insert_rows(const std::string& path, long count);  // into item(id, a, b), with one prepared statement
void update_rows(const std::string& path, long count);  // by id
void read_rows(const std::string& path);
// Executes it once; or, where it has parameters, once for each number up to count, which they all are. kept: each row
// is copied as it was and as it is, by SQLite's preupdate hook.
void change_rows(const std::string& path, const char* sql, long count, bool kept);
void scan_folder(const std::string& path);  // names, sorted by bytes, each with its stat

// The same on a PostgreSQL server with the table item: each script a transaction of three round trips; many rows in one
// pipeline; all rows one by one as they come.
void run_server_scripts(const std::string& url, long count);
void insert_server_rows(const std::string& url, long count);
void read_server_rows(const std::string& url);

// The least watcher: inotify, intent committed in floor.db, the script in a forked process, outcome committed, rename.
// Until it is killed.
void watch_folder(const std::string& directory);
// Renames scripts into DIR/fix-scripts, one by one with a pause (milliseconds) before each; prints the seconds until
// each came into DIR/done. One that does not come within ten seconds is left out.
void drop_files(const std::string& directory, int count, int pause, const std::string& done);

}  // namespace bench
