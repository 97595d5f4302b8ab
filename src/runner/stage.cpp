#include "runner/stage.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "os/clock.hpp"
#include "os/lock.hpp"
#include "os/log.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_prefix = "rehearsal-";
constexpr std::string_view k_kept_prefix = "kept-";
constexpr std::chrono::seconds k_to_be_locked{60};  // by the process that has just made it

void drop(const std::string& folder) {
  std::error_code failed;
  fs::remove_all(folder, failed);
  if (failed) os::log_warning(fmt::format("cannot remove {}: {}", base::escape(folder), failed.message()));
}

// What processes that were killed have left: nobody has the lock of such a folder. Where a kernel does not show the
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

[[noreturn]] void cannot_make(const std::string& folder) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot make the folder {}", base::escape(folder)),
                    k_nothing_changed, "Look at the rights and the space of the folder of [ledger] path.");
}

[[noreturn]] void cannot_look(const std::string& folder) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot look into the folder {}", base::escape(folder)),
                    k_nothing_changed, "Look at its rights.");
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
                        k_nothing_changed, "Look at the space on the disk of the ledger.");
  }
}

}  // namespace

Stage::Stage(const core::Config& config)
    : config_(config),
      home_(ledger::folder_of(config.path(config.ledger.path))),
      path_(fmt::format("{}/{}XXXXXX", home_, k_prefix)) {
  ledger::make_folder(config.path(config.ledger.path));
  remove_forgotten(home_);
  if (::mkdtemp(path_.data()) == nullptr) cannot_make(std::exchange(path_, {}));
  if (auto lock = os::try_lock(path_)) lock_ = std::move(*lock);
  for (const char* folder : {"/.fettle", "/fix-scripts"})
    if (::mkdir((path_ + folder).c_str(), 0700) != 0) {
      const std::string made = std::exchange(path_, {});
      drop(made);
      cannot_make(made + folder);
    }
}

Stage::~Stage() {
  if (!path_.empty()) drop(path_);
}

std::string Stage::name() const {
  return path_.substr(path_.rfind('-') + 1);
}

std::vector<std::string> Stage::alive() const {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator each(home_, failed), end; !failed && each != end; each.increment(failed)) {
    const std::string folder = each->path().filename();
    if (folder.starts_with(k_prefix) || folder.starts_with(k_kept_prefix))
      names.push_back(folder.substr(folder.rfind('-') + 1));
  }
  if (failed) cannot_look(home_);
  return names;
}

core::Config Stage::configured() const {
  core::Config copied = config_;
  copied.directory = path_;
  copied.file = path_ + "/config.toml";
  copied.folders.scripts = core::FolderConfig{}.scripts;
  copied.folders.succeeded = core::FolderConfig{}.succeeded;
  copied.folders.failed = core::FolderConfig{}.failed;
  copied.folders.data = config_.path(config_.folders.data);
  copied.ledger.path = core::LedgerConfig{}.path;
  copied.hooks = {};
  copied.guard = {};
  return copied;
}

void Stage::copy(core::Observer& observer) const {
  const core::Config copied = configured();
  if (const auto history = ledger::History::open(config_.path(config_.ledger.path)))
    history->copy_to(copied.path(copied.ledger.path));
  copy_scripts(folder::Folders::open(config_, folder::Missing::is_empty), copied, observer);
}

std::string Stage::keep() {
  std::string kept = fmt::format("{}/{}{}", home_, k_kept_prefix, name());
  if (::rename(path_.c_str(), kept.c_str()) != 0) kept = path_;
  path_.clear();
  return kept;
}

}  // namespace runner
