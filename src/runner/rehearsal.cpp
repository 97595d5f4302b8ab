#include "runner/rehearsal.hpp"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/host.hpp"
#include "os/lock.hpp"
#include "os/log.hpp"
#include "runner/crew.hpp"
#include "runner/run_lock.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_prefix = "rehearsal-";
constexpr std::chrono::seconds k_to_be_locked{60};  // by the process that has just made it
constexpr const char* k_nothing = "Nothing was run and nothing was changed.";

std::string home_of(const core::Config& config) {
  return ledger::folder_of(config.path(config.ledger.path));
}

void drop(const std::string& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (failed) os::log_warning(fmt::format("cannot remove {}: {}", base::escape(folder), failed.message()));
}

// What rehearsals that were killed have left: nobody has the lock of such a folder. Where a kernel does not show the
// locks of other hosts they are left alone.
void remove_forgotten(const std::string& home) {
  if (os::lock_reach(home) != os::LockReach::every_host) return;
  std::error_code failed;
  std::vector<std::string> found;
  for (fs::directory_iterator each(home, failed), end; !failed && each != end; each.increment(failed))
    if (each->path().filename().string().starts_with(k_prefix)) found.push_back(each->path());
  for (const std::string& folder : found) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) continue;
    const bool is_new = os::now().milliseconds / 1000 - status.st_mtime < k_to_be_locked.count();
    if (!is_new && !os::is_locked(folder)) drop(folder);
  }
}

// The folder of this rehearsal, which is gone with it unless it is kept.
class Place {
 public:
  explicit Place(const std::string& home) : path_(fmt::format("{}/{}XXXXXX", home, k_prefix)) {
    if (::mkdtemp(path_.data()) == nullptr) cannot_make(std::exchange(path_, {}));
    if (auto lock = os::try_lock(path_)) lock_ = std::move(*lock);
    for (const char* folder : {"/.fettle", "/fix-scripts"})
      if (::mkdir((path_ + folder).c_str(), 0700) != 0) cannot_make(path_ + folder);
  }
  ~Place() {
    if (!path_.empty()) drop(path_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::string& path() const noexcept { return path_; }
  // Where it lies from now on.
  std::string keep(const std::string& home) {
    std::string kept = fmt::format("{}/kept-{}", home, path_.substr(path_.rfind('-') + 1));
    if (::rename(path_.c_str(), kept.c_str()) != 0) kept = path_;
    path_.clear();
    return kept;
  }

 private:
  [[noreturn]] static void cannot_make(const std::string& folder) {
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot make the folder {}", base::escape(folder)), k_nothing,
                      "Look at the rights and the space of the folder of [ledger] path.");
  }

  std::string path_;
  os::Fd lock_;
};

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
                        k_nothing, "fettle plan tells what a run would do.");
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
                        fmt::format("database {}: {}", base::escape(database.name), database.fault), k_nothing,
                        "Look at the space on the disk of the ledger, and: fettle doctor");
}

void copy_scripts(const folder::Folders& from, const core::Config& to, core::Observer& observer) {
  folder::Folders folders = folder::Folders::open(to, folder::Missing::create);
  for (const std::string& name : from.list(folder::Place::scripts).names) {
    const folder::ReadResult read = from.read(folder::Place::scripts, name);
    if (const auto* not_now = std::get_if<folder::NotNow>(&read))
      observer.warning(fmt::format("{} is left out: {}", base::escape(name), not_now->reason));
    const auto* const loaded = std::get_if<folder::Loaded>(&read);
    if (loaded == nullptr) continue;
    const folder::MoveResult written = folders.write(folder::Place::scripts, name, loaded->script.text);
    if (written.status != folder::MoveStatus::moved)
      throw base::Error(base::ErrorKind::io, fmt::format("cannot copy {}: {}", base::escape(name), written.detail),
                        k_nothing, "Look at the space on the disk of the ledger.");
  }
}

// The same run, with everything that it could change in the folder of the rehearsal.
core::Config configured_for(const core::Config& config, const std::string& folder,
                            const std::vector<std::string>& files) {
  core::Config copied = config;
  copied.directory = folder;
  copied.file = folder + "/config.toml";
  copied.folders.scripts = core::FolderConfig{}.scripts;
  copied.folders.succeeded = core::FolderConfig{}.succeeded;
  copied.folders.failed = core::FolderConfig{}.failed;
  copied.folders.data = config.path(config.folders.data);
  copied.ledger.path = core::LedgerConfig{}.path;
  copied.hooks = {};
  copied.guard = {};
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
void copy_all(const core::Config& config, const core::Config& copied, const std::vector<std::string>& files,
              const RunRequest& request, core::Observer& observer) {
  const os::Fd lock = take_run_lock(config, request.wait, &observer);
  copy_databases(config, files, lock.get());
  record(config, request);
  if (const auto history = ledger::History::open(config.path(config.ledger.path)))
    history->copy_to(copied.path(copied.ledger.path));
  copy_scripts(folder::Folders::open(config, folder::Missing::is_empty), copied, observer);
}

}  // namespace

Rehearsal rehearse(const core::Config& config, const RunRequest& request, Keep keep, core::Observer& observer) {
  refuse_what_cannot_be_copied(config);
  const std::string home = home_of(config);
  ledger::make_folder(config.path(config.ledger.path));
  remove_forgotten(home);
  Place place(home);
  std::vector<std::string> files;
  for (std::size_t at = 0; at < config.databases.size(); ++at)
    files.push_back(fmt::format("{}/database-{}.db", place.path(), at + 1));
  const core::Config copied = configured_for(config, place.path(), files);
  copy_all(config, copied, files, request, observer);
  RunRequest here = request;
  here.trigger = "rehearsal";
  here.wait.reset();
  Rehearsal rehearsal;
  rehearsal.report = run(copied, here, observer);
  rehearsal.report.dry_run = true;
  if (keep == Keep::no) return rehearsal;
  write_config(copied);
  rehearsal.kept = place.keep(home);
  return rehearsal;
}

}  // namespace runner
