#include "runner/approved.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/history.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/requests.hpp"

namespace runner {
namespace {

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was run; the scripts stay pending.",
                    std::move(next));
}

}  // namespace

Approved::Approved(const core::Config& config, std::int64_t preview, std::uint64_t percent)
    : config_(config),
      what_(fmt::format("preview {}", preview)),
      look_again_("Look again: fettle run --dry-run"),
      percent_(percent) {
  const auto history = ledger::History::open(config.path(config.ledger.path));
  std::optional<ledger::Preview> found = history ? history->preview(preview) : std::nullopt;
  if (!found) refuse(fmt::format("there is no preview {}", preview), "Make one: fettle run --dry-run");
  scripts_ = std::move(found->scripts);
}

Approved::Approved(const core::Config& config, core::Requested request)
    : config_(config),
      request_(request.id),
      what_(fmt::format("request {}", request.id)),
      look_again_("Ask anew: fettle request run") {
  for (core::RequestedScript& script : request.scripts) {
    ledger::Previewed& wanted = scripts_.emplace_back();
    wanted.script = std::move(script.name);
    wanted.sha256 = std::move(script.sha256);
    wanted.outcome.kind = core::OutcomeKind::succeeded;
  }
}

std::optional<ledger::Event> Approved::used(const std::string& by) const {
  if (request_ == 0) return std::nullopt;
  ledger::Event event;
  event.verb = ledger::k_request_run;
  event.by = by;
  event.host = os::host_name();
  event.detail = fmt::format("{}", request_);
  event.at = os::now();
  return event;
}

// Under the run lock: what others said, and whether a run was begun by it, may have changed meanwhile.
void Approved::refuse_request() const {
  if (request_ == 0) return;
  const std::string why = core::why_no_run(request(config_, request_), config_.web.approvals, os::now());
  if (!why.empty()) refuse(fmt::format("{}: {}", what_, why), "fettle request list");
}

const ledger::Previewed* Approved::find(const std::string& script) const noexcept {
  const auto found = std::find_if(scripts_.begin(), scripts_.end(),
                                  [&script](const ledger::Previewed& each) { return each.script == script; });
  return found == scripts_.end() ? nullptr : &*found;
}

std::string Approved::refuses(const core::Script& script) const {
  const ledger::Previewed* const previewed = find(script.name);
  if (previewed == nullptr) return fmt::format("it was not in {}", what_);
  if (previewed->sha256 != script.sha256) return fmt::format("it is not the version of {} any more", what_);
  return {};
}

core::Approval Approved::of(const std::string& script) const {
  const ledger::Previewed* const previewed = find(script);
  if (request_ != 0) return {};
  core::Approval approval =
      core::approval_of(previewed == nullptr ? core::Changes{} : previewed->changes.changes, percent_);
  if (previewed != nullptr) approval.database = previewed->database;
  return approval;
}

std::vector<std::string> Approved::choose(const std::vector<std::string>& pending, const folder::Folders& folders,
                                          core::Observer& observer) const {
  refuse_request();
  std::vector<std::string> chosen;
  for (const ledger::Previewed& each : scripts_) {
    const std::string shown = base::escape(each.script);
    if (each.outcome.kind == core::OutcomeKind::blocked) {
      observer.warning(fmt::format("{} is left out: it could not be previewed ({})", shown, each.outcome.reason));
      continue;
    }
    if (std::find(pending.begin(), pending.end(), each.script) == pending.end())
      refuse(fmt::format("{} of {} is not pending any more", shown, what_), look_again_);
    const folder::ReadResult read = folders.read(folder::Place::scripts, each.script);
    const auto* const loaded = std::get_if<folder::Loaded>(&read);
    const std::string why = loaded == nullptr ? "it cannot be read now" : refuses(loaded->script);
    if (!why.empty()) refuse(fmt::format("{}: {}", shown, why), look_again_);
    chosen.push_back(each.script);
  }
  for (const std::string& name : pending)
    if (find(name) == nullptr)
      observer.warning(fmt::format("{} is left out: it was not in {}", base::escape(name), what_));
  return chosen;
}

}  // namespace runner
