#include "ledger/history.hpp"

#include <fmt/format.h>
#include <utility>

#include "ledger/chain.hpp"
#include "ledger/connection.hpp"
#include "ledger/known.hpp"
#include "ledger/names.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"
#include "ledger/texts.hpp"
#include "ledger/verify.hpp"

namespace ledger {
namespace {

// CROSS JOIN keeps attempts outside: the newest come first off its index, and only those wanted are joined.
constexpr const char* k_attempts = R"sql(
  SELECT a.id, a.run, a.script, a.sha256, a.state, a.outcome, a.cause, a.reason, a.message, a.result, a.error,
    a.traceback, a.moved_to, a.database, a.description, a.repeatable, a.started_at, a.finished_at,
    a.load_us, a.should_run_us, a.execute_us, a.commit_us, a.total_us, a.cpu_us, a.peak_memory, a.statements,
    a.rows_changed, a.worker_sandbox, a.broker_sandbox, r.trigger, r.by, r.host, r.reason, r.command
  FROM attempts a CROSS JOIN runs r ON r.id = a.run)sql";

constexpr const char* k_last_run = R"sql(
  SELECT id, trigger, by, host, reason, command, pid, started_at, finished_at, exit_code, scripts,
    succeeded, failed, skipped, blocked, interrupted, unknown, (
      SELECT count(*) FROM attempts a WHERE a.outcome = 'rolled_back' AND a.outcome <> 'succeeded' AND a.run = runs.id)
  FROM runs WHERE trigger <> 'mark' ORDER BY id DESC LIMIT 1)sql";

// By the order of the chain: the clocks of two hosts may differ.
constexpr const char* k_is_broken = R"sql(
  SELECT 1 FROM chain c JOIN events e ON e.id = c.ref
  WHERE c.kind = 'event' AND e.verb = 'unlock'
    AND c.position > (SELECT position FROM chain WHERE kind = 'run_start' AND ref = ?1))sql";

constexpr const char* k_lines = "SELECT at, level, text FROM log_lines WHERE attempt = ?1 ORDER BY number";

constexpr const char* k_about = R"sql(
  SELECT (SELECT made_at FROM ledger), (SELECT count(*) FROM attempts), (SELECT count(*) FROM runs),
    (SELECT count(*) FROM versions), (SELECT count(*) FROM events))sql";

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
  return attempt;
}

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

core::LineLevel level_from(std::string_view word) {
  for (const auto level : {core::LineLevel::debug, core::LineLevel::info, core::LineLevel::warn})
    if (word == core::name(level)) return level;
  return core::LineLevel::error;
}

// The first attempt of this run or of a later one. Only one run is recorded at a time, and so attempts of one run stand
// side by side and those of later runs behind them.
std::int64_t first_attempt_from(SQLite::Database& database, std::int64_t run) {
  Kept at_or_after(database, "SELECT id, run FROM attempts WHERE id >= ?1 ORDER BY id LIMIT 1");
  Query newest(database, "SELECT max(id) FROM attempts");
  std::int64_t low = 1;
  std::int64_t high = newest.next() ? newest.take_number() + 1 : 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    Query query(at_or_after);
    if (!query.number(middle).next()) break;
    const std::int64_t id = query.take_number();
    if (query.take_number() >= run)
      high = middle;
    else
      low = id + 1;
  }
  return low;
}

// "+" keeps a column out of the choice of index: of several conditions the one that names fewest rows picks it.
std::string condition(const Filter& filter) {
  std::string text;
  const auto add = [&](std::string_view test) { text += fmt::format("{} {}", text.empty() ? " WHERE" : " AND", test); };
  if (!filter.script.empty()) add("a.script = ?");
  if (filter.run != 0) add("+a.run = ?");
  if (filter.run != 0 && filter.script.empty()) add("a.id >= ? AND a.id < ?");
  if (filter.outcome && !text.empty()) add("+a.outcome = ?");
  if (filter.outcome && text.empty())
    add(filter.outcome == core::OutcomeKind::succeeded ? "a.outcome = ?"
                                                       : "a.outcome = ? AND a.outcome <> 'succeeded'");
  return text;
}

std::vector<Attempt> select_attempts(SQLite::Database& database, const Filter& filter) {
  Query query(database, fmt::format("{}{} ORDER BY a.id DESC LIMIT ?", k_attempts, condition(filter)));
  if (!filter.script.empty()) query.text(filter.script);
  if (filter.run != 0) query.number(filter.run);
  if (filter.run != 0 && filter.script.empty())
    query.number(first_attempt_from(database, filter.run)).number(first_attempt_from(database, filter.run + 1));
  if (filter.outcome) query.word(core::name(*filter.outcome));
  query.number(filter.limit == 0 ? -1 : filter.limit);
  std::vector<Attempt> attempts;
  while (query.next()) attempts.push_back(take_attempt(query));
  return attempts;
}

std::optional<Attempt> select_attempt(SQLite::Database& database, std::int64_t id) {
  Query query(database, fmt::format("{} WHERE a.id = ?", k_attempts));
  if (!query.number(id).next()) return std::nullopt;
  return take_attempt(query);
}

std::optional<Attempt> select_in_work(SQLite::Database& database) {
  Query query(database,
              fmt::format("{} WHERE a.outcome IS NULL AND a.moved_to IS NULL ORDER BY a.id DESC LIMIT 1", k_attempts));
  if (!query.next()) return std::nullopt;
  return take_attempt(query);
}

