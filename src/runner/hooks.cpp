#include "runner/hooks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "os/clock.hpp"
#include "os/command.hpp"
#include "os/log.hpp"
#include "runner/refusal.hpp"

namespace runner {
namespace {

constexpr std::chrono::minutes k_asked_again{5};  // before_run, by the watcher

core::HookEnd end_of(os::CommandEnd::How how) noexcept {
  switch (how) {
    case os::CommandEnd::How::exited:
      return core::HookEnd::exited;
    case os::CommandEnd::How::killed:
      return core::HookEnd::killed;
    case os::CommandEnd::How::timed_out:
      return core::HookEnd::timed_out;
    case os::CommandEnd::How::stopped:
      return core::HookEnd::stopped;
    case os::CommandEnd::How::not_started:
      return core::HookEnd::not_started;
  }
  return core::HookEnd::not_started;
}

}  // namespace

bool wants_attempts(const core::HookConfig& hooks) noexcept {
  return !hooks.after_run.empty() || !hooks.on_failure.empty();
}

bool Hooks::before(const std::vector<std::string>& pending, const folder::Folders& folders) {
  if (config_.hooks.before_run.empty()) return true;
  ledger_.settle();  // the run has its number for good before anybody hears of it
  core::RunReport told = report_;
  for (const std::string& name : pending) told.scripts.emplace_back().script = name;
  report_.hooks.push_back(run(core::Hook::before_run, config_.hooks.before_run, told));
  const core::HookReport& hook = report_.hooks.back();
  if (core::has_succeeded(hook)) return true;
  if (hook.end == core::HookEnd::stopped) return false;
  core::Outcome why =
      core::blocked(core::Cause::none, fmt::format("[hooks] before_run did not succeed: {}", core::summary(hook)));
  if (request_.feed != nullptr)
    why.until = base::Instant{os::now().milliseconds + std::chrono::milliseconds(k_asked_again).count()};
  refuse(considered(pending, folders, folder::Place::scripts, request_.feed), why, request_, report_);
  return false;
}

void Hooks::after() {
  const core::HookConfig& hooks = config_.hooks;
  if (report_.counts.total() == 0 || !wants_attempts(hooks)) return;
  ledger_.settle();  // what a hook reads in the ledger is what it is told
  const bool failed = report_.counts.failed + report_.counts.unknown > 0;
  if (failed && !hooks.on_failure.empty())
    report_.hooks.push_back(run(core::Hook::on_failure, hooks.on_failure, report_));
  if (!hooks.after_run.empty()) report_.hooks.push_back(run(core::Hook::after_run, hooks.after_run, report_));
}

// The first signal lets it finish; one more, while it works, ends it.
core::HookReport Hooks::run(core::Hook hook, const std::string& command, const core::RunReport& told) {
  const std::string json = request_.hook_text ? request_.hook_text(hook, told) + "\n" : std::string();
  observer_.hook_started(hook);
  stop_.look();
  stop_.at_work = fmt::format("the hook {}", core::name(hook));
  const int most = std::max(stop_.count(), 1);
  os::CommandEnd end = os::run_command(
      {.text = command,
       .directory = config_.directory,
       .environment = {{"FETTLE_HOOK", std::string(core::name(hook))}, {"FETTLE_RUN", fmt::format("{}", report_.run)}},
       .input = json,
       .limit = config_.hooks.timeout},
      stop_.fd(), [this, most] {
        stop_.look();
        return stop_.count() > most;
      });
  stop_.look();
  stop_.at_work = k_script_at_work;
  core::HookReport report{hook, end_of(end.how), end.code, end.duration, std::move(end.output), std::move(end.fault)};
  record(report);
  observer_.hook_ended(report);
  return report;
}

void Hooks::record(const core::HookReport& hook) {
  ledger::Event event;
  event.verb = "hook";
  event.by = report_.by;
  event.host = report_.host;
  event.reason = report_.reason;
  event.detail = fmt::format("{}: {}", core::name(hook.hook), core::summary(hook));
  event.at = os::now();
  ledger_.record(event);
  os::log_info(fmt::format("run {}: {}", report_.run, event.detail));
}

}  // namespace runner
