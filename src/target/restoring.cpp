#include "target/restoring.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "core/page_message.hpp"
#include "core/wire.hpp"
#include "target/restoring_sql.hpp"

namespace target {
namespace {

using Kind = core::RowChange::Kind;

constexpr std::size_t k_most_told = 100;         // conflicts
constexpr std::size_t k_most_refused = 100'000;  // rows that are held to be tried again
constexpr std::size_t k_longest_why = 1000;      // bytes

core::Values views_of(const core::Row& row) {
  core::Values values;
  for (const core::Value& value : row) values.push_back(core::view(value));
  return values;
}

// A constraint of the table may say that SQLite is to replace or to ignore.
std::string_view or_abort(std::string_view engine) {
  return engine == "sqlite" ? " OR ABORT" : "";
}

// Where more than one row was touched the whole must be rolled back.
bool touched_one(std::int64_t rows) {
  if (rows > 1) throw SqlError(core::Cause::rule, "a recorded row is more than one row by now");
  return rows == 1;
}

// Several rows may have the same key where a part of it is NULL.
bool tells_apart(const std::vector<bool>& is_key, const core::Row& row) {
  bool any = false;
  for (std::size_t at = 0; at < row.size() && at < is_key.size(); ++at) {
    if (is_key[at] && std::holds_alternative<core::Null>(row[at])) return false;
    any = any || is_key[at];
  }
  return any;
}

}  // namespace

Restoring::Restoring(Connection& own, std::vector<core::TableChanges> tables) : own_(own), engine_(own.engine()) {
  own_.prepare_restoring(tables);
  for (const core::TableChanges& said : tables) tables_.push_back(open(said));
}

Restoring::Table Restoring::open(const core::TableChanges& said) {
  Table table{said, quoted_table(engine_, said.table), free_row_name(said.columns), {}, {}, {}, {}};
  const std::vector<RestoredColumn> columns = columns_of(own_, table.name, said.table);
  for (const std::string& name : said.columns) {
    const auto now = std::find_if(columns.begin(), columns.end(),
                                  [&name](const RestoredColumn& column) { return column.name == name; });
    if (now == columns.end())
      throw SqlError(core::Cause::error,
                     fmt::format("{} has no column {} any more", base::escape(said.table), base::escape(name)));
    table.columns.push_back(quoted(engine_, name));
    table.types.push_back(now->type);
    table.is_key.push_back(std::find(said.key.begin(), said.key.end(), name) != said.key.end());
    table.is_made.push_back(now->is_made);
  }
  return table;
}

Restoring::Table& Restoring::table_of(const core::RowChange& change) {
  if (change.table >= tables_.size()) throw SqlError(core::Cause::error, "a recorded row is of no table");
  Table& table = tables_[change.table];
  const std::size_t columns = table.columns.size();
  const bool fits = (change.kind == Kind::inserted || change.before.size() == columns) &&
                    (change.kind == Kind::deleted || change.after.size() == columns);
  if (!fits) throw SqlError(core::Cause::error, "a recorded row does not have the columns of its table");
  return table;
}

// PostgreSQL executes nothing more in a transaction behind an error, unless it goes back to a savepoint.
std::string Restoring::put_back(const core::RowChange& change) {
  Table& table = table_of(change);
  if (stands_alone()) {
    own_.pages().savepoint(core::Savepoint::What::set, is_set_);
    is_set_ = true;
  }
  try {
    switch (change.kind) {
      case Kind::inserted:
        return undo_insert(table, change);
      case Kind::updated:
        return undo_update(table, change);
      case Kind::deleted:
        return undo_delete(table, change);
    }
    return {};
  } catch (const SqlError& error) {
    if (error.cause() != core::Cause::error || !own_.in_transaction()) throw;
    if (stands_alone()) own_.pages().savepoint(core::Savepoint::What::roll_back, true);
    is_set_ = false;
    return base::cap(error.what(), k_longest_why);
  }
}

std::string Restoring::undo_insert(Table& table, const core::RowChange& change) {
  RowCondition where(engine_, table.name, table.row_name);
  for (std::size_t at = 0; at < table.columns.size(); ++at)
    if (table.is_key[at])
      where.is_key(table.columns[at], table.types[at], change.after[at]);
    else if (!table.is_made[at])
      where.is(table.columns[at], table.types[at], change.after[at]);
  const std::string sql = fmt::format("DELETE FROM {} WHERE {}", table.name, where.text(!table.said.key.empty()));
  return touched_one(own_.execute(sql, views_of(where.values()))) ? std::string() : explain(table, change);
}

std::string Restoring::undo_update(Table& table, const core::RowChange& change) {
  RowCondition where(engine_, table.name, table.row_name);
  std::string set;
  core::Row values;
  const bool has_key = tells_apart(table.is_key, change.after);
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const bool differs = change.before[at] != change.after[at];
    if (table.is_key[at])
      where.is_key(table.columns[at], table.types[at], change.after[at]);
    else if ((differs || !has_key) && !table.is_made[at])
      where.is(table.columns[at], table.types[at], change.after[at]);
    if (!differs || table.is_made[at]) continue;
    set += fmt::format("{}{} = ?", set.empty() ? "" : ", ", table.columns[at]);
    values.push_back(change.before[at]);
  }
  if (set.empty()) return {};
  const std::string sql =
      fmt::format("UPDATE{} {} SET {} WHERE {}", or_abort(engine_), table.name, set, where.text(has_key));
  for (core::Value& value : where.take_values()) values.push_back(std::move(value));
  return touched_one(own_.execute(sql, views_of(values))) ? std::string() : explain(table, change);
}

