#include "ledger/attempts.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>
#include <vector>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr std::int64_t k_any = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t k_at_a_time = 500;

// Ids grow with time as far as clocks do. One that was set back, or ran ahead on another host, by less than this hides
// no attempt.
constexpr std::int64_t k_clock_slack = 24LL * 60 * 60 * 1000;

// CROSS JOIN keeps attempts outside: the newest come first off the index that stands for {}, and only those wanted are
// joined.
constexpr const char* k_attempts = R"sql(
  SELECT a.id, a.run, a.script, a.sha256, a.state, a.outcome, a.cause, a.reason, a.message, a.result, a.error,
    a.traceback, a.moved_to, a.database, a.description, a.repeatable, a.started_at, a.finished_at,
    a.load_us, a.should_run_us, a.execute_us, a.commit_us, a.total_us, a.cpu_us, a.peak_memory, a.statements,
    a.rows_changed, a.worker_sandbox, a.broker_sandbox, r.trigger, r.by, r.host, r.reason, r.command,
    coalesce(d.try, 1), d.again, d.allowed, d.undoes, d.depends, d.tags, d.args, d.warnings, d.data
  FROM attempts a {} CROSS JOIN runs r ON r.id = a.run
    LEFT JOIN details d ON d.attempt = a.id)sql";

constexpr const char* k_says = R"sql(
  AND (a.script || char(10) || coalesce(a.description, '') || char(10) || coalesce(a.reason, '') || char(10)
    || coalesce(a.message, '') || char(10) || coalesce(a.error, '')) LIKE ? ESCAPE '\')sql";

core::Outcome take_outcome(Query& query, std::optional<core::OutcomeKind>& ended_as) {
  core::Outcome outcome;
  ended_as = core::outcome_from(query.take_text());
  if (ended_as) outcome.kind = *ended_as;
  outcome.cause = core::cause_from(query.take_text()).value_or(core::Cause::none);
  outcome.reason = query.take_text();
  outcome.message = query.take_text();
  outcome.result = query.take_text();
  outcome.error = query.take_text();
  outcome.traceback = query.take_text();
  return outcome;
}

Measures take_measures(Query& query) {
  Measures measures;
  for (auto* duration :
       {&measures.load, &measures.should_run, &measures.execute, &measures.commit, &measures.total, &measures.cpu})
    *duration = std::chrono::microseconds(query.take_number());
  measures.peak_memory = query.take_count();
  measures.statements = query.take_count();
  measures.rows_changed = query.take_count();
  measures.worker_sandbox = query.take_text();
  measures.broker_sandbox = query.take_text();
  return measures;
}

Details take_details(Query& query) {
  Details details;
  details.try_number = query.take_number();
  details.again = query.take_number() != 0;
  details.allowed = query.take_number() != 0;
  details.undoes = query.take_number();
  for (auto* list : {&details.depends, &details.tags, &details.args, &details.warnings, &details.data})
    *list = query.take_text();
  return details;
}

Attempt take_attempt(Query& query) {
  Attempt attempt;
  attempt.id = query.take_number();
  attempt.run = query.take_number();
  attempt.script = query.take_text();
  attempt.sha256 = query.take_text();
  attempt.state = query.take_text();
  attempt.outcome = take_outcome(query, attempt.ended_as);
  attempt.moved_to = query.take_text();
  attempt.database = query.take_text();
  attempt.description = query.take_text();
  attempt.repeatable = query.take_number() != 0;
  attempt.started.milliseconds = query.take_number();
  attempt.finished.milliseconds = query.take_number();
  attempt.measures = take_measures(query);
  attempt.trigger = query.take_text();
  attempt.by = query.take_text();
  attempt.host = query.take_text();
  attempt.run_reason = query.take_text();
  attempt.command = query.take_text();
  attempt.details = take_details(query);
  return attempt;
}

// What only grows from attempt to attempt.
constexpr const char* k_by_run = "SELECT id, run FROM attempts WHERE id >= ?1 ORDER BY id LIMIT 1";
constexpr const char* k_by_start = "SELECT id, started_at FROM attempts WHERE id >= ?1 ORDER BY id LIMIT 1";

// The first attempt from which on it is not less than this value. Only one run is recorded at a time, and so attempts
// of one run stand side by side and those of later runs behind them.
std::int64_t first_attempt_from(SQLite::Database& database, const char* growing, std::int64_t value) {
  Kept at_or_after(database, growing);
  Query newest(database, "SELECT max(id) FROM attempts");
  std::int64_t low = 1;
  std::int64_t high = newest.next() ? newest.take_number() + 1 : 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    Query query(at_or_after);
    if (!query.number(middle).next()) break;
    const std::int64_t id = query.take_number();
    if (query.take_number() >= value)
      high = middle;
    else
      low = id + 1;
  }
  return low;
}

// Where attempts can be that fit: from the first up to before the second.
struct Ids {
  std::int64_t from = 0, before = k_any;

  void narrow(std::int64_t first, std::int64_t end) {
    from = std::max(from, first);
    before = std::min(before, end);
  }
};

// 0: nobody of this name ever started a run.
std::int64_t run_of(SQLite::Database& database, const std::string& by, const char* order) {
  Query query(database, fmt::format("SELECT r.id FROM runs r WHERE r.by = ?1 ORDER BY r.id {} LIMIT 1", order));
  return query.text(by).next() ? query.take_number() : 0;
}

