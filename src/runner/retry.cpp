#include "runner/retry.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

using folder::Place;

ledger::Event event_of(const RetryRequest& request, const std::string& from, const std::string& to) {
  ledger::Event event;
  event.verb = "retry";
  event.script = from;
  event.by = request.by.empty() ? os::user_name() : request.by;
  event.host = os::host_name();
  event.reason = request.reason;
  event.detail = from == to ? "back to pending" : fmt::format("back to pending as {}", base::escape(to));
  if (!request.via.empty()) event.detail += ", via " + request.via;
  event.at = os::now();
  return event;
}

std::string bring_back(folder::Folders& folders, const std::string& name) {
  const folder::MoveResult moved = folders.move(name, Place::failed, Place::scripts);
  if (moved.status != folder::MoveStatus::moved)
    throw base::Error(base::ErrorKind::io,
                      fmt::format("cannot move {} back: {}", base::escape(folders.display(Place::failed, name)),
                                  moved.detail.empty() ? "it is gone" : moved.detail),
                      "What was moved before stays pending; nothing was run.", "fettle status shows what lies where.");
  folders.remove_error_note(name);
  return moved.name;
}

}  // namespace

std::vector<std::string> requeue(const core::Config& config, const RetryRequest& request) {
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  std::vector<std::string> failed = folders.list(Place::failed).names;
  if (!request.all) failed = select(request.scripts, failed);
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  std::vector<std::string> pending;
  for (const std::string& name : failed) {
    pending.push_back(bring_back(folders, name));
    ledger.record(event_of(request, name, pending.back()));
  }
  folders.sync();
  return pending;
}

}  // namespace runner
