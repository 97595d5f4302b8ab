#include "cli/backing_up.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <poll.h>
#include <utility>
#include <variant>

#include "backup/tar.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "ledger/replace.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/keeping.hpp"
#include "target/drivers.hpp"
#include "target/keeping.hpp"

namespace cli {
namespace {

using backup::Part;
using backup::PartKind;

constexpr const char* k_none_made = "No backup was made; older ones are as they were.";
constexpr std::string_view k_places[] = {"scripts", "succeeded", "failed"};  // in the order of folder::Place

bool is_readable(int descriptor) {
  pollfd wait{descriptor, POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

bool is_left_out(const std::vector<std::string>& without, const std::string& name) {
  return std::find(without.begin(), without.end(), name) != without.end();
}

// Those that are there: what a run would make has nothing in it yet.
core::Config saved_config(const core::Config& config, std::vector<std::string>& without) {
  const target::Surroundings surroundings{config.directory, config.path(config.ledger.path)};
  core::Config saved = config;
  std::erase_if(saved.databases, [&](const core::DatabaseConfig& database) {
    if (is_left_out(without, database.name)) return true;
    const bool is_new = target::is_yet_to_be_made(database.url, surroundings);
    if (is_new) without.push_back(database.name);
    return is_new;
  });
  return saved;
}

std::string file_of(const core::DatabaseConfig& database) {
  return fmt::format("database-{}.{}", database.name, target::keeper_of(database.url)->file_ending);
}

// One backup from its beginning to its end.
class Maker {
 public:
  Maker(const core::Config& config, const BackupWish& wish, int run_lock, int stop)
      : config_(config), wish_(wish), run_lock_(run_lock), stop_(stop), vault_(vault_of(config)) {}

  std::optional<MadeBackup> go() {
    refuse_backup(config_, wish_.without);
    backup::Manifest manifest = begin();
    std::optional<backup::KeyBytes> key;
    if (config_.backup.encrypt != core::Encrypt::none) {
      const backup::Secret secret = backup::Secret::of(config_, config_.backup.encrypt);
      manifest.locked = secret.lock();
      key = secret.key_for(manifest.locked);
    }
    const os::Fd lock = vault_.lock();
    backup::Making making(vault_, std::move(manifest), key);
    if (!save_databases(making, lock.get()) || !save_ledger(making)) return std::nullopt;
    save_scripts(making);
    if (is_readable(stop_)) return std::nullopt;
    Part contents{.file = "contents.json", .kind = PartKind::contents};
    making.add(contents, [this](const backup::Making::Put& put) { put(backup::write(contents_)); });
    made_.name = making.finish();
    made_.manifest = making.manifest();
    made_.pruned = prune(vault_, {config_.backup.keep, config_.backup.keep_days}, true, true);
    return std::move(made_);
  }

 private:
  backup::Manifest begin() const {
    backup::Manifest manifest;
    manifest.id = backup::random_hex(16);
    manifest.made = os::now();
    manifest.fettle = FETTLE_VERSION;
    manifest.by = wish_.by.empty() ? os::user_name() : wish_.by;
    manifest.host = os::host_name();
    manifest.trigger = wish_.trigger;
    manifest.reason = wish_.reason;
    manifest.run = wish_.run;
    return manifest;
  }

  bool save_databases(backup::Making& making, int lock) {
    std::vector<std::string>& without = making.manifest().without;
    without = wish_.without;
    const core::Config saved = saved_config(config_, without);
    std::vector<core::Keeping> wishes;
    for (const core::DatabaseConfig& database : saved.databases)
      wishes.push_back({.step = core::Keeping::Step::save, .file = making.scratch(file_of(database))});
    const auto told = runner::keep_databases(saved, wishes, {run_lock_, lock}, stop_);
    if (!told) return false;
    for (const core::DatabaseStatus& database : *told)
      if (!database.fault.empty())
        throw base::Error(
            base::ErrorKind::target_unreachable,
            fmt::format("database {} could not be saved: {}", base::escape(database.name), database.fault), k_none_made,
            fmt::format("Mend that, or leave it out: fettle backup create --without {}", database.name));
    for (std::size_t at = 0; at < saved.databases.size(); ++at) {
      const core::DatabaseConfig& database = saved.databases[at];
      const std::string file = file_of(database);
      contents_.rows.emplace_back(database.name, (*told)[at].facts);
      Part part{file, PartKind::database, database.name, (*told)[at].engine, {}};
      if (!making.add_file(std::move(part), file, [this] { return is_readable(stop_); })) return false;
    }
    return true;
  }

  bool save_ledger(backup::Making& making) {
    const std::string path = config_.path(config_.ledger.path);
    if (!ledger::History::open(path)) (void)ledger::Ledger::open(path);  // an empty one, so that it can be put back
    const auto history = ledger::History::open(path);
    const std::string file = "ledger.db";
    history->copy_to(making.scratch(file));
    const ledger::About about = ledger::about_copy(making.scratch(file));
    making.manifest().ledger = {about.id, about.runs, about.attempts, ledger::describe(about.head)};
    return making.add_file({.file = file, .kind = PartKind::ledger}, file, [this] { return is_readable(stop_); });
  }

  void save_scripts(backup::Making& making) {
    const folder::Folders folders = folder::Folders::open(config_, folder::Missing::is_empty);
    making.add({.file = "scripts.tar", .kind = PartKind::scripts}, [&](const backup::Making::Put& put) {
      backup::TarWriter tar(put);
      for (const folder::Place place : {folder::Place::scripts, folder::Place::succeeded, folder::Place::failed})
        for (const std::string& name : folders.list(place).names) save_script(tar, folders, place, name);
      tar.finish();
    });
  }

  void save_script(backup::TarWriter& tar, const folder::Folders& folders, folder::Place place,
                   const std::string& name) {
    const std::string_view where = k_places[static_cast<std::size_t>(place)];
    const folder::ReadResult read = folders.read(place, name);
    if (const auto* not_now = std::get_if<folder::NotNow>(&read))
      made_.warnings.push_back(
          fmt::format("{} is left out: {}", base::escape(folders.display(place, name)), not_now->reason));
    const auto* const loaded = std::get_if<folder::Loaded>(&read);
    if (loaded == nullptr) return;
    tar.add(fmt::format("{}/{}", where, name), loaded->script.text, os::now().milliseconds / 1000);
    contents_.files.push_back({std::string(where), name, loaded->script.sha256, loaded->script.text.size()});
    ++made_.scripts;
  }

  const core::Config& config_;
  const BackupWish& wish_;
  int run_lock_, stop_;
  backup::Vault vault_;
  backup::Contents contents_;
  MadeBackup made_;
};

}  // namespace

backup::Vault vault_of(const core::Config& config) {
  return backup::Vault(config.path(config.backup.folder));
}

void refuse_backup(const core::Config& config, const std::vector<std::string>& without) {
  for (const std::string& name : without)
    if (std::none_of(config.databases.begin(), config.databases.end(),
                     [&name](const core::DatabaseConfig& database) { return database.name == name; }))
      throw base::Error(base::ErrorKind::usage, fmt::format("--without: no database is called {}", base::escape(name)),
                        k_none_made, "fettle config show");
  for (const core::DatabaseConfig& database : config.databases) {
    if (is_left_out(without, database.name)) continue;
    if (const std::string missing = target::missing_program(database.url); !missing.empty())
      throw base::Error(
          base::ErrorKind::config,
          fmt::format("database {} is saved by {}, which is not installed", base::escape(database.name), missing),
          k_none_made,
          fmt::format("Install it, or leave the database out: fettle backup create --without {}", database.name));
  }
}

std::optional<MadeBackup> make_backup(const core::Config& config, const BackupWish& wish, int run_lock, int stop) {
  return Maker(config, wish, run_lock, stop).go();
}

void back_up_before(runner::RunRequest& request, const core::Config& config, bool unwanted) {
  if (!config.backup.before_run || unwanted) return;
  request.back_up = [&config, by = request.by, reason = request.reason](std::int64_t run, int lock, int stop) {
    runner::RunRequest::Backup result;
    try {
      const auto made = make_backup(config, {"before_run", by, reason, run, {}}, lock, stop);
      if (!made) return result;
      result.name = made->name;
      for (const std::string& warning : made->warnings) os::log_warning(warning);
      for (const std::string& name : made->pruned) os::log_info(fmt::format("backup {} was removed", name));
    } catch (const base::Error& error) {
      result.fault = error.what();
    }
    return result;
  };
}

std::vector<std::string> prune(const backup::Vault& vault, const backup::Retention& retention, bool newest_is_whole,
                               bool remove) {
  const std::vector<backup::Entry> all = vault.list();
  std::vector<backup::Aged> aged;
  for (const backup::Entry& entry : all) aged.push_back({entry.name, entry.manifest.made});
  const std::vector<std::size_t> outdated = backup::outdated(aged, retention, os::now());
  std::vector<std::string> names;
  bool has_whole = newest_is_whole || outdated.empty();
  const auto goes = [&outdated](std::size_t at) {
    return std::find(outdated.begin(), outdated.end(), at) != outdated.end();
  };
  for (std::size_t at = 0; at < all.size() && !has_whole; ++at)
    if (!goes(at)) has_whole = vault.verify(all[at], std::nullopt).empty();
  for (const std::size_t at : outdated) {
    if (!has_whole && vault.verify(all[at], std::nullopt).empty()) {
      has_whole = true;  // the newest that is whole: it stays
      continue;
    }
    names.push_back(all[at].name);
  }
  if (remove)
    for (const std::string& name : names) vault.remove(name);
  return names;
}

}  // namespace cli
