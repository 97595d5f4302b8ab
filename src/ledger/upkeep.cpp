#include "ledger/upkeep.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/stat.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/chain.hpp"
#include "ledger/connection.hpp"
#include "ledger/pruning.hpp"
#include "ledger/sql.hpp"
#include "ledger/verify.hpp"
#include "ledger/writes.hpp"

namespace ledger {
namespace {

std::int64_t size_of(const std::string& path) {
  std::int64_t bytes = 0;
  for (const char* tail : {"", "-wal"}) {
    struct stat status {};
    if (::stat((path + tail).c_str(), &status) == 0) bytes += status.st_size;
  }
  return bytes;
}

constexpr const char* k_lines = "FROM log_lines WHERE attempt <= ?1";
// Those that are not pruned already.
constexpr const char* k_rows = "FROM changed_rows WHERE attempt <= ?1 AND substr(zstd, 1, 1) <> x'50'";
// With all that hangs on them, the last first.
constexpr std::array k_of_previews = {"preview_rows", "preview_schema_changes", "preview_changes", "previews"};

std::int64_t ask(SQLite::Database& database, const std::string& sql, std::int64_t first) {
  Query query(database, sql);
  return query.number(first).next() ? query.take_number() : 0;
}

// The last of those in a table behind which, from its beginning, everything ended before that time.
std::int64_t last_before(SQLite::Database& database, const char* table, const char* end, base::Instant before) {
  return ask(database,
             fmt::format("SELECT coalesce((SELECT min(id) - 1 FROM {0} WHERE {1} >= ?1), (SELECT max(id) FROM {0}), 0)",
                         table, end),
             before.milliseconds);
}

PruneResult count(SQLite::Database& database, base::Instant before) {
  PruneResult result;
  result.attempt = last_before(database, "attempts", "coalesce(finished_at, 9e18)", before);
  result.run =
      last_before(database, "runs", "coalesce(finished_at, started_at)", before);  // one that died never gets an end
  result.lines = ask(database, fmt::format("SELECT count(*) {}", k_lines), result.attempt);
  result.parts = ask(database, fmt::format("SELECT count(*) {}", k_rows), result.attempt);
  result.previews = ask(database, "SELECT count(*) FROM previews WHERE run <= ?1", result.run);
  result.bytes = ask(database, fmt::format("SELECT coalesce(sum(length(text)), 0) {}", k_lines), result.attempt) +
                 ask(database, fmt::format("SELECT coalesce(sum(length(zstd)), 0) {}", k_rows), result.attempt) +
                 ask(database, "SELECT coalesce(sum(length(zstd)), 0) FROM preview_rows WHERE run <= ?1", result.run);
  if (result.lines + result.parts + result.previews == 0) return {};
  return result;
}

// Takes the guards of a table away, and gives the SQL that puts them back.
std::vector<std::string> unguard(SQLite::Database& database, const char* table) {
  std::vector<std::string> names, triggers;
  Query query(database, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1");
  query.word(table);
  while (query.next()) {
    names.push_back(query.take_text());
    triggers.push_back(query.take_text());
  }
  for (const std::string& name : names) database.exec(fmt::format("DROP TRIGGER \"{}\"", name));
  return triggers;
}

void remove_up_to(SQLite::Database& database, const char* table, const char* column, std::int64_t up_to) {
  const std::vector<std::string> guards = unguard(database, table);
  Query query(database, fmt::format("DELETE FROM {} WHERE {} <= ?1", table, column));
  query.number(up_to).run();
  for (const std::string& guard : guards) database.exec(guard);
}

// What the chain holds of a part is the digest of its bytes; that is kept, so that all the rest can still be proved.
void prune_rows(SQLite::Database& database, std::int64_t up_to) {
  const std::vector<std::string> guards = unguard(database, "changed_rows");
  std::vector<std::pair<std::int64_t, std::int64_t>> parts;
  {
    Query query(database, fmt::format("SELECT attempt, part {}", k_rows));
    query.number(up_to);
    while (query.next()) {
      const std::int64_t attempt = query.take_number();
      parts.emplace_back(attempt, query.take_number());
    }
  }
  for (const auto& [attempt, part] : parts) {
    std::string mark;
    {
      Query query(database, "SELECT zstd FROM changed_rows WHERE attempt = ?1 AND part = ?2");
      query.number(attempt).number(part).next();
      mark = mark_of(query.take_text());
    }
    Query(database, "UPDATE changed_rows SET zstd = ?1 WHERE attempt = ?2 AND part = ?3")
        .blob(mark)
        .number(attempt)
        .number(part)
        .run();
  }
  for (const std::string& guard : guards) database.exec(guard);
}

void sign(SQLite::Database& database, const PruneWish& wish, const Pruned& pruned) {
  Writes writes(database);
  const std::int64_t event = writes.insert_event({.verb = k_prune,
                                                  .script = {},
                                                  .by = wish.by,
                                                  .host = wish.host,
                                                  .reason = wish.reason,
                                                  .detail = detail_of(pruned),
                                                  .at = wish.at});
  writes.chain.add(Link::event, event);
}

void refuse_faults(SQLite::Database& database, const std::string& path) {
  const Verdict verdict = verify_here(database, {});
  if (verdict.findings.empty()) return;
  throw base::Error(
      base::ErrorKind::ledger_broken,
      fmt::format("{}: {}: {}", base::escape(path), verdict.findings.front().subject, verdict.findings.front().what),
      "Nothing was pruned: that would hide it.", "fettle ledger verify");
}

PruneResult prune_in(SQLite::Database& database, const std::string& path, const PruneWish& wish) {
  SQLite::Transaction transaction(
      database, wish.dry_run ? SQLite::TransactionBehavior::DEFERRED : SQLite::TransactionBehavior::IMMEDIATE);
  refuse_faults(database, path);
  PruneResult result = count(database, wish.before);
  if (wish.dry_run || (result.attempt == 0 && result.run == 0)) return result;
  const Pruned earlier = last_pruned(database);
  remove_up_to(database, "log_lines", "attempt", result.attempt);
  prune_rows(database, result.attempt);
  for (const char* table : k_of_previews) remove_up_to(database, table, "run", result.run);
  Pruned pruned;
  pruned.attempt = std::max(result.attempt, earlier.attempt);
  pruned.run = std::max(result.run, earlier.run);
  sign(database, wish, pruned);
  transaction.commit();
  return result;
}

}  // namespace

PruneResult prune(const std::string& path, const PruneWish& wish) {
  SQLite::Database database = connect_to_write(path);
  try {
    return prune_in(database, path, wish);
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be pruned", failure, "It holds what it held before.");
  }
}

Optimized optimize(const std::string& path) {
  Optimized done{size_of(path), 0};
  SQLite::Database database = connect_to_write(path);
  try {
    database.exec("VACUUM");
    Query checkpoint(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    done.has_reader = checkpoint.next() && checkpoint.take_number() != 0;
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be written anew", failure, "It holds what it held before.");
  }
  done.after = size_of(path);
  return done;
}

}  // namespace ledger
