#include "ledger/verify.hpp"

#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "ledger/chain.hpp"
#include "ledger/pruning.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"
#include "ledger/texts.hpp"

namespace ledger {
namespace {

constexpr std::string_view k_unmatched = "its content does not match its hash: it was changed after it was recorded";

constexpr const char* k_details = R"sql(
  SELECT d.attempt, a.id IS NULL OR a.outcome IS NOT NULL FROM details d LEFT JOIN attempts a ON a.id = d.attempt
  ORDER BY d.attempt)sql";

constexpr const char* k_changes = R"sql(
  SELECT c.attempt, a.id IS NULL OR a.outcome IS NOT NULL FROM (
    SELECT attempt FROM changes UNION SELECT attempt FROM schema_changes UNION SELECT attempt FROM changed_rows) c
  LEFT JOIN attempts a ON a.id = c.attempt ORDER BY c.attempt)sql";

constexpr const char* k_previews = R"sql(
  SELECT p.run, r.id IS NULL OR r.finished_at IS NOT NULL FROM (
    SELECT run FROM previews UNION SELECT run FROM preview_changes UNION SELECT run FROM preview_schema_changes
    UNION SELECT run FROM preview_rows) p
  LEFT JOIN runs r ON r.id = p.run ORDER BY p.run)sql";

std::string_view noun_of(Link link) noexcept {
  switch (link) {
    case Link::attempt:
      return "attempt";
    case Link::event:
      return "event";
    case Link::details:
      return "details of attempt";
    case Link::changes:
      return "changes of attempt";
    case Link::preview:
      return "preview of run";
    case Link::import:
      return "import";
    case Link::run_start:
    case Link::run_end:
      return "run";
  }
  return "";
}

// Ids that were met, first in any order and then asked for.
class Ids {
 public:
  void add(std::int64_t id) { ids_.push_back(id); }
  void sort() { std::sort(ids_.begin(), ids_.end()); }
  bool has(std::int64_t id) const { return std::binary_search(ids_.begin(), ids_.end(), id); }
  std::vector<std::int64_t> twice() const {
    std::vector<std::int64_t> found;
    for (std::size_t at = 1; at < ids_.size(); ++at)
      if (ids_[at] == ids_[at - 1] && (found.empty() || found.back() != ids_[at])) found.push_back(ids_[at]);
    return found;
  }

 private:
  std::vector<std::int64_t> ids_;
};

class Verification {
 public:
  explicit Verification(SQLite::Database& database)
      : database_(database),
        contents_(database),
        script_(database, "SELECT script FROM attempts WHERE id = ?1"),
        pruned_(last_pruned(database)) {}

  Verdict look(const std::optional<Head>& expected);

 private:
  void find_damage();
  void find_lost_triggers();
  void walk_chain(const std::optional<Head>& expected);
  void check_link(const Entry& entry);
  void check_content(const Entry& entry);
  void compare(const Entry& entry, Link link, const Content& content);
  void check_expected(const std::optional<Head>& expected);
  void find_doubles();
  void walk_attempts();
  void walk_rows(Link link, const char* ids, std::int64_t& count);
  void walk_more(Link link, const char* ids);
  void walk_texts();
  void find_lost_lines();
  void find_strange_facts();

  Ids& in_chain(Link link) noexcept { return in_chain_[static_cast<std::size_t>(link)]; }
  void report(FindingKind kind, std::string subject, std::string what);
  void report(FindingKind kind, Link link, std::int64_t id, std::string_view what);
  void report_missing_numbers(std::string_view noun, std::int64_t after, std::int64_t before, const Ids& known);
  std::string script_of(std::int64_t attempt);
  // Whether the event that tells of a pruning stands behind this entry, and reaches as far.
  bool is_pruned(Link link, const Entry& entry) const noexcept {
    return entry.position < pruned_.position && entry.ref <= (link == Link::preview ? pruned_.run : pruned_.attempt);
  }
  void find_lost_rows();

