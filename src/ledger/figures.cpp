#include "ledger/figures.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/text.hpp"
#include "ledger/rows.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

std::int64_t number_of(SQLite::Database& database, const std::string& sql) {
  Query query(database, sql);
  return query.next() ? query.take_number() : 0;
}

// The value in a column of attempts that succeeded which so many of a hundred do not exceed.
std::optional<Microseconds> percentile(SQLite::Database& database, const char* column, int percent) {
  const std::string those = fmt::format("FROM attempts WHERE outcome = 'succeeded' AND {0} IS NOT NULL", column);
  const std::int64_t count = number_of(database, "SELECT count(*) " + those);
  if (count == 0) return std::nullopt;
  Query query(database, fmt::format("SELECT {0} {1} ORDER BY {0} LIMIT 1 OFFSET ?1", column, those));
  query.number((count - 1) * percent / 100);
  return query.next() ? std::optional(Microseconds(query.take_number())) : std::nullopt;
}

std::optional<base::Instant> start(SQLite::Database& database, const char* which) {
  Query query(database, fmt::format("SELECT {}(started_at) FROM attempts", which));
  if (!query.next() || query.at_null()) return std::nullopt;
  return base::Instant{query.take_number()};
}

Microseconds median(std::vector<std::int64_t> values) {
  if (values.empty()) return Microseconds(0);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return Microseconds(*middle);
}

struct Times {
  ScriptFigures told;
  std::vector<std::int64_t> should_run, execute;  // by the age of the attempts
};

std::optional<double> trend_of(const std::vector<std::int64_t>& execute) {
  constexpr std::size_t k_fewest = 9;
  if (execute.size() < k_fewest) return std::nullopt;
  const auto third = static_cast<std::ptrdiff_t>(execute.size() / 3);
  const auto oldest = median({execute.begin(), execute.begin() + third}).count();
  const auto newest = median({execute.end() - third, execute.end()}).count();
  if (oldest == 0) return std::nullopt;
  return static_cast<double>(newest) / static_cast<double>(oldest);
}

// Type and name → the SQL that makes it, white space and comments aside.
std::map<std::pair<std::string, std::string>, std::string> structure_of(SQLite::Database& database) {
  std::map<std::pair<std::string, std::string>, std::string> all;
  Query query(
      database,
      "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'");
  while (query.next()) {
    std::string type = query.take_text();
    std::string name = query.take_text();
    std::string sql;
    bool comment = false;
    for (const char sign : query.take_text() + "\n") {
      if (sign == '\n') comment = false;
      if (comment || sign == '\n' || sign == ' ') continue;
      sql += sign;
      comment = sql.ends_with("--");
      if (comment) sql.resize(sql.size() - 2);
    }
    // A table that was renamed while it was made anew has its name in quotes.
    std::erase(sql, '"');
    all[{std::move(type), std::move(name)}] = std::move(sql);
  }
  return all;
}

}  // namespace

Figures count_figures(SQLite::Database& database, base::Instant now) {
  Figures told;
  for (const Shape& shape : shapes())
    told.tables.emplace_back(shape.table, number_of(database, fmt::format("SELECT count(*) FROM \"{}\"", shape.table)));
  for (Query query(database,
                   "SELECT outcome, count(*) FROM attempts WHERE outcome IS NOT NULL GROUP BY 1 ORDER BY 2 DESC");
       query.next();) {
    std::string outcome = query.take_text();
    told.outcomes.emplace_back(std::move(outcome), query.take_number());
  }
  told.unfinished = number_of(database, "SELECT count(*) FROM attempts WHERE outcome IS NULL");
  constexpr std::int64_t k_day = std::int64_t{86'400} * 1000;
  const char* since = "SELECT count(*) FROM attempts WHERE started_at > {}";
  told.last_day = number_of(database, fmt::format(fmt::runtime(since), now.milliseconds - k_day));
  told.last_week = number_of(database, fmt::format(fmt::runtime(since), now.milliseconds - 7 * k_day));
  told.scripts = number_of(database, "SELECT count(DISTINCT script) FROM attempts");
  told.first = start(database, "min");
  told.last = start(database, "max");
  told.median = percentile(database, "total_us", 50);
  told.slow = percentile(database, "total_us", 95);
  told.longest = percentile(database, "total_us", 100);
  told.median_commit = percentile(database, "commit_us", 50);
  const std::int64_t page = number_of(database, "PRAGMA page_size");
  told.bytes = page * number_of(database, "PRAGMA page_count");
  told.free_bytes = page * number_of(database, "PRAGMA freelist_count");
  told.text_bytes = number_of(database, "SELECT coalesce(sum(length(zstd)), 0) FROM versions");
  told.row_bytes = number_of(database, "SELECT coalesce(sum(length(zstd)), 0) FROM changed_rows") +
                   number_of(database, "SELECT coalesce(sum(length(zstd)), 0) FROM preview_rows");
  return told;
}

std::vector<ScriptFigures> figures_by_script(SQLite::Database& database) {
  std::map<std::string, Times> scripts;
  Query query(
      database,
      "SELECT script, outcome = 'failed', should_run_us, execute_us, total_us FROM attempts WHERE total_us IS NOT "
      "NULL AND outcome IN ('succeeded', 'failed') AND state NOT IN ('marked', 'settled', 'rollback') ORDER BY id");
  while (query.next()) {
    Times& times = scripts[query.take_text()];
    ++times.told.attempts;
    times.told.failed += query.take_number();
    times.should_run.push_back(query.take_number());
    times.execute.push_back(query.take_number());
    times.told.total += Microseconds(query.take_number());
  }
  std::vector<ScriptFigures> all;
  for (auto& [name, times] : scripts) {
    ScriptFigures& told = all.emplace_back(std::move(times.told));
    told.script = name;
    told.longest = Microseconds(*std::max_element(times.execute.begin(), times.execute.end()));
    told.trend = trend_of(times.execute);
    told.should_run = median(std::move(times.should_run));
    told.execute = median(std::move(times.execute));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const ScriptFigures& one, const ScriptFigures& other) { return one.total > other.total; });
  return all;
}

std::vector<std::string> structural_faults(SQLite::Database& database) {
  std::vector<std::string> faults;
  SQLite::Database pristine(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  pristine.exec(std::string(schema_text()));
  const auto wanted = structure_of(pristine);
  const auto found = structure_of(database);
  for (const auto& [thing, sql] : wanted) {
    const auto here = found.find(thing);
    if (here == found.end())
      faults.push_back(fmt::format("the {} {} is gone", thing.first, thing.second));
    else if (here->second != sql)
      faults.push_back(fmt::format("the {} {} is not as fettle makes it", thing.first, thing.second));
  }
  for (const auto& [thing, sql] : found)
    if (!wanted.contains(thing))
      faults.push_back(fmt::format("the {} {} is none of fettle's", thing.first, base::escape(thing.second)));
  Query query(database, "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
  while (query.next()) {
    const std::string table = query.take_text();
    const std::string parent = query.take_text();
    faults.push_back(fmt::format("{} of {} belong to one of {} that is gone", base::plural(query.take_count(), "row"),
                                 table, parent));
  }
  return faults;
}

}  // namespace ledger
