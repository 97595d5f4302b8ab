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
