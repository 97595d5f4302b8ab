#include "ledger/history.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "ledger/chain.hpp"
#include "ledger/changes.hpp"
#include "ledger/connection.hpp"
#include "ledger/known.hpp"
#include "ledger/names.hpp"
#include "ledger/runs.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"
#include "ledger/texts.hpp"
#include "ledger/verify.hpp"

namespace ledger {
namespace {

constexpr const char* k_previewed = R"sql(
  SELECT script, sha256, outcome, cause, reason, message, result, error, traceback, total_us, statements, rows_changed,
    database
  FROM previews WHERE run = ?1 ORDER BY number)sql";

// By the order of the chain: the clocks of two hosts may differ.
constexpr const char* k_is_broken = R"sql(
  SELECT 1 FROM chain c JOIN events e ON e.id = c.ref
  WHERE c.kind = 'event' AND e.verb = 'unlock'
    AND c.position > (SELECT position FROM chain WHERE kind = 'run_start' AND ref = ?1))sql";

constexpr const char* k_lines = "SELECT at, level, text FROM log_lines WHERE attempt = ?1 ORDER BY number";

constexpr const char* k_about = R"sql(
  SELECT (SELECT made_at FROM ledger), (SELECT count(*) FROM attempts), (SELECT count(*) FROM runs),
    (SELECT count(*) FROM versions), (SELECT count(*) FROM events), (SELECT count(*) FROM imports),
    (SELECT coalesce(sum(imported), 0) FROM imports))sql";

core::LineLevel level_from(std::string_view word) {
  for (const auto level : {core::LineLevel::debug, core::LineLevel::info, core::LineLevel::warn})
    if (word == core::name(level)) return level;
  return core::LineLevel::error;
}

std::vector<Previewed> select_previewed(SQLite::Database& database, std::int64_t run) {
  Query query(database, k_previewed);
  query.number(run);
  std::vector<Previewed> scripts;
  while (query.next()) {
    Previewed& script = scripts.emplace_back();
    script.script = query.take_text();
    script.sha256 = query.take_text();
    script.outcome.kind = core::outcome_from(query.take_text()).value_or(core::OutcomeKind::failed);
    script.outcome.cause = core::cause_from(query.take_text()).value_or(core::Cause::none);
    for (auto* text : {&script.outcome.reason, &script.outcome.message, &script.outcome.result, &script.outcome.error,
                       &script.outcome.traceback})
      *text = query.take_text();
    script.total = std::chrono::microseconds(query.take_number());
    script.statements = query.take_count();
    script.rows_changed = query.take_count();
    script.database = query.take_text();
  }
  return scripts;
}

std::optional<Preview> find_preview(SQLite::Database& database, std::int64_t run) {
  const std::vector<Run> found = select_previews(database, run, 1);
  if (run == 0 || found.empty()) return std::nullopt;
  const Run& one = found.front();
  Preview preview;
  preview.start = {one.trigger, one.by, one.host, one.reason, one.command, one.pid, one.started};
  preview.end = {one.finished.value_or(one.started), one.scripts, one.exit_code.value_or(0)};
  preview.scripts = select_previewed(database, run);
  ChangesIn changes(database, ChangesOf::previews);
  std::int64_t number = 0;
  for (Previewed& script : preview.scripts) {
    const Changer changer{run, ++number};
    script.changes.changes = changes.find(changer);
    for (std::string rows;
         !(rows = changes.find_packed_rows(changer, std::int64_t(script.changes.rows.size()) + 1)).empty();)
      script.changes.rows.push_back(std::move(rows));
  }
  return preview;
}

// take: false when no more are wanted.
void each_row(ChangesIn& changes, std::int64_t attempt, std::size_t tables,
              const std::function<bool(core::RowChange&&)>& take) {
  for (std::int64_t part = 1;; ++part) {
    std::optional<core::ChangedRows> rows = changes.find_rows({attempt}, part, tables);
    if (!rows) return;
    for (core::RowChange& row : rows->rows)
      if (!take(std::move(row))) return;
  }
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
  for (auto* count : {&about.attempts, &about.runs, &about.versions, &about.events, &about.imports, &about.imported})
    *count = query.take_number();
  about.head = Chain(database).head();
  return about;
}

}  // namespace

struct History::Inside {
  Inside(std::string ledger_path, SQLite::Database connection)
      : path(std::move(ledger_path)),
        database(std::move(connection)),
        known(database),
        imported(database),
        changes(database, ChangesOf::attempts) {}

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
  ImportedQueries imported;
  ChangesIn changes;
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
  std::vector<Attempt> all;
  inside_->guarded([&] {
    ledger::each_attempt(inside_->database, filter, [&all](Attempt&& attempt) { all.push_back(std::move(attempt)); });
  });
  return all;
}

void History::each_attempt(const Filter& filter, const std::function<void(const Attempt&)>& take) const {
  inside_->guarded([&] { ledger::each_attempt(inside_->database, filter, take); });
}

std::optional<Attempt> History::attempt(std::int64_t id) const {
  return inside_->guarded([&] { return find_attempt(inside_->database, id); });
}

