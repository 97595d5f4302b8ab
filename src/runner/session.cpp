#include "runner/session.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "os/clock.hpp"
#include "runner/timing.hpp"
#include "runner/verdicts.hpp"
#include "sandbox/worker.hpp"

namespace runner {
namespace {

using core::Cause;
using core::Kind;
using core::Outcome;
using core::OutcomeKind;
using os::in;

constexpr std::string_view k_loading = "the script was being loaded";
constexpr std::string_view k_asking = "shouldRun() was running";
constexpr std::string_view k_executing = "execute() was running";
constexpr std::chrono::seconds k_longest_timeout{1'000'000'000};  // a script may ask for; more overflows the clock

template <class Message>
std::optional<Message> as(const os::Frame& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame.body);
}

bool says_yes(const os::Frame& frame) {
  const auto answer = as<core::Answer>(frame);
  return answer && answer->word == core::Answer::Word::yes;
}

}  // namespace

Session::Session(Crew& crew, core::Load load, Setting setting, Upto upto)
    : crew_(crew),
      load_(std::move(load)),
      setting_(std::move(setting)),
      lines_(setting_.limits, setting_.on_line),
      worker_(crew.take_worker()),
      started_(os::Steady::now()),
      deadline_(started_ + setting_.timeout),
      timeout_(setting_.timeout) {
  for (const core::DatabaseStatus& database : crew.databases())
    load_.databases.push_back({database.name, database.engine});
  measures_.worker_sandbox = core::describe(worker_.level);
  measures_.broker_sandbox = core::describe(crew.broker_level());
  over_ = tell(Kind::load, encode(load_), k_loading);
  // A worker that ends over the loading does not take this; why, it has said.
  if (upto == Upto::answer)
    worker_.channel.send(static_cast<std::uint8_t>(Kind::ask),
                         encode(core::Ask{crew.first_database(), crew.coordinator()}), deadline_);
}

// A zygote that has died took the worker with it.
Session::~Session() {
  try {
    if (worker_alive_) crew_.kill(worker_);
  } catch (const base::Error&) {
  }
}

void Session::end_worker(const core::Ended& ended) {
  worker_alive_ = false;
  measures_.cpu = std::chrono::microseconds(ended.cpu_microseconds);
  measures_.peak_memory = ended.peak_memory;
}

// --- talking to the worker -----------------------------------------------------------------------------------------

std::optional<Outcome> Session::tell(Kind kind, const std::string& body, std::string_view doing) {
  switch (worker_.channel.send(static_cast<std::uint8_t>(kind), body, deadline_)) {
    case os::SendResult::sent:
      return std::nullopt;
    case os::SendResult::timed_out:
      return timed_out(doing);
    default:
      return died();
  }
}

Session::Heard Session::hear(std::string_view doing) {
  if (early_) return *std::exchange(early_, std::nullopt);
  for (;;) {
    while (std::optional<os::Frame> frame = worker_.channel.next()) {
      // The broker ends a statement at the time limit, too, and may be quicker.
      const bool is_fault = frame->kind == static_cast<std::uint8_t>(Kind::fault);
      if (is_fault && os::Steady::now() >= deadline_) return timed_out(doing);
      std::optional<Outcome> ended;
      if (!take_aside(*frame, ended)) return std::move(*frame);
      if (ended) return std::move(*ended);
      if (os::Steady::now() >= deadline_) return timed_out(doing);
    }
    std::array<pollfd, 3> wait = {pollfd{worker_.channel.fd(), POLLIN, 0},
                                  pollfd{setting_.stop != nullptr ? setting_.stop->fd() : -1, POLLIN, 0},
                                  pollfd{worker_known_to_broker_ ? crew_.broker_fd() : -1, 0, 0}};
    const os::Deadline wake = setting_.live ? std::min(deadline_, setting_.live->due()) : deadline_;
    (void)::poll(wait.data(), wait.size(), os::poll_timeout(wake));
    if (setting_.live) setting_.live->write();
    if (os::Steady::now() >= deadline_) return timed_out(doing);
    if (wait[1].revents != 0) {
      setting_.stop->look();
      if (setting_.stop->at_once()) return interrupted();
    }
    if (wait[2].revents != 0) return broker_died();
    if (wait[0].revents == 0) continue;
    switch (worker_.channel.fill()) {
      case os::FillResult::open:
        break;
      case os::FillResult::malformed:
        return protocol_fault();
      case os::FillResult::closed:
        return died();
    }
  }
}

std::optional<Outcome> Session::take_line(const os::Frame& frame) {
  const auto line = core::decode<core::Line>(frame.body);
  if (!line) return protocol_fault();
  lines_.take(*line);
  if (!ahead_) lines_.tell();
  return std::nullopt;
}

bool Session::take_aside(const os::Frame& frame, std::optional<Outcome>& ended) {
  if (frame.kind == static_cast<std::uint8_t>(Kind::line)) {
    ended = take_line(frame);
    return true;
  }
  if (auto told = as<core::ProgressTold>(frame)) {
    progress_ = std::move(told->progress);
    progress_->label = base::cap(progress_->label, core::k_longest_word);
    progress_untold_ = true;
    if (!ahead_) tell_progress();
    return true;
  }
  if (take_of_batch(frame, ended)) return true;
  const auto wish = as<core::ReadData>(frame);
  if (!wish) return false;
  const auto goes_on = [this] {
    if (setting_.stop != nullptr) setting_.stop->look();
    return os::Steady::now() < deadline_ && (setting_.stop == nullptr || !setting_.stop->at_once());
  };
  const core::Data data =
      setting_.on_data ? setting_.on_data(*wish, goes_on) : core::Data{"there are no data files here", {}};
  ended = tell(Kind::data, encode(data), k_executing);
  return true;
}

void Session::tell_progress() {
  if (progress_untold_ && setting_.on_progress) setting_.on_progress(*progress_);
  progress_untold_ = false;
}

// The next frame but lines, when it comes within this time. Whatever ends the worker is left for hear().
std::optional<os::Frame> Session::glance(os::Deadline give_up) {
  while (os::Steady::now() < give_up) {
    if (std::optional<os::Frame> frame = worker_.channel.next()) {
      if (!take_aside(*frame, over_)) return frame;
      if (over_) return std::nullopt;
      continue;
    }
    pollfd wait{worker_.channel.fd(), POLLIN, 0};
    if (::poll(&wait, 1, os::poll_timeout(give_up)) <= 0) return std::nullopt;
    const os::FillResult filled = worker_.channel.fill();
    if (filled == os::FillResult::malformed) over_ = protocol_fault();
    if (filled != os::FillResult::open && !worker_.channel.next_kind()) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Outcome> Session::fault_in(const os::Frame& frame) const {
  const auto fault = as<core::Fault>(frame);
  if (!fault) return std::nullopt;
  const Cause cause = honest(fault->cause);
  if (cause == Cause::memory) return out_of_memory();
  return core::failed(cause, base::cap(fault->error, k_longest_text), base::cap(fault->traceback, k_longest_text));
}

Outcome Session::out_of_memory() const {
  return core::failed(Cause::memory,
                      fmt::format("the script ran out of memory: the limit is {} ([run] memory raises it)",
                                  base::format_size(crew_.memory_limit())));
}

Outcome Session::timed_out(std::string_view doing) {
  end_worker(crew_.kill(worker_));
  return out_of_time(timeout_, doing);
}

Outcome Session::interrupted() {
  end_worker(crew_.kill(worker_));
  Outcome outcome = stopped_by_signal();
  outcome.reason = setting_.stop->reason();
  return outcome;
}

// Its transaction is gone with it, so whatever the script still computes is for nothing.
Outcome Session::broker_died() {
  killed_ = true;
  end_worker(crew_.kill(worker_));
  return was_killed(core::failed(Cause::unreachable, std::string(k_broker_died)));
}

Outcome Session::protocol_fault() {
  end_worker(crew_.kill(worker_));
  return core::failed(Cause::crash, "the worker process sent what no worker sends; it was stopped");
}

// The channel is closed: the process has ended, or is just about to.
Outcome Session::died() {
  const core::Ended ended = crew_.dismiss(worker_);
  end_worker(ended);
  // A worker ends by itself when the broker does, and may be seen first.
  killed_ = WIFSIGNALED(ended.status) ? WTERMSIG(ended.status) == SIGKILL
                                      : WEXITSTATUS(ended.status) == sandbox::k_exit_protocol;
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == sandbox::k_exit_out_of_memory) return out_of_memory();
  return killed_ ? was_killed(worker_died(ended.status)) : worker_died(ended.status);
}

// --- the steps -----------------------------------------------------------------------------------------------------

// Only what is quick and changes nothing is done ahead: a script that does not go straight on waits for its steps.
void Session::run_ahead(std::chrono::microseconds most) {
  const os::Deadline give_up = os::Steady::now() + most;
  ahead_ = true;
  std::optional<os::Frame> frame = over_ ? std::nullopt : glance(give_up);
  if (frame) over_ = take_declaration(std::move(*frame));
  if (frame && !over_) over_ = serve();
  if (stage_ == Stage::asking && !over_) early_ = glance(give_up);
  if (early_ && (declaration_.transaction || !declaration_.writes) && says_yes(std::get<os::Frame>(*early_))) {
    over_ = take_answer(*std::exchange(early_, std::nullopt));
    start_to_execute();
  }
  ahead_ = false;
}

// While the runner recorded the script before, nobody listened to this one: what it said then was said in time.
std::optional<Outcome> Session::load() {
  // Once execute() has begun, the broker's answer to that is to be heard first.
  if (worker_alive_ && worker_.channel.fill() == os::FillResult::malformed)
    (stage_ == Stage::executing ? untold_ : over_) = protocol_fault();
  lines_.tell();
  tell_progress();
  if (over_ && worker_known_to_broker_) return roll_back(*std::exchange(over_, std::nullopt));
  if (over_) return std::move(over_);
  return stage_ == Stage::loading ? take_declaration(hear(k_loading)) : std::nullopt;
}

std::optional<Outcome> Session::take_declaration(Heard heard) {
  loaded_ = os::Steady::now();
  measures_.load = std::chrono::duration_cast<std::chrono::microseconds>(loaded_ - started_);
  if (auto* ended = std::get_if<Outcome>(&heard)) return std::move(*ended);
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return fault;
  auto loaded = as<core::Loaded>(frame);
  if (!loaded) return protocol_fault();
  declaration_ = std::move(loaded->declaration);
  core::cap(declaration_);
  if (declaration_.timeout) {
    timeout_ = std::min<std::chrono::milliseconds>(*declaration_.timeout, k_longest_timeout);
    deadline_ = started_ + timeout_;
  }
  if (crew_.preview_is_over()) return core::blocked(Cause::none, std::string(k_preview_is_over));
  if (load_.preview && declaration_.writes && !declaration_.transaction)
    return core::blocked(Cause::none, std::string(k_not_previewed));
  if (setting_.on_time)
    if (auto held = not_yet(declaration_, os::now())) return held;
  if (setting_.demands)
    if (auto held = setting_.demands(declaration_)) return held;
  return choose_database();
}

std::optional<Outcome> Session::choose_database() {
  database_ = declaration_.database;
  if (database_.empty() && crew_.databases().empty()) return std::nullopt;  // `check` needs none
  if (database_.empty()) database_ = declaration_.writes ? crew_.first_database() : crew_.coordinator();
  if (auto other = another_database(setting_.approval, database_)) return other;
  if (crew_.database(database_) != nullptr) return std::nullopt;
  return unknown_database(database_, crew_.databases());
}

core::Begin Session::begin_of(core::Access access) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - os::Steady::now());
  core::Begin wish{
      database_, access, std::max<std::int64_t>(left.count(), 1), {}, setting_.once && !declaration_.repeatable};
  if (access == core::Access::read) return wish;
  wish.receipt = setting_.receipt;
  wish.forced = setting_.forced;
  wish.max_rows = declaration_.max_rows;
  wish.batches = access == core::Access::write && may_batch();
  wish.undoes = setting_.undoes;
  wish.approval = setting_.approval;
  if (undoes()) wish.once = false;
  wish.disowned = setting_.disowned.applied;
  wish.disowned_by = setting_.disowned.undone_by;
  return wish;
}

