#include "target/sqlite_facts.hpp"

#include <fmt/format.h>
#include <string>

#include "base/text.hpp"
#include "target/sqlite_values.hpp"

namespace target {
namespace {

// The first value of the first row as text; empty: there is none.
std::string answer_to(sqlite3* database, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database, sql, -1, &raw, nullptr);
  const Compiled statement(raw, &sqlite3_finalize);
  if (code != SQLITE_OK || sqlite3_step(raw) != SQLITE_ROW) return {};
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
  return text != nullptr ? text : "";
}

std::string journal_of(sqlite3* database) {
  const std::string mode = answer_to(database, "PRAGMA journal_mode");
  return mode == "wal" ? "write-ahead log" : "rollback journal";
}

std::string synchronous_of(sqlite3* database) {
  const std::string level = answer_to(database, "PRAGMA synchronous");
  if (level == "3") return "synchronous EXTRA";
  return level == "2" ? "synchronous FULL" : fmt::format("synchronous {}", level);
}

std::string receipts_in(sqlite3* database) {
  const std::string count = answer_to(database, "SELECT count(*) FROM main.fettle_receipts");
  if (count.empty()) return "no receipts yet";
  return count == "1" ? "1 receipt" : fmt::format("{} receipts", count);
}

}  // namespace

std::vector<core::Fact> facts_of(sqlite3* database) {
  std::vector<core::Fact> facts;
  const char* file = sqlite3_db_filename(database, "main");
  facts.push_back({"file", file != nullptr ? file : ""});
  facts.push_back({"version", fmt::format("SQLite {}", sqlite3_libversion())});
  facts.push_back({"journal", journal_of(database)});
  facts.push_back({"durability", synchronous_of(database)});
  const std::string size =
      answer_to(database, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  if (!size.empty()) facts.push_back({"size", base::format_size(std::stoull(size))});
  facts.push_back({"receipts", receipts_in(database)});
  return facts;
}

}  // namespace target
