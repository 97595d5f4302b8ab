// What is in a SQLite file: its tables, indexes, views and triggers with their SQL, and what a script changed of it.
// Lives in the broker.
#pragma once

#include <cstdint>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"

namespace target {

struct SqliteObject {
  std::string type, name, sql;
  std::int64_t root = 0;  // the page at which its rows begin; 0: it has none
};

struct SqliteCatalogue {
  std::vector<SqliteObject> objects;  // fettle's and SQLite's own left out
  const SqliteObject* find(std::string_view type, std::string_view name) const noexcept;
  // The table that begins at this page; nullptr: none does.
  const SqliteObject* table_at(std::int64_t root) const noexcept;
};

// Tables of fettle and of SQLite itself: what happens to them is not told.
bool is_untold(std::string_view table) noexcept;

// Throws SqlError.
SqliteCatalogue read_catalogue(sqlite3* database);

// may_be_renamed: a table that begins where one began which is gone is that one.
std::vector<core::SchemaChange> difference(const SqliteCatalogue& before, const SqliteCatalogue& after,
                                           bool may_be_renamed);

// What a statement will do, by its first words.
struct SqliteWords {
  std::string verb;           // the first, in lower case
  std::string dropped_table;  // of DROP TABLE, without its schema
};
SqliteWords first_words(std::string_view sql);

}  // namespace target
