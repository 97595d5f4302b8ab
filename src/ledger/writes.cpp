#include "ledger/writes.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace ledger {
namespace {

constexpr const char* k_insert_run = R"sql(
  INSERT INTO runs (trigger, by, host, pid, reason, command, fettle, started_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))sql";

constexpr const char* k_end_run = "UPDATE runs SET finished_at = ?1, exit_code = ?2, scripts = ?3 WHERE id = ?4";

constexpr const char* k_insert_attempt = R"sql(
  INSERT INTO attempts (run, script, sha256, state, started_at, database) VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql";

constexpr const char* k_end_attempt = R"sql(
  UPDATE attempts SET outcome = ?1, cause = ?2, finished_at = ?3, database = coalesce(?4, database), description = ?5, repeatable = ?6,
    load_us = ?7, should_run_us = ?8, execute_us = ?9, commit_us = ?10, total_us = ?11, cpu_us = ?12,
    peak_memory = ?13, statements = ?14, rows_changed = ?15, worker_sandbox = ?16, broker_sandbox = ?17,
    reason = ?18, message = ?19, result = ?20, error = ?21, traceback = ?22
  WHERE id = ?23 AND outcome IS NULL)sql";

constexpr const char* k_intent_details = R"sql(
  INSERT INTO details (attempt, undoes, requeues, args) VALUES (?1, nullif(?2, 0), ?3, ?4))sql";

constexpr const char* k_details = R"sql(
  INSERT INTO details (attempt, try, again, allowed, depends, tags, args, warnings, data)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (attempt) DO UPDATE SET try = excluded.try, again = excluded.again, allowed = excluded.allowed,
    depends = excluded.depends, tags = excluded.tags, args = coalesce(excluded.args, args),
    warnings = excluded.warnings, data = excluded.data)sql";

constexpr const char* k_progress = R"sql(
  INSERT INTO progress (attempt, done, total, label, at) VALUES (?1, ?2, nullif(?3, 0), ?4, ?5)
  ON CONFLICT (attempt) DO UPDATE SET done = excluded.done, total = excluded.total, label = excluded.label,
    at = excluded.at)sql";

constexpr const char* k_count_outcome = R"sql(
  UPDATE runs SET succeeded = succeeded + (?1 = 'succeeded'), failed = failed + (?1 = 'failed'),
    skipped = skipped + (?1 = 'skipped'), blocked = blocked + (?1 = 'blocked'),
    interrupted = interrupted + (?1 = 'interrupted'), unknown = unknown + (?1 = 'unknown')
  WHERE id = (SELECT run FROM attempts WHERE id = ?2) AND finished_at IS NULL)sql";

constexpr const char* k_insert_line = R"sql(
  INSERT INTO log_lines (attempt, number, at, level, text) VALUES (?1, ?2, ?3, ?4, ?5))sql";

constexpr const char* k_previewed = R"sql(
  INSERT INTO previews (run, number, script, sha256, outcome, cause, reason, message, result, error, traceback,
    total_us, statements, rows_changed, database)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15))sql";

constexpr const char* k_insert_event = R"sql(
  INSERT INTO events (at, verb, script, by, host, reason, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7))sql";

constexpr const char* k_unfinished = R"sql(
  SELECT a.id, a.script, a.sha256, d.undoes, a.database, d.requeues, u.moved_to FROM attempts a INDEXED BY attempts_open
    LEFT JOIN details d ON d.attempt = a.id LEFT JOIN attempts u ON u.id = d.undoes
  WHERE a.outcome IS NULL AND a.moved_to IS NULL ORDER BY a.id)sql";

// Of a script that was picked up again the older attempts no longer matter: its file was where it should be.
constexpr const char* k_unfiled = R"sql(
  SELECT id, script, sha256, outcome, finished_at, cause, error, traceback FROM attempts a INDEXED BY attempts_open
  WHERE moved_to IS NULL AND outcome IN ('succeeded', 'failed', 'skipped') AND NOT EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_by_script WHERE b.script = a.script AND b.id > a.id)
    AND state <> 'rollback' AND NOT EXISTS (SELECT 1 FROM details d WHERE d.attempt = a.id AND d.again = 1)
  ORDER BY id DESC)sql";

