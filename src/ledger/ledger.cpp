#include "ledger/ledger.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "ledger/chain.hpp"
#include "ledger/connection.hpp"
#include "ledger/log_space.hpp"
#include "ledger/names.hpp"
#include "ledger/texts.hpp"
#include "ledger/writes.hpp"

namespace ledger {
namespace {

std::string_view word(Declared declared) noexcept {
  switch (declared) {
    case Declared::succeeded:
      return "succeeded";
    case Declared::failed:
      return "failed";
    case Declared::pending:
      return "pending";
  }
  return "";
}

core::OutcomeKind outcome_of(Declared declared) noexcept {
  switch (declared) {
    case Declared::succeeded:
      return core::OutcomeKind::marked;
    case Declared::failed:
      return core::OutcomeKind::failed;
    case Declared::pending:
      return core::OutcomeKind::interrupted;
  }
  return core::OutcomeKind::failed;
}

RunStart run_of(const Mark& mark) {
  return {.trigger = "mark",
          .by = mark.by,
          .host = mark.host,
          .reason = mark.reason,
          .command = mark.command,
          .pid = mark.pid,
          .at = mark.at};
}

Finished end_of(const Mark& mark) {
  Finished finished;
  finished.outcome.kind = outcome_of(mark.as);
  finished.outcome.reason =
      fmt::format("marked as {} by {}{}{}", word(mark.as), mark.by, mark.reason.empty() ? "" : ": ", mark.reason);
  finished.at = mark.at;
  return finished;
}

}  // namespace

struct Ledger::Inside {
  explicit Inside(const std::string& ledger_path)
      : path(ledger_path), database(connect_to_write(ledger_path)), log(database), writes(database) {}
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  bool in_transaction() const noexcept { return sqlite3_get_autocommit(database.getHandle()) == 0; }

  // What is not durable at once (begin_run, moves_are_durable) leaves its transaction open for the next commit.
  void begin() {
    if (!in_transaction()) writes.begin_transaction();
  }

  // false: somebody else is writing, and is not waited for.
  bool begin_if_free() {
    if (in_transaction()) return true;
    database.setBusyTimeout(0);
    const int code = database.tryExec("BEGIN IMMEDIATE");
    database.setBusyTimeout(k_busy_timeout);
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) throw SQLite::Exception(database.getHandle(), code);
    return code == SQLITE_OK;
  }

  void commit() {
    log.reserve();
    writes.commit();
  }