Ids ids_of(SQLite::Database& database, const Filter& filter) {
  Ids ids;
  const auto from_run = [&](std::int64_t run) { return first_attempt_from(database, k_by_run, run); };
  ids.narrow(filter.after + 1, filter.before == 0 ? k_any : filter.before);
  if (filter.run != 0) ids.narrow(from_run(filter.run), from_run(filter.run + 1));
  if (filter.since)
    ids.narrow(first_attempt_from(database, k_by_start, filter.since->milliseconds - k_clock_slack), k_any);
  if (filter.until)
    ids.narrow(0, first_attempt_from(database, k_by_start, filter.until->milliseconds + k_clock_slack + 1));
  if (filter.by.empty()) return ids;
  const std::int64_t last = run_of(database, filter.by, "DESC");
  if (last == 0) return {.from = 0, .before = 0};
  ids.narrow(from_run(run_of(database, filter.by, "ASC")), from_run(last + 1));
  return ids;
}

// The indexes are named so that a missing one is an error and never a slow answer.
std::string_view index_of(const Filter& filter) {
  if (!filter.script.empty()) return "INDEXED BY attempts_by_script";
  if (filter.outcome && *filter.outcome != core::OutcomeKind::succeeded && filter.run == 0)
    return "INDEXED BY attempts_other_outcome";
  return "NOT INDEXED";
}

std::string select_of(const Filter& filter) {
  std::string text = fmt::format(k_attempts, index_of(filter)) + " WHERE a.id >= ? AND a.id < ?";
  if (!filter.script.empty()) text += " AND a.script = ?";
  if (filter.run != 0) text += " AND a.run = ?";
  if (filter.outcome) text += " AND a.outcome = ?";
  if (filter.outcome && *filter.outcome != core::OutcomeKind::succeeded) text += " AND a.outcome <> 'succeeded'";
  if (filter.since) text += " AND a.started_at >= ?";
  if (filter.until) text += " AND a.started_at <= ?";
  if (!filter.by.empty()) text += " AND r.by = ?";
  if (!filter.text.empty()) text += k_says;
  return text + " ORDER BY a.id DESC LIMIT ?";
}

// For LIKE.
std::string pattern_of(std::string_view part) {
  std::string pattern = "%";
  for (const char letter : part) {
    if (letter == '%' || letter == '_' || letter == '\\') pattern += '\\';
    pattern += letter;
  }
  return pattern + "%";
}

std::vector<Attempt> select(Kept& statement, const Filter& filter, const Ids& ids, std::int64_t most) {
  Query query(statement);
  query.number(ids.from).number(ids.before);
  if (!filter.script.empty()) query.text(filter.script);
  if (filter.run != 0) query.number(filter.run);
  if (filter.outcome) query.word(core::name(*filter.outcome));
  if (filter.since) query.number(filter.since->milliseconds);
  if (filter.until) query.number(filter.until->milliseconds);
  if (!filter.by.empty()) query.text(filter.by);
  const std::string pattern = pattern_of(filter.text);
  if (!filter.text.empty()) query.text(pattern);
  query.number(most);
  std::vector<Attempt> attempts;
  while (query.next()) attempts.push_back(take_attempt(query));
  return attempts;
}

}  // namespace

void each_attempt(SQLite::Database& database, const Filter& filter, const std::function<void(Attempt&&)>& take) {
  const std::string sql = select_of(filter);
  Kept statement(database, sql.c_str());
  Ids ids = ids_of(database, filter);
  for (std::int64_t left = filter.limit == 0 ? k_any : filter.limit; left > 0 && ids.from < ids.before;) {
    const std::int64_t most = std::min(left, k_at_a_time);
    std::vector<Attempt> attempts = select(statement, filter, ids, most);
    const auto found = static_cast<std::int64_t>(attempts.size());
    if (found > 0) ids.before = attempts.back().id;
    for (Attempt& attempt : attempts) take(std::move(attempt));
    if (found < most) return;
    left -= found;
  }
}

std::optional<Attempt> find_attempt(SQLite::Database& database, std::int64_t id) {
  Query query(database, fmt::format(k_attempts, "NOT INDEXED") + " WHERE a.id = ?");
  if (!query.number(id).next()) return std::nullopt;
  return take_attempt(query);
}

std::optional<Attempt> find_in_work(SQLite::Database& database) {
  Query query(database, fmt::format(k_attempts, "INDEXED BY attempts_open") +
                            " WHERE a.outcome IS NULL AND a.moved_to IS NULL ORDER BY a.id DESC LIMIT 1");
  if (!query.next()) return std::nullopt;
  return take_attempt(query);
}

std::int64_t find_taken_back_by(SQLite::Database& database, const Attempt& attempt) {
  Query query(database, R"sql(
    SELECT b.id FROM attempts b INDEXED BY attempts_taken_back CROSS JOIN details d ON d.attempt = b.id
    WHERE b.script = ?1 AND b.sha256 = ?2 AND b.id > ?3 AND d.undoes = ?3 AND b.outcome = 'rolled_back'
      AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
    ORDER BY b.id LIMIT 1)sql");
  return query.text(attempt.script).text(attempt.sha256).number(attempt.id).next() ? query.take_number() : 0;
}

}  // namespace ledger