  SQLite::Database& database_;
  Contents contents_;
  Kept script_;
  Pruned pruned_;
  Verdict verdict_;
  std::array<Ids, k_links> in_chain_;
  bool expected_found_ = false;
};

void Verification::report(FindingKind kind, std::string subject, std::string what) {
  verdict_.findings.push_back(
      {.kind = kind, .subject = std::move(subject), .attempt = 0, .script = {}, .what = std::move(what)});
}

void Verification::report(FindingKind kind, Link link, std::int64_t id, std::string_view what) {
  report(kind, fmt::format("{} {}", noun_of(link), id), std::string(what));
  if (link != Link::attempt) return;
  verdict_.findings.back().attempt = id;
  verdict_.findings.back().script = script_of(id);
}

std::string Verification::script_of(std::int64_t attempt) {
  Query query(script_);
  return query.number(attempt).next() ? query.take_text() : std::string();
}

void Verification::find_damage() {
  Query query(database_, "PRAGMA quick_check(5)");
  while (query.next()) {
    const std::string line = query.take_text();
    if (line != "ok") report(FindingKind::damaged, "the file", fmt::format("it is damaged: {}", base::escape(line)));
  }
}

void Verification::find_lost_triggers() {
  constexpr const char* k_triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name";
  SQLite::Database pristine(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  pristine.exec(std::string(schema_text()));
  std::vector<std::string> here;
  for (Query query(database_, k_triggers); query.next();) here.push_back(query.take_text());
  for (Query query(pristine, k_triggers); query.next();) {
    const std::string trigger = query.take_text();
    if (!std::binary_search(here.begin(), here.end(), trigger))
      report(FindingKind::unguarded, fmt::format("trigger {}", trigger),
             "it is gone: fettle never drops it, and without it rows can be changed by accident");
  }
}

void Verification::walk_chain(const std::optional<Head>& expected) {
  verdict_.head.hash = beginning(read_id(database_));
  expected_found_ = expected && expected->position == 0 && expected->hash == verdict_.head.hash;
  Query query(database_, "SELECT position, kind, ref, content, lines, hash FROM chain ORDER BY position");
  while (query.next()) {
    Entry entry;
    entry.position = query.take_number();
    entry.kind = query.take_text();
    entry.ref = query.take_number();
    entry.content.row = query.take_text();
    entry.content.lines = query.take_text();
    entry.hash = query.take_text();
    check_link(entry);
    check_content(entry);
    verdict_.head = {.position = entry.position, .hash = entry.hash};
    if (expected && expected->position == entry.position) expected_found_ = expected->hash == entry.hash;
  }
}

// Against the hash that stands in the entry before, so that one change is told once and in its place.
void Verification::check_link(const Entry& entry) {
  const Head& before = verdict_.head;
  if (entry.position != before.position + 1) {
    report(FindingKind::removed, fmt::format("entry {} of the chain", before.position + 1),
           before.position + 1 == entry.position - 1
               ? "it is gone"
               : fmt::format("it and all those up to {} are gone", entry.position - 1));
    return;
  }
  if (hash_of(entry, before.hash) == entry.hash) return;
  report(FindingKind::reordered, fmt::format("entry {} of the chain", entry.position),
         entry.position == 1
             ? "it does not follow from the ledger's id: one of them was replaced"
             : fmt::format("it does not follow from entry {}: one of them was replaced, or both changed "
                           "places",
                           before.position));
}

void Verification::check_content(const Entry& entry) {
  const std::optional<Link> link = link_from(entry.kind);
  if (!link)
    return report(FindingKind::edited, fmt::format("entry {} of the chain", entry.position), "its kind is none");
  in_chain(*link).add(entry.ref);
  if (const std::optional<Content> content = contents_.of(*link, entry.ref))
    compare(entry, *link, *content);
  else if (*link != Link::preview || !is_pruned(*link, entry))
    report(FindingKind::removed, *link, entry.ref, "it was recorded and is gone");
}

void Verification::compare(const Entry& entry, Link link, const Content& content) {
  if (content.row != entry.content.row) report(FindingKind::edited, link, entry.ref, k_unmatched);
  if (content.lines == entry.content.lines) return;
  if (content.lines.empty() && is_pruned(link, entry)) return;
  std::string_view what = "its log lines do not match their hash: some were changed, added or removed";
  if (content.lines.empty()) what = "its log lines are gone";
  if (entry.content.lines.empty()) what = "it has log lines now, and had none when it was recorded";
  report(FindingKind::lines_changed, link, entry.ref, what);
}

// Marks of rows that no pruning has put there.
void Verification::find_lost_rows() {
  Query query(database_, "SELECT DISTINCT attempt FROM changed_rows WHERE substr(zstd, 1, 1) = x'50' AND attempt > ?1");
  query.number(pruned_.position == 0 ? 0 : pruned_.attempt);
  while (query.next())
    report(FindingKind::removed, fmt::format("changes of attempt {}", query.take_number()),
           "their rows are gone, and nobody has signed for a pruning");
}

void Verification::check_expected(const std::optional<Head>& expected) {
  if (!expected || expected_found_) return;
  report(FindingKind::rebuilt, "the chain",
         expected->position > verdict_.head.position
             ? fmt::format("it ends at {}, before the expected {}: what came last was removed", verdict_.head.position,
                           expected->position)
             : fmt::format("at {} it has another hash than the expected one: it was made anew", expected->position));
}

void Verification::find_doubles() {
  for (const Link link : {Link::run_start, Link::attempt, Link::event, Link::run_end, Link::details, Link::changes,
                          Link::preview, Link::import}) {
    in_chain(link).sort();
    for (const std::int64_t id : in_chain(link).twice())
      report(FindingKind::added, link, id, "it stands in the chain more than once");
  }
}

// Numbers count up without a gap, since nothing is ever removed; what the chain names was told already.
void Verification::report_missing_numbers(std::string_view noun, std::int64_t after, std::int64_t before,
                                          const Ids& known) {
  constexpr std::int64_t k_most = 1000;  // a made-up number must not make as many findings
  for (std::int64_t id = after + 1; id < std::min(before, after + 1 + k_most); ++id)
    if (!known.has(id)) report(FindingKind::removed, fmt::format("{} {}", noun, id), "its number is missing");
}

void Verification::walk_attempts() {
  const Ids& known = in_chain(Link::attempt);
  Query query(database_, R"sql(
    SELECT a.id, a.outcome IS NOT NULL, a.moved_to IS NOT NULL, r.id IS NULL, v.sha256 IS NULL, a.run, a.sha256
    FROM attempts a LEFT JOIN runs r ON r.id = a.run LEFT JOIN versions v ON v.sha256 = a.sha256 ORDER BY a.id)sql");
  std::int64_t before = 0;
  while (query.next()) {
    ++verdict_.attempts;
    const std::int64_t id = query.take_number();
    const bool over = query.take_number() != 0;
    const bool moved = query.take_number() != 0;
    const bool run_missing = query.take_number() != 0;
    const bool text_missing = query.take_number() != 0;
    const std::int64_t run = query.take_number();
    report_missing_numbers("attempt", before, id, known);
    before = id;
    if (over && !known.has(id)) report(FindingKind::added, Link::attempt, id, "fettle did not record its end");
    if (!over && known.has(id)) continue;  // told as edited
    if (!over && moved) report(FindingKind::misfiled, Link::attempt, id, "its file went somewhere before it ended");
    if (run_missing) report(FindingKind::run_missing, Link::attempt, id, fmt::format("its run {} is gone", run));
    if (text_missing)
      report(FindingKind::text_missing, Link::attempt, id,
             fmt::format("the text that ran is gone: version {}", base::escape(query.take_text())));
  }
}

void Verification::walk_rows(Link link, const char* ids, std::int64_t& count) {
  const Ids& known = in_chain(link);
  Query query(database_, ids);
  std::int64_t before = 0;
  while (query.next()) {
    ++count;
    const std::int64_t id = query.take_number();
    report_missing_numbers(noun_of(link), before, id, known);
    before = id;
    if (!known.has(id)) report(FindingKind::added, link, id, "fettle did not record it");
    const bool over = query.take_number() != 0;
    if (over && link == Link::run_start && !in_chain(Link::run_end).has(id))
      report(FindingKind::added, Link::run_end, id, "fettle did not record its end");
  }
}

// What stands beside an attempt or a run. ids: whose it is, and whether that is final, or was never there.
void Verification::walk_more(Link link, const char* ids) {
  Query query(database_, ids);
  while (query.next()) {
    const std::int64_t id = query.take_number();
    const bool is_final = query.take_number() != 0;
    if (is_final && !in_chain(link).has(id)) report(FindingKind::added, link, id, "fettle did not record them");
  }
}

void Verification::walk_texts() {
  Query query(database_, "SELECT sha256, size, zstd FROM versions");
  while (query.next()) {
    ++verdict_.texts;
    const std::string sha256 = query.take_text();
    const std::int64_t size = query.take_number();
    const std::optional<std::string> text = unpack(query.take_text(), size);
    if (!text || base::sha256_hex(*text) != sha256)
      report(FindingKind::text_changed, fmt::format("version {}", base::escape(sha256)),
             text ? "its text has another SHA-256: it is not what ran" : "its text cannot be unpacked any more");
  }
}

void Verification::find_lost_lines() {
  Query query(database_, R"sql(
    SELECT DISTINCT l.attempt FROM log_lines l LEFT JOIN attempts a ON a.id = l.attempt WHERE a.id IS NULL)sql");
  while (query.next()) {
    const std::int64_t attempt = query.take_number();
    if (!in_chain(Link::attempt).has(attempt))
      report(FindingKind::added, fmt::format("attempt {}", attempt), "it has log lines, and is not there itself");
  }
}

// Those of an import stand side by side, and its digest is of them alone.
void Verification::find_strange_facts() {
  Query query(database_, R"sql(
    SELECT f.id FROM imported f LEFT JOIN imports i ON i.id = f.import
    WHERE i.id IS NULL OR f.id NOT BETWEEN i.first AND i.first + i.imported - 1 ORDER BY f.id LIMIT 1000)sql");
  while (query.next())
    report(FindingKind::added, fmt::format("imported fact {}", query.take_number()), "no import has brought it");
}

Verdict Verification::look(const std::optional<Head>& expected) {
  verdict_.pruned = pruned_;
  find_damage();
  if (!verdict_.findings.empty()) return std::move(verdict_);  // what can be read of it proves nothing
  find_lost_triggers();
  walk_chain(expected);
  check_expected(expected);
  find_lost_rows();
  find_doubles();
  walk_attempts();
  walk_rows(Link::run_start, "SELECT id, finished_at IS NOT NULL FROM runs ORDER BY id", verdict_.runs);
  walk_rows(Link::event, "SELECT id, 0 FROM events ORDER BY id", verdict_.events);
  walk_rows(Link::import, "SELECT id, 0 FROM imports ORDER BY id", verdict_.imports);
  find_strange_facts();
  walk_more(Link::details, k_details);
  walk_more(Link::changes, k_changes);
  walk_more(Link::preview, k_previews);
  walk_texts();
  find_lost_lines();
  return std::move(verdict_);
}

// What else was found may be a mere consequence.
Verdict damaged(std::string_view how) {
  Verdict verdict;
  verdict.findings.push_back({.kind = FindingKind::damaged,
                              .subject = "the file",
                              .attempt = 0,
                              .script = {},
                              .what = fmt::format("it is damaged: {}", how)});
  return verdict;
}

}  // namespace

Verdict verify(SQLite::Database& database, const std::optional<Head>& expected) {
  const SQLite::Transaction one_state(database);
  return verify_here(database, expected);
}

Verdict verify_here(SQLite::Database& database, const std::optional<Head>& expected) {
  try {
    return Verification(database).look(expected);
  } catch (const SQLite::Exception& failure) {
    if ((failure.getErrorCode() & 0xff) != SQLITE_CORRUPT) throw;
    return damaged(failure.what());
  }
}

}  // namespace ledger
