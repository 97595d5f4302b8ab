#include "ledger/chain.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hash.hpp"
#include "ledger/canonical.hpp"
#include "ledger/pruning.hpp"

namespace ledger {
namespace {

constexpr std::array<std::string_view, k_links> k_names = {"run_start", "attempt", "event",   "run_end",
                                                           "details",   "changes", "preview", "import"};

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

constexpr const char* k_changes = R"sql(
  SELECT attempt, number, name, inserted, updated, deleted, net, gap, columns, key
  FROM changes WHERE attempt = ?1 ORDER BY number)sql";

constexpr const char* k_schema_changes = R"sql(
  SELECT attempt, number, kind, type, name, before, after FROM schema_changes WHERE attempt = ?1 ORDER BY number)sql";

constexpr const char* k_changed_rows =
    "SELECT zstd, attempt, part, size FROM changed_rows WHERE attempt = ?1 ORDER BY part";

constexpr const char* k_previews = R"sql(
  SELECT run, number, script, sha256, outcome, cause, reason, message, result, error, traceback, total_us, statements,
    rows_changed, database
  FROM previews WHERE run = ?1 ORDER BY number)sql";

constexpr const char* k_preview_changes = R"sql(
  SELECT run, script, number, name, inserted, updated, deleted, net, gap, columns, key
  FROM preview_changes WHERE run = ?1 ORDER BY script, number)sql";

constexpr const char* k_preview_schema_changes = R"sql(
  SELECT run, script, number, kind, type, name, before, after
  FROM preview_schema_changes WHERE run = ?1 ORDER BY script, number)sql";

constexpr const char* k_preview_rows = R"sql(
  SELECT zstd, run, script, part, size FROM preview_rows WHERE run = ?1 ORDER BY script, part)sql";

constexpr const char* k_import = R"sql(
  SELECT id, tool, source, part, by, host, pid, reason, command, fettle, at, last_attempt, first, rows, imported,
    already, skipped, failed
  FROM imports WHERE id = ?1)sql";

// Its rows stand side by side.
constexpr const char* k_imported = R"sql(
  SELECT f.id, f.import, f.origin, f.key, f.name, f.stem, f.state, f.note, f.at, f.duration_ms, f.checksum, f.batch,
    f.further
  FROM imports i CROSS JOIN imported f ON f.id BETWEEN i.first AND i.first + i.imported - 1
  WHERE i.id = ?1 ORDER BY f.id)sql";

constexpr const char* k_head = "SELECT position, hash FROM chain ORDER BY position DESC LIMIT 1";

constexpr const char* k_id = "SELECT id FROM ledger";

constexpr std::size_t k_digested_at_once = std::size_t{1} << 16U;  // bytes

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
      lines_(database, k_lines),
      changes_(database, k_changes),
      schema_changes_(database, k_schema_changes),
      changed_rows_(database, k_changed_rows),
      previews_(database, k_previews),
      preview_changes_(database, k_preview_changes),
      preview_schema_changes_(database, k_preview_schema_changes),
      preview_rows_(database, k_preview_rows),
      import_(database, k_import),
      imported_(database, k_imported) {}

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
    case Link::changes:
      return changes_;
    case Link::preview:
      return previews_;
    case Link::import:
      return import_;
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

bool Contents::add_rows(Kept& rows, std::int64_t ref, Canonical& bytes) {
  Query query(rows);
  query.number(ref);
  bool any = false;
  for (; query.next(); any = true) query.take_rest(bytes);
  bytes.null();
  return any;
}

// What is packed is digested by itself, so that never more than one part is held.
bool Contents::add_packed_rows(Kept& rows, std::int64_t ref, Canonical& bytes) {
  Query query(rows);
  query.number(ref);
  bool any = false;
  for (; query.next(); any = true) {
    const std::string packed = query.take_text();
    query.take_rest(bytes);
    bytes.text(digest_in_mark(packed).value_or(base::sha256_hex(packed)));
  }
  bytes.null();
  return any;
}

std::string Contents::changes_of(std::int64_t attempt) {
  Canonical bytes;
  const bool tables = add_rows(changes_, attempt, bytes);
  const bool schema = add_rows(schema_changes_, attempt, bytes);
  const bool rows = add_packed_rows(changed_rows_, attempt, bytes);
  return tables || schema || rows ? bytes.digest() : std::string();
}

std::string Contents::preview_of(std::int64_t run) {
  Canonical bytes;
  const bool scripts = add_rows(previews_, run, bytes);
  const bool tables = add_rows(preview_changes_, run, bytes);
  const bool schema = add_rows(preview_schema_changes_, run, bytes);
  const bool rows = add_packed_rows(preview_rows_, run, bytes);
  return scripts || tables || schema || rows ? bytes.digest() : std::string();
}

// There may be millions, so they are digested one by one.
std::string Contents::import_of(std::int64_t import) {
  base::Sha256 sum;
  Canonical bytes;
  {
    Query query(import_);
    if (!query.number(import).next()) return {};
    query.take_rest(bytes);
  }
  Query query(imported_);
  query.number(import);
  while (query.next()) {
    query.take_rest(bytes);
    if (bytes.bytes().size() < k_digested_at_once) continue;
    sum.add(bytes.bytes());
    bytes.clear();
  }
  sum.add(bytes.bytes());
  return sum.hex();
}

std::optional<Content> Contents::of(Link link, std::int64_t ref) {
  if (link == Link::changes || link == Link::preview || link == Link::import) {
    std::string all = link == Link::changes   ? changes_of(ref)
                      : link == Link::preview ? preview_of(ref)
                                              : import_of(ref);
    if (all.empty()) return std::nullopt;
    return Content{.row = std::move(all), .lines = {}};
  }
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
