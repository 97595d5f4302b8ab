#include "target/sqlite_guard.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

namespace target {
namespace {

// Pragmas that only tell something, with or without an argument.
constexpr std::array<std::string_view, 17> k_telling = {
    "collation_list", "compile_options", "database_list", "foreign_key_check", "foreign_key_list", "function_list",
    "index_info",     "index_list",      "index_xinfo",   "integrity_check",   "module_list",      "pragma_list",
    "quick_check",    "table_info",      "table_list",    "table_xinfo",       "freelist_count"};

// Pragmas that live in the transaction, so that a script that may write may set them.
constexpr std::array<std::string_view, 3> k_transactional = {"application_id", "defer_foreign_keys", "user_version"};

// Pragmas that may be asked but not set.
constexpr std::array<std::string_view, 8> k_askable = {"encoding",  "foreign_keys", "journal_mode",   "page_count",
                                                       "page_size", "query_only",   "schema_version", "synchronous"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return out;
}

}  // namespace

SqliteGuard::SqliteGuard(sqlite3* database) {
  sqlite3_set_authorizer(database, &SqliteGuard::ask, this);
}

std::string SqliteGuard::take_refusal() {
  std::string refusal;
  refusal.swap(refusal_);
  return refusal;
}

int SqliteGuard::ask(void* self, int action, const char* first, const char* second, const char*, const char*) {
  return static_cast<SqliteGuard*>(self)->judge(action, first, second);
}

int SqliteGuard::refuse(std::string why) {
  refusal_ = std::move(why);
  return SQLITE_DENY;
}

// Everything that could forge, change, remove or hide a receipt, by the names that SQLite gives for it. Reading is
// fine.
bool SqliteGuard::touches_receipts(int action, const char* first, const char* second) {
  const auto is_receipts = [](const char* name) { return name != nullptr && lower(name) == "fettle_receipts"; };
  switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_TEMP_TABLE:
      return is_receipts(first);
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_ALTER_TABLE:
      return is_receipts(second);
    default:
      return false;
  }
}

int SqliteGuard::judge(int action, const char* first, const char* second) {
  if (speaker_ == Speaker::fettle) return SQLITE_OK;
  if (touches_receipts(action, first, second))
    return refuse("the table fettle_receipts proves which scripts were applied; scripts may read it, nothing else");
  switch (action) {
    case SQLITE_TRANSACTION:
      return refuse(
          fmt::format("{} is not for scripts: execute() runs in one transaction, which fettle commits when it returns",
                      first != nullptr ? first : "transaction control"));
    case SQLITE_SAVEPOINT:
      return refuse(
          "SAVEPOINT is not for scripts: execute() runs in one transaction, which fettle commits or rolls back whole");
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return refuse(
          "ATTACH and DETACH are not for scripts: name further databases in config.toml and use databases.NAME");
    case SQLITE_PRAGMA:
      return judge_pragma(first, second);
    case SQLITE_FUNCTION:
      if (second != nullptr && lower(second) == "load_extension") return refuse("load_extension() is not for scripts");
      return SQLITE_OK;
    default:
      return SQLITE_OK;
  }
}

int SqliteGuard::judge_pragma(const char* name, const char* argument) {
  const std::string pragma = lower(name != nullptr ? name : "");
  if (contains(k_telling, pragma)) return SQLITE_OK;
  if (contains(k_transactional, pragma) && (argument == nullptr || !reads_only_)) return SQLITE_OK;
  if (contains(k_askable, pragma) && argument == nullptr) return SQLITE_OK;
  return refuse(
      fmt::format("PRAGMA {} is not for scripts: it could change how safely the database is written", pragma));
}

}  // namespace target
