#include "target/paging.hpp"

#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"
#include "os/clock.hpp"

namespace target {

// In a preview nothing of fettle's own is written.
void leave_bookmarks(Transaction& at) {
  if (at.previews) return;
  for (auto& [name, batch] : at.batches) {
    if (!batch.untold) continue;
    at.own->connection->pages().leave(*batch.untold, batch.stored);
    batch.stored = std::exchange(batch.untold, std::nullopt);
  }
}

namespace {

using core::Cause;
using core::Kind;

constexpr std::chrono::seconds k_to_commit{30};  // a commit is not cut short by the page's time limit

constexpr const char* k_not_agreed =
    "batch{} commits its pages before all that it does is known, so that it cannot be kept to what a preview showed; "
    "run it without";

bool is_at_work(const Transaction& at) {
  return at.access == core::Access::write && at.begun && !at.between_pages && at.receipt;
}

core::BatchOpened open_batch(Transaction& at, const core::OpenBatch& wish) {
  core::BatchOpened opened;
  if (at.approval.given) opened.fault = k_not_agreed;
  if (at.approval.given) return opened;
  try {
    Transaction::Batch batch;
    if (!at.previews) batch.stored = at.own->connection->pages().find(at.script, wish.name);
    if (batch.stored) opened.bookmark = *batch.stored;
    at.batches[wish.name] = std::move(batch);
  } catch (const SqlError& error) {
    opened.fault = error.what();
  }
  return opened;
}

core::Bookmark behind(const Transaction& at, const core::TurnPage& page, const std::optional<core::Bookmark>& before) {
  core::Bookmark now;
  if (before && !page.anew) now = *before;
  now.by = *at.receipt;
  now.by.applied_at = base::iso8601(os::now());
  now.name = page.name;
  now.cursor = page.cursor;
  now.pages += page.ended && page.rows == 0 ? 0 : 1;
  now.rows += page.rows;
  now.failed += page.failed;
  now.ended = page.ended;
  return now;
}

void commit_page(Transaction& at, Spending& spending, core::PageTurned& turned) {
  Connection& own = *at.own->connection;
  spending.check();
  if (at.lost || !own.in_transaction())
    throw SqlError(Cause::error,
                   "a statement of the script ended its transaction, so nothing of this page is committed");
  turned.rows_changed = own.rows_changed();
  spending.check_changed(own);
  leave_bookmarks(at);
  at.deadline = os::in(k_to_commit);
  if (at.previews) {
    own.leave_receipt(*at.receipt);  // which is none, but settles what was begun
    own.commit();                    // which only keeps
  } else {
    own.pages().commit();
  }
  at.between_pages = true;
  at.marked = false;
  ++at.pages;
  turned.statements = std::exchange(at.statements, 0);
  spending.turn_page(turned.rows_changed);
}

core::PageTurned turn_page(Transaction& at, Spending& spending, const core::TurnPage& page) {
  core::PageTurned turned;
  at.cursors.clear();
  Transaction::Batch& batch = at.batches.at(page.name);
  batch.untold = behind(at, page, batch.stored);
  if (page.ended) return turned;
  try {
    commit_page(at, spending, turned);
  } catch (const SqlError& error) {
    turned.cause = error.cause();
    turned.error = error.what();
    turned.lost = at.own->connection->lost() || error.cause() == Cause::unreachable;
  }
  return turned;
}

core::Began next_page(Transaction& at, const core::NextPage& wish) {
  core::Began began;
  at.deadline = os::in(std::chrono::milliseconds(wish.milliseconds));
  Beginning how{at.access, at.deadline, at.script, at.sha256, at.node};
  how.batches = how.further = true;
  try {
    at.own->connection->begin(how);
    at.between_pages = false;
  } catch (const SqlError& error) {
    began.cause = error.cause();
    began.error = error.what();
    began.lost = at.own->connection->lost();
  }
  return began;
}

template <class Message>
Reply reply(const Message& message) {
  return {Message::kind, encode(message)};
}

}  // namespace

bool is_of_batch(std::uint8_t kind) noexcept {
  return kind == static_cast<std::uint8_t>(Kind::open_batch) || kind == static_cast<std::uint8_t>(Kind::turn_page) ||
         kind == static_cast<std::uint8_t>(Kind::next_page);
}

std::optional<Reply> work_on_batch(Transaction& at, Spending& spending, const os::Frame& frame) {
  switch (static_cast<Kind>(frame.kind)) {
    case Kind::open_batch:
      if (const auto wish = core::decode<core::OpenBatch>(frame.body); wish && is_at_work(at))
        return reply(open_batch(at, *wish));
      return std::nullopt;
    case Kind::turn_page:
      if (const auto page = core::decode<core::TurnPage>(frame.body);
          page && is_at_work(at) && at.batches.contains(page->name))
        return reply(turn_page(at, spending, *page));
      return std::nullopt;
    case Kind::next_page:
      if (const auto wish = core::decode<core::NextPage>(frame.body); wish && at.between_pages)
        return reply(next_page(at, *wish));
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

void mark(Transaction& at, core::Savepoint::What what) {
  if (!is_at_work(at)) throw SqlError(Cause::error, "no row of a batch is at work");
  const bool back = what == core::Savepoint::What::roll_back;
  if (back && !at.marked) throw SqlError(Cause::error, "there is no savepoint to go back to");
  if (back) at.cursors.clear();
  at.own->connection->pages().savepoint(what, at.marked);
  at.marked = !back;
}

void tell_gap(const Transaction& at, core::Changes& changes) {
  if (at.pages == 0) return;
  const std::string gap = "it worked in batches: only what it changed behind its last page but one is told";
  if (changes.tables.empty()) changes.tables.emplace_back();
  for (core::TableChanges& table : changes.tables) table.gap = gap;
}

}  // namespace target
