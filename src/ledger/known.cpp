#include "ledger/known.hpp"

#include <utility>

namespace ledger {
namespace {

// The indexes are named so that a missing one is an error and never a slow answer. A rollback takes one application of
// a version back, and what was only said of it; a mark takes all of them back. A rollback that took nothing back says
// nothing of its script.
constexpr const char* k_newest = R"sql(
  SELECT id, outcome, sha256, outcome IN ('succeeded', 'marked', 'imported') AND NOT EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_taken_back
    WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.id > a.id
      AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
      AND (b.outcome <> 'rolled_back' OR a.outcome <> 'succeeded'
        OR a.id = (SELECT undoes FROM details WHERE attempt = b.id)))
  FROM attempts a INDEXED BY attempts_by_script
  WHERE script = ?1 AND outcome IS NOT NULL AND (state <> 'rollback' OR outcome IN ('rolled_back', 'unknown'))
  ORDER BY id DESC LIMIT 50)sql";

// From version to version, with the newest attempt in force of each: a repeatable script was applied many times.
constexpr const char* k_applied = R"sql(
  WITH RECURSIVE version (sha256) AS (
    SELECT min(sha256) FROM attempts INDEXED BY attempts_applied_version
    WHERE script = ?1 AND outcome IN ('succeeded', 'marked', 'imported')
    UNION ALL
    SELECT (SELECT min(sha256) FROM attempts INDEXED BY attempts_applied_version
            WHERE script = ?1 AND sha256 > version.sha256 AND outcome IN ('succeeded', 'marked', 'imported'))
    FROM version WHERE version.sha256 IS NOT NULL)
  SELECT c.id, c.outcome, c.sha256 FROM version CROSS JOIN attempts c ON c.id = (
    SELECT a.id FROM attempts a INDEXED BY attempts_applied_version
    WHERE a.script = ?1 AND a.sha256 = version.sha256 AND a.outcome IN ('succeeded', 'marked', 'imported')
      AND NOT EXISTS (
        SELECT 1 FROM attempts b INDEXED BY attempts_taken_back
        WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.id > a.id
          AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
          AND (b.outcome <> 'rolled_back' OR a.outcome <> 'succeeded'
        OR a.id = (SELECT undoes FROM details WHERE attempt = b.id)))
    ORDER BY a.id DESC LIMIT 1)
  ORDER BY c.id DESC LIMIT 1)sql";

constexpr const char* k_same_version = R"sql(
  SELECT id, outcome, sha256, repeatable FROM attempts a INDEXED BY attempts_applied_version
  WHERE script = ?1 AND sha256 = ?2 AND outcome IN ('succeeded', 'marked', 'imported') AND NOT EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_taken_back
    WHERE b.script = a.script AND b.sha256 = a.sha256 AND b.id > a.id
      AND (b.outcome = 'rolled_back' OR (b.state = 'marked' AND b.outcome IN ('failed', 'interrupted')))
      AND (b.outcome <> 'rolled_back' OR a.outcome <> 'succeeded'
        OR a.id = (SELECT undoes FROM details WHERE attempt = b.id)))
  ORDER BY id DESC LIMIT 1)sql";

core::Known::Seen take_seen(Query& query) {
  core::Known::Seen seen;
  seen.attempt = query.take_number();
  seen.outcome = core::outcome_from(query.take_text()).value();
  seen.sha256 = query.take_text();
  return seen;
}

}  // namespace

KnownQueries::KnownQueries(SQLite::Database& database) noexcept
    : newest_(database, k_newest),
      applied_(database, k_applied),
      same_version_(database, k_same_version),
      imported_(database) {}

core::Known KnownQueries::ask(const std::string& script, const std::string& sha256) {
  core::Known known;
  known.imported = imported_.of(script);
  look_at_newest(script, known);
  if (!known.last) return known;
  if (!known.applied) known.applied = applied(script);
  if (known.applied) same_version(script, sha256, known);
  return known;
}

// Nearly always the version in force is among the newest attempts.
void KnownQueries::look_at_newest(const std::string& script, core::Known& known) {
  Query query(newest_);
  query.text(script);
  while (!known.applied && query.next()) {
    core::Known::Seen seen = take_seen(query);
    if (!known.last) known.last = seen;
    if (query.take_number() != 0) known.applied = std::move(seen);
  }
}

std::optional<core::Known::Seen> KnownQueries::applied(const std::string& script) {
  Query query(applied_);
  if (!query.text(script).next()) return std::nullopt;
  return take_seen(query);
}

void KnownQueries::same_version(const std::string& script, const std::string& sha256, core::Known& known) {
  Query query(same_version_);
  if (!query.text(script).text(sha256).next()) return;
  known.same_version = take_seen(query);
  known.same_version_repeatable = query.take_number() != 0;
}

}  // namespace ledger
