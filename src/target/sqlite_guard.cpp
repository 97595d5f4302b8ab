#include "target/sqlite_guard.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "base/text.hpp"
#include "target/refusals.hpp"

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
constexpr std::array<std::string_view, 9> k_askable = {"data_version", "encoding",       "foreign_keys",
                                                       "journal_mode", "page_count",     "page_size",
                                                       "query_only",   "schema_version", "synchronous"};

constexpr std::array<std::string_view, 2> k_foreign_code = {"load_extension", "fts3_tokenizer"};

constexpr std::array<int, 19> k_schema_changes = {
    SQLITE_CREATE_INDEX,   SQLITE_CREATE_TABLE, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TABLE,
    SQLITE_CREATE_TRIGGER, SQLITE_CREATE_VIEW,  SQLITE_CREATE_TEMP_VIEW,  SQLITE_CREATE_TEMP_TRIGGER,
    SQLITE_CREATE_VTABLE,  SQLITE_DROP_INDEX,   SQLITE_DROP_TABLE,        SQLITE_DROP_TEMP_INDEX,
    SQLITE_DROP_TRIGGER,   SQLITE_DROP_VIEW,    SQLITE_DROP_TEMP_TABLE,   SQLITE_DROP_TEMP_VIEW,
    SQLITE_DROP_VTABLE,    SQLITE_ALTER_TABLE,  SQLITE_DROP_TEMP_TRIGGER};

bool changes_schema(int action) noexcept {
  return std::find(k_schema_changes.begin(), k_schema_changes.end(), action) != k_schema_changes.end();
}

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

std::string_view text(const char* given) noexcept {
  return given != nullptr ? given : "";
}

bool is_ours(std::string_view table) noexcept {
  return table == k_receipts || table == k_begun || table == k_batches;
}

// It attaches a file of its own.
bool is_vacuum(std::string_view sql) {
  return lower(base::trim(sql)).starts_with("vacuum");
}

// SQLite tells what is done with the savepoint.
std::string_view savepoint_word(std::string_view done) noexcept {
  if (done == "BEGIN") return "SAVEPOINT";
  return done == "ROLLBACK" ? "ROLLBACK TO" : "RELEASE";
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

// No exception may fly through SQLite: without memory for an answer the process ends, and nothing is committed.
int SqliteGuard::ask(void* self, int action, const char* first, const char* second, const char*, const char*) noexcept {
  return static_cast<SqliteGuard*>(self)->judge(action, first, second);
}

int SqliteGuard::refuse(std::string why) {
  refusal_ = std::move(why);
  return SQLITE_DENY;
}

// Everything that could forge, change, remove or hide a receipt, by the names that SQLite gives for it. Reading is
// fine.
bool SqliteGuard::touches_receipts(int action, const char* first, const char* second) {
  const auto is_receipts = [](const char* name) { return name != nullptr && is_ours(lower(name)); };
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
  if (touches_receipts(action, first, second)) return refuse(no_touching_receipts());
  switch (action) {
    case SQLITE_TRANSACTION:
      return refuse(no_transaction_control(text(first), access_));
    case SQLITE_SAVEPOINT:
      return refuse(no_transaction_control(savepoint_word(text(first)), access_));
    case SQLITE_ATTACH:
      return refuse(is_vacuum(text(sql_)) ? no_rebuilding(access_) : no_further_database("ATTACH"));
    case SQLITE_DETACH:
      return refuse(no_further_database("DETACH"));
    case SQLITE_PRAGMA:
      return judge_pragma(first, second);
    case SQLITE_FUNCTION:
      return contains(k_foreign_code, lower(text(second))) ? refuse(no_such_function(lower(text(second)))) : SQLITE_OK;
    case SQLITE_READ:
      return lower(text(first)) == "sqlite_stmt" ? refuse(no_statements_of_others()) : SQLITE_OK;
    default:
      return changes_schema(action) ? judge_schema_change() : SQLITE_OK;
  }
}

// SQLite does not say what a table is renamed to, what a foreign key points to, or what a view or trigger will read.
// All of it stands in the text, and no spelling of a name leaves its letters out.
int SqliteGuard::judge_schema_change() {
  const std::string sql = lower(text(sql_));
  const bool names = sql.find(k_receipts) != std::string::npos || sql.find(k_begun) != std::string::npos ||
                     sql.find(k_batches) != std::string::npos;
  return names ? refuse(no_naming_receipts()) : SQLITE_OK;
}

int SqliteGuard::judge_pragma(const char* name, const char* argument) {
  const std::string pragma = lower(text(name));
  if (contains(k_telling, pragma)) return SQLITE_OK;
  if (contains(k_askable, pragma) && argument == nullptr) return SQLITE_OK;
  const std::string shown = fmt::format("PRAGMA {}", pragma);
  if (!contains(k_transactional, pragma)) return refuse(no_setting(shown));
  return argument == nullptr || !only_reads(access_) ? SQLITE_OK : refuse(no_setting_while_reading(shown));
}

}  // namespace target
