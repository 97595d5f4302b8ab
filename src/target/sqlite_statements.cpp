#include "target/sqlite_statements.hpp"

#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

constexpr std::size_t k_most_kept = 64;
constexpr std::size_t k_most_kept_bytes = std::size_t{1} << 20U;  // of SQL
constexpr std::size_t k_longest_sql = std::size_t{4} << 20U;

void check_text(std::string_view sql) {
  if (sql.find('\0') != std::string::npos)
    throw SqlError(Cause::error, "the SQL has a zero byte, behind which SQLite would not read on");
  if (sql.size() > k_longest_sql)
    throw SqlError(Cause::error,
                   fmt::format("this SQL is longer than {}: give values as parameters, many rows to executemany",
                               base::format_size(k_longest_sql)));
}

}  // namespace

SqliteStatements::SqliteStatements(sqlite3* database, SqliteGuard& guard, SqliteGuard::Speaker speaker,
                                   std::function<void(int)> fail)
    : database_(database), guard_(guard), speaker_(speaker), fail_(std::move(fail)) {}

Compiled SqliteStatements::compile(std::string_view text) {
  check_text(text);
  const std::string sql(text);
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  guard_.expect(sql.c_str());
  const int code = sqlite3_prepare_v3(database_, sql.c_str(), static_cast<int>(sql.size() + 1), 0, &raw, &tail);
  Compiled statement(raw, &sqlite3_finalize);
  if (code != SQLITE_OK) fail_(code);
  if (!statement) throw SqlError(Cause::error, "there is no statement in this SQL");
  refuse_second(tail);
  guard_.expect(nullptr);
  return statement;
}

// What follows the first statement must be nothing but blanks and comments.
void SqliteStatements::refuse_second(const char* tail) {
  while (tail != nullptr && *tail != '\0') {
    sqlite3_stmt* second = nullptr;
    const char* from = tail;
    const int next = sqlite3_prepare_v3(database_, from, -1, 0, &second, &tail);
    sqlite3_finalize(second);
    guard_.take_refusal();
    if (next != SQLITE_OK || second != nullptr) throw SqlError(Cause::error, no_second_statement());
    if (tail == from) break;
  }
}

sqlite3_stmt* SqliteStatements::keep(std::string_view sql) {
  guard_.listen_to(speaker_);
  if (const auto found = kept_.find(sql); found != kept_.end()) return found->second.get();
  if (kept_.size() >= k_most_kept || kept_bytes_ + sql.size() > k_most_kept_bytes) forget();
  sqlite3_stmt* statement = kept_.emplace(sql, compile(sql)).first->second.get();
  kept_bytes_ += sql.size();
  return statement;
}

Compiled SqliteStatements::take(std::string_view sql) {
  keep(sql);
  kept_bytes_ -= sql.size();
  return std::move(kept_.extract(kept_.find(sql)).mapped());
}

void SqliteStatements::forget() {
  kept_.clear();
  kept_bytes_ = 0;
}

void bind_all(sqlite3_stmt* statement, const core::Values& parameters, Bytes bytes) {
  const int wanted = sqlite3_bind_parameter_count(statement);
  if (wanted != static_cast<int>(parameters.size()))
    throw SqlError(
        Cause::error,
        fmt::format("the statement has {}, but {} given",
                    base::plural(static_cast<std::uint64_t>(wanted), "placeholder"),
                    parameters.size() == 1 ? "1 value was" : fmt::format("{} values were", parameters.size())));
  for (int index = 0; index < wanted; ++index) {
    const core::ValueView& value = parameters[static_cast<std::size_t>(index)];
    if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isnan(*real))
      throw SqlError(Cause::error, fmt::format("value {} is not a number (0/0), which SQLite cannot hold", index + 1));
    if (bind(statement, index + 1, value, bytes) == SQLITE_NOMEM) throw SqlError(Cause::memory, "out of memory");
  }
}

}  // namespace target
