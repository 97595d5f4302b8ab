#include "runner/doctor.hpp"

#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/trial.hpp"
#include "ledger/history.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/lock.hpp"
#include "runner/crew.hpp"
#include "runner/doctor_layers.hpp"
#include "runner/doctor_places.hpp"
#include "runner/fleet.hpp"
#include "runner/survey.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

using core::Diagnoses;
using core::Diagnosis;
using core::Verdict;

constexpr const char* k_databases = "databases";
constexpr const char* k_ledger = "ledger";

void append(Diagnoses& all, Diagnoses more) {
  for (Diagnosis& each : more) all.push_back(std::move(each));
}

// What the work finds, or the error that ended it as one more finding.
template <class Work>
void guarded(Diagnoses& all, const std::string& part, const std::string& subject, Work work) {
  try {
    work();
  } catch (const base::Error& error) {
    all.push_back({part, subject, Verdict::fault, error.what(), error.next()});
  }
}

// --- processes -----------------------------------------------------------------------------------------------------

Diagnosis level_of(std::string subject, const core::SandboxLevel& level, core::SandboxMinimum minimum) {
  if (core::satisfies(level, minimum))
    return {k_lock_down, std::move(subject), Verdict::good, fmt::format("in force: {}", core::describe(level)), {}};
  return {k_lock_down, std::move(subject), Verdict::fault,
          fmt::format("weaker than sandbox.minimum = \"{}\"; in force: {}", core::name(minimum), core::describe(level)),
          "Use a newer kernel, or lower sandbox.minimum in config.toml."};
}

void try_processes(Diagnoses& all, Crew& crew, core::SandboxMinimum minimum) {
  Worker worker = crew.take_worker();
  all.push_back(level_of("a worker", worker.level, minimum));
  crew.dismiss(worker);
  all.push_back(level_of("the broker", crew.broker_level(), minimum));
}

// --- ledger --------------------------------------------------------------------------------------------------------

Diagnosis try_run_lock(const core::Config& config) {
  const std::string folder = ledger::folder_of(config.path(config.ledger.path));
  if (!is_there(folder)) return {k_ledger, "run lock", Verdict::good, "free: no run has been here yet", {}};
  const Lock lock = lock_state(config);
  if (lock.in_doubt)
    return {k_ledger, "run lock", Verdict::warning, fmt::format("in doubt: {} has not ended", describe(lock)),
            "Nothing runs until that is settled: fettle unlock tells how."};
  if (!os::try_lock(folder))
    return {k_ledger, "run lock", Verdict::warning, fmt::format("held by {}", describe(lock)),
            "Nothing is wrong. Who wants to run next may wait for it: fettle run --wait 60"};
  if (os::lock_reach(folder) == os::LockReach::this_host)
    return {k_ledger, "run lock", Verdict::warning, "free, but this file system hides the locks of other hosts",
            "If hosts share this folder, let only one of them run fettle in it."};
  return {k_ledger, "run lock", Verdict::good, "free; it was taken and given back", {}};
}

// While nobody else is at work, or may be.
bool may_write(const core::Config& config) {
  const Lock lock = lock_state(config);
  return !lock.held && !lock.in_doubt;
}

Diagnosis try_ledger(const std::optional<ledger::History>& history) {
  if (!history) return {k_ledger, "file", Verdict::good, "is not there yet; the first run makes it", {}};
  if (const std::string damage = history->damage(); !damage.empty())
    return {k_ledger, "file", Verdict::fault, fmt::format("is damaged: {}", damage),
            "Let nothing run. fettle ledger verify tells what is lost; put a backup in its place."};
  const ledger::About about = history->about();
  return {k_ledger,
          "file",
          Verdict::good,
          fmt::format("schema {}, {} in {}, sound", about.schema,
                      base::plural(static_cast<std::uint64_t>(about.attempts), "attempt"),
                      base::plural(static_cast<std::uint64_t>(about.runs), "run")),
          {}};
}

// --- machine -------------------------------------------------------------------------------------------------------

Diagnosis try_account() {
  const std::string user = os::user_name();
  if (!os::is_root()) return {k_machine, "account", Verdict::good, user, {}};
  return {k_machine, "account", Verdict::warning, "root: limits on processes and file modes do not bind it",
          "Let an account of its own run fettle, which owns the folders and the databases."};
}

