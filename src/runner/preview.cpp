#include "runner/preview.hpp"

#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

#include "core/message.hpp"
#include "ledger/history.hpp"
#include "ledger/ledger.hpp"
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

ledger::RunStart start_of(const core::RunReport& report, const RunRequest& request) {
  return {.trigger = std::string(ledger::k_preview),
          .by = report.by,
          .host = report.host,
          .reason = report.reason,
          .command = request.command,
          .pid = ::getpid(),
          .at = report.started};
}

// With the rows that are told of each script: which ones a run would change is for it to find out.
ledger::Previewed previewed(const core::AttemptReport& attempt, const ledger::History& staged) {
  ledger::Previewed told;
  told.script = attempt.script;
  told.sha256 = attempt.sha256;
  told.outcome = attempt.outcome;
  told.total = attempt.duration;
  if (const auto made = attempt.attempt == 0 ? std::nullopt : staged.attempt(attempt.attempt)) {
    told.database = made->database;
    told.statements = made->measures.statements;
    told.rows_changed = made->measures.rows_changed;
  }
  told.changes.changes = attempt.changes;
  if (!attempt.sample.empty()) told.changes.rows.push_back(encode(core::ChangedRows{attempt.sample}));
  return told;
}

// Its number is what people say to have it run.
std::int64_t record(const core::Config& config, const core::Config& staged, const RunRequest& request,
                    const core::RunReport& report) {
  ledger::Preview preview;
  preview.start = start_of(report, request);
  preview.end = {report.finished, static_cast<std::int64_t>(report.counts.total()), core::exit_code(report)};
  const auto history = ledger::History::open(staged.path(staged.ledger.path));
  if (history)
    for (const core::AttemptReport& attempt : report.scripts) preview.scripts.push_back(previewed(attempt, *history));
  return ledger::Ledger::open(config.path(config.ledger.path)).record_preview(preview);
}

}  // namespace

Preview preview_rollback(const core::Config& config, const RollbackRequest& request, core::Observer& observer) {
  Preview preview;
  preview.stage = std::make_unique<Stage>(config);
  const os::Fd lock = take_run_lock(config, std::nullopt, &observer);
  preview.stage->copy(observer);
  preview.report = roll_back(configured_for(config, *preview.stage), request, observer);
  preview.report.dry_run = true;
  return preview;
}

Preview preview(const core::Config& config, const RunRequest& request, core::Observer& observer) {
  Preview preview;
  preview.stage = std::make_unique<Stage>(config);
  const os::Fd lock = take_run_lock(config, request.wait, &observer);
  preview.stage->copy(observer);
  RunRequest here = request;
  here.trigger = "preview";
  here.wait.reset();
  here.kept = Kept::attempts;
  const core::Config staged = configured_for(config, *preview.stage);
  preview.report = run(staged, here, observer);
  preview.report.dry_run = true;
  preview.report.run = preview.report.scripts.empty() ? 0 : record(config, staged, request, preview.report);
  return preview;
}

}  // namespace runner