constexpr const char* k_unfiled_but_skipped = R"sql(
  SELECT id, script, sha256, outcome, finished_at, cause, error, traceback FROM attempts a INDEXED BY attempts_open
  WHERE moved_to IS NULL AND outcome IN ('succeeded', 'failed', 'skipped') AND outcome IN ('succeeded', 'failed')
    AND NOT EXISTS (
      SELECT 1 FROM attempts b INDEXED BY attempts_by_script WHERE b.script = a.script AND b.id > a.id)
    AND state <> 'rollback' AND NOT EXISTS (SELECT 1 FROM details d WHERE d.attempt = a.id AND d.again = 1)
  ORDER BY id DESC)sql";

constexpr const char* k_in_doubt = R"sql(
  SELECT a.id, a.script, a.sha256, a.database, d.args, a.finished_at
  FROM attempts a INDEXED BY attempts_other_outcome LEFT JOIN details d ON d.attempt = a.id
  WHERE a.outcome = 'unknown' AND a.outcome <> 'succeeded' AND a.state <> 'rollback' AND a.database IS NOT NULL
    AND NOT EXISTS (
      SELECT 1 FROM attempts b INDEXED BY attempts_by_script WHERE b.script = a.script AND b.id > a.id)
  ORDER BY a.id)sql";

constexpr const char* k_receipt_of = R"sql(
  SELECT coalesce((
    SELECT max(b.id) FROM attempts a CROSS JOIN attempts b INDEXED BY attempts_by_script ON b.script = a.script
    WHERE a.id = ?1 AND a.state = 'settled' AND b.sha256 = a.sha256 AND b.id < a.id AND b.outcome = 'unknown'
      AND b.state <> 'rollback'), ?1))sql";

constexpr const char* k_is_settled = R"sql(
  SELECT 1 FROM attempts a WHERE a.id = ?1 AND a.outcome IS NOT NULL AND (a.outcome <> 'unknown' OR EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_by_script
    WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.state = 'marked' AND b.id > a.id)))sql";

constexpr const char* k_disowned = R"sql(
  SELECT d.undoes, a.id FROM attempts a INDEXED BY attempts_by_script CROSS JOIN details d ON d.attempt = a.id
  WHERE a.script = ?1 AND a.sha256 = ?2 AND a.state = 'rollback' AND a.outcome = 'unknown' AND EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_taken_back
    WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.id > a.id
      AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
      AND b.state = 'marked')
  ORDER BY a.id DESC LIMIT 1)sql";

constexpr const char* k_concluded = R"sql(
  SELECT id, finished_at FROM attempts INDEXED BY attempts_by_script
  WHERE script = ?1 AND outcome IN ('succeeded', 'marked', 'imported') ORDER BY id DESC LIMIT 1)sql";

constexpr const char* k_claimed = R"sql(
  SELECT 1 FROM attempts INDEXED BY attempts_by_script WHERE script = ?1 AND moved_to = ?2 AND id <> ?3 LIMIT 1)sql";

constexpr const char* k_interrupted = R"sql(
  SELECT outcome = 'interrupted' AND state <> 'marked' AND result IS NULL FROM attempts INDEXED BY attempts_by_script
  WHERE script = ?1 AND sha256 = ?2 AND outcome IS NOT NULL AND state <> 'rollback' ORDER BY id DESC)sql";

std::int64_t as_number(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

void bind(Query& query, const Measures& measures) {
  query.number(measures.load.count())
      .number(measures.should_run.count())
      .number(measures.execute.count())
      .number(measures.commit.count())
      .number(measures.total.count())
      .number(measures.cpu.count())
      .number(as_number(measures.peak_memory))
      .number(as_number(measures.statements))
      .number(as_number(measures.rows_changed))
      .text_or_null(measures.worker_sandbox)
      .text_or_null(measures.broker_sandbox);
}

void bind_texts(Query& query, const core::Outcome& outcome) {
  query.text_or_null(outcome.reason)
      .text_or_null(outcome.message)
      .text_or_null(outcome.result)
      .text_or_null(outcome.error)
      .text_or_null(outcome.traceback);
}

void bind_words(Query& query, const core::Outcome& outcome) {
  query.word(core::name(outcome.kind));
  if (outcome.cause == core::Cause::none)
    query.null();
  else
    query.word(core::name(outcome.cause));
}

void demand_one(int rows, std::string_view what, std::int64_t id) {
  if (rows != 1) throw base::Error(base::ErrorKind::internal, fmt::format("the ledger has no {} {}", what, id));
}

}  // namespace