void Session::begin(core::Begin wish) {
  crew_.begin(wish, worker_known_to_broker_ ? nullptr : &worker_.for_broker);
  worker_known_to_broker_ = true;
  worker_.for_broker.close();
}

// Lets shouldRun() read. One that has answered already asks the database nothing.
std::optional<Outcome> Session::serve() {
  if (crew_.databases().empty())
    return core::blocked(Cause::unreachable, "config.toml names no database that it could work on");
  const core::DatabaseStatus& database = *crew_.database(database_);
  if (!database.fault.empty())
    return core::blocked(Cause::unreachable,
                         fmt::format("database {} cannot be used: {}", database.name, database.fault));
  if (worker_.channel.next_kind() != static_cast<std::uint8_t>(Kind::answer)) begin(begin_of(core::Access::read));
  stage_ = Stage::asking;
  return std::nullopt;
}

std::optional<Outcome> Session::hear_began() {
  const os::Deadline give_up = in(k_to_roll_back) + std::max(deadline_ - os::Steady::now(), os::Steady::duration(0));
  for (bool again = false;; again = true) {
    while (setting_.stop != nullptr && !crew_.broker_speaks(give_up, setting_.stop->fd())) {
      setting_.stop->look();
      if (!setting_.stop->at_once()) continue;
      crew_.renew_broker();  // it may be waiting for a lock
      return in_doubt(interrupted(), "stopped by a signal while it began");
    }
    const auto began = crew_.hear_began(give_up);
    if (!began)
      return in_doubt(was_killed(core::failed(Cause::unreachable, std::string(k_broker_died))), k_broker_died);
    const core::Receipt& earlier = began->earlier;
    const bool ours = began->begun && earlier.ledger == setting_.receipt.ledger;
    if (again || !ours || !setting_.is_settled(earlier.attempt)) return judge(*began);
    core::Begin wish = begin_of(core::Access::piecemeal);  // how that attempt ended is known
    wish.settled = earlier.attempt;
    begin(wish);
  }
}

