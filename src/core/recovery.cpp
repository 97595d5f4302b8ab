#include "core/recovery.hpp"

#include <fmt/format.h>

namespace core {
namespace {

void add(std::string& reason, const std::string& more) {
  reason += reason.empty() ? more : "; " + more;
}

// What became of an attempt without an outcome. nullopt: nobody can say yet.
std::optional<OutcomeKind> settle(const Evidence& evidence, Repair& repair) {
  switch (evidence.receipt) {
    case Proof::present:
      repair.record = Record::succeeded;
      add(repair.reason, "its receipt is in the database, so it was committed");
      return OutcomeKind::succeeded;
    case Proof::begun:
      repair.record = Record::unknown;
      add(repair.reason, "its runner died while it was executed without a transaction, so some of it may be done");
      return OutcomeKind::unknown;
    case Proof::unreachable:
      repair.hold = true;
      add(repair.reason, "its database cannot be asked whether it was committed");
      return std::nullopt;
    case Proof::absent:
      break;
  }
  // One that comes further each time is not what takes its runs down.
  const std::string kept =
      evidence.paged.pages > 0 ? what_is_kept(evidence.paged) : std::string("nothing of it was committed");
  if (!evidence.paged.advanced && evidence.interruptions + 1 >= k_most_interruptions) {
    repair.record = Record::given_up;
    add(repair.reason, fmt::format("interrupted {} times; {}", evidence.interruptions + 1, kept));
    return OutcomeKind::failed;
  }
  repair.record = Record::interrupted;
  add(repair.reason, fmt::format("its runner died; {}", kept));
  return OutcomeKind::interrupted;
}

void refile(const Evidence& evidence, Filing filing, Repair& repair) {
  const bool to_failed = filing == Filing::to_failed;
  const bool there = to_failed ? evidence.in_failed : evidence.in_succeeded;
  if (evidence.pending == PendingFile::same && there) {
    repair.refile = Refile::drop_pending;
    add(repair.reason, "it is filed already, and its name was left behind");
  } else if (evidence.pending == PendingFile::same) {
    repair.refile = to_failed ? Refile::to_failed : Refile::to_succeeded;
    add(repair.reason, "its file was not moved yet");
  } else if (there) {
    repair.refile = to_failed ? Refile::note_failed : Refile::note_succeeded;
    add(repair.reason, "its file was moved, but that was not written down");
  }
}

// One that had a transaction; whoever does not answer is asked by the next run.
Repair recover_doubt(const Evidence& evidence) {
  Repair repair;
  if (evidence.receipt == Proof::present) {
    repair.record = Record::confirmed;
    repair.reason = "it was unknown; its receipt is in the database, so it was committed";
    refile(evidence, Filing::to_succeeded, repair);
  }
  if (evidence.receipt == Proof::absent) {
    repair.record = Record::refuted;
    repair.reason = "it was unknown; its receipt is not in the database, so nothing of it was committed";
  }
  return repair;
}

// A rollback that its runner did not see the end of.
Repair recover_rollback(const Evidence& evidence) {
  Repair repair;
  switch (evidence.receipt) {
    case Proof::present:
      repair.record = Record::rolled_back;
      repair.reason = "the receipt of what it took back is gone from the database, so the rollback was committed";
      if (evidence.requeues && evidence.pending == PendingFile::absent) repair.refile = Refile::put_back;
      if (evidence.requeues && evidence.pending == PendingFile::other)
        add(repair.reason, "its file is not put back, another one of that name lies there");
      break;
    case Proof::begun:
      repair.record = Record::unknown;
      repair.reason = "its runner died while it was rolled back without a transaction, so some of it may be undone";
      break;
    case Proof::unreachable:
      repair.hold = true;
      repair.reason = "its database cannot be asked whether the rollback was committed";
      break;
    case Proof::absent:
      repair.record = Record::interrupted;
      repair.reason = "its runner died; nothing was rolled back";
      break;
  }
  return repair;
}

}  // namespace

Repair recover(const Evidence& evidence, Skipped skipped) {
  if (evidence.in_doubt) return recover_doubt(evidence);
  if (evidence.undoes) return evidence.outcome ? Repair{} : recover_rollback(evidence);
  Repair repair;
  std::optional<OutcomeKind> outcome = evidence.outcome;
  if (!outcome) outcome = settle(evidence, repair);
  if (!outcome || evidence.filed) return repair;
  if (const Filing where = filing(*outcome, skipped); where != Filing::stays) refile(evidence, where, repair);
  return repair;
}

}  // namespace core
