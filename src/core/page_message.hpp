// What worker, runner and broker say to each other about a batch, one page after another. Only the runner's word
// commits, and it gives it only when the intent of the attempt is durable. core/message decodes them.
//
//   worker → runner → broker  OpenBatch      broker → runner → worker  BatchOpened
//   worker → runner → broker  TurnPage       broker → runner → worker  PageTurned
//            runner → broker  NextPage, between these two; answered by Began
//            worker → broker  Savepoint      broker → worker           Affected, SqlFault
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/message.hpp"
#include "core/outcome.hpp"

namespace core {

// A batch of the script at work. The worker asks the runner, the runner the broker: the transaction is open.
struct OpenBatch {
  static constexpr Kind kind = Kind::open_batch;
  std::string name;
  bool restart = false;  // what another version of the script left does not count
};

struct BatchOpened {  // the way back
  static constexpr Kind kind = Kind::batch_opened;
  std::string fault;  // empty: the rest holds
  Bookmark bookmark;  // where it goes on; pages = 0: it begins
};

// One page is done. The same way, and back: broker → runner when it is committed, or is not; then NextPage, answered by
// Began; then runner → worker.
struct TurnPage {
  static constexpr Kind kind = Kind::turn_page;
  std::string name;                    // of a batch that was opened
  std::string cursor;                  // behind the page, JSON
  std::uint64_t rows = 0, failed = 0;  // of the page; those that failed count, too
  std::vector<std::string> failures;   // what failed, as far as it is told
  bool ended = false;      // it was the last one, and is committed with whatever comes next: the receipt, as a rule
  bool anew = false;       // what was found when it was opened does not count
  std::int64_t pause = 0;  // milliseconds, before the next page
};

struct PageTurned {
  static constexpr Kind kind = Kind::page_turned;
  Cause cause = Cause::none;  // none: committed, unless it was the last one
  std::string error;
  bool lost = false;  // the connection is gone: nobody can say now whether it was committed
  std::uint64_t statements = 0, rows_changed = 0;
  std::int64_t waited = 0;  // to the worker: microseconds that the runner let pass
};

struct NextPage {
  static constexpr Kind kind = Kind::next_page;
  std::int64_t milliseconds = 0;  // until the page's time limit
};

// Worker → broker, answered by Affected: what an error in one row is to undo.
struct Savepoint {
  static constexpr Kind kind = Kind::savepoint;
  enum class What : std::uint8_t { set, roll_back } what = What::set;
};

}  // namespace core