Diagnosis try_clock(const std::optional<ledger::Run>& last) {
  const base::Instant now = os::now();
  constexpr base::Instant k_before_fettle{1'704'067'200'000};  // 2024-01-01
  const std::string told = base::local_time(now);
  if (now < k_before_fettle)
    return {k_machine, "clock", Verdict::warning, fmt::format("says {}, which cannot be", told),
            "Set the clock: the ledger's times come from it."};
  if (last && now < last->started)
    return {k_machine, "clock", Verdict::warning,
            fmt::format("says {}, but the newest run began at {}", told, base::local_time(last->started)),
            "It was set back. The ledger stays in order; its times do not."};
  return {k_machine, "clock", Verdict::good, told, {}};
}

// --- databases -----------------------------------------------------------------------------------------------------

Diagnosis of_database(const std::string& name, Crew& crew, core::Access access) {
  const core::DatabaseStatus* status = crew.database(name);
  const std::string address = fmt::format("Look at url in [databases.{}] of config.toml.", name);
  if (status != nullptr && !status->fault.empty())
    return {k_databases, name, Verdict::unreachable, status->fault, address};
  const core::Examined examined = crew.examine({name, access});
  if (examined.cause == core::Cause::locked)
    return {k_databases, name, Verdict::warning, examined.error, "A run would wait for it, and then fail its scripts."};
  if (examined.cause != core::Cause::none)
    return {k_databases, name, Verdict::fault, fmt::format("opens, but cannot be used: {}", examined.error), address};
  std::string found, file;
  for (const core::Fact& fact : examined.facts) {
    if (fact.name == "file")
      file = fact.text;
    else
      found += fmt::format("{}{}", found.empty() ? "" : ", ", fact.text);
  }
  if (access == core::Access::read) found += "; writing was not tried while a run goes on";
  Diagnosis diagnosis{k_databases, name, Verdict::good, found, {}};
  if (!file.empty()) judge_disk(diagnosis, file);
  return diagnosis;
}

// Those that opening would make are left out of the configuration: a doctor makes nothing.
core::Config without_missing(core::Config config, Diagnoses& all) {
  for (const std::string& name : leave_out_missing(config))
    all.push_back({k_databases, name, Verdict::good, "is not there yet; the first run makes it (mode=rwc)", {}});
  config.sandbox.minimum = core::SandboxMinimum::none;  // judged here instead of refused
  return config;
}

}  // namespace

Diagnoses examine_all(const core::Config& config) {
  Diagnoses all, databases;
  append(all, try_layers(config.sandbox.minimum));
  const core::Config tried = without_missing(config, databases);
  std::optional<Crew> crew;
  guarded(all, k_lock_down, "processes", [&] {
    crew.emplace(tried);  // forks; nothing is open yet
    crew->start_broker({});
    try_processes(all, *crew, config.sandbox.minimum);
  });

  Diagnoses ledger;
  std::optional<ledger::History> history;
  guarded(ledger, k_ledger, "folder", [&] { ledger.push_back(try_ledger_folder(config)); });
  guarded(ledger, k_ledger, "file", [&] {
    history = ledger::History::open(config.path(config.ledger.path));
    ledger.push_back(try_ledger(history));
  });
  auto access = core::Access::read;
  guarded(ledger, k_ledger, "run lock", [&] {
    ledger.push_back(try_run_lock(config));
    if (may_write(config)) access = core::Access::write;
  });

  all.push_back(try_account());
  guarded(all, k_machine, "clock", [&] { all.push_back(try_clock(history ? history->last_run() : std::nullopt)); });
  guarded(all, "folders", "folders", [&] { append(all, folder::try_folders(config)); });
  append(all, std::move(ledger));
  if (crew && crew->has_broker())
    for (const core::DatabaseConfig& database : tried.databases)
      guarded(databases, k_databases, database.name,
              [&] { databases.push_back(of_database(database.name, *crew, access)); });
  if (config.databases.empty())
    databases.push_back({k_databases, "none", Verdict::fault, "no database is configured",
                         "Name one in config.toml: [databases.main] url = \"sqlite:app.db\""});
  append(all, std::move(databases));
  return all;
}

}  // namespace runner
