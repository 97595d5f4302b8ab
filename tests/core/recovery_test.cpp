#include "core/recovery.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

// The crash points, numbered as they were found: after which station the runner died, what is then to be seen, and what
// is to be done. Points 1 to 3 leave no durable row, so the next run just begins anew; 24 does not even begin. 28,
// dying while recovering, is every row once more: the last case.
namespace {

using core::Evidence;
using core::OutcomeKind;
using core::PendingFile;
using core::Proof;
using core::Record;
using core::Refile;

struct Row {
  std::string point;
  Evidence evidence;
  Record record;
  Refile refile;
  bool hold = false;
};

Evidence open_attempt(Proof receipt, PendingFile pending = PendingFile::same, unsigned interruptions = 0) {
  Evidence evidence;
  evidence.attempt = 7;
  evidence.script = "007_x.lua";
  evidence.receipt = receipt;
  evidence.pending = pending;
  evidence.interruptions = interruptions;
  return evidence;
}

Evidence rollback(Proof receipt) {
  Evidence evidence = open_attempt(receipt, PendingFile::absent);
  evidence.undoes = true;
  return evidence;
}

Evidence requeued(Proof receipt, PendingFile pending) {
  Evidence evidence = rollback(receipt);
  evidence.requeues = true;
  evidence.pending = pending;
  return evidence;
}

Evidence ended(OutcomeKind outcome, PendingFile pending) {
  Evidence evidence = open_attempt(Proof::absent, pending);
  evidence.outcome = outcome;
  return evidence;
}

Evidence in_doubt(Proof receipt, PendingFile pending = PendingFile::same) {
  Evidence evidence = ended(OutcomeKind::unknown, pending);
  evidence.in_doubt = true;
  evidence.receipt = receipt;
  return evidence;
}

Evidence with_copy_in_succeeded(Evidence evidence) {
  evidence.in_succeeded = true;
  return evidence;
}

Evidence with_copy_in_failed(Evidence evidence) {
  evidence.in_failed = true;
  return evidence;
}

std::vector<Row> rows() {
  const auto absent = Proof::absent;
  const auto present = Proof::present;
  const auto unreachable = Proof::unreachable;
  return {
      {"4 intent durable", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"5 worker started, shouldRun", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"6 skip recorded, not moved", ended(OutcomeKind::skipped, PendingFile::same), Record::nothing,
       Refile::to_succeeded},
      {"7 inside execute", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"8 receipt written, COMMIT not sent", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"9 COMMIT sent, it was committed", open_attempt(present), Record::succeeded, Refile::to_succeeded},
      {"9 COMMIT sent, it was not", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"9 COMMIT sent, nobody can say", open_attempt(unreachable), Record::nothing, Refile::nothing, true},
      {"7 inside execute, without a transaction", open_attempt(Proof::begun), Record::unknown, Refile::nothing},
      {"7 for the third time", open_attempt(Proof::begun, PendingFile::same, 2), Record::unknown, Refile::nothing},
      {"10 COMMIT acknowledged", open_attempt(present), Record::succeeded, Refile::to_succeeded},
      {"10 and the file was edited since", open_attempt(present, PendingFile::other), Record::succeeded,
       Refile::nothing},
      {"10 and the file was deleted since", open_attempt(present, PendingFile::absent), Record::succeeded,
       Refile::nothing},
      {"11 outcome written, not synced", open_attempt(present), Record::succeeded, Refile::to_succeeded},
      {"12 success durable, not renamed", ended(OutcomeKind::succeeded, PendingFile::same), Record::nothing,
       Refile::to_succeeded},
      {"12 another version lies there", ended(OutcomeKind::succeeded, PendingFile::other), Record::nothing,
       Refile::nothing},
      {"13 renamed, and it held", with_copy_in_succeeded(ended(OutcomeKind::succeeded, PendingFile::absent)),
       Record::nothing, Refile::note_succeeded},
      {"13 renamed, and the rename was lost", ended(OutcomeKind::succeeded, PendingFile::same), Record::nothing,
       Refile::to_succeeded},
      {"14 both names", with_copy_in_succeeded(ended(OutcomeKind::succeeded, PendingFile::same)), Record::nothing,
       Refile::drop_pending},
      {"14 both names, of a failure", with_copy_in_failed(ended(OutcomeKind::failed, PendingFile::same)),
       Record::nothing, Refile::drop_pending},
      {"15 moved, not written down", with_copy_in_failed(ended(OutcomeKind::failed, PendingFile::absent)),
       Record::nothing, Refile::note_failed},
      {"16 failed, not recorded", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"17 failure durable, not moved", ended(OutcomeKind::failed, PendingFile::same), Record::nothing,
       Refile::to_failed},
      {"17 and a person put it back", ended(OutcomeKind::failed, PendingFile::put_back), Record::nothing,
       Refile::nothing},
      {"18 the name was taken by a copy of its own",
       with_copy_in_succeeded(ended(OutcomeKind::succeeded, PendingFile::put_back)), Record::nothing,
       Refile::note_succeeded},
      {"19 the file is gone", ended(OutcomeKind::succeeded, PendingFile::absent), Record::nothing, Refile::nothing},
      {"20 the move was refused", ended(OutcomeKind::succeeded, PendingFile::same), Record::nothing,
       Refile::to_succeeded},
      {"21 worker died: an outcome like any other", ended(OutcomeKind::failed, PendingFile::same), Record::nothing,
       Refile::to_failed},
      {"22 broker died before the commit", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"22 broker died after the commit", open_attempt(present), Record::succeeded, Refile::to_succeeded},
      {"23 the server is away", open_attempt(unreachable), Record::nothing, Refile::nothing, true},
      {"25 no room for the outcome after the commit", open_attempt(present), Record::succeeded, Refile::to_succeeded},
      {"26 ledger restored: it knows no outcome, the target does", open_attempt(present), Record::succeeded,
       Refile::to_succeeded},
      {"27 target restored: the ledger's success stands", ended(OutcomeKind::succeeded, PendingFile::absent),
       Record::nothing, Refile::nothing},
      {"29 the worker outlived the runner", open_attempt(absent), Record::interrupted, Refile::nothing},
      {"interrupted for the second time", open_attempt(absent, PendingFile::same, 1), Record::interrupted,
       Refile::nothing},
      {"interrupted for the third time", open_attempt(absent, PendingFile::same, 2), Record::given_up,
       Refile::to_failed},
      {"unknown: a person decides", ended(OutcomeKind::unknown, PendingFile::same), Record::nothing, Refile::nothing},
      {"unknown, and its receipt is there", in_doubt(present), Record::confirmed, Refile::to_succeeded},
      {"unknown, its receipt is there, and the file was edited since", in_doubt(present, PendingFile::other),
       Record::confirmed, Refile::nothing},
      {"unknown, its receipt is there, and somebody filed it",
       with_copy_in_succeeded(in_doubt(present, PendingFile::absent)), Record::confirmed, Refile::note_succeeded},
      {"unknown, and its receipt is not there", in_doubt(absent), Record::refuted, Refile::nothing},
      {"unknown, and its database is still away", in_doubt(unreachable), Record::nothing, Refile::nothing},
      {"unknown, and begun without a transaction", in_doubt(Proof::begun), Record::nothing, Refile::nothing},
      {"a rollback whose runner died after its commit", rollback(present), Record::rolled_back, Refile::nothing},
      {"a rollback whose runner died before its commit", rollback(absent), Record::interrupted, Refile::nothing},
      {"a rollback that was to put its file back", requeued(present, PendingFile::absent), Record::rolled_back,
       Refile::put_back},
      {"and had done so already", requeued(present, PendingFile::same), Record::rolled_back, Refile::nothing},
      {"and another file has its name", requeued(present, PendingFile::other), Record::rolled_back, Refile::nothing},
      {"and was not committed", requeued(absent, PendingFile::absent), Record::interrupted, Refile::nothing},
      {"a rollback without a transaction whose runner died", rollback(Proof::begun), Record::unknown, Refile::nothing},
      {"blocked stays", ended(OutcomeKind::blocked, PendingFile::same), Record::nothing, Refile::nothing},
  };
}

// The world after the actions were applied.
Evidence after(Evidence evidence, const core::Repair& repair) {
  switch (repair.record) {
    case Record::nothing:
      break;
    case Record::succeeded:
      evidence.outcome = OutcomeKind::succeeded;
      break;
    case Record::rolled_back:
      evidence.outcome = OutcomeKind::rolled_back;
      break;
    case Record::unknown:
      evidence.outcome = OutcomeKind::unknown;
      break;
    case Record::interrupted:
      evidence.outcome = OutcomeKind::interrupted;
      break;
    case Record::given_up:
      evidence.outcome = OutcomeKind::failed;
      break;
    case Record::confirmed:
      evidence.outcome = OutcomeKind::succeeded;
      evidence.in_doubt = false;
      break;
    case Record::refuted:
      evidence.outcome = OutcomeKind::interrupted;
      evidence.in_doubt = false;
      break;
  }
  if (repair.refile != Refile::nothing) evidence.filed = true;
  if (repair.refile == Refile::to_succeeded || repair.refile == Refile::to_failed ||
      repair.refile == Refile::drop_pending)
    evidence.pending = PendingFile::absent;
  if (repair.refile == Refile::to_succeeded) evidence.in_succeeded = true;
  if (repair.refile == Refile::to_failed) evidence.in_failed = true;
  return evidence;
}

}  // namespace

