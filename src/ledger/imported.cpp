#include "ledger/imported.hpp"

#include <utility>

#include "core/script.hpp"

namespace ledger {
namespace {

using core::ImportedState;

constexpr const char* k_has = "SELECT 1 FROM imported INDEXED BY imported_by_stem WHERE stem = ?1 LIMIT 1";

// The indexes are named so that a missing one is an error and never a slow answer.
constexpr const char* k_find = R"sql(
  SELECT i.last_attempt, i.id, i.tool, i.source, i.at, f.name, f.note, f.checksum, f.at
  FROM imported f INDEXED BY imported_by_stem CROSS JOIN imports i ON i.id = f.import
  WHERE f.stem = ?1 AND f.state = ?2 AND NOT EXISTS (
    SELECT 1 FROM imported b INDEXED BY imported_by_key WHERE b.origin = f.origin AND b.key = f.key AND b.id > f.id)
  ORDER BY f.id DESC LIMIT 1)sql";

constexpr const char* k_overruled = R"sql(
  SELECT 1 FROM attempts INDEXED BY attempts_by_script WHERE script = ?1 AND id > ?2 AND outcome IS NOT NULL
    AND (outcome NOT IN ('skipped', 'blocked', 'interrupted') OR state = 'marked') LIMIT 1)sql";

constexpr const char* k_origin = R"sql(
  SELECT id FROM imports WHERE tool = ?1 AND source = ?2 AND part = ?3 ORDER BY id LIMIT 1)sql";

constexpr const char* k_known = R"sql(
  SELECT state FROM imported INDEXED BY imported_by_key WHERE origin = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1)sql";

constexpr const char* k_list = R"sql(
  SELECT f.id, f.import, i.tool, i.source, i.at, f.key, f.name, f.stem, f.state, f.note, f.checksum, f.further, f.at,
    f.duration_ms, f.batch
  FROM imported f CROSS JOIN imports i ON i.id = f.import
  WHERE (?1 = '' OR f.stem = ?1) AND (?2 = 0 OR f.import = ?2) ORDER BY f.id DESC LIMIT ?3)sql";

std::optional<std::int64_t> take_optional(Query& query) {
  const bool is_there = !query.at_null();
  const std::int64_t number = query.take_number();
  return is_there ? std::optional(number) : std::nullopt;
}

std::optional<base::Instant> take_instant(Query& query) {
  const auto number = take_optional(query);
  return number ? std::optional(base::Instant{*number}) : std::nullopt;
}

ImportedRow take_row(Query& query) {
  ImportedRow row;
  row.id = query.take_number();
  row.import = query.take_number();
  row.tool = query.take_text();
  row.source = query.take_text();
  row.imported.milliseconds = query.take_number();
  ImportedFact& fact = row.fact;
  fact.key = query.take_text();
  fact.name = query.take_text();
  fact.stem = query.take_text();
  fact.state = core::imported_state_from(query.take_text()).value_or(ImportedState::unknown);
  for (auto* text : {&fact.note, &fact.checksum, &fact.further}) *text = query.take_text();
  fact.at = take_instant(query);
  fact.duration_ms = take_optional(query);
  fact.batch = take_optional(query);
  return row;
}

}  // namespace

ImportedQueries::ImportedQueries(SQLite::Database& database) noexcept
    : has_(database, k_has),
      find_(database, k_find),
      overruled_(database, k_overruled),
      origin_(database, k_origin),
      known_(database, k_known) {}

std::optional<core::Imported> ImportedQueries::find(const std::string& stem, ImportedState state,
                                                    std::int64_t& last_attempt) {
  Query query(find_);
  if (!query.text(stem).word(core::name(state)).next()) return std::nullopt;
  core::Imported found;
  last_attempt = query.take_number();
  found.import = query.take_number();
  found.tool = query.take_text();
  found.source = query.take_text();
  found.imported.milliseconds = query.take_number();
  found.name = query.take_text();
  found.note = query.take_text();
  found.checksum = query.take_text();
  found.at = take_instant(query);
  found.state = state;
  return found;
}

// One application is enough, whatever else became of the script. The states stand in the order in which they tell most.
std::optional<core::Imported> ImportedQueries::of_stem(const std::string& script, const std::string& stem) {
  if (stem.empty() || !Query(has_).text(stem).next()) return std::nullopt;
  for (const ImportedState state :
       {ImportedState::applied, ImportedState::marked, ImportedState::failed, ImportedState::unknown,
        ImportedState::pending, ImportedState::rolled_back, ImportedState::skipped}) {
    std::int64_t last_attempt = 0;
    auto found = find(stem, state, last_attempt);
    if (!found) continue;
    if (Query(overruled_).text(script).number(last_attempt).next()) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

std::optional<core::Imported> ImportedQueries::of(const std::string& script) {
  const std::string stem(core::stem_of(script));
  auto found = of_stem(script, stem);
  if (found && core::counts_as_applied(found->state)) return found;
  const std::string wild = core::wild_stem_of(stem);
  auto other = of_stem(script, wild);
  return other && (!found || core::counts_as_applied(other->state)) ? other : found;
}

std::int64_t ImportedQueries::origin_of(const Origin& origin) {
  Query query(origin_);
  return query.text(origin.tool).text(origin.source).text(origin.part).next() ? query.take_number() : 0;
}

bool ImportedQueries::is_known(std::int64_t origin, const std::string& key, ImportedState state) {
  Query query(known_);
  return query.number(origin).text(key).next() && query.take_text() == core::name(state);
}

void each_imported(SQLite::Database& database, const ImportedFilter& filter,
                   const std::function<void(const ImportedRow&)>& take) {
  Query query(database, k_list);
  query.text(filter.stem).number(filter.import).number(filter.limit == 0 ? -1 : filter.limit);
  while (query.next()) take(take_row(query));
}

std::vector<Import> find_imports(SQLite::Database& database) {
  Query query(database, R"sql(
    SELECT id, tool, source, part, by, host, reason, command, at, rows, imported, already, skipped, failed
    FROM imports ORDER BY id DESC)sql");
  std::vector<Import> all;
  while (query.next()) {
    Import& import = all.emplace_back();
    import.id = query.take_number();
    for (auto* text : {&import.origin.tool, &import.origin.source, &import.origin.part, &import.by, &import.host,
                       &import.reason, &import.command})
      *text = query.take_text();
    import.at.milliseconds = query.take_number();
    ImportCounts& counts = import.counts;
    for (auto* count : {&counts.rows, &counts.imported, &counts.already, &counts.skipped, &counts.failed})
      *count = query.take_number();
  }
  return all;
}

}  // namespace ledger
