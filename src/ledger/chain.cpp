#include "ledger/chain.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/canonical.hpp"

namespace ledger {
namespace {

constexpr std::array<std::string_view, k_links> k_names = {"run_start", "attempt", "event", "run_end", "details"};

// The columns are named one by one: a later column must not change the digests of old rows.
constexpr const char* k_run_start = R"sql(
  SELECT id, trigger, by, host, pid, reason, command, fettle, started_at FROM runs WHERE id = ?1)sql";

constexpr const char* k_attempt = R"sql(
  SELECT id, run, script, sha256, state, outcome, cause, started_at, finished_at, database, description, repeatable,
    load_us, should_run_us, execute_us, commit_us, total_us, cpu_us, peak_memory, statements, rows_changed,
    worker_sandbox, broker_sandbox, reason, message, result, error, traceback
  FROM attempts WHERE id = ?1)sql";

constexpr const char* k_event = R"sql(
  SELECT id, at, verb, script, by, host, reason, detail FROM events WHERE id = ?1)sql";

constexpr const char* k_run_end = R"sql(
  SELECT id, finished_at, exit_code, scripts, succeeded, failed, skipped, blocked, interrupted, unknown
  FROM runs WHERE id = ?1)sql";

constexpr const char* k_details = R"sql(
  SELECT attempt, try, again, allowed, undoes, requeues, depends, tags, args, warnings, data
  FROM details WHERE attempt = ?1)sql";

constexpr const char* k_lines = "SELECT number, at, level, text FROM log_lines WHERE attempt = ?1 ORDER BY number";

constexpr const char* k_head = "SELECT position, hash FROM chain ORDER BY position DESC LIMIT 1";

constexpr const char* k_id = "SELECT id FROM ledger";

constexpr const char* k_insert = R"sql(
  INSERT INTO chain (position, kind, ref, content, lines, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql";

// The numbers put what happened within one millisecond into the order in which a run does it.
constexpr const char* k_all_that_is_final = R"sql(
  SELECT 'run_start', id, started_at AS at, 1 AS place FROM runs
  UNION ALL SELECT 'attempt', id, finished_at, 2 FROM attempts WHERE outcome IS NOT NULL
  UNION ALL SELECT 'event', id, at, 3 FROM events
  UNION ALL SELECT 'run_end', id, finished_at, 4 FROM runs WHERE finished_at IS NOT NULL
  ORDER BY at, place, id)sql";

}  // namespace

std::string_view name(Link link) noexcept {
  return k_names[static_cast<std::size_t>(link)];
}

std::optional<Link> link_from(std::string_view name) noexcept {
  const auto found = std::find(k_names.begin(), k_names.end(), name);
  if (found == k_names.end()) return std::nullopt;
  return static_cast<Link>(found - k_names.begin());
}

std::string hash_of(const Entry& entry, const std::string& before) {
  return Canonical()
      .text(before)
      .number(entry.position)
      .text(entry.kind)
      .number(entry.ref)
      .text(entry.content.row)
      .text_or_null(entry.content.lines)
      .digest();
}

Contents::Contents(SQLite::Database& database) noexcept
    : run_start_(database, k_run_start),
      attempt_(database, k_attempt),
      event_(database, k_event),
      run_end_(database, k_run_end),
      details_(database, k_details),
      lines_(database, k_lines) {}

Kept& Contents::row_of(Link link) noexcept {
  switch (link) {
    case Link::run_start:
      return run_start_;
    case Link::attempt:
      return attempt_;
    case Link::event:
      return event_;
    case Link::run_end:
      return run_end_;
    case Link::details:
      return details_;
  }
  return attempt_;
}

std::string Contents::lines_of(std::int64_t attempt) {
  Query query(lines_);
  query.number(attempt);
  Canonical lines;
  while (query.next()) query.take_rest(lines);
  return lines.empty() ? std::string() : lines.digest();
}

std::optional<Content> Contents::of(Link link, std::int64_t ref) {
  Query query(row_of(link));
  if (!query.number(ref).next()) return std::nullopt;
  Canonical row;
  query.take_rest(row);
  return Content{.row = row.digest(), .lines = link == Link::attempt ? lines_of(ref) : std::string()};
}

Chain::Chain(SQLite::Database& database) noexcept
    : contents_(database), head_(database, k_head), id_(database, k_id), insert_(database, k_insert) {}

void Chain::add(Link link, std::int64_t ref) {
  add(link, ref, contents_.of(link, ref).value());
}

void Chain::add_if_there(Link link, std::int64_t ref) {
  if (std::optional<Content> content = contents_.of(link, ref)) add(link, ref, *std::move(content));
}

void Chain::add(Link link, std::int64_t ref, Content content) {
  const Head before = head();
  Entry entry{.position = before.position + 1,
              .kind = std::string(name(link)),
              .ref = ref,
              .content = std::move(content),
              .hash = {}};
  entry.hash = hash_of(entry, before.hash);
  Query(insert_)
      .number(entry.position)
      .text(entry.kind)
      .number(entry.ref)
      .text(entry.content.row)
      .text_or_null(entry.content.lines)
      .text(entry.hash)
      .run();
}

Head Chain::head() {
  {
    Query query(head_);
    if (query.next()) {
      const std::int64_t position = query.take_number();
      return {.position = position, .hash = query.take_text()};
    }
  }
  Query query(id_);
  return {.position = 0, .hash = beginning(query.next() ? query.take_text() : std::string())};
}

std::string read_id(SQLite::Database& database) {
  Query query(database, k_id);
  return query.next() ? query.take_text() : std::string();
}

std::string beginning(const std::string& id) {
  return Canonical().text(id).digest();
}

void build_chain(SQLite::Database& database) {
  Chain chain(database);
  Query query(database, k_all_that_is_final);
  while (query.next()) {
    const Link link = link_from(query.take_text()).value();
    chain.add(link, query.take_number());
  }
}

}  // namespace ledger