// nullopt: the transaction is open, or the script may work without one.
std::optional<Outcome> Session::judge(const core::Began& began) {
  measures_.statements += began.statements;
  if (began.lost) {
    lost_early_ = true;
    crew_.renew_broker();
    return line_was_lost(began.error);
  }
  if (began.cause == Cause::unreachable || began.elsewhere)
    return core::blocked(began.cause, base::cap(began.error, k_longest_text));
  if (began.applied) return core::skipped(applied_before(began.earlier, setting_.receipt.ledger));
  if (began.missing)
    return core::blocked(Cause::none,
                         "its receipt is not in the database: it was never applied there, or was taken back");
  if (began.begun) return core::blocked(Cause::none, begun_before(began.earlier, setting_.receipt.ledger));
  if (began.cause == Cause::none) return std::nullopt;
  return core::failed(began.cause, base::cap(began.error, k_longest_text));
}

std::optional<Outcome> Session::ask() {
  if (stage_ == Stage::executing) return std::nullopt;
  if (stage_ == Stage::loading)
    if (auto blocked = serve()) return blocked;
  return take_answer(hear(k_asking));
}

std::optional<Outcome> Session::take_answer(Heard heard) {
  measures_.should_run = os::since(loaded_);
  if (auto* ended = std::get_if<Outcome>(&heard)) return roll_back(std::move(*ended));
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return roll_back(std::move(*fault));
  auto answer = as<core::Answer>(frame);
  if (!answer) return roll_back(protocol_fault());
  if (answer->word == core::Answer::Word::no) return said_no(roll_back(core::skipped("shouldRun() said no")));
  warnings_ = std::move(answer->warnings);
  core::cap(warnings_);
  if (answer->word == core::Answer::Word::invalid)
    return roll_back(core::failed(Cause::validation, base::cap(answer->reason, k_longest_text)));
  if (answer->word == core::Answer::Word::skip)
    return roll_back(core::skipped(base::cap(answer->reason, k_longest_text)));
  return std::nullopt;
}