Writes::Writes(SQLite::Database& database) noexcept
    : texts(database),
      chain(database),
      known(database),
      changes(database, ChangesOf::attempts),
      database_(database),
      previewed_changes_(database, ChangesOf::previews),
      begin_(database, "BEGIN IMMEDIATE"),
      commit_(database, "COMMIT"),
      insert_run_(database, k_insert_run),
      end_run_(database, k_end_run),
      insert_attempt_(database, k_insert_attempt),
      intent_details_(database, k_intent_details),
      end_attempt_(database, k_end_attempt),
      details_(database, k_details),
      progress_(database, k_progress),
      count_outcome_(database, k_count_outcome),
      insert_line_(database, k_insert_line),
      moved_to_(database, "UPDATE attempts SET moved_to = ?1 WHERE id = ?2"),
      insert_event_(database, k_insert_event),
      unfinished_(database, k_unfinished),
      unfiled_(database, k_unfiled),
      unfiled_but_skipped_(database, k_unfiled_but_skipped),
      in_doubt_(database, k_in_doubt),
      receipt_of_(database, k_receipt_of),
      claimed_(database, k_claimed),
      settled_(database, k_is_settled),
      disowned_(database, k_disowned),
      concluded_(database, k_concluded),
      interrupted_(database, k_interrupted),
      previewed_(database, k_previewed) {}

void Writes::begin_transaction() {
  Query(begin_).run();
}

void Writes::commit() {
  Query(commit_).run();
}

std::int64_t Writes::insert_run(const RunStart& start) {
  Query(insert_run_)
      .text(start.trigger)
      .text(start.by)
      .text(start.host)
      .number(start.pid)
      .text_or_null(start.reason)
      .text(start.command)
      .word(FETTLE_VERSION)
      .number(start.at.milliseconds)
      .run();
  return database_.getLastInsertRowid();
}

void Writes::end_run(std::int64_t run, const RunEnd& end) {
  const int rows =
      Query(end_run_).number(end.at.milliseconds).number(end.exit_code).number(end.scripts).number(run).run();
  demand_one(rows, "run", run);
}

std::int64_t Writes::insert_attempt(const Intent& intent) {
  Query(insert_attempt_)
      .number(intent.run)
      .text(intent.script.name)
      .text(intent.script.sha256)
      .text(intent.state)
      .number(intent.at.milliseconds)
      .text_or_null(intent.database)
      .run();
  const std::int64_t attempt = database_.getLastInsertRowid();
  if (intent.undoes != 0 || !intent.args.empty())
    Query(intent_details_)
        .number(attempt)
        .number(intent.undoes)
        .number(intent.requeues ? 1 : 0)
        .text_or_null(intent.args)
        .run();
  return attempt;
}

void Writes::end_attempt(std::int64_t attempt, const Finished& finished) {
  Query query(end_attempt_);
  bind_words(query, finished.outcome);
  query.number(finished.at.milliseconds)
      .text_or_null(finished.database)
      .text_or_null(finished.declaration.description)
      .number(finished.declaration.repeatable ? 1 : 0);
  bind(query, finished.measures);
  bind_texts(query, finished.outcome);
  query.number(attempt);
  demand_one(query.run(), "attempt that could end now, of number", attempt);
}

void Writes::write_details(std::int64_t attempt, const Details& details) {
  if (details.empty()) return;
  Query(details_)
      .number(attempt)
      .number(details.try_number)
      .number(details.again ? 1 : 0)
      .number(details.allowed ? 1 : 0)
      .text_or_null(details.depends)
      .text_or_null(details.tags)
      .text_or_null(details.args)
      .text_or_null(details.warnings)
      .text_or_null(details.data)
      .run();
}

void Writes::write_progress(std::int64_t attempt, const core::Progress& progress, base::Instant at) {
  Query(progress_)
      .number(attempt)
      .number(progress.done)
      .number(progress.total)
      .text_or_null(progress.label)
      .number(at.milliseconds)
      .run();
}

void Writes::count_outcome(std::int64_t attempt, core::OutcomeKind outcome) {
  Query(count_outcome_).word(core::name(outcome)).number(attempt).run();
}