  // Every call goes through here. state: in what state things are when it fails.
  template <class Work>
  auto guarded(std::string_view doing, std::string_view state, Work work) {
    if (broken) throw_spent();
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      give_up();
      throw_broken(path, doing, failure, std::string(state));
    } catch (...) {
      give_up();
      throw;
    }
  }

  template <class Work>
  auto committed(std::string_view doing, std::string_view state, Work work) {
    return guarded(doing, state, [&] {
      begin();
      const auto result = work();
      commit();
      return result;
    });
  }

  // rest: what is written in the same commit, which is made also when nothing comes of the beginning.
  template <class Rest>
  std::int64_t begin_and_sync(std::string_view doing, std::string_view state, const Intent& intent,
                              const Meanwhile& meanwhile, Rest rest) {
    const std::int64_t attempt = guarded(doing, state, [&] {
      begin();
      return begin_attempt(intent);
    });
    const auto commit_all = [&] { guarded(doing, state, [&] { commit(); }); };
    bool rested = false;
    try {
      if (meanwhile.begun) meanwhile.begun(attempt);
      guarded(doing, state, rest);
      rested = true;
      if (meanwhile.before_sync) meanwhile.before_sync();
    } catch (...) {
      if (broken) throw;
      if (!rested) guarded(doing, state, rest);
      commit_all();
      throw;
    }
    commit_all();
    return attempt;
  }

  std::int64_t begin_attempt(const Intent& intent) {
    writes.texts.keep(intent.script, intent.at);
    return writes.insert_attempt(intent);
  }

  void finish_attempt(std::int64_t attempt, const Finished& finished) {
    writes.write_details(attempt, finished.details);
    const bool changed = writes.changes.insert({attempt}, finished.changes, finished.packed);
    writes.end_attempt(attempt, finished);
    writes.count_outcome(attempt, finished.outcome.kind);
    writes.insert_lines(attempt, finished.lines);
    if (finished.progress) writes.write_progress(attempt, *finished.progress, finished.at);
    writes.chain.add(Link::attempt, attempt);
    writes.chain.add_if_there(Link::details, attempt);
    if (changed) writes.chain.add(Link::changes, attempt);
  }

  std::int64_t begin_run(const RunStart& start) {
    const std::int64_t run = writes.insert_run(start);
    writes.chain.add(Link::run_start, run);
    return run;
  }

  void end_run(std::int64_t run, const RunEnd& end) {
    writes.end_run(run, end);
    writes.chain.add(Link::run_end, run);
  }

  void record(const Event& event) { writes.chain.add(Link::event, writes.insert_event(event)); }

  std::int64_t mark(const Mark& mark);
  std::int64_t record_preview(const Preview& preview);
  std::int64_t settle_doubt(const Settled& settled);

  void give_up() noexcept {
    broken = true;
    never_checkpoint(database);
  }

  [[noreturn]] void throw_spent() const {
    throw base::Error(base::ErrorKind::ledger_broken,
                      fmt::format("{}: the ledger failed before and takes nothing more", base::escape(path)),
                      "nothing further was run", "run again once the first failure is mended");
  }

  std::string path;
  SQLite::Database database;
  LogSpace log;
  Writes writes;
  std::vector<std::pair<std::int64_t, std::string>> moves;  // attempt, where its file went: not known to be durable
  std::string id;                                           // empty: not asked yet
  bool broken = false;
};

std::int64_t Ledger::Inside::mark(const Mark& mark) {
  const std::int64_t run = begin_run(run_of(mark));
  const std::int64_t attempt =
      begin_attempt({.run = run, .script = mark.script, .state = std::string(k_marked), .at = mark.at});
  finish_attempt(attempt, end_of(mark));
  end_run(run, {.at = mark.at, .scripts = 1, .exit_code = 0});
  record({.verb = "mark",
          .script = mark.script.name,
          .by = mark.by,
          .host = mark.host,
          .reason = mark.reason,
          .detail = fmt::format("{}, attempt {}", word(mark.as), attempt),
          .at = mark.at});
  return attempt;
}

std::int64_t Ledger::Inside::record_preview(const Preview& preview) {
  RunStart start = preview.start;
  start.trigger = k_preview;
  const std::int64_t run = begin_run(start);
  std::int64_t number = 0;
  for (const Previewed& script : preview.scripts) writes.insert_previewed(run, ++number, script);
  if (!preview.scripts.empty()) writes.chain.add(Link::preview, run);
  end_run(run, preview.end);
  return run;
}

std::int64_t Ledger::Inside::settle_doubt(const Settled& settled) {
  const Event& event = settled.event;
  const std::int64_t run = begin_run({.trigger = "repair",
                                      .by = event.by,
                                      .host = event.host,
                                      .reason = event.reason,
                                      .command = "fettle repair",
                                      .pid = settled.pid,
                                      .at = event.at});
  const std::int64_t attempt = begin_attempt({.run = run,
                                              .script = {settled.doubt.script, settled.doubt.sha256, {}},
                                              .state = std::string(k_settled),
                                              .at = event.at,
                                              .args = settled.doubt.args});
  finish_attempt(attempt, settled.finished);
  end_run(run, {.at = event.at, .scripts = 1, .exit_code = 0});
  record(event);
  return attempt;
}

