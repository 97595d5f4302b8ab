#include "runner/preview.hpp"

#include <fmt/format.h>
#include <string_view>

#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"

namespace runner {
namespace {

// A relative path would be taken from the stage.
std::string absolute_url(const core::Config& config, const std::string& url) {
  constexpr std::string_view k_sqlite = "sqlite:";
  if (!url.starts_with(k_sqlite)) return url;
  const std::string path = url.substr(k_sqlite.size());
  return path.starts_with('/') ? url : fmt::format("{}{}/{}", k_sqlite, config.directory, path);
}

core::Config configured_for(const core::Config& config, const Stage& stage) {
  core::Config staged = stage.configured();
  staged.run.preview = true;
  for (core::DatabaseConfig& database : staged.databases) database.url = absolute_url(config, database.url);
  return staged;
}

void record(const core::Config& config, const RunRequest& request) {
  ledger::Event event;
  event.verb = "preview";
  event.by = request.by.empty() ? os::user_name() : request.by;
  event.host = os::host_name();
  event.reason = request.reason;
  event.at = os::now();
  ledger::Ledger::open(config.path(config.ledger.path)).record(event);
}

}  // namespace

Preview preview(const core::Config& config, const RunRequest& request, core::Observer& observer) {
  Preview preview;
  preview.stage = std::make_unique<Stage>(config);
  const os::Fd lock = take_run_lock(config, request.wait, &observer);
  preview.stage->copy(observer);
  RunRequest here = request;
  here.trigger = "preview";
  here.wait.reset();
  here.kept = Kept::attempts;
  preview.report = run(configured_for(config, *preview.stage), here, observer);
  preview.report.dry_run = true;
  record(config, request);
  return preview;
}

}  // namespace runner