TEST_CASE("every crash point has one way out") {
  for (const Row& row : rows()) {
    INFO(row.point);
    const core::Repair repair = core::recover(row.evidence, core::Skipped::move);
    CHECK(repair.record == row.record);
    CHECK(repair.refile == row.refile);
    CHECK(repair.hold == row.hold);
    CHECK(repair.reason.empty() == repair.empty());
  }
}

TEST_CASE("recovering twice is recovering once") {
  for (const Row& row : rows()) {
    INFO(row.point);
    const core::Repair first = core::recover(row.evidence, core::Skipped::move);
    if (first.hold) continue;  // asked again until the database answers
    CHECK(core::recover(after(row.evidence, first), core::Skipped::move).empty());
  }
}

TEST_CASE("nothing is ever recorded against a receipt, or for success without one") {
  for (const PendingFile pending : {PendingFile::absent, PendingFile::same, PendingFile::put_back, PendingFile::other})
    for (const Proof receipt : {Proof::present, Proof::begun, Proof::absent, Proof::unreachable})
      for (unsigned interruptions = 0; interruptions < 5; ++interruptions) {
        const core::Repair repair = core::recover(open_attempt(receipt, pending, interruptions), core::Skipped::move);
        CHECK((repair.record == Record::succeeded) == (receipt == Proof::present));
        CHECK((repair.record == Record::unknown) == (receipt == Proof::begun));
        CHECK(repair.hold == (receipt == Proof::unreachable));
        if (receipt == Proof::present) CHECK(repair.refile != Refile::to_failed);
      }
}

