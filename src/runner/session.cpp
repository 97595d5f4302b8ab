#include "runner/session.hpp"

#include <array>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "os/clock.hpp"
#include "sandbox/worker.hpp"

namespace runner {
namespace {

using core::Cause;
using core::Kind;
using core::Outcome;
using core::OutcomeKind;

constexpr std::size_t k_most_lines = 10'000;
constexpr std::size_t k_most_line_bytes = std::size_t{1} << 20U;
constexpr std::size_t k_longest_text = std::size_t{64} << 10U;   // message, error, traceback
constexpr std::size_t k_longest_result = std::size_t{1} << 20U;  // JSON
constexpr std::size_t k_deepest_result = 70;
constexpr std::chrono::seconds k_to_roll_back{60};
constexpr std::chrono::minutes k_to_commit{10};  // a slow disk is no reason to doubt a commit

os::Deadline in(std::chrono::milliseconds time) {
  return os::Steady::now() + time;
}

template <class Message>
std::optional<Message> as(const os::Frame& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame.body);
}

// Causes that a worker may give; any other would be a lie.
Cause honest(Cause cause) noexcept {
  return cause == Cause::syntax || cause == Cause::contract || cause == Cause::memory ? cause : Cause::error;
}

std::string applied_before(const core::Receipt& earlier, const std::string& ledger) {
  return fmt::format("already applied by {} on {} (attempt {}{}): its receipt is in the database",
                     base::escape(earlier.node), base::escape(earlier.applied_at), earlier.attempt,
                     earlier.ledger == ledger ? "" : " of another ledger");
}

bool is_sound(const core::Result& result) {
  return result.json.empty() ||
         (result.json.size() <= k_longest_result && base::is_json(result.json, k_deepest_result));
}

std::string signal_text(int signal) {
  switch (signal) {
    case SIGSYS:
      return "it made a system call that is forbidden to scripts";
    case SIGKILL:
      return "it was killed from outside, or by the kernel for lack of memory";
    case SIGXCPU:
      return "it used up its processor time";
    default:
      return fmt::format("signal {} ({})", signal, ::strsignal(signal));
  }
}

}  // namespace

Session::Session(Crew& crew, core::Load load, Setting setting)
    : crew_(crew),
      load_(std::move(load)),
      setting_(std::move(setting)),
      worker_(crew.take_worker()),
      started_(os::Steady::now()),
      deadline_(started_ + setting_.timeout),
      timeout_(setting_.timeout) {
  for (const core::DatabaseStatus& database : crew.databases())
    load_.databases.push_back({database.name, database.engine});
  measures_.worker_sandbox = core::describe(worker_.level);
  measures_.broker_sandbox = core::describe(crew.broker_level());
}