std::string Restoring::undo_delete(Table& table, const core::RowChange& change) {
  std::string columns, places;
  core::Row values;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    if (table.is_made[at]) continue;
    columns += fmt::format("{}{}", columns.empty() ? "" : ", ", table.columns[at]);
    places += places.empty() ? "?" : ", ?";
    values.push_back(change.before[at]);
  }
  const std::string_view overriding = engine_ == "postgresql" ? " OVERRIDING SYSTEM VALUE" : "";
  const std::int64_t rows = own_.execute(
      fmt::format("INSERT{} INTO {} ({}){} VALUES ({})", or_abort(engine_), table.name, columns, overriding, places),
      views_of(values));
  return rows == 1 ? std::string() : "it could not be inserted again";
}

// Nothing was touched: the row is gone, or is another one by now.
std::string Restoring::explain(Table& table, const core::RowChange& change) {
  if (table.said.key.empty()) return "there is no such row any more";
  RowCondition where(engine_, table.name, table.row_name);
  for (std::size_t at = 0; at < table.columns.size(); ++at)
    if (table.is_key[at]) where.is_key(table.columns[at], table.types[at], change.after[at]);
  const auto rows =
      own_.query(fmt::format("SELECT 1 FROM {} WHERE {}", table.name, where.text(true)), views_of(where.values()));
  core::Writer row;
  return rows->next(row) ? "it was changed since" : "it is not there any more";
}

void Restoring::add(core::RowChange change) {
  std::string why = put_back(change);
  if (why.empty()) {
    ++rows_;
  } else if (refused_.size() < k_most_refused) {
    refused_.push_back({std::move(change), std::move(why)});
  } else {
    tell({std::move(change), std::move(why)});
  }
}

core::Restored Restoring::finish() {
  for (bool goes_on = true; goes_on && !refused_.empty();) {
    std::vector<Refused> again = std::exchange(refused_, {});
    std::reverse(again.begin(), again.end());  // what one shift of many rows did is undone from its other end
    for (Refused& each : again) {
      each.why = put_back(each.change);
      if (each.why.empty())
        ++rows_;
      else
        refused_.push_back(std::move(each));
    }
    goes_on = refused_.size() < again.size();
  }
  for (const Refused& each : refused_) tell(each);
  refused_.clear();
  own_.check_restored();
  return so_far();
}

void Restoring::tell(const Refused& refused) {
  ++conflicts_;
  if (told_.size() >= k_most_told) return;
  const Table& table = tables_[refused.change.table];
  const core::Row& row = refused.change.kind == Kind::deleted ? refused.change.before : refused.change.after;
  core::Conflict conflict{refused.change.table, refused.change.kind, {}, refused.why};
  for (std::size_t at = 0; at < row.size(); ++at)
    if (table.said.key.empty() || table.is_key[at])
      conflict.key.push_back(core::wire_size(row[at]) > k_longest_why ? core::Value(std::string("…")) : row[at]);
  told_.push_back(std::move(conflict));
}

core::Restored restore(std::unique_ptr<Restoring>& restoring, Connection& own, core::Restore wish) {
  try {
    if (!restoring) restoring = std::make_unique<Restoring>(own, std::move(wish.tables));
    for (core::RowChange& row : wish.rows) restoring->add(std::move(row));
    return wish.last ? restoring->finish() : restoring->so_far();
  } catch (const SqlError& error) {
    core::Restored failed;
    failed.cause = error.cause();
    failed.error = error.what();
    return failed;
  }
}

core::Restored Restoring::so_far() const {
  core::Restored restored;
  restored.rows = rows_;
  restored.conflicts = conflicts_;
  restored.told = told_;
  return restored;
}

}  // namespace target
