#include "runner/rehearsal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/crew.hpp"
#include "runner/run_lock.hpp"
#include "runner/stage.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string options_of(const std::string& url) {
  const std::size_t question = url.find('?');
  return question == std::string::npos ? std::string() : url.substr(question);
}

void refuse_what_cannot_be_copied(const core::Config& config) {
  for (const core::DatabaseConfig& database : config.databases)
    if (target::engine_of(database.url) != "sqlite")
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("a rehearsal needs a copy of every database, and only those of SQLite can be "
                                    "copied; {} is of {}",
                                    base::escape(database.name), target::engine_of(database.url)),
                        k_nothing_changed, "fettle plan tells what a run would do.");
}

// One that a run would make is not made for a copy of it.
void copy_databases(core::Config config, const std::vector<std::string>& files, int lock) {
  const target::Surroundings surroundings{config.directory, config.path(config.ledger.path)};
  std::vector<core::DatabaseConfig> there;
  std::vector<std::string> copies;
  for (std::size_t at = 0; at < config.databases.size(); ++at) {
    if (target::is_made_by_opening(config.databases[at].url, surroundings)) continue;
    there.push_back(config.databases[at]);
    copies.push_back(files[at]);
  }
  config.databases = std::move(there);
  Crew crew(config);
  crew.copy_databases_to(copies);
  crew.start_broker({lock});
  for (const core::DatabaseStatus& database : crew.databases())
    if (!database.fault.empty())
      throw base::Error(base::ErrorKind::target_unreachable,
                        fmt::format("database {}: {}", base::escape(database.name), database.fault), k_nothing_changed,
                        "Look at the space on the disk of the ledger, and: fettle doctor");
}

// The same run on the copies.
core::Config configured_for(const core::Config& config, const Stage& stage, const std::vector<std::string>& files) {
  core::Config copied = stage.configured();
  for (std::size_t at = 0; at < copied.databases.size(); ++at)
    copied.databases[at].url = fmt::format("sqlite:{}{}", name_of(files[at]), options_of(config.databases[at].url));
  return copied;
}

// For whoever wants to look at what was kept.
void write_config(const core::Config& copied) {
  std::string text = "# Copies on which fettle run --on-copy was rehearsed.\n";
  for (const core::DatabaseConfig& database : copied.databases) {
    text += fmt::format("[databases.\"{}\"]\nurl = \"{}\"\n", base::escape(database.name), database.url);
  }
  const os::Fd file(::open(copied.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    os::log_warning(fmt::format("cannot write {}", base::escape(copied.file)));
}

void record(const core::Config& config, const RunRequest& request) {
  ledger::Event event;
  event.verb = "rehearse";
  event.by = request.by.empty() ? os::user_name() : request.by;
  event.host = os::host_name();
  event.reason = request.reason;
  event.detail = "on copies";
  event.at = os::now();
  ledger::Ledger::open(config.path(config.ledger.path)).record(event);
}

// While nothing else may change them.
void copy_all(const core::Config& config, const Stage& stage, const std::vector<std::string>& files,
              const RunRequest& request, core::Observer& observer) {
  const os::Fd lock = take_run_lock(config, request.wait, &observer);
  copy_databases(config, files, lock.get());
  record(config, request);
  stage.copy(observer);
}

}  // namespace

Rehearsal rehearse(const core::Config& config, const RunRequest& request, Keep keep, core::Observer& observer) {
  refuse_what_cannot_be_copied(config);
  Stage stage(config);
  std::vector<std::string> files;
  for (std::size_t at = 0; at < config.databases.size(); ++at)
    files.push_back(fmt::format("{}/database-{}.db", stage.path(), at + 1));
  const core::Config copied = configured_for(config, stage, files);
  copy_all(config, stage, files, request, observer);
  RunRequest here = request;
  here.trigger = "rehearsal";
  here.wait.reset();
  Rehearsal rehearsal;
  rehearsal.report = run(copied, here, observer);
  rehearsal.report.dry_run = true;
  if (keep == Keep::no) return rehearsal;
  write_config(copied);
  rehearsal.kept = stage.keep();
  return rehearsal;
}

}  // namespace runner