Ledger::Inside::~Inside() {
  if (broken || !in_transaction()) return;
  try {
    commit();
  } catch (const SQLite::Exception&) {
    give_up();  // only what the folders tell as well is lost
  }
}

Ledger::Ledger(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

Ledger Ledger::open(const std::string& path) {
  return Ledger(std::make_unique<Inside>(path));
}

std::int64_t Ledger::begin_run(const RunStart& start) {
  return inside_->guarded("the start of a run cannot be recorded", "nothing was run", [&] {
    inside_->begin();
    return inside_->begin_run(start);
  });
}

void Ledger::end_run(std::int64_t run, const RunEnd& end) {
  inside_->committed("the end of the run cannot be recorded", "all attempts of the run are recorded", [&] {
    inside_->end_run(run, end);
    return 0;
  });
}

std::int64_t Ledger::begin_attempt(const Intent& intent, const Meanwhile& meanwhile) {
  const std::string script = base::escape(intent.script.name);
  return inside_->begin_and_sync(fmt::format("the start of {} cannot be recorded", script),
                                 fmt::format("nothing of {} was changed; the file stays where it is", script), intent,
                                 meanwhile, [] {});
}

void Ledger::finish_attempt(std::int64_t attempt, const Finished& finished) {
  inside_->committed(fmt::format("the end of attempt {} cannot be recorded", attempt),
                     fmt::format("the attempt ended as {}, which the ledger may not know; its file stays where it is",
                                 core::name(finished.outcome.kind)),
                     [&] {
                       inside_->finish_attempt(attempt, finished);
                       return 0;
                     });
  inside_->log.fold();
}

std::int64_t Ledger::finish_then_begin(std::int64_t attempt, const Finished& finished, const Intent& next,
                                       const Meanwhile& meanwhile) {
  const std::string script = base::escape(next.script.name);
  return inside_->begin_and_sync(
      fmt::format("the end of attempt {} and the start of {} cannot be recorded", attempt, script),
      fmt::format("the attempt ended as {}, which the ledger may not know; nothing of {} was changed; both files stay "
                  "where they are",
                  core::name(finished.outcome.kind), script),
      next, meanwhile, [&] { inside_->finish_attempt(attempt, finished); });
}

PackedPart Ledger::pack(std::string_view part) {
  return inside_->writes.changes.pack(part);
}

void Ledger::set_progress(std::int64_t attempt, const core::Progress& progress, base::Instant at) {
  const std::string doing = fmt::format("the progress of attempt {} cannot be recorded", attempt);
  constexpr std::string_view k_state = "the script was at work, and was stopped";
  if (!inside_->guarded(doing, k_state, [&] { return inside_->begin_if_free(); })) return;
  inside_->guarded(doing, k_state, [&] {
    inside_->writes.write_progress(attempt, progress, at);
    inside_->commit();
  });
}

void Ledger::set_moved_to(std::int64_t attempt, const std::string& moved_to) {
  inside_->moves.emplace_back(attempt, moved_to);
}

void Ledger::moves_are_durable() {
  if (inside_->moves.empty()) return;
  inside_->guarded("where files went cannot be recorded", "all attempts are recorded, and the files were moved", [&] {
    inside_->begin();
    for (const auto& [attempt, moved_to] : inside_->moves) inside_->writes.set_moved_to(attempt, moved_to);
  });
  inside_->moves.clear();
}

std::vector<Ledger::Unfinished> Ledger::unfinished() const {
  return inside_->guarded("the ledger cannot be read", "nothing was run", [&] { return inside_->writes.unfinished(); });
}

std::vector<Ledger::Unfiled> Ledger::unfiled(core::Skipped skipped) const {
  return inside_->guarded("the ledger cannot be read", "nothing was run",
                          [&] { return inside_->writes.unfiled(skipped); });
}

std::vector<InDoubt> Ledger::in_doubt() const {
  return inside_->guarded("the ledger cannot be read", "nothing was run", [&] { return inside_->writes.in_doubt(); });
}

std::int64_t Ledger::settle_doubt(const Settled& settled) {
  return inside_->committed(fmt::format("what became of attempt {} cannot be recorded", settled.doubt.attempt),
                            "the ledger is as it was before", [&] { return inside_->settle_doubt(settled); });
}

std::int64_t Ledger::receipt_of(std::int64_t attempt) const {
  return inside_->guarded("the ledger cannot be read", "nothing was run",
                          [&] { return inside_->writes.receipt_of(attempt); });
}

bool Ledger::is_claimed(const std::string& script, const std::string& moved_to, std::int64_t attempt) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing of {} was run", base::escape(script)),
                          [&] { return inside_->writes.is_claimed(script, moved_to, attempt); });
}

