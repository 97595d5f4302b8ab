#include "runner/recover.hpp"

#include <fmt/format.h>
#include <optional>
#include <unistd.h>
#include <utility>
#include <variant>

#include "base/json.hpp"
#include "base/text.hpp"
#include "core/script.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/error_note.hpp"
#include "runner/introduction.hpp"

namespace runner {
namespace {

using core::PendingFile;
using core::Proof;
using core::Record;
using core::Refile;
using folder::Place;

// An attempt that a dead run left: without an outcome, or with its file not moved as far as the ledger knows.
struct Left {
  std::int64_t attempt = 0;
  std::string script, sha256;
  std::optional<core::Outcome> outcome;
  base::Instant ended;  // when there is an outcome
  unsigned interruptions = 0;
  // Of a rollback: the attempt that it was to take back, where, and whether its file was to go back.
  std::int64_t undoes = 0;
  std::string database;
  bool requeues = false;
  std::string filed_at;
  bool in_doubt = false;  // it ended as unknown, and its database may know better by now
  std::string args;       // then
};

core::Declaration declaration_of(const core::Config& config, const ledger::Ledger& ledger, Crew& crew,
                                 const std::string& script, const std::string& sha256, std::int64_t attempt,
                                 bool* is_known = nullptr) {
  core::Load load;
  load.name = base::escape(script);
  load.text = ledger.text(sha256);
  load.attempt = attempt;
  load.environment = config.run.environment;
  crew.prepare_workers(1);
  Introduction introduction = introduce(config, crew, std::move(load));
  if (is_known != nullptr) *is_known = !introduction.fault;
  return std::move(introduction.declaration);
}

// Without a transaction a receipt that is missing says nothing.
std::vector<ledger::InDoubt> doubts_with_transaction(const core::Config& config, const ledger::Ledger& ledger,
                                                     Crew& crew) {
  std::vector<ledger::InDoubt> doubts = ledger.in_doubt();
  std::erase_if(doubts, [&](const ledger::InDoubt& doubt) {
    bool is_known = false;
    const core::Declaration declaration =
        declaration_of(config, ledger, crew, doubt.script, doubt.sha256, doubt.attempt, &is_known);
    return !is_known || !declaration.transaction;
  });
  return doubts;
}

std::vector<Left> left_open(const core::Config& config, const ledger::Ledger& ledger, Crew& crew) {
  std::vector<Left> all;
  for (const ledger::Ledger::Unfinished& open : ledger.unfinished()) {
    Left& left = all.emplace_back();
    left.attempt = open.attempt;
    left.script = open.script;
    left.sha256 = open.sha256;
    left.interruptions = static_cast<unsigned>(ledger.interruptions(open.script, open.sha256));
    left.undoes = open.undoes == 0 ? 0 : ledger.receipt_of(open.undoes);
    left.database = open.database;
    left.requeues = open.requeues;
    left.filed_at = open.filed_at;
  }
  for (const ledger::Ledger::Unfiled& unfiled : ledger.unfiled(config.run.skipped)) {
    Left& left = all.emplace_back();
    left.attempt = unfiled.attempt;
    left.script = unfiled.script;
    left.sha256 = unfiled.sha256;
    left.outcome = unfiled.outcome;
    left.ended = unfiled.finished;
  }
  for (const ledger::InDoubt& doubt : doubts_with_transaction(config, ledger, crew)) {
    Left& left = all.emplace_back();
    left.attempt = doubt.attempt;
    left.script = doubt.script;
    left.sha256 = doubt.sha256;
    left.outcome.emplace().kind = core::OutcomeKind::unknown;
    left.ended = doubt.finished;
    left.database = doubt.database;
    left.in_doubt = true;
    left.args = doubt.args;
  }
  return all;
}

std::optional<folder::Loaded> load(const folder::Folders& folders, Place place, const std::string& name) {
  folder::ReadResult read = folders.read(place, name);
  if (auto* loaded = std::get_if<folder::Loaded>(&read)) return std::move(*loaded);
  return std::nullopt;
}

bool is_same_file(const folder::Loaded& left, const folder::Loaded& right) {
  return left.stamp.device == right.stamp.device && left.stamp.inode == right.stamp.inode;
}

// A copy with the attempt's bytes in a folder of filed scripts, under its own name or a numbered one. A copy that
// another attempt put there is not this one's.
std::optional<folder::Loaded> find_filed(const folder::Folders& folders, const ledger::Ledger& ledger, Place place,
                                         const Left& left) {
  std::string name = left.script;
  for (unsigned copy = 2;; ++copy) {
    auto loaded = load(folders, place, name);
    if (!loaded) return std::nullopt;
    const bool same = loaded->script.sha256 == left.sha256;
    if (same && !ledger.is_claimed(left.script, folders.display(place, name), left.attempt)) return loaded;
    name = core::numbered_name(left.script, copy);
  }
}

struct Found {
  Proof proof = Proof::absent;
  std::string database;  // that said so
  core::Paged paged{};
};

// The script's own database is not known of an attempt that never ended, so every database is asked. That of a rollback
// is, and of one in doubt, and no other may be asked: what is not there proves something, too.
Found look_for_receipt(Crew& crew, const Left& left, const std::string& ledger_id) {
  Found found;
  const auto ask = [&](const std::string& database) {
    core::Inquire wish{database, left.script, left.sha256, ledger_id, left.attempt, left.undoes};
    wish.needs_table = left.in_doubt;
    const core::Inquired said = crew.inquire(wish);
    if (said.paged.pages > 0) found.paged = said.paged;
    return said.proof;
  };
  if (left.undoes != 0 || left.in_doubt) return {ask(left.database), left.database};
  for (const core::DatabaseStatus& database : crew.databases()) {
    const Proof proof = ask(database.name);
    if (proof == Proof::present || proof == Proof::begun) return {proof, database.name};
    if (proof == Proof::unreachable) found = {proof, database.name, found.paged};
  }
  return found;
}

// What its runner would have written down of it. A text that cannot be loaded now leaves it empty.
void fill_in(const core::Config& config, const ledger::Ledger& ledger, Crew& crew, Recovery& recovery) {
  recovery.declaration =
      declaration_of(config, ledger, crew, recovery.evidence.script, recovery.sha256, recovery.evidence.attempt);
}

// A rename changes ctime: a file that was touched after its attempt had ended was put back by somebody.
bool was_touched_since(const folder::Loaded& pending, base::Instant ended) {
  return pending.stamp.changed / 1'000'000 > ended.milliseconds;
}

PendingFile judge_pending(const std::optional<folder::Loaded>& pending, const std::optional<folder::Loaded>& filed,
                          const Left& left) {
  if (!pending) return PendingFile::absent;
  if (pending->script.sha256 != left.sha256) return PendingFile::other;
  if (filed) return is_same_file(*pending, *filed) ? PendingFile::same : PendingFile::put_back;
  return left.outcome && was_touched_since(*pending, left.ended) ? PendingFile::put_back : PendingFile::same;
}

Recovery examine(const core::Config& config, const folder::Folders& folders, const ledger::Ledger& ledger,
                 const Left& left, Found found) {
  const auto pending = load(folders, Place::scripts, left.script);
  const auto in_succeeded = find_filed(folders, ledger, Place::succeeded, left);
  const auto in_failed = find_filed(folders, ledger, Place::failed, left);
  const auto& filed = in_succeeded ? in_succeeded : in_failed;
  Recovery recovery;
  recovery.evidence.attempt = left.attempt;
  recovery.evidence.script = left.script;
  if (left.outcome) recovery.evidence.outcome = left.outcome->kind;
  recovery.recorded = left.outcome.value_or(core::Outcome{});
  recovery.evidence.in_doubt = left.in_doubt;
  recovery.args = left.args;
  recovery.evidence.undoes = left.undoes != 0;
  recovery.evidence.requeues = left.requeues;
  recovery.sha256 = left.sha256;
  recovery.evidence.interruptions = left.interruptions;
  recovery.evidence.receipt = found.proof;
  recovery.evidence.paged = found.paged;
  recovery.evidence.pending = judge_pending(pending, filed, left);
  recovery.evidence.in_succeeded = in_succeeded.has_value();
  recovery.evidence.in_failed = in_failed.has_value();
  recovery.repair = core::recover(recovery.evidence, config.run.skipped);
  if (filed) recovery.filed_as = filed->script.name;
  if (left.undoes != 0) recovery.filed_as = left.filed_at.substr(left.filed_at.rfind('/') + 1);
  if (recovery.repair.record == Record::succeeded || left.undoes != 0 || left.in_doubt)
    recovery.database = std::move(found.database);
  return recovery;
}

// --- applying ------------------------------------------------------------------------------------------------------

core::Outcome outcome_of(const Recovery& recovery) {
  core::Outcome outcome;
  switch (recovery.repair.record) {
    case Record::nothing:
      return recovery.recorded;
    case Record::succeeded:
      outcome.kind = core::OutcomeKind::succeeded;
      outcome.reason = "its runner died after the commit; the receipt in the database proves it";
      break;
    case Record::rolled_back:
      outcome.kind = core::OutcomeKind::rolled_back;
      outcome.reason = recovery.repair.reason;
      break;
    case Record::given_up:
      outcome = core::failed(core::Cause::crash, fmt::format("given up: {}", recovery.repair.reason));
      break;
    case Record::unknown:
      outcome.kind = core::OutcomeKind::unknown;
      outcome.reason = recovery.repair.reason;
      break;
    case Record::interrupted:
    case Record::refuted:
      outcome.kind = core::OutcomeKind::interrupted;
      outcome.reason = recovery.repair.reason;
      if (const core::Paged& paged = recovery.evidence.paged; paged.advanced)
        outcome.result = fmt::format(R"({{"batches":[{{"pages":{},"rows":{}}}]}})", paged.pages, paged.rows);
      break;
    case Record::confirmed:
      outcome.kind = core::OutcomeKind::succeeded;
      outcome.reason = fmt::format("attempt {}: {}", recovery.evidence.attempt, recovery.repair.reason);
      break;
  }
  return outcome;
}

void write_note(folder::Folders& folders, const Recovery& recovery, const std::string& filed_as) {
  core::AttemptReport report;
  report.attempt = recovery.evidence.attempt;
  report.script = recovery.evidence.script;
  report.sha256 = recovery.sha256;
  report.outcome = outcome_of(recovery);
  const std::string fault = folders.write_error_note(filed_as, error_note(report, filed_as));
  if (!fault.empty()) os::log_warning(fmt::format("{}; fettle show {} tells the error", fault, report.attempt));
}

// A note that cannot be written now either is given up: the ledger has all that would stand in it.
bool note_moved(const Recovery& recovery, Place place, const std::string& name, folder::Folders& folders,
                ledger::Ledger& ledger) {
  if (place == Place::failed) write_note(folders, recovery, name);
  ledger.set_moved_to(recovery.evidence.attempt, folders.display(place, name));
  return true;
}

bool put_back(const Recovery& recovery, folder::Folders& folders, ledger::Ledger& ledger) {
  const core::Script script{recovery.evidence.script, recovery.sha256, ledger.text(recovery.sha256)};
  const folder::MoveResult moved =
      folders.put_back(Place::succeeded, recovery.filed_as.empty() ? script.name : recovery.filed_as, script);
  if (moved.status != folder::MoveStatus::moved)
    os::log_warning(fmt::format("{} was rolled back, but its file cannot be put back: {}", base::escape(script.name),
                                moved.detail));
  if (moved.status != folder::MoveStatus::moved) return false;
  ledger.set_moved_to(recovery.evidence.attempt, folders.display(Place::scripts, moved.name));
  return true;
}

bool move_pending(const Recovery& recovery, Place to, folder::Folders& folders, ledger::Ledger& ledger) {
  const auto pending = load(folders, Place::scripts, recovery.evidence.script);
  if (!pending) return false;
  const folder::MoveResult moved = folders.move(*pending, Place::scripts, to);
  return moved.status == folder::MoveStatus::moved && note_moved(recovery, to, moved.name, folders, ledger);
}

ledger::Event event_of(const Recovery& recovery, const Actor& actor) {
  ledger::Event event;
  event.verb = "repair";
  event.script = recovery.evidence.script;
  event.by = actor.by.empty() ? os::user_name() : actor.by;
  event.host = os::host_name();
  event.reason = actor.reason;
  event.detail = fmt::format("attempt {}: {}", recovery.evidence.attempt, recovery.repair.reason);
  event.at = os::now();
  return event;
}

ledger::Finished end_of(const Recovery& recovery) {
  ledger::Finished finished;
  finished.outcome = outcome_of(recovery);
  finished.declaration = recovery.declaration;
  finished.database = recovery.database;
  finished.details.depends = base::json_list(recovery.declaration.depends);
  finished.details.tags = base::json_list(recovery.declaration.tags);
  finished.at = os::now();
  return finished;
}

// An attempt that has ended is not changed: what was unknown of it a new one tells, and that has the file.
void record(Recovery& recovery, const Actor& actor, ledger::Ledger& ledger) {
  const ledger::Event event = event_of(recovery, actor);
  if (!recovery.evidence.in_doubt) {
    ledger.note(event);
    ledger.finish_attempt(recovery.evidence.attempt, end_of(recovery));
    return;
  }
  ledger::Settled settled;
  settled.doubt.attempt = recovery.evidence.attempt;
  settled.doubt.script = recovery.evidence.script;
  settled.doubt.sha256 = recovery.sha256;
  settled.doubt.args = recovery.args;
  settled.finished = end_of(recovery);
  settled.event = event;
  settled.pid = ::getpid();
  recovery.evidence.attempt = ledger.settle_doubt(settled);
}

// Whether anything was changed.
bool refile(const Recovery& recovery, folder::Folders& folders, ledger::Ledger& ledger) {
  const auto place = recovery.evidence.in_succeeded ? Place::succeeded : Place::failed;
  switch (recovery.repair.refile) {
    case Refile::nothing:
      break;
    case Refile::to_succeeded:
      return move_pending(recovery, Place::succeeded, folders, ledger);
    case Refile::to_failed:
      return move_pending(recovery, Place::failed, folders, ledger);
    case Refile::drop_pending:
      if (const auto pending = load(folders, Place::scripts, recovery.evidence.script))
        folders.remove(*pending, Place::scripts);
      return note_moved(recovery, place, recovery.filed_as, folders, ledger);
    case Refile::note_succeeded:
      return note_moved(recovery, Place::succeeded, recovery.filed_as, folders, ledger);
    case Refile::note_failed:
      return note_moved(recovery, Place::failed, recovery.filed_as, folders, ledger);
    case Refile::put_back:
      return put_back(recovery, folders, ledger);
  }
  return false;
}

}  // namespace

bool is_damaged(const core::Config& config, const ledger::Ledger& ledger, Crew& crew) {
  return !ledger.unfinished().empty() || !ledger.unfiled(config.run.skipped).empty() ||
         !doubts_with_transaction(config, ledger, crew).empty();
}

std::vector<Recovery> look_for_damage(const core::Config& config, const folder::Folders& folders,
                                      const ledger::Ledger& ledger, Crew& crew) {
  std::vector<Recovery> damage;
  for (const Left& left : left_open(config, ledger, crew)) {
    Found found = left.outcome && !left.in_doubt ? Found{} : look_for_receipt(crew, left, ledger.id());
    Recovery recovery = examine(config, folders, ledger, left, std::move(found));
    if (recovery.repair.record == Record::succeeded || recovery.repair.record == Record::confirmed)
      fill_in(config, ledger, crew, recovery);
    if (!recovery.repair.empty()) damage.push_back(std::move(recovery));
  }
  return damage;
}

std::vector<std::string> repair_damage(const std::vector<Recovery>& damage, const Actor& actor,
                                       folder::Folders& folders, ledger::Ledger& ledger) {
  std::vector<std::string> held;
  for (Recovery recovery : damage) {
    if (recovery.repair.hold) held.push_back(recovery.evidence.script);
    const bool records = recovery.repair.record != Record::nothing;
    // Before the record, by which nobody would look at it again.
    const bool goes_back = recovery.repair.refile == Refile::put_back;
    if (goes_back && refile(recovery, folders, ledger)) folders.sync();
    if (records) record(recovery, actor, ledger);
    if (!goes_back && refile(recovery, folders, ledger) && !records) ledger.note(event_of(recovery, actor));
  }
  folders.sync();
  ledger.moves_are_durable();
  ledger.settle();
  return held;
}

std::string describe(const Recovery& recovery) {
  return fmt::format("{}, attempt {}: {}", base::escape(recovery.evidence.script), recovery.evidence.attempt,
                     recovery.repair.reason);
}

}  // namespace runner