std::optional<Attempt> History::latest(const std::string& script) const {
  std::vector<Attempt> newest = attempts(Filter{.script = script, .outcome = {}, .run = 0, .limit = 1});
  if (script.empty() || newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::int64_t History::taken_back_by(const Attempt& attempt) const {
  return inside_->guarded([&] { return find_taken_back_by(inside_->database, attempt); });
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

Pruned History::pruned(std::int64_t attempt) const {
  return inside_->guarded([&] { return pruned_of(inside_->database, attempt); });
}

core::Changes History::changes(std::int64_t attempt) const {
  return inside_->guarded([&] {
    core::Changes changes = inside_->changes.find({attempt});
    if (changes.tables.empty()) return changes;
    const Pruned pruned = pruned_of(inside_->database, attempt);
    for (core::TableChanges& table : changes.tables)
      if (attempt <= pruned.attempt && table.gap.empty())
        table.gap = "its rows were pruned from the ledger on " + base::iso8601(pruned.at).substr(0, 10);
    return changes;
  });
}

void History::each_changed_row(std::int64_t attempt, const std::function<void(const core::RowChange&)>& take) const {
  inside_->guarded([&] {
    const std::size_t tables = inside_->changes.find({attempt}).tables.size();
    each_row(inside_->changes, attempt, tables, [&take](core::RowChange&& row) {
      take(row);
      return true;
    });
  });
}

std::vector<core::RowChange> History::sample_of_rows(std::int64_t attempt, const core::Changes& changes,
                                                     std::size_t most_of_each) const {
  core::Sample sample(changes, most_of_each);
  inside_->guarded([&] {
    each_row(inside_->changes, attempt, changes.tables.size(),
             [&sample](core::RowChange&& row) { return sample.add(std::move(row)); });
  });
  return sample.take();
}

std::optional<Preview> History::preview(std::int64_t run) const {
  return inside_->guarded([&] { return find_preview(inside_->database, run); });
}

std::vector<Run> History::previews(std::int64_t limit) const {
  return inside_->guarded([&] { return select_previews(inside_->database, 0, limit); });
}

std::vector<Run> History::runs(std::int64_t limit, std::int64_t before) const {
  return inside_->guarded([&] { return select_runs(inside_->database, limit, before); });
}

std::optional<Run> History::run(std::int64_t id) const {
  return inside_->guarded([&] { return find_run(inside_->database, id); });
}

std::int64_t History::run_of_process(std::int64_t pid, const std::string& host, base::Instant since) const {
  return inside_->guarded([&] { return find_run_of_process(inside_->database, pid, host, since); });
}

void History::add_to(Tally& tally) const {
  inside_->guarded([&] { tally_attempts(inside_->database, tally); });
}

void History::take_in(TokenBook& book) const {
  inside_->guarded([&] { take_in_tokens(inside_->database, book); });
}

void History::take_in(RequestBook& book) const {
  inside_->guarded([&] { take_in_requests(inside_->database, book); });
}

std::int64_t History::version() const {
  return inside_->guarded([&] {
    Query query(inside_->database, "PRAGMA data_version");
    return query.next() ? query.take_number() : 0;
  });
}

std::vector<RecordedEvent> History::events(std::int64_t limit, std::int64_t before) const {
  return inside_->guarded([&] { return find_events(inside_->database, limit, before); });
}

std::optional<Run> History::last_run() const {
  return inside_->guarded([&] { return select_last_run(inside_->database); });
}

bool History::is_broken(std::int64_t run) const {
  return inside_->guarded([&] { return select_is_broken(inside_->database, run); });
}

std::optional<Attempt> History::in_work() const {
  return inside_->guarded([&] { return find_in_work(inside_->database); });
}

std::vector<Fated> History::fates() const {
  return inside_->guarded([&] { return find_fates(inside_->database); });
}

std::optional<std::vector<Fated>> History::glance_at_fates(std::size_t most_rows) const {
  return inside_->guarded([&] { return ledger::glance_at_fates(inside_->database, most_rows); });
}

std::vector<Attempt> History::open_questions() const {
  return inside_->guarded([&] { return find_open_questions(inside_->database); });
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

void History::copy_to(const std::string& path) const {
  inside_->guarded([&] { copy_whole(inside_->database, path); });
}

About History::about() const {
  return inside_->guarded([&] { return select_about(inside_->database); });
}

Figures History::figures(base::Instant now) const {
  return inside_->guarded([&] { return count_figures(inside_->database, now); });
}

std::vector<ScriptFigures> History::script_figures() const {
  return inside_->guarded([&] { return figures_by_script(inside_->database); });
}

std::vector<std::string> History::structural_faults() const {
  return inside_->guarded([&] { return ledger::structural_faults(inside_->database); });
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

bool History::has_imports() const {
  return inside_->guarded([&] { return Query(inside_->database, "SELECT 1 FROM imports LIMIT 1").next(); });
}

std::optional<core::Imported> History::imported(const std::string& script) const {
  return inside_->guarded([&] { return inside_->imported.of(script); });
}

void History::each_imported(const ImportedFilter& filter, const std::function<void(const ImportedRow&)>& take) const {
  inside_->guarded([&] { ledger::each_imported(inside_->database, filter, take); });
}

std::vector<Import> History::imports() const {
  return inside_->guarded([&] { return find_imports(inside_->database); });
}

std::int64_t History::origin_of(const Origin& origin) const {
  return inside_->guarded([&] { return inside_->imported.origin_of(origin); });
}

bool History::is_imported(std::int64_t origin, const std::string& key, core::ImportedState state) const {
  return inside_->guarded([&] { return inside_->imported.is_known(origin, key, state); });
}

std::vector<std::string> History::attempted(const std::vector<std::string>& names) const {
  return inside_->guarded([&] { return find_attempted(inside_->database, names); });
}

std::vector<std::string> History::names_with(const std::string& part, std::size_t most) const {
  return inside_->guarded([&] { return find_names_with(inside_->database, part, most); });
}

std::vector<std::string> History::names_like(const std::string& word) const {
  return inside_->guarded([&] { return find_names(inside_->database, word); });
}

}  // namespace ledger