bool Ledger::is_settled(std::int64_t attempt) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing after attempt {} was run", attempt),
                          [&] { return inside_->writes.is_settled(attempt); });
}

Ledger::Disowned Ledger::disowned(const std::string& script, const std::string& sha256) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing of {} was run", base::escape(script)),
                          [&] { return inside_->writes.disowned(script, sha256); });
}

Ledger::Concluded Ledger::concluded(const std::string& name) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing of {} was run", base::escape(name)),
                          [&] { return inside_->writes.concluded(name); });
}

std::int64_t Ledger::interruptions(const std::string& name, const std::string& sha256) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing of {} was run", base::escape(name)),
                          [&] { return inside_->writes.interruptions(name, sha256); });
}

std::string Ledger::id() const {
  if (inside_->id.empty())
    inside_->id =
        inside_->guarded("the ledger cannot be read", "nothing was run", [&] { return read_id(inside_->database); });
  return inside_->id;
}

core::Known Ledger::known(const std::string& name, const std::string& sha256) const {
  return inside_->guarded("the ledger cannot be read", fmt::format("nothing of {} was run", base::escape(name)),
                          [&] { return inside_->writes.known.ask(name, sha256); });
}

std::vector<std::string> Ledger::names_like(const std::string& word) const {
  return inside_->guarded("the ledger cannot be read", "nothing further was run",
                          [&] { return find_names(inside_->database, word); });
}

void Ledger::record(const Event& event) {
  inside_->committed(fmt::format("{} cannot be recorded", base::escape(event.verb)), "the ledger is as it was before",
                     [&] {
                       inside_->record(event);
                       return 0;
                     });
}

void Ledger::note(const Event& event) {
  inside_->guarded(fmt::format("{} cannot be recorded", base::escape(event.verb)), "nothing further was changed", [&] {
    inside_->begin();
    inside_->record(event);
  });
}

void Ledger::settle() {
  inside_->guarded("where files went cannot be recorded", "all attempts are recorded", [&] {
    if (inside_->in_transaction()) inside_->commit();
  });
}

std::int64_t Ledger::mark(const Mark& mark) {
  const std::string script = base::escape(mark.script.name);
  const bool known = inside_->guarded("the ledger cannot be read", "nothing was changed",
                                      [&] { return inside_->writes.texts.has(mark.script.sha256); });
  if (!known && base::sha256_hex(mark.script.text) != mark.script.sha256)
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("the ledger knows no version {} of {}", base::escape(mark.script.sha256), script),
                      "nothing was changed");
  return inside_->committed(fmt::format("the mark of {} cannot be recorded", script), "the ledger is as it was before",
                            [&] { return inside_->mark(mark); });
}

std::int64_t Ledger::record_preview(const Preview& preview) {
  return inside_->committed("the preview cannot be recorded", "it is over, and nothing of it was left in a database",
                            [&] { return inside_->record_preview(preview); });
}

std::string Ledger::text(const std::string& sha256) const {
  return inside_->guarded("the ledger cannot be read", "nothing was changed",
                          [&] { return read_text(inside_->database, inside_->path, sha256); });
}

}  // namespace ledger
