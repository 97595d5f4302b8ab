#include "runner/rehearsal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "os/signals.hpp"
#include "runner/crew.hpp"
#include "runner/run_lock.hpp"
#include "runner/server_copies.hpp"
#include "runner/stage.hpp"
#include "target/drivers.hpp"
#include "target/postgresql_url.hpp"

namespace runner {
namespace {

constexpr const char* k_trigger = "rehearsal";

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string options_of(const std::string& url) {
  const std::size_t question = url.find('?');
  return question == std::string::npos ? std::string() : url.substr(question);
}

void refuse_what_cannot_be_copied(const core::Config& config) {
  for (const core::DatabaseConfig& database : config.databases)
    if (target::engine_of(database.url) != "sqlite" && !target::keeps_copies(database.url))
      throw base::Error(
          base::ErrorKind::usage,
          fmt::format(
              "a rehearsal needs a copy of every database that nothing leads out of; {} is of {}, whose scripts, "
              "triggers and views can name the original from within a copy on the same server",
              base::escape(database.name), target::engine_of(database.url)),
          k_nothing_changed, "fettle plan tells what a run would do.");
}

// Where the copies are: the path of a file, or the name of a database on the same server.
std::vector<std::string> places_of(const core::Config& config, const Stage& stage, const CopiesOnServers& servers) {
  std::vector<std::string> places;
  for (std::size_t at = 0; at < config.databases.size(); ++at)
    places.push_back(target::keeps_copies(config.databases[at].url)
                         ? servers.name(at)
                         : fmt::format("{}/database-{}.db", stage.path(), at + 1));
  return places;
}

// One that a run would make is not made for a copy of it. false: a signal came first.
bool copy_databases(core::Config config, const std::vector<std::string>& places, const core::ServerCopies& servers,
                    int lock, int stop) {
  const target::Surroundings surroundings{config.directory, config.path(config.ledger.path)};
  std::vector<core::DatabaseConfig> there;
  std::vector<std::string> copies;
  for (std::size_t at = 0; at < config.databases.size(); ++at) {
    if (target::is_made_by_opening(config.databases[at].url, surroundings)) continue;
    there.push_back(config.databases[at]);
    copies.push_back(places[at]);
  }
  config.databases = std::move(there);
  Crew crew(config);
  crew.copy_databases_to(copies, servers);
  if (!crew.start_broker_unless(stop, {lock})) return false;
  for (const core::DatabaseStatus& database : crew.databases())
    if (!database.fault.empty())
      throw base::Error(base::ErrorKind::target_unreachable,
                        fmt::format("database {}: {}", base::escape(database.name), database.fault), k_nothing_changed,
                        database.engine == "sqlite" ? "Look at the space on the disk of the ledger, and: fettle doctor"
                                                    : "Once that is so: fettle run --on-copy");
  return true;
}

// The same run on the copies.
core::Config configured_for(const core::Config& config, const Stage& stage, const std::vector<std::string>& places) {
  core::Config copied = stage.configured();
  for (std::size_t at = 0; at < copied.databases.size(); ++at) {
    const std::string& url = config.databases[at].url;
    copied.databases[at].url = target::keeps_copies(url)
                                   ? target::with_database(url, places[at])
                                   : fmt::format("sqlite:{}{}", name_of(places[at]), options_of(url));
  }
  return copied;
}

std::string in_toml(const std::string& text) {
  std::string quoted;
  for (const char sign : text) quoted += sign == '"' || sign == '\\' ? std::string{'\\', sign} : std::string(1, sign);
  return quoted;
}

// For whoever wants to look at what was kept. Passwords are kept nowhere.
void write_config(const core::Config& copied) {
  std::string text = "# Copies on which fettle run --on-copy was rehearsed.\n";
  for (const core::DatabaseConfig& database : copied.databases) {
    text += fmt::format(
        "[databases.\"{}\"]\nurl = \"{}\"\n", base::escape(database.name),
        in_toml(target::keeps_copies(database.url) ? target::without_password(database.url) : database.url));
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

// Stopped before anything of it began.
Rehearsal stopped(const RunRequest& request, int signal, core::Observer& observer) {
  Rehearsal rehearsal;
  core::RunReport& report = rehearsal.report;
  report.trigger = k_trigger;
  report.by = request.by.empty() ? os::user_name() : request.by;
  report.host = os::host_name();
  report.reason = request.reason;
  report.started = report.finished = os::now();
  report.dry_run = true;
  report.stopped_by_signal = signal;
  observer.run_started(report, 0);
  observer.run_ended(report);
  return rehearsal;
}

}  // namespace

// While the run lock is held nothing else may change what is copied. Until the run itself listens to signals they wait.
Rehearsal rehearse(const core::Config& config, const RunRequest& request, Keep keep, core::Observer& observer) {
  refuse_what_cannot_be_copied(config);
  os::Fd lock = take_run_lock(config, request.wait, &observer);
  os::StopSignals signals;
  Stage stage(config);
  CopiesOnServers servers(config, stage);
  const std::vector<std::string> places = places_of(config, stage, servers);
  const core::Config copied = configured_for(config, stage, places);
  if (!copy_databases(config, places, servers.wish(), lock.get(), signals.fd()))
    return stopped(request, signals.take(), observer);
  record(config, request);
  stage.copy(observer);
  lock.reset();
  RunRequest here = request;
  here.trigger = k_trigger;
  here.wait.reset();
  Rehearsal rehearsal;
  rehearsal.report = run(copied, here, observer);
  rehearsal.report.dry_run = true;
  if (keep == Keep::no) return rehearsal;
  write_config(copied);
  rehearsal.kept = stage.keep();
  servers.keep();
  for (std::size_t at = 0; at < places.size(); ++at)
    if (target::keeps_copies(config.databases[at].url))
      rehearsal.kept_on_servers.emplace_back(config.databases[at].name, places[at]);
  return rehearsal;
}

}  // namespace runner
