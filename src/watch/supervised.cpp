#include "watch/supervised.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/log.hpp"
#include "os/program.hpp"

namespace watch {
namespace {

constexpr std::chrono::seconds k_to_take{30};      // a message, by a watcher that waits for nothing
constexpr std::chrono::minutes k_asked_again{10};  // a script that stays although it was skipped: [run] skipped
constexpr std::size_t k_shown_error = 2000;        // bytes of an error in the log; the ledger has it all

bool is_socket(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

os::Severity severity_of(core::OutcomeKind kind) noexcept {
  switch (kind) {
    case core::OutcomeKind::failed:
    case core::OutcomeKind::unknown:
      return os::Severity::error;
    case core::OutcomeKind::blocked:
    case core::OutcomeKind::interrupted:
      return os::Severity::warning;
    case core::OutcomeKind::succeeded:
    case core::OutcomeKind::skipped:
    case core::OutcomeKind::rolled_back:
    case core::OutcomeKind::marked:
    case core::OutcomeKind::imported:
      break;
  }
  return os::Severity::info;
}

}  // namespace

std::string handed_config() {
  if (!is_socket(os::k_program_channel))
    throw base::Error(base::ErrorKind::usage, "--supervised is for fettle watch, which starts this by itself",
                      "Nothing was run.", "fettle run");
  return os::handed_text(os::k_program_text);
}

Supervised::Supervised() {
  ::fcntl(os::k_program_channel, F_SETFD, FD_CLOEXEC);
  channel_ = os::Channel(os::Fd(os::k_program_channel));
  channel_.set_nonblocking();
  os::send_log_to([this](os::Severity severity, std::string_view text) {
    unsent_.push_back({static_cast<core::LineLevel>(severity), std::string(text)});
    if (severity >= os::Severity::warning) flush();
  });
}

template <class Message>
void Supervised::tell(const Message& message) {
  if (ended_) return;
  const auto sent = channel_.send(static_cast<std::uint8_t>(Message::kind), encode(message), os::in(k_to_take));
  if (sent != os::SendResult::sent) ended_ = true;
}

// What only informs is told after the script that it is about: the watcher need not be woken beside it.
void Supervised::flush() {
  for (const core::LogRecord& record : unsent_) tell(record);
  unsent_.clear();
}

void Supervised::hear() {
  if (ended_) return;
  if (channel_.fill() != os::FillResult::open) ended_ = true;
  while (const std::optional<os::Frame> frame = channel_.next()) {
    if (frame->kind != static_cast<std::uint8_t>(core::Look::kind)) continue;
    auto look = core::decode<core::Look>(frame->body);
    if (!look) continue;
    changes_.all = changes_.all || look->all;
    changes_.names.insert(changes_.names.end(), std::make_move_iterator(look->names.begin()),
                          std::make_move_iterator(look->names.end()));
    tell(core::Heard{});
  }
}

bool Supervised::stand_by() {
  tell(core::StandingBy{});
  const std::optional<os::Frame> frame = channel_.await(os::Deadline::max());
  const bool is_go = frame && frame->kind == static_cast<std::uint8_t>(core::Go::kind);
  const auto go = is_go ? core::decode<core::Go>(frame->body) : std::nullopt;
  if (!go) return false;
  for (const core::Go::Waiting& waiting : go->leave) leave_[waiting.script] = waiting.stamp;
  return true;
}

void Supervised::tell_over(const core::RunReport& report) {
  flush();
  tell(core::RunOver{report.run, core::exit_code(report), report.counts.succeeded + report.counts.skipped > 0});
}

core::Arrivals Supervised::changes() {
  hear();
  return std::exchange(changes_, {});
}

bool Supervised::ended() {
  hear();
  return ended_;
}

bool Supervised::leaves_out(const std::string& script, const core::FileStamp& stamp) const {
  const auto found = leave_.find(script);
  return found != leave_.end() && found->second == stamp;
}

void Supervised::untried(const std::string& script, const core::FileStamp& stamp) {
  tell(core::Left{script, stamp, core::Cause::none, "a script before it failed ([run] on_failure)", {}, true});
}

// The next run goes through it, whyever it begins: it asks again whether it may be.
void Supervised::refused(const std::string& script, const core::FileStamp& stamp, const std::string& reason,
                         std::optional<base::Instant> until) {
  core::Left left{script, stamp, core::Cause::none, reason, {}, true};
  if (until) left.until = std::chrono::milliseconds(until->milliseconds);
  tell(left);
}

// That it begins and ends the runner logs.
void Supervised::run_started(const core::RunReport& run, std::size_t /*scripts*/) {
  run_ = run.run;
}

// What is at work the watcher reads in the ledger, when it lasts.
void Supervised::script_started(std::string_view /*script*/, std::size_t /*index*/, std::size_t /*total*/) {}

void Supervised::script_line(core::LineLevel level, std::string_view text) {
  os::log_debug(fmt::format("run {}: script says ({}): {}", run_, core::name(level), text));
}

void Supervised::script_ended(const core::AttemptReport& attempt) {
  const core::Outcome& outcome = attempt.outcome;
  std::string text = fmt::format("run {}: {} {}", run_, attempt.script, core::name(outcome.kind));
  if (attempt.attempt != 0)
    text += fmt::format(" in {} (attempt {})", base::format_duration(attempt.duration), attempt.attempt);
  for (const std::string* each : {&outcome.reason, &outcome.message, &outcome.error})
    if (!each->empty()) text += fmt::format(": {}", base::cap(*each, k_shown_error));
  os::log(severity_of(outcome.kind), text);
  flush();
  if (!attempt.moved_to.empty()) return;
  leave_[attempt.script] = attempt.stamp;  // whatever else it hears of in this run
  core::Left left{attempt.script, attempt.stamp, outcome.cause, outcome.reason, {}, false};
  if (left.reason.empty()) left.reason = fmt::format("{}: attempt {}", core::name(outcome.kind), attempt.attempt);
  if (outcome.until) left.until = std::chrono::milliseconds(outcome.until->milliseconds);
  // What another node applies, nobody here hears of.
  if (outcome.kind == core::OutcomeKind::skipped || outcome.cause == core::Cause::dependency)
    left.until = std::chrono::milliseconds(os::now().milliseconds) + k_asked_again;
  tell(left);
}

void Supervised::warning(std::string_view text) {
  os::log_warning(text);
}

void Supervised::waiting(std::string_view text) {
  os::log_info(text);
  flush();
}

void Supervised::run_ended(const core::RunReport& run) {
  if (run.forbidden && run.counts.total() > 0)
    os::log_warning(fmt::format("runs are not allowed now: {}", core::describe(*run.forbidden)));
}

// That one succeeded the runner logs.
void Supervised::hook_ended(const core::HookReport& hook) {
  if (core::has_succeeded(hook)) return;
  std::string text = fmt::format("run {}: the hook {} failed: {}", run_, core::name(hook.hook), core::describe(hook));
  if (!hook.output.empty()) text += fmt::format(": {}", base::cap(base::trim(hook.output), k_shown_error));
  os::log_error(text);
}

}  // namespace watch