TEST_CASE("what is unknown is settled by a database that answers alone, and never as a failure") {
  for (const PendingFile pending : {PendingFile::absent, PendingFile::same, PendingFile::put_back, PendingFile::other})
    for (const Proof receipt : {Proof::present, Proof::begun, Proof::absent, Proof::unreachable}) {
      const core::Repair repair = core::recover(in_doubt(receipt, pending), core::Skipped::move);
      CHECK((repair.record == Record::confirmed) == (receipt == Proof::present));
      CHECK((repair.record == Record::refuted) == (receipt == Proof::absent));
      if (receipt == Proof::begun || receipt == Proof::unreachable) CHECK(repair.empty());
      CHECK_FALSE(repair.hold);
    }
}

TEST_CASE("a skipped script that is kept pending is left where it is") {
  CHECK(core::recover(ended(OutcomeKind::skipped, PendingFile::same), core::Skipped::keep).empty());
}

TEST_CASE("an attempt that has committed pages of a batch is interrupted, however often, and says what stays") {
  Evidence evidence = open_attempt(Proof::absent, PendingFile::same, 7);
  evidence.paged = {12, 12'000, true};
  const core::Repair repair = core::recover(evidence, core::Skipped::move);
  CHECK(repair.record == Record::interrupted);
  CHECK(repair.refile == Refile::nothing);
  CHECK(repair.reason.find("committed so far and kept: 12 pages (12000 rows)") != std::string::npos);

  evidence.paged.advanced = false;  // they are those of earlier attempts
  const core::Repair given_up = core::recover(evidence, core::Skipped::move);
  CHECK(given_up.record == Record::given_up);
  CHECK(given_up.reason.find("12 pages") != std::string::npos);
}