void Writes::insert_lines(std::int64_t attempt, const std::vector<LogLine>& lines) {
  std::int64_t number = 0;
  for (const LogLine& line : lines)
    Query(insert_line_)
        .number(attempt)
        .number(++number)
        .number(line.at.milliseconds)
        .word(core::name(line.level))
        .text(line.text)
        .run();
}

void Writes::set_moved_to(std::int64_t attempt, const std::string& moved_to) {
  demand_one(Query(moved_to_).text_or_null(moved_to).number(attempt).run(), "attempt", attempt);
}

void Writes::insert_previewed(std::int64_t run, std::int64_t number, const Previewed& script) {
  {
    Query query(previewed_);
    query.number(run).number(number).text(script.script).text(script.sha256);
    bind_words(query, script.outcome);
    bind_texts(query, script.outcome);
    query.number(script.total.count())
        .number(as_number(script.statements))
        .number(as_number(script.rows_changed))
        .text_or_null(script.database)
        .run();
  }
  previewed_changes_.insert({run, number}, script.changes);
}

std::int64_t Writes::insert_event(const Event& event) {
  Query(insert_event_)
      .number(event.at.milliseconds)
      .text(event.verb)
      .text_or_null(event.script)
      .text(event.by)
      .text(event.host)
      .text_or_null(event.reason)
      .text_or_null(event.detail)
      .run();
  return database_.getLastInsertRowid();
}

std::vector<Ledger::Unfinished> Writes::unfinished() {
  Query query(unfinished_);
  std::vector<Ledger::Unfinished> found;
  while (query.next()) {
    Ledger::Unfinished& attempt = found.emplace_back();
    attempt.attempt = query.take_number();
    attempt.script = query.take_text();
    attempt.sha256 = query.take_text();
    attempt.undoes = query.take_number();
    attempt.database = query.take_text();
    attempt.requeues = query.take_number() != 0;
    attempt.filed_at = query.take_text();
  }
  return found;
}

std::vector<Ledger::Unfiled> Writes::unfiled(core::Skipped skipped) {
  Query query(skipped == core::Skipped::keep ? unfiled_but_skipped_ : unfiled_);
  std::vector<Ledger::Unfiled> found;
  while (query.next()) {
    Ledger::Unfiled& attempt = found.emplace_back();
    attempt.attempt = query.take_number();
    attempt.script = query.take_text();
    attempt.sha256 = query.take_text();
    attempt.outcome.kind = core::outcome_from(query.take_text()).value();
    attempt.finished = {query.take_number()};
    attempt.outcome.cause = core::cause_from(query.take_text()).value();
    attempt.outcome.error = query.take_text();
    attempt.outcome.traceback = query.take_text();
  }
  return found;
}

std::vector<InDoubt> Writes::in_doubt() {
  Query query(in_doubt_);
  std::vector<InDoubt> found;
  while (query.next()) {
    InDoubt& doubt = found.emplace_back();
    doubt.attempt = query.take_number();
    doubt.script = query.take_text();
    doubt.sha256 = query.take_text();
    doubt.database = query.take_text();
    doubt.args = query.take_text();
    doubt.finished.milliseconds = query.take_number();
  }
  return found;
}

std::int64_t Writes::receipt_of(std::int64_t attempt) {
  Query query(receipt_of_);
  return query.number(attempt).next() ? query.take_number() : attempt;
}

bool Writes::is_claimed(const std::string& script, const std::string& moved_to, std::int64_t attempt) {
  Query query(claimed_);
  return query.text(script).text(moved_to).number(attempt).next();
}

bool Writes::is_settled(std::int64_t attempt) {
  Query query(settled_);
  return query.number(attempt).next();
}

Ledger::Disowned Writes::disowned(const std::string& script, const std::string& sha256) {
  Query query(disowned_);
  if (!query.text(script).text(sha256).next()) return {};
  const std::int64_t applied = query.take_number();
  return {applied, query.take_number()};
}

Ledger::Concluded Writes::concluded(const std::string& script) {
  Query query(concluded_);
  if (!query.text(script).next()) return {};
  const std::int64_t attempt = query.take_number();
  return {attempt, base::Instant{query.take_number()}};
}

std::int64_t Writes::interruptions(const std::string& script, const std::string& sha256) {
  Query query(interrupted_);
  query.text(script).text(sha256);
  std::int64_t count = 0;
  while (query.next() && query.take_number() != 0) ++count;
  return count;
}

}  // namespace ledger
