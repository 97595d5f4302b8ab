#include "ledger/runs.hpp"

#include <limits>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

// What was rolled back has no column of its own, and only such a run does it.
constexpr std::string_view k_runs = R"sql(
  SELECT id, trigger, by, host, reason, command, pid, started_at, finished_at, exit_code, scripts,
    succeeded, failed, skipped, blocked, interrupted, unknown, CASE trigger WHEN 'rollback' THEN (
      SELECT count(*) FROM attempts a WHERE a.outcome = 'rolled_back' AND a.outcome <> 'succeeded' AND a.run = runs.id)
      ELSE 0 END
  FROM runs )sql";

constexpr const char* k_previews = R"sql(
  SELECT r.id, r.trigger, r.by, r.host, r.reason, r.command, r.pid, r.started_at, r.finished_at, r.exit_code, r.scripts,
    sum(p.outcome IS 'succeeded'), sum(p.outcome IS 'failed'), sum(p.outcome IS 'skipped'), sum(p.outcome IS 'blocked'),
    sum(p.outcome IS 'interrupted'), sum(p.outcome IS 'unknown'), sum(p.outcome IS 'rolled_back')
  FROM runs r LEFT JOIN previews p ON p.run = r.id
  WHERE r.trigger = 'preview' AND (?1 = 0 OR r.id = ?1) GROUP BY r.id ORDER BY r.id DESC LIMIT ?2)sql";

core::Counts take_counts(Query& query) {
  core::Counts counts;
  for (auto* count : {&counts.succeeded, &counts.failed, &counts.skipped, &counts.blocked, &counts.interrupted,
                      &counts.unknown, &counts.rolled_back})
    *count = query.take_count();
  return counts;
}

Run take_run(Query& query) {
  Run run;
  run.id = query.take_number();
  run.trigger = query.take_text();
  run.by = query.take_text();
  run.host = query.take_text();
  run.reason = query.take_text();
  run.command = query.take_text();
  run.pid = query.take_number();
  run.started.milliseconds = query.take_number();
  const bool over = !query.at_null();
  const std::int64_t finished = query.take_number();
  const std::int64_t exit_code = query.take_number();
  if (over) run.finished = base::Instant{finished};
  if (over) run.exit_code = static_cast<int>(exit_code);
  run.scripts = query.take_number();
  run.counts = take_counts(query);
  return run;
}

// Of a preview the runs table has no counts.
void count_preview(SQLite::Database& database, Run& run) {
  if (run.trigger != k_preview) return;
  const std::vector<Run> found = select_previews(database, run.id, 1);
  if (!found.empty()) run.counts = found.front().counts;
}

}  // namespace

std::optional<Run> select_last_run(SQLite::Database& database) {
  Query query(database, std::string(k_runs) + "WHERE trigger NOT IN ('mark', 'preview') ORDER BY id DESC LIMIT 1");
  if (!query.next()) return std::nullopt;
  return take_run(query);
}

std::vector<Run> select_previews(SQLite::Database& database, std::int64_t run, std::int64_t limit) {
  Query query(database, k_previews);
  query.number(run).number(limit == 0 ? -1 : limit);
  std::vector<Run> previews;
  while (query.next()) previews.push_back(take_run(query));
  return previews;
}

std::vector<Run> select_runs(SQLite::Database& database, std::int64_t limit, std::int64_t before) {
  std::vector<Run> runs;
  {
    Query query(database, std::string(k_runs) + "WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    query.number(before == 0 ? std::numeric_limits<std::int64_t>::max() : before).number(limit == 0 ? -1 : limit);
    while (query.next()) runs.push_back(take_run(query));
  }
  for (Run& run : runs) count_preview(database, run);
  return runs;
}

std::optional<Run> find_run(SQLite::Database& database, std::int64_t id) {
  std::optional<Run> run;
  {
    Query query(database, std::string(k_runs) + "WHERE id = ?1");
    query.number(id);
    if (query.next()) run = take_run(query);
  }
  if (run) count_preview(database, *run);
  return run;
}

std::int64_t find_run_of_process(SQLite::Database& database, std::int64_t pid, const std::string& host,
                                 base::Instant since) {
  Query query(database,
              "SELECT id FROM runs WHERE id > (SELECT max(id) FROM runs) - 1000 AND pid = ?1 AND host = ?2 "
              "AND started_at >= ?3 ORDER BY id DESC LIMIT 1");
  query.number(pid).text(host).number(since.milliseconds);
  return query.next() ? query.take_number() : 0;
}

}  // namespace ledger
