#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "parts.hpp"

namespace bench {

void fail(const std::string& what) {
  std::fprintf(stderr, "fettle_floor: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

void need(bool held, const char* what) {
  if (!held) fail(what);
}

Database::Database(const std::string& path) {
  if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) fail("cannot open " + path);
}

void Database::execute(const char* sql) const {
  check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

void Database::check(int code) const {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) fail(sqlite3_errmsg(handle_));
}

Statement::Statement(const Database& database, const char* sql) : database_(database) {
  database.check(sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
}

bool Statement::step() const {
  const int code = sqlite3_step(handle_);
  database_.check(code);
  return code == SQLITE_ROW;
}

void Statement::run_once() const {
  while (step()) {
  }
  sqlite3_reset(handle_);
}

void prepare_target(const Database& database) {
  bool has_log = false;
  {
    const Statement mode(database, "PRAGMA journal_mode");
    has_log = mode.step() && std::strcmp(reinterpret_cast<const char*>(sqlite3_column_text(mode.get(), 0)), "wal") == 0;
  }
  if (!has_log) {
    database.execute("PRAGMA locking_mode=EXCLUSIVE");  // keeps the journal open: its folder is synced once
    database.execute("PRAGMA journal_mode=PERSIST");
  }
  database.execute(has_log ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=EXTRA");
}

}  // namespace bench

int main(int count, char** words) {
  const auto is = [&](const char* verb, int wanted) { return count == wanted && std::strcmp(words[1], verb) == 0; };
  if (is("scripts", 3))
    bench::run_scripts(words[2]);
  else if (is("insert", 4))
    bench::insert_rows(words[2], std::atol(words[3]));
  else if (is("update", 4))
    bench::update_rows(words[2], std::atol(words[3]));
  else if (is("change", 6))
    bench::change_rows(words[2], words[3], std::atol(words[4]), std::strcmp(words[5], "kept") == 0);
  else if (is("read", 3))
    bench::read_rows(words[2]);
  else if (is("server-scripts", 4))
    bench::run_server_scripts(words[2], std::atol(words[3]));
  else if (is("server-insert", 4))
    bench::insert_server_rows(words[2], std::atol(words[3]));
  else if (is("server-read", 3))
    bench::read_server_rows(words[2]);
  else if (is("scan", 3))
    bench::scan_folder(words[2]);
  else if (is("watch", 3))
    bench::watch_folder(words[2]);
  else if (is("drop", 6))
    bench::drop_files(words[2], std::atoi(words[3]), std::atoi(words[4]), words[5]);
  else {
    std::fputs(
        "usage: fettle_floor scripts DIR | insert DB ROWS | update DB ROWS | read DB | scan DIR | watch DIR |\n"
        "       change DB SQL ROWS kept|not | drop DIR COUNT PAUSE DONE | server-scripts URL COUNT | server-insert URL "
        "ROWS | server-read URL\n",
        stderr);
    return 2;
  }
  return 0;
}