Session::~Session() {
  if (worker_alive_) crew_.kill(worker_);
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

std::variant<os::Frame, Outcome> Session::hear(std::string_view doing) {
  for (;;) {
    while (std::optional<os::Frame> frame = worker_.channel.next()) {
      if (frame->kind != static_cast<std::uint8_t>(Kind::line)) return std::move(*frame);
      const auto line = core::decode<core::Line>(frame->body);
      if (!line) return protocol_fault();
      take_line(*line);
      if (os::Steady::now() >= deadline_) return timed_out(doing);
    }
    std::array<pollfd, 2> wait = {pollfd{worker_.channel.fd(), POLLIN, 0},
                                  pollfd{setting_.stop != nullptr ? setting_.stop->fd() : -1, POLLIN, 0}};
    const int ready = ::poll(wait.data(), wait.size(), os::poll_timeout(deadline_));
    if (ready == 0 || os::Steady::now() >= deadline_) return timed_out(doing);
    if (wait[1].revents != 0) {
      setting_.stop->look();
      if (setting_.stop->at_once()) return interrupted();
    }
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

void Session::take_line(const core::Line& line) {
  if (lines_.size() >= k_most_lines || line_bytes_ >= k_most_line_bytes) return;
  line_bytes_ += line.text.size() + 16;
  std::string text = base::cap(line.text, k_longest_text);
  if (lines_.size() + 1 == k_most_lines || line_bytes_ >= k_most_line_bytes)
    text += fmt::format("\n[the log is full: no more than {} lines and {} are kept of one attempt]", k_most_lines,
                        base::format_size(k_most_line_bytes));
  if (setting_.on_line) setting_.on_line(line.level, text);
  lines_.push_back({os::now(), line.level, std::move(text)});
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
  return core::failed(
      Cause::timeout,
      fmt::format("stopped at the time limit of {} while {}; the script's `timeout` field or [run] timeout raises it",
                  base::format_duration(timeout_), doing));
}

Outcome Session::interrupted() {
  end_worker(crew_.kill(worker_));
  Outcome outcome;
  outcome.kind = OutcomeKind::interrupted;
  outcome.reason = "stopped by a signal before it was finished";
  return outcome;
}

Outcome Session::protocol_fault() {
  end_worker(crew_.kill(worker_));
  return core::failed(Cause::crash, "the worker process sent what no worker sends; it was stopped");
}

// The channel is closed: the process has ended, or is just about to.
Outcome Session::died() {
  const core::Ended ended = crew_.dismiss(worker_);
  end_worker(ended);
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == sandbox::k_exit_out_of_memory) return out_of_memory();
  if (WIFSIGNALED(ended.status))
    return core::failed(WTERMSIG(ended.status) == SIGXCPU ? Cause::timeout : Cause::crash,
                        fmt::format("the worker process died: {}", signal_text(WTERMSIG(ended.status))));
  return core::failed(Cause::crash, "the worker process ended before the script did");
}

// --- the steps -----------------------------------------------------------------------------------------------------

std::optional<Outcome> Session::load() {
  constexpr std::string_view k_doing = "the script was being loaded";
  if (auto ended = tell(Kind::load, encode(load_), k_doing)) return ended;
  auto heard = hear(k_doing);
  measures_.load = os::since(started_);
  if (auto* ended = std::get_if<Outcome>(&heard)) return std::move(*ended);
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return fault;
  auto loaded = as<core::Loaded>(frame);
  if (!loaded) return protocol_fault();
  declaration_ = std::move(loaded->declaration);
  if (declaration_.timeout) {
    timeout_ = *declaration_.timeout;
    deadline_ = started_ + timeout_;
  }
  return choose_database();
}

std::optional<Outcome> Session::choose_database() {
  database_ = declaration_.database;
  if (database_.empty() && crew_.databases().empty()) return std::nullopt;  // `check` needs none
  if (database_.empty()) database_ = crew_.databases().front().name;
  if (crew_.database(database_) != nullptr) return std::nullopt;
  std::vector<std::string_view> names;
  for (const core::DatabaseStatus& database : crew_.databases()) names.push_back(database.name);
  const auto meant = base::nearest(database_, names);
  return core::failed(Cause::contract,
                      fmt::format("`database` names {}, which config.toml does not have{}", base::escape(database_),
                                  meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

std::optional<Outcome> Session::begin(core::Access access) {
  if (crew_.databases().empty())
    return core::blocked(Cause::unreachable, "config.toml names no database that it could work on");
  const core::DatabaseStatus& database = *crew_.database(database_);
  if (!database.fault.empty())
    return core::blocked(Cause::unreachable,
                         fmt::format("database {} cannot be used: {}", database.name, database.fault));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - os::Steady::now());
  core::Begin wish{
      database_, access, std::max<std::int64_t>(left.count(), 1), {}, setting_.once && !declaration_.repeatable};
  if (access == core::Access::write) wish.receipt = setting_.receipt;
  const auto began =
      crew_.begin(wish, worker_known_to_broker_ ? nullptr : &worker_.for_broker, in(k_to_roll_back) + left);
  worker_known_to_broker_ = true;
  worker_.for_broker.close();
  if (!began) return core::failed(Cause::unreachable, "the process that holds the database connections died");
  if (began->applied) return core::skipped(applied_before(began->earlier, setting_.receipt.ledger));
  if (began->cause == Cause::none) return std::nullopt;
  return core::failed(began->cause, base::cap(began->error, k_longest_text));
}

std::optional<Outcome> Session::ask() {
  constexpr std::string_view k_doing = "shouldRun() was running";
  const auto start = os::Steady::now();
  if (auto ended = begin(core::Access::read)) return ended;
  if (auto ended = tell(Kind::ask, encode(core::Ask{database_}), k_doing)) return roll_back(std::move(*ended));
  auto heard = hear(k_doing);
  measures_.should_run = os::since(start);
  if (auto* ended = std::get_if<Outcome>(&heard)) return roll_back(std::move(*ended));
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return roll_back(std::move(*fault));
  auto answer = as<core::Answer>(frame);
  if (!answer) return roll_back(protocol_fault());
  if (answer->word == core::Answer::Word::no) return roll_back(core::skipped("shouldRun() said no"));
  if (answer->word == core::Answer::Word::skip)
    return roll_back(core::skipped(base::cap(answer->reason, k_longest_text)));
  const auto done = crew_.finish(false, in(k_to_roll_back));
  if (!done) return core::failed(Cause::unreachable, "the process that holds the database connections died");
  measures_.statements += done->statements;
  return std::nullopt;
}

Outcome Session::execute() {
  constexpr std::string_view k_doing = "execute() was running";
  const auto start = os::Steady::now();
  if (auto ended = begin(core::Access::write)) return std::move(*ended);
  if (auto ended = tell(Kind::execute, encode(core::Execute{}), k_doing)) return roll_back(std::move(*ended));
  auto heard = hear(k_doing);
  measures_.execute = os::since(start);
  if (auto* ended = std::get_if<Outcome>(&heard)) return roll_back(std::move(*ended));
  const os::Frame& frame = std::get<os::Frame>(heard);
  if (auto fault = fault_in(frame)) return roll_back(std::move(*fault));
  auto result = as<core::Result>(frame);
  if (!result || !is_sound(*result)) return roll_back(protocol_fault());
  std::string message = base::cap(result->message, k_longest_text);
  if (result->word == core::Result::Word::failed) return roll_back(core::failed(Cause::error, std::move(message)));
  if (result->word == core::Result::Word::skipped) return roll_back(core::skipped(std::move(message)));
  Outcome success;
  success.kind = OutcomeKind::succeeded;
  success.message = std::move(message);
  success.result = std::move(result->json);
  return commit(std::move(success));
}

Outcome Session::commit(Outcome success) {
  const auto start = os::Steady::now();
  const auto done = crew_.finish(true, in(k_to_commit));
  measures_.commit = os::since(start);
  if (worker_alive_) end_worker(crew_.dismiss(worker_));
  if (done) {
    measures_.statements += done->statements;
    measures_.rows_changed = done->rows_changed;
    if (done->word == core::Done::Word::committed) return success;
    if (done->word == core::Done::Word::rolled_back)
      return core::failed(done->cause, base::cap(done->error, k_longest_text));
  }
  if (done) crew_.renew_broker();  // without an answer it is a new one already
  return resolve(std::move(success), done ? base::cap(done->error, k_longest_text)
                                          : "the process that holds the database connections died during the commit");
}

// Nobody answered for the commit, so the database is asked whether the receipt is there.
Outcome Session::resolve(Outcome success, std::string doubt) {
  const core::Receipt& receipt = setting_.receipt;
  const core::Inquired answer =
      crew_.inquire({database_, receipt.script, receipt.sha256, receipt.ledger, receipt.attempt});
  switch (answer.proof) {
    case core::Proof::present:
      return success;
    case core::Proof::absent:
      return core::failed(Cause::unreachable, std::move(doubt));
    case core::Proof::unreachable:
      break;
  }
  success.kind = OutcomeKind::unknown;
  success.cause = Cause::none;
  success.error = std::move(doubt);
  success.reason = fmt::format("nobody can say whether it was committed: {}", base::cap(answer.error, k_longest_text));
  return success;
}

// Nothing of this transaction was committed, so whatever the broker answers, the outcome stands.
Outcome Session::roll_back(Outcome outcome) {
  if (const auto done = crew_.finish(false, in(k_to_roll_back))) measures_.statements += done->statements;
  if (worker_alive_) end_worker(crew_.dismiss(worker_));
  return outcome;
}

}  // namespace runner
