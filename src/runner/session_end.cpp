#include <fmt/format.h>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "os/clock.hpp"
#include "runner/session.hpp"
#include "runner/verdicts.hpp"

// How a session ends: committed, rolled back, or in doubt.
namespace runner {
namespace {

using core::Cause;
using core::Outcome;
using core::OutcomeKind;
using os::in;

constexpr std::size_t k_room_in_depth = 6;       // the worker counts tables, a reader of JSON its brackets
constexpr std::chrono::minutes k_to_commit{10};  // a slow disk is no reason to doubt a commit

}  // namespace

// A worker that has given its result is not needed any more, and ends while the database commits.
Outcome Session::commit(Outcome success, const std::function<void()>& meanwhile) {
  const auto start = os::Steady::now();
  crew_.commit();
  worker_.channel.close();
  meanwhile();
  auto done = crew_.hear_done(in(k_to_commit), [this](std::string&& part) { keep(std::move(part)); });
  measures_.commit += os::since(start);
  if (worker_alive_) end_worker(crew_.dismiss(worker_));
  killed_ = !done;
  if (done) {
    measures_.statements += done->statements;
    measures_.rows_changed += done->rows_changed;
    changes_.changes = std::move(done->changes);
    if (!done->changed_rows.empty()) keep(std::move(done->changed_rows));
    if (done->word == core::Done::Word::committed) return success;
    const bool rolled_back = done->word == core::Done::Word::rolled_back;
    if (rolled_back && done->lost) return connection_lost(done->error);
    if (rolled_back) return stays_if_loose(core::failed(done->cause, base::cap(done->error, k_longest_text)), *done);
  }
  const std::string doubt =
      done ? base::cap(done->error, k_longest_text) : fmt::format("{} during the commit", k_broker_died);
  if (done && done->lost) return resolve(std::move(success), connection_lost(doubt), doubt);
  if (done) crew_.renew_broker();  // without an answer it is a new one already
  return resolve(std::move(success), core::failed(Cause::unreachable, doubt), doubt);
}

// Packed at once: the broker reads the next rows meanwhile, and then waits for the disk.
void Session::keep(std::string&& part) {
  packed_.push_back(setting_.pack(part));
  if (changes_.rows.size() < setting_.parts_told) changes_.rows.push_back(std::move(part));
}

// Nobody answered for the commit, so the database is asked, through a new broker, whether the receipt is there.
// otherwise: the outcome when it is not; doubt: why it was asked.
Outcome Session::resolve(Outcome success, Outcome otherwise, std::string doubt) {
  const core::Receipt& receipt = setting_.receipt;
  const core::Inquired answer =
      crew_.inquire({database_, receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, setting_.undoes});
  switch (answer.proof) {
    case core::Proof::present:
      return success;
    case core::Proof::absent:
      return is_loose() ? half_done(std::move(doubt)) : std::move(otherwise);
    case core::Proof::begun:
      return half_done(std::move(doubt));
    case core::Proof::unreachable:
      break;
  }
  Outcome outcome = unknown(std::move(doubt), fmt::format("nobody can say whether it was committed: {}",
                                                          base::cap(answer.error, k_longest_text)));
  outcome.message = std::move(success.message);
  outcome.result = std::move(success.result);
  return outcome;
}

// Before the script could send a statement; but without a transaction a statement could have gone through since.
Outcome Session::in_doubt(Outcome otherwise, std::string_view doubt) {
  if (!is_loose()) return otherwise;
  const core::Receipt& receipt = setting_.receipt;
  const core::Inquired answer =
      crew_.inquire({database_, receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, 0, true});
  return answer.proof == core::Proof::absent ? otherwise : half_done(std::string(doubt));
}

// The server rolled back, if there was a transaction; a connection comes with a new broker only.
Outcome Session::connection_lost(const std::string& error) {
  crew_.renew_broker();
  return is_loose() ? half_done(error) : line_was_lost(error);
}

// Nothing of it can be undone.
Outcome Session::stays_if_loose(Outcome outcome, const core::Done& done) const {
  if (!is_loose()) return outcome;
  // What it undid until then stays undone, and the script is neither applied nor not.
  if (undoes() && done.may_have_written) return half_done(outcome.error.empty() ? outcome.reason : outcome.error);
  if (outcome.kind == OutcomeKind::skipped && done.may_have_written)
    outcome =
        core::failed(Cause::error, fmt::format("it was skipped ({}) after it had changed something", outcome.reason));
  if (outcome.kind == OutcomeKind::interrupted && done.may_have_written)
    outcome = core::failed(Cause::error, outcome.reason);
  if (outcome.kind == OutcomeKind::failed && done.may_have_written)
    outcome.error += fmt::format("\n{}", core::k_what_stays);
  return outcome;
}

// The worker judged its result by the same limits; what passes them here was not sent by one that is sound.
std::optional<Outcome> Session::refuse(const core::Result& result) {
  if (result.json.size() > setting_.limits.result_bytes)
    return core::failed(Cause::contract, core::result_too_large(setting_.limits));
  if (result.json.empty() || base::is_json(result.json, setting_.limits.result_depth + k_room_in_depth))
    return std::nullopt;
  return protocol_fault();
}

// Nothing of this transaction was committed, so the outcome stands, unless a limit was hit on the way to it.
Outcome Session::roll_back(Outcome outcome) {
  if (!worker_known_to_broker_) {
    if (worker_alive_) end_worker(crew_.dismiss(worker_));
    return outcome;
  }
  const bool time_is_up = outcome.cause == Cause::timeout || outcome.kind == OutcomeKind::interrupted;
  // Without a transaction nothing is rolled back, and the end of the statement must be seen.
  const auto patience = time_is_up && !is_loose() ? Crew::Patience::none : Crew::Patience::some;
  const auto done = crew_.roll_back(patience, in(k_to_roll_back));
  if (worker_alive_) end_worker(crew_.dismiss(worker_));
  if (done) {
    measures_.statements += done->statements;
    if (done->locked && outcome.cause == Cause::error) outcome.cause = Cause::locked;
    if (done->lost && load_.preview) {
      crew_.renew_broker();
      return outcome;
    }
    if (!done->lost || (outcome.kind == OutcomeKind::interrupted && !is_loose()))
      return stays_if_loose(with_limit(std::move(outcome), *done), *done);
    lost_early_ = stage_ != Stage::executing;
    return connection_lost(outcome.error.empty() ? done->error : outcome.error);
  }
  if (is_loose()) return half_done(outcome.error.empty() ? outcome.reason : outcome.error);
  if (outcome.cause == Cause::crash) outcome.error += fmt::format("; {} too, and a new one was started", k_broker_died);
  return outcome;
}

}  // namespace runner
