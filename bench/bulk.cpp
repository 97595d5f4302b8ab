#define SQLITE_ENABLE_PREUPDATE_HOOK  // declares it; Debian's library has it
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "parts.hpp"

namespace bench {
namespace {

void copy(std::string& rows, sqlite3_value* value) {
  const auto add = [&rows](const void* bytes, std::size_t size) { rows.append(static_cast<const char*>(bytes), size); };
  const int type = sqlite3_value_type(value);
  rows += static_cast<char>(type);
  if (type == SQLITE_INTEGER) {
    const std::int64_t number = sqlite3_value_int64(value);
    add(&number, sizeof number);
  } else if (type == SQLITE_FLOAT) {
    const double number = sqlite3_value_double(value);
    add(&number, sizeof number);
  } else if (type != SQLITE_NULL) {
    const int size = sqlite3_value_bytes(value);
    add(&size, sizeof size);
    add(sqlite3_value_blob(value), static_cast<std::size_t>(size));
  }
}

void keep(void* rows, sqlite3* database, int operation, const char* /*schema*/, const char* /*table*/,
          sqlite3_int64 /*old*/, sqlite3_int64 /*now*/) {
  sqlite3_value* value = nullptr;
  for (int column = 0, columns = sqlite3_preupdate_count(database); column < columns; ++column) {
    if (operation != SQLITE_INSERT && sqlite3_preupdate_old(database, column, &value) == SQLITE_OK)
      copy(*static_cast<std::string*>(rows), value);
    if (operation != SQLITE_DELETE && sqlite3_preupdate_new(database, column, &value) == SQLITE_OK)
      copy(*static_cast<std::string*>(rows), value);
  }
}

}  // namespace

void change_rows(const std::string& path, const char* sql, long count, bool kept) {
  std::string rows;
  const Database database(path);
  prepare_target(database);
  if (kept) sqlite3_preupdate_hook(database.get(), &keep, &rows);
  const Statement change(database, sql);
  const int parameters = sqlite3_bind_parameter_count(change.get());
  database.execute("BEGIN IMMEDIATE");
  for (long row = 1; row <= (parameters == 0 ? 1 : count); ++row) {
    for (int parameter = 1; parameter <= parameters; ++parameter) sqlite3_bind_int64(change.get(), parameter, row);
    change.run_once();
  }
  database.execute("COMMIT");
}

void insert_rows(const std::string& path, long count) {
  const Database database(path);
  prepare_target(database);
  const Statement insert(database, "insert into item (a, b) values (?, ?)");
  database.execute("BEGIN IMMEDIATE");
  for (long row = 1; row <= count; ++row) {
    const std::string text = "name " + std::to_string(row);
    sqlite3_bind_int64(insert.get(), 1, row);
    sqlite3_bind_text(insert.get(), 2, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    insert.run_once();
  }
  database.execute("COMMIT");
}

void update_rows(const std::string& path, long count) {
  const Database database(path);
  prepare_target(database);
  const Statement update(database, "update item set a = ? where id = ?");
  database.execute("BEGIN IMMEDIATE");
  for (long row = 1; row <= count; ++row) {
    sqlite3_bind_int64(update.get(), 1, row + 7);
    sqlite3_bind_int64(update.get(), 2, row);
    update.run_once();
  }
  database.execute("COMMIT");
}

void read_rows(const std::string& path) {
  const Database database(path);
  const Statement query(database, "select id, a, b from item");
  std::int64_t sum = 0;
  std::size_t letters = 0;
  while (query.step()) {
    sum += sqlite3_column_int64(query.get(), 0) + sqlite3_column_int64(query.get(), 1);
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 2));
    letters += std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(query.get(), 2))).size();
  }
  std::printf("%lld %zu\n", static_cast<long long>(sum), letters);
}

void scan_folder(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) fail("cannot open " + path);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  std::uint64_t bytes = 0;
  for (const std::string& name : names) {
    struct stat facts {};
    need(fstatat(dirfd(folder), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0, "stat");
    bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  closedir(folder);
  std::printf("%zu files, %llu bytes\n", names.size(), static_cast<unsigned long long>(bytes));
}

}  // namespace bench
