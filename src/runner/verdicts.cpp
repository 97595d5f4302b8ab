#include "runner/verdicts.hpp"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <sys/wait.h>

#include "base/text.hpp"

namespace runner {
namespace {

using core::Cause;
using core::OutcomeKind;

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

std::string applied_before(const core::Receipt& earlier, const std::string& ledger) {
  return fmt::format("already applied by {} on {} (attempt {}{}): its receipt is in the database",
                     base::escape(earlier.node), base::escape(earlier.applied_at), earlier.attempt,
                     earlier.ledger == ledger ? "" : " of another ledger");
}

std::string begun_before(const core::Receipt& earlier, const std::string& ledger) {
  return fmt::format(
      "begun by {} on {} (attempt {}{}) without a transaction and not brought to a good end, so some of it may be "
      "done; look at the "
      "database, then say what is true (fettle mark), or run it again from the start (fettle run --force)",
      base::escape(earlier.node), base::escape(earlier.applied_at), earlier.attempt,
      earlier.ledger == ledger ? "" : " of another ledger");
}

core::Outcome half_done(std::string doubt) {
  return unknown(std::move(doubt), "it has no transaction and was not seen to end, so some of it may be done");
}

core::Outcome unknown(std::string doubt, std::string reason) {
  core::Outcome outcome;
  outcome.kind = OutcomeKind::unknown;
  outcome.error = std::move(doubt);
  outcome.reason = std::move(reason);
  return outcome;
}

// Adds what the script kept to itself: an attempt that hit a limit failed, whatever it says of itself.
core::Outcome with_limit(core::Outcome outcome, const core::Done& done) {
  if (done.cause == Cause::none || outcome.kind == OutcomeKind::interrupted) return outcome;
  if (outcome.kind != OutcomeKind::failed) return core::failed(done.cause, done.error);
  if (outcome.cause == Cause::error) outcome.cause = done.cause;
  if (outcome.error.find(done.error) == std::string::npos)
    outcome.error += fmt::format("\nbefore that: {}", done.error);
  return outcome;
}

std::optional<core::Outcome> another_database(const core::Approval& approval, const std::string& database) {
  if (!approval.given || approval.database.empty() || approval.database == database) return std::nullopt;
  return core::failed(core::Cause::rule, fmt::format("it would write the database {}, and {} in the preview",
                                                     base::escape(database), base::escape(approval.database)));
}

core::Outcome unknown_database(const std::string& named, const std::vector<core::DatabaseStatus>& databases) {
  std::vector<std::string_view> names;
  for (const core::DatabaseStatus& database : databases) names.push_back(database.name);
  const auto meant = base::nearest(named, names);
  return core::failed(Cause::contract,
                      fmt::format("`database` names {}, which config.toml does not have{}", base::escape(named),
                                  meant ? fmt::format("; did you mean {}?", *meant) : ""));
}

Cause honest(Cause cause) noexcept {
  return cause == Cause::syntax || cause == Cause::contract || cause == Cause::memory ? cause : Cause::error;
}

core::Outcome out_of_time(std::chrono::milliseconds limit, std::string_view doing) {
  return core::failed(
      core::Cause::timeout,
      fmt::format("stopped at the time limit of {} while {}; the script's `timeout` field or [run] timeout raises it",
                  base::format_duration(limit), doing));
}

core::Outcome stopped_by_signal() {
  core::Outcome outcome;
  outcome.kind = OutcomeKind::interrupted;
  outcome.reason = "stopped by a signal before it was finished";
  return outcome;
}

core::Outcome line_was_lost(std::string_view error) {
  core::Outcome outcome;
  outcome.kind = OutcomeKind::interrupted;
  outcome.cause = Cause::unreachable;
  outcome.reason = fmt::format("{}; nothing was committed", base::first_line(error));
  return outcome;
}

core::Outcome worker_died(int status) {
  if (WIFSIGNALED(status))
    return core::failed(WTERMSIG(status) == SIGXCPU ? Cause::timeout : Cause::crash,
                        fmt::format("the worker process died: {}", signal_text(WTERMSIG(status))));
  return core::failed(Cause::crash, "the worker process ended before the script did");
}

}  // namespace runner