// There may be nothing left to do because another node, or another ledger, has done it.
Outcome Session::said_no(Outcome outcome) {
  if (outcome.kind != OutcomeKind::skipped || !setting_.once || declaration_.repeatable) return outcome;
  const core::Receipt& receipt = setting_.receipt;
  const core::Inquired answer = crew_.inquire({database_, receipt.script, receipt.sha256, {}, 0});
  if (answer.proof == core::Proof::present) outcome.reason = applied_before(answer.receipt, receipt.ledger);
  return outcome;
}

// The worker need not wait for the transaction: its first statement does.
void Session::start_to_execute() {
  executing_ = os::Steady::now();
  stage_ = Stage::executing;
  if (!declaration_.writes)
    begin(begin_of(core::Access::receipt_only));
  else
    begin(begin_of(declaration_.transaction ? core::Access::write : core::Access::piecemeal));
  untold_ = tell(Kind::execute, encode(core::Execute{undoes(), database_}), k_executing);
}

Outcome Session::undo() {
  if (!declaration_.rolls_back)
    return roll_back(core::failed(Cause::contract, "the script has no function `rollback`, so nothing was undone"));
  if (crew_.databases().empty())
    return roll_back(core::blocked(Cause::unreachable, "config.toml names no database that it could work on"));
  return execute([] {});
}

Outcome Session::execute(const std::function<void()>& meanwhile) {
  return account_for_batches(carry_out(meanwhile));
}

Outcome Session::carry_out(const std::function<void()>& meanwhile) {
  if (stage_ != Stage::executing) start_to_execute();
  if (auto ended = hear_began()) return std::move(*ended);
  if (untold_) return roll_back(std::move(*untold_));
  auto heard = hear(k_executing);
  measures_.execute = os::since(executing_);
  if (auto* ended = std::get_if<Outcome>(&heard)) return roll_back(std::move(*ended));
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return roll_back(std::move(*fault));
  auto result = as<core::Result>(frame);
  if (!result) return roll_back(protocol_fault());
  if (auto refused = refuse(*result)) return roll_back(std::move(*refused));
  std::string message = base::cap(result->message, k_longest_text);
  if (result->word == core::Result::Word::failed) return roll_back(core::failed(Cause::error, std::move(message)));
  if (result->word == core::Result::Word::skipped) return roll_back(core::skipped(std::move(message)));
  Outcome success;
  success.kind = undoes() ? OutcomeKind::rolled_back : OutcomeKind::succeeded;
  success.message = std::move(message);
  success.result = std::move(result->json);
  return commit(std::move(success), meanwhile);
}

}  // namespace runner