std::optional<Run> select_last_run(SQLite::Database& database) {
  Query query(database, k_last_run);
  if (!query.next()) return std::nullopt;
  return take_run(query);
}

bool select_is_broken(SQLite::Database& database, std::int64_t run) {
  Query query(database, k_is_broken);
  return query.number(run).next();
}

std::vector<LogLine> select_lines(SQLite::Database& database, std::int64_t attempt) {
  Query query(database, k_lines);
  query.number(attempt);
  std::vector<LogLine> lines;
  while (query.next()) {
    LogLine& line = lines.emplace_back();
    line.at.milliseconds = query.take_number();
    line.level = level_from(query.take_text());
    line.text = query.take_text();
  }
  return lines;
}

std::vector<Filed> select_filed(SQLite::Database& database) {
  Query query(database,
              "SELECT id, script, sha256, outcome, moved_to FROM attempts WHERE outcome IS NOT NULL ORDER BY id");
  std::vector<Filed> all;
  while (query.next()) {
    Filed& filed = all.emplace_back();
    filed.attempt = query.take_number();
    filed.script = query.take_text();
    filed.sha256 = query.take_text();
    filed.outcome = core::outcome_from(query.take_text()).value_or(core::OutcomeKind::failed);
    filed.moved_to = query.take_text();
  }
  return all;
}

About select_about(SQLite::Database& database) {
  About about;
  about.schema = version_of(database);
  about.id = read_id(database);
  Query query(database, k_about);
  if (!query.next()) return about;
  about.since.milliseconds = query.take_number();
  for (auto* count : {&about.attempts, &about.runs, &about.versions, &about.events}) *count = query.take_number();
  about.head = Chain(database).head();
  return about;
}

}  // namespace

struct History::Inside {
  Inside(std::string ledger_path, SQLite::Database connection)
      : path(std::move(ledger_path)), database(std::move(connection)), known(database) {}

  template <class Work>
  auto guarded(Work work) {
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      throw_broken(path, "the ledger cannot be read", failure, "nothing was changed");
    }
  }

  std::string path;
  SQLite::Database database;
  KnownQueries known;
};

History::History(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

std::optional<History> History::open(const std::string& path) {
  std::optional<SQLite::Database> database = connect_to_read(path);
  if (!database) return std::nullopt;
  return History(std::make_unique<Inside>(path, *std::move(database)));
}

std::vector<Attempt> History::attempts(const Filter& filter) const {
  return inside_->guarded([&] { return select_attempts(inside_->database, filter); });
}

std::optional<Attempt> History::attempt(std::int64_t id) const {
  return inside_->guarded([&] { return select_attempt(inside_->database, id); });
}

std::optional<Attempt> History::latest(const std::string& script) const {
  std::vector<Attempt> newest = attempts(Filter{.script = script, .outcome = {}, .run = 0, .limit = 1});
  if (script.empty() || newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::vector<LogLine> History::lines(std::int64_t attempt) const {
  return inside_->guarded([&] { return select_lines(inside_->database, attempt); });
}

std::string History::text(const std::string& sha256) const {
  return inside_->guarded([&] { return read_text(inside_->database, inside_->path, sha256); });
}

std::optional<core::Progress> History::progress(std::int64_t attempt) const {
  return inside_->guarded([&]() -> std::optional<core::Progress> {
    Query query(inside_->database, "SELECT done, total, label FROM progress WHERE attempt = ?1");
    if (!query.number(attempt).next()) return std::nullopt;
    const std::int64_t done = query.take_number();
    const std::int64_t total = query.take_number();
    return core::Progress{done, total, query.take_text()};
  });
}

std::optional<Run> History::last_run() const {
  return inside_->guarded([&] { return select_last_run(inside_->database); });
}

bool History::is_broken(std::int64_t run) const {
  return inside_->guarded([&] { return select_is_broken(inside_->database, run); });
}

std::optional<Attempt> History::in_work() const {
  return inside_->guarded([&] { return select_in_work(inside_->database); });
}

Verdict History::verify(const std::optional<Head>& expected) const {
  return inside_->guarded([&] { return ledger::verify(inside_->database, expected); });
}

Head History::head() const {
  return inside_->guarded([&] { return Chain(inside_->database).head(); });
}

std::string History::damage() const {
  return inside_->guarded([&] {
    SQLite::Statement check(inside_->database, "PRAGMA quick_check(1)");
    const std::string found = check.executeStep() ? check.getColumn(0).getString() : std::string();
    return found == "ok" ? std::string() : found;
  });
}

About History::about() const {
  return inside_->guarded([&] { return select_about(inside_->database); });
}

std::vector<Filed> History::filed() const {
  return inside_->guarded([&] { return select_filed(inside_->database); });
}

std::vector<Applied> History::applied(const AppliedFilter& filter) const {
  return inside_->guarded([&] { return find_applied(inside_->database, filter); });
}

std::vector<Dependent> History::dependents() const {
  return inside_->guarded([&] { return find_dependents(inside_->database); });
}

core::Known History::known(const std::string& name, const std::string& sha256) const {
  return inside_->guarded([&] { return inside_->known.ask(name, sha256); });
}

std::vector<std::string> History::attempted(const std::vector<std::string>& names) const {
  return inside_->guarded([&] { return find_attempted(inside_->database, names); });
}

std::vector<std::string> History::names_like(const std::string& word) const {
  return inside_->guarded([&] { return find_names(inside_->database, word); });
}

}  // namespace ledger
