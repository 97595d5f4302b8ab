#include "ledger/applied.hpp"

#include <fmt/format.h>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr const char* k_in_force = R"sql(
  a.outcome = 'succeeded' AND NOT EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_taken_back
    WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.id > a.id
      AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
      AND (b.outcome <> 'rolled_back' OR a.outcome <> 'succeeded'
        OR a.id = (SELECT undoes FROM details WHERE attempt = b.id))))sql";

constexpr const char* k_applied = R"sql(
  SELECT a.id, a.run, a.script, a.sha256, a.database, a.moved_to, a.finished_at FROM attempts a
  WHERE {} AND (?1 = '' OR a.script = ?1) AND (?2 = 0 OR a.run = ?2) AND a.finished_at >= ?3
  ORDER BY a.id DESC LIMIT ?4)sql";

constexpr const char* k_dependents = R"sql(
  SELECT a.id, a.script, j.value FROM details d CROSS JOIN attempts a ON a.id = d.attempt, json_each(d.depends) j
  WHERE d.depends IS NOT NULL AND {} ORDER BY a.id)sql";

}  // namespace

std::vector<Applied> find_applied(SQLite::Database& database, const AppliedFilter& filter) {
  Kept args(database,
            "SELECT j.key, j.value FROM details d, json_each(d.args) j WHERE d.attempt = ?1 AND d.args IS NOT NULL");
  Query query(database, fmt::format(k_applied, k_in_force));
  query.text(filter.script).number(filter.run).number(filter.since.milliseconds).number(filter.limit);
  std::vector<Applied> all;
  while (query.next()) {
    Applied& applied = all.emplace_back();
    applied.attempt = query.take_number();
    applied.run = query.take_number();
    applied.script = query.take_text();
    applied.sha256 = query.take_text();
    applied.database = query.take_text();
    applied.moved_to = query.take_text();
    applied.finished.milliseconds = query.take_number();
    Query arg(args);
    arg.number(applied.attempt);
    while (arg.next()) {
      std::string name = arg.take_text();
      applied.args.emplace_back(std::move(name), arg.take_text());
    }
  }
  return all;
}

std::vector<Dependent> find_dependents(SQLite::Database& database) {
  Query query(database, fmt::format(k_dependents, k_in_force));
  std::vector<Dependent> all;
  while (query.next()) {
    Dependent& dependent = all.emplace_back();
    dependent.attempt = query.take_number();
    dependent.script = query.take_text();
    dependent.word = query.take_text();
  }
  return all;
}

}  // namespace ledger
