#include "target/broker.hpp"

#include <array>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "core/message.hpp"
#include "core/wire.hpp"
#include "os/channel.hpp"
#include "target/broker_inside.hpp"
#include "target/changed_rows.hpp"
#include "target/databases.hpp"
#include "target/refusals.hpp"
#include "target/row_batch.hpp"
#include "target/spending.hpp"
#include "target/sql_text.hpp"
#include "target/sqlite.hpp"
#include "target/transaction.hpp"

namespace target {
namespace {

using core::Cause;
using core::Kind;
using os::in;

constexpr std::string_view k_connection_lost = "the connection to the database was lost";
constexpr std::size_t k_longest_fault = std::size_t{8} << 10U;  // bytes: a worker that sends ahead counts on it

}  // namespace

Broker::Broker(const core::BrokerSettings& settings, os::Channel runner, std::vector<os::Fd> held)
    : runner_(std::move(runner)),
      held_(std::move(held)),
      databases_(
          settings, [this] { return should_stop(); }, runner_.fd()),
      level_(databases_.lock_down()),
      previews_(settings.preview),
      spending_(settings.limits) {}

void Broker::answer(Kind kind, std::string_view body) {
  const auto sent = worker_.send(static_cast<std::uint8_t>(kind), body,
                                 transaction_ ? transaction_->deadline : in(k_patience), {}, runner_.fd());
  if (sent == os::SendResult::too_large) {
    answer(core::SqlFault{fmt::format("the answer is larger than {} MiB", os::k_largest_frame >> 20U)});
    return;
  }
  if (sent != os::SendResult::sent) worker_.close();  // it is gone, or does not read: the runner's clock decides
}

// Asked by the database while a statement runs: the time is up, or the runner has something to say (which is then
// "stop").
bool Broker::should_stop() const {
  if (!transaction_) return false;
  pollfd runner{runner_.fd(), POLLIN, 0};
  return os::Steady::now() >= transaction_->deadline || ::poll(&runner, 1, 0) > 0;
}

void Broker::serve() {
  tell_runner(core::BrokerReady{level_, databases_.statuses()});
  for (;;) {
    std::array<pollfd, 2> wait = {pollfd{runner_.fd(), POLLIN, 0},
                                  pollfd{hears_worker() ? worker_.fd() : -1, POLLIN, 0}};
    const bool seen = hears_worker() && spin_.sees([&] { return ::poll(wait.data(), wait.size(), 0) > 0; });
    if (!seen && ::poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[0].revents != 0 && !hear_runner()) return;
    if (wait[1].revents != 0 && hears_worker()) hear_worker();
  }
}

bool Broker::hear_runner() {
  if (runner_.fill() != os::FillResult::open) return false;
  while (std::optional<os::Frame> frame = runner_.next())
    if (!obey(std::move(*frame))) return false;
  return true;
}

bool Broker::obey(os::Frame frame) {
  if (frame.kind == static_cast<std::uint8_t>(Kind::begin)) {
    const auto wish = core::decode<core::Begin>(frame.body);
    if (wish) begin(*wish, std::move(frame.descriptors));
    return wish.has_value();
  }
  if (frame.kind == static_cast<std::uint8_t>(Kind::inquire)) return tell_of<core::Inquire>(frame, look_for_proof);
  if (frame.kind == static_cast<std::uint8_t>(Kind::examine)) return tell_of<core::Examine>(frame, look_at);
  if (frame.kind == static_cast<std::uint8_t>(Kind::muster)) return tell_of<core::Muster>(frame, look_around);
  if (frame.kind == static_cast<std::uint8_t>(Kind::restore)) return put_back(frame);
  if (is_of_batch(frame.kind)) return obey_in_batch(frame);
  const auto wish = core::decode<core::Finish>(frame.body);
  if (!wish || frame.kind != static_cast<std::uint8_t>(Kind::finish)) return false;
  finish(*wish);
  return true;
}

bool Broker::put_back(const os::Frame& frame) {
  auto wish = core::decode<core::Restore>(frame.body);
  if (!wish || !transaction_ || !transaction_->receipt) return false;
  transaction_->may_have_written = true;
  transaction_->statements += wish->rows.size();
  tell_runner(restore(transaction_->restoring, *transaction_->own->connection, std::move(*wish)));
  return true;
}

// Between two pages the worker waits, and what it might say all the same is not listened to.
bool Broker::obey_in_batch(const os::Frame& frame) {
  const auto reply = transaction_ ? work_on_batch(*transaction_, spending_, frame) : std::nullopt;
  if (reply) runner_.send(static_cast<std::uint8_t>(reply->kind), reply->body, in(k_patience));
  return reply.has_value();
}

// What the runner asks about a database while no script is at work.
template <class Wish, class Look>
bool Broker::tell_of(const os::Frame& frame, Look look) {
  const auto wish = core::decode<Wish>(frame.body);
  if (!wish || transaction_) return false;
  tell_runner(look(databases_.find(wish->database), *wish));
  return true;
}

void Broker::begin(const core::Begin& wish, std::vector<os::Fd> descriptors) {
  if (!descriptors.empty()) {
    worker_ = os::Channel(std::move(descriptors[0]));
    worker_.set_nonblocking();
    spending_.start_anew();
  }
  core::Began began;
  if (transaction_) {
    const core::Done ended = conclude(false);
    began.cause = ended.cause;
    began.error = ended.error;
    began.lost = ended.lost;
    began.statements = ended.statements;
  }
  if (began.cause == Cause::none) open_transaction(wish, began);
  if (wish.access != core::Access::read) return tell_runner(began);
  if (began.cause != Cause::none) worker_.close();  // it would wait for ever
}

void Broker::open_transaction(const core::Begin& wish, core::Began& began) {
  Database* own = databases_.find(wish.database);
  began.cause = own == nullptr || !own->connection ? Cause::unreachable : Cause::none;
  if (own == nullptr) began.error = "there is no such database";
  if (own != nullptr) began.error = own->status.fault;
  if (began.cause != Cause::none) return;
  transaction_.emplace();
  transaction_->own = own;
  transaction_->access = wish.access;
  transaction_->deadline = in(std::chrono::milliseconds(wish.milliseconds));
  transaction_->script = wish.receipt.script;
  transaction_->sha256 = wish.receipt.sha256;
  transaction_->node = wish.receipt.node;
  transaction_->previews = previews_;
  transaction_->may_batch = wish.batches && !previews_;
  spending_.allow_changes(wish.max_rows);
  if (wish.access == core::Access::read) return;
  try {
    transaction_->restores = wish.restores;
    transaction_->approval = wish.approval;
    if (wish.approval.given && wish.access == core::Access::piecemeal)
      throw SqlError(Cause::rule, "without a transaction nothing can be kept to what a preview showed");
    begin_own();
    transaction_->receipt = wish.receipt;
    if (wish.undoes != 0) transaction_->outdated = {wish.receipt.attempt, wish.undoes};
    if (look_for_earlier(*own->connection, wish, began)) transaction_->outdated = {wish.disowned};
  } catch (const BusyElsewhere& error) {
    began.cause = error.cause();
    began.error = error.what();
    began.elsewhere = true;
  } catch (const SqlError& error) {
    began.cause = error.cause();
    began.error = error.what();
    began.lost = own->connection->lost();
  }
  if (began.applied || began.begun || began.missing || began.cause != Cause::none) end_transactions();
}

void Broker::begin_own() {
  if (transaction_->begun) return;
  Beginning how(transaction_->access, transaction_->deadline, transaction_->script, transaction_->sha256,
                transaction_->node);
  how.restores = transaction_->restores;
  how.batches = transaction_->may_batch;
  transaction_->own->connection->begin(how);
  transaction_->begun = true;
}

void Broker::finish(const core::Finish& wish) {
  if (wish.confirm) tell_runner(core::Heard{});
  core::Done done = transaction_ ? conclude(wish.commit) : core::Done{};
  tell_runner(done);
}

core::Done Broker::conclude(bool commit) {
  core::Done done;
  done.statements = transaction_->statements;
  done.may_have_written = transaction_->may_have_written;
  done.locked = transaction_->locked;
  Connection& own = *transaction_->own->connection;
  transaction_->cursors.clear();
  if (databases_.any_lost()) {
    done.cause = Cause::unreachable;
    done.error = std::string(k_connection_lost);
    done.lost = true;
  } else if (spending_.cause() != Cause::none) {
    done.cause = spending_.cause();
    done.error = spending_.fault();
  } else if (commit && (transaction_->lost || !own.in_transaction() || !transaction_->receipt)) {
    done.cause = Cause::error;
    done.error = "a statement of the script ended its transaction, so nothing of it can be committed";
  } else if (commit) {
    commit_with_receipt(own, done);
  }
  if (transaction_->access == core::Access::piecemeal && !commit && !done.may_have_written && !done.lost)
    forget_start(own, *transaction_->receipt);
  end_transactions();
  return done;
}

void Broker::commit_with_receipt(Connection& own, core::Done& done) {
  bool asked_to_commit = false;
  try {
    done.rows_changed = own.rows_changed();
    spending_.check_changed(own);  // a query may change something, too
    tell_changes(own, done, [this](std::string_view part) {
      runner_.send(static_cast<std::uint8_t>(Kind::changed_rows), part, in(k_patience));
    });
    if (const std::string why = core::departure(transaction_->approval, done.changes); !why.empty())
      throw SqlError(Cause::rule, fmt::format("this is not what was agreed to: {}", why));
    tell_gap(*transaction_, done.changes);
    leave_bookmarks(*transaction_);  // nobody else has gone on with it meanwhile
    if (!transaction_->batches.empty() && !previews_) own.pages().take_away(transaction_->script);
    own.leave_receipt(*transaction_->receipt);
    if (!transaction_->outdated.empty() && !previews_)
      own.take_receipts_away(*transaction_->receipt, transaction_->outdated);
    transaction_->deadline = in(k_patience);  // a commit is not cut short by the script's time limit
    asked_to_commit = true;
    own.commit();
    done.word = core::Done::Word::committed;
  } catch (const SqlError& error) {
    done.cause = error.cause();
    done.error = error.cause() == Cause::memory ? spending_.too_much_memory() : error.what();
    done.lost = own.lost();
    if (asked_to_commit && error.cause() == Cause::unreachable) done.word = core::Done::Word::unknown;
  }
}

void Broker::end_transactions() {
  transaction_->cursors.clear();
  for (Database& database : databases_.all()) {
    const bool paused = transaction_->between_pages && &database == transaction_->own;
    if (!database.connection || (!paused && !database.connection->in_transaction())) continue;
    try {
      database.connection->rollback();
    } catch (const SqlError&) {
      ::_exit(
          1);  // a connection that cannot roll back is good for nothing: the database does it when this process ends
    }
  }
  transaction_.reset();
}

void Broker::hear_worker() {
  const os::FillResult filled = worker_.fill();
  while (hears_worker()) {
    const std::optional<os::FrameView> frame = worker_.next_view();
    if (!frame) break;
    handle(*frame);
  }
  if (filled != os::FillResult::open) worker_.close();
}

void Broker::handle(const os::FrameView& frame) {
  transaction_->fetches_ahead = false;
  try {
    perform(frame);
  } catch (const SqlError& error) {
    explain(error.cause(), error.what());
  } catch (const std::bad_alloc&) {
    explain(Cause::memory, "");
  }
}

void Broker::explain(Cause cause, std::string said) {
  transaction_->locked = cause == Cause::locked;
  if (cause == Cause::memory) {
    if (!transaction_->fetches_ahead) spending_.hit_memory();
    said = spending_.too_much_memory();
  }
  const Connection& own = *transaction_->own->connection;
  if (transaction_->begun && !transaction_->lost && !own.in_transaction()) {
    transaction_->lost = true;
    if (!own.lost()) said = transaction_was_ended(said);
  }
  answer(core::SqlFault{base::cap(said, k_longest_fault)});
}

void Broker::check_transaction() {
  spending_.check();
  if (transaction_->lost)
    throw SqlError(Cause::error, "the transaction was ended by an earlier statement; nothing more can be done in it");
}

void broker_main(std::string_view settings, std::vector<os::Fd> descriptors) {
  if (!settings.empty() || descriptors.size() != 1) ::_exit(1);
  os::close_all_but({0, 1, 2, descriptors[0].get()});
  os::detach_standard_streams();
  use_sqlite_alone();
  os::Channel runner(std::move(descriptors[0]));
  runner.set_nonblocking();
  std::optional<os::Frame> first = runner.await(os::Deadline::max());
  const auto wishes = first ? core::decode<core::BrokerSettings>(first->body) : std::nullopt;
  if (!wishes) ::_exit(first ? 1 : 0);
  {
    Broker broker(*wishes, std::move(runner), std::move(first->descriptors));
    broker.serve();
  }
  ::_exit(0);
}

}  // namespace target
