#include "cli/putting_back.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/backing_up.hpp"
#include "ledger/history.hpp"
#include "ledger/replace.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/swap.hpp"
#include "runner/keeping.hpp"
#include "runner/run_lock.hpp"
#include "target/keeping.hpp"

namespace cli {
namespace {

using backup::Part;
using backup::PartKind;
using Step = core::Keeping::Step;

constexpr const char* k_untouched = "Nothing was restored; everything is as it was.";

const Part* part_of(const backup::Entry& entry, PartKind kind) {
  for (const Part& part : entry.manifest.parts)
    if (part.kind == kind) return &part;
  return nullptr;
}

bool is_all(const RestoreWish& wish) {
  return wish.databases.empty() && !wish.ledger && !wish.scripts;
}

bool wants(const RestoreWish& wish, const Part& part) {
  switch (part.kind) {
    case PartKind::ledger:
      return wish.ledger || is_all(wish);
    case PartKind::scripts:
      return wish.scripts || is_all(wish);
    case PartKind::database:
      return is_all(wish) ||
             std::find(wish.databases.begin(), wish.databases.end(), part.database) != wish.databases.end();
    case PartKind::contents:
      break;
  }
  return false;
}

std::string title_of(const Part& part) {
  return part.kind == PartKind::database ? fmt::format("database {}", part.database)
                                         : std::string(backup::name(part.kind));
}

// "20261121_102900_123": for names of what is made and kept; of letters that every engine takes.
std::string token_now() {
  std::string text = base::iso8601(os::now()).substr(0, 23);
  std::erase_if(text, [](char letter) { return letter == '-' || letter == ':'; });
  std::replace_if(
      text.begin(), text.end(), [](char letter) { return letter == 'T' || letter == '.'; }, '_');
  return text;
}

std::string fact_of(const core::DatabaseStatus& database, std::string_view name) {
  for (const core::Fact& fact : database.facts)
    if (fact.name == name) return fact.text;
  return {};
}

// --- a restore -----------------------------------------------------------------------------------------------------

class Restorer {
 public:
  Restorer(const core::Config& config, const backup::Vault& vault, const backup::Entry& entry,
           const std::optional<backup::KeyBytes>& key, const RestoreWish& wish)
      : config_(config),
        vault_(vault),
        entry_(entry),
        key_(key),
        wish_(wish),
        ledger_(config.path(config.ledger.path)) {}

  PutBackReport go() {
    run_lock_ = runner::take_run_lock(config_, std::nullopt, nullptr);
    vault_lock_ = vault_.lock();
    scratch_.emplace(vault_, backup::Manifest{}, std::nullopt);
    read_contents();
    extract_databases();
    look_at_databases();
    look_at_ledger();
    refuse_newer();
    make_databases();
    make_ledger();
    swap_databases();
    swap_ledger();
    put_scripts();
    record();
    return std::move(report_);
  }

 private:
  struct Chosen {
    core::DatabaseConfig database;
    const Part* part;
    std::string file;     // the copy, in the scratch
    std::string differs;  // empty: it is as the backup has it
  };

  void read_contents() {
    const Part* const part = part_of(entry_, PartKind::contents);
    const auto contents =
        part != nullptr ? backup::read_contents(backup::read_text(vault_, entry_, *part, key_)) : std::nullopt;
    if (contents) contents_ = *contents;
  }

  void extract_databases() {
    for (const Part& part : entry_.manifest.parts) {
      if (part.kind != PartKind::database || !wants(wish_, part)) continue;
      const auto configured = std::find_if(config_.databases.begin(), config_.databases.end(),
                                           [&part](const auto& each) { return each.name == part.database; });
      if (configured == config_.databases.end())
        throw base::Error(
            base::ErrorKind::usage,
            fmt::format("database {} of the backup is not configured any more", base::escape(part.database)),
            k_untouched, "Configure it, name others with --database, or write it out with --into DIR.");
      if (target::engine_of(configured->url) != part.engine)
        throw base::Error(base::ErrorKind::usage,
                          fmt::format("database {} is of {} in the backup, and of {} in the configuration",
                                      base::escape(part.database), part.engine, target::engine_of(configured->url)),
                          k_untouched, "Write it out with --into DIR.");
      if (const std::string missing = target::missing_program(configured->url); !missing.empty())
        throw base::Error(
            base::ErrorKind::config,
            fmt::format("database {} is restored by {}, which is not installed", base::escape(part.database), missing),
            k_untouched, "Install it, and try again.");
      Chosen chosen{*configured, &part, scratch_->scratch(fmt::format("copy-{}", part.database)), {}};
      backup::extract(vault_, entry_, part, key_, chosen.file);
      chosen_.push_back(std::move(chosen));
    }
  }

  std::vector<core::DatabaseStatus> perform(Step step) {
    core::Config config = config_;
    config.databases.clear();
    std::vector<core::Keeping> wishes;
    for (const Chosen& chosen : chosen_) {
      config.databases.push_back(chosen.database);
      wishes.push_back({step, chosen.file, token_, rows_of(chosen.database.name)});
    }
    return *runner::keep_databases(config, wishes, {run_lock_.get(), vault_lock_.get()}, -1);
  }

  std::vector<core::Fact> rows_of(const std::string& database) const {
    for (const auto& [name, rows] : contents_.rows)
      if (name == database) return rows;
    return {};
  }

  void look_at_databases() {
    const auto told = perform(Step::compare);
    refuse_faults(told, k_untouched);
    std::vector<Chosen> differing;
    for (std::size_t at = 0; at < told.size(); ++at) {
      chosen_[at].differs = fact_of(told[at], target::k_differs);
      if (chosen_[at].differs.empty())
        report_.all.push_back({title_of(*chosen_[at].part), PutBack::How::same, {}});
      else
        differing.push_back(std::move(chosen_[at]));
    }
    chosen_ = std::move(differing);
  }

  static void refuse_faults(const std::vector<core::DatabaseStatus>& told, const std::string& state) {
    for (const core::DatabaseStatus& database : told)
      if (!database.fault.empty())
        throw base::Error(
            database.cause == core::Cause::locked ? base::ErrorKind::lock_held : base::ErrorKind::target_unreachable,
            fmt::format("database {}: {}", base::escape(database.name), database.fault), state,
            "Once that is mended, the same again.");
  }

  // What stands in the ledger now and not in the backup.
  void look_at_ledger() {
    const Part* const part = part_of(entry_, PartKind::ledger);
    if (part == nullptr || !wants(wish_, *part) || !entry_.manifest.ledger) return;
    restores_ledger_ = true;
    const backup::LedgerMark& mark = *entry_.manifest.ledger;
    if (::access(ledger_.c_str(), F_OK) != 0) return;
    try {
      const auto history = ledger::History::open(ledger_);
      if (!history) return;
      const ledger::About about = history->about();
      const bool adds_nothing = about.id == mark.id && about.runs == mark.runs && about.attempts == mark.attempts;
      if (adds_nothing || ledger::describe(about.head) == mark.head) {  // but for what was noted, as by a restore
        restores_ledger_ = false;
        report_.all.push_back({"ledger", PutBack::How::same, {}});
      } else if (about.id != mark.id) {
        newer_ledger_ = "it is another ledger";
      } else {
        newer_ledger_ = fmt::format(
            "{} and {} were added since",
            base::plural(static_cast<std::uint64_t>(std::max<std::int64_t>(0, about.runs - mark.runs)), "run"),
            base::plural(static_cast<std::uint64_t>(std::max<std::int64_t>(0, about.attempts - mark.attempts)),
                         "attempt"));
      }
    } catch (const base::Error& error) {
      newer_ledger_ = fmt::format("what is there now cannot be read: {}", error.what());
    }
  }

  void refuse_newer() const {
    if (wish_.force) return;
    std::string newer;
    const auto tell = [&newer](const std::string& what, const std::string& how) {
      newer += fmt::format("{}{}: {}", newer.empty() ? "" : "; ", what, how);
    };
    for (const Chosen& chosen : chosen_)
      if (chosen.differs != target::k_missing) tell(title_of(*chosen.part), chosen.differs);
    if (!newer_ledger_.empty()) tell("ledger", newer_ledger_);
    if (newer.empty()) return;
    throw base::Error(base::ErrorKind::usage, fmt::format("what is there now is newer than the backup: {}", newer),
                      k_untouched,
                      "--force puts the backup in its place all the same, and keeps what is there under another name; "
                      "--into DIR only writes the backup out.");
  }

  void make_databases() {
    if (chosen_.empty()) return;
    const auto told = perform(Step::make);
    if (std::all_of(told.begin(), told.end(), [](const auto& database) { return database.fault.empty(); })) return;
    (void)perform(Step::drop);
    refuse_faults(told, k_untouched);
  }

  void drop_databases() {
    if (!chosen_.empty()) (void)perform(Step::drop);
  }

  void make_ledger() {
    if (!restores_ledger_) return;
    made_ledger_ = ledger_ + ".restoring_" + token_;
    remove_unfinished_ledgers();
    ledger::make_folder(ledger_);
    const Part* const part = part_of(entry_, PartKind::ledger);
    const std::string copy = scratch_->scratch("copy-ledger");
    backup::extract(vault_, entry_, *part, key_, copy);
    os::copy_file(copy, made_ledger_, ledger_);
    const std::string fault = ledger::check_copy(made_ledger_, entry_.manifest.ledger->head);
    if (fault.empty()) return refuse_ledger_in_use();
    ::unlink(made_ledger_.c_str());
    drop_databases();
    throw base::Error(base::ErrorKind::ledger_broken, fmt::format("the ledger of the backup is not whole: {}", fault),
                      k_untouched, "Restore another backup.");
  }

  // Before any database is put in its place: one and not the other would be told by nobody's receipts.
  void refuse_ledger_in_use() {
    try {
      ledger::refuse_open_elsewhere(ledger_);
    } catch (const base::Error& error) {
      ::unlink(made_ledger_.c_str());
      drop_databases();
      throw base::Error(error.kind(), error.what(), k_untouched, error.next());
    }
  }

  void remove_unfinished_ledgers() const {
    std::error_code failed;
    const std::string start = std::filesystem::path(ledger_).filename().string() + ".restoring_";
    std::vector<std::filesystem::path> found;
    for (std::filesystem::directory_iterator each(ledger::folder_of(ledger_), failed), end; !failed && each != end;
         each.increment(failed))
      if (each->path().filename().string().starts_with(start)) found.push_back(each->path());
    for (const auto& each : found) std::filesystem::remove(each, failed);
  }

  void swap_databases() {
    if (chosen_.empty()) return;
    const auto told = perform(Step::swap);
    std::string done;
    for (const core::DatabaseStatus& database : told) {
      if (!database.fault.empty()) continue;
      PutBack put{fmt::format("database {}", database.name), PutBack::How::restored, fact_of(database, target::k_kept)};
      if (const std::string beside = fact_of(database, target::k_restored_as); !beside.empty())
        put = {put.what, PutBack::How::beside, beside};
      done += fmt::format("{}{}", done.empty() ? "" : ", ", put.what);
      report_.all.push_back(std::move(put));
    }
    if (std::all_of(told.begin(), told.end(), [](const auto& database) { return database.fault.empty(); })) return;
    if (!made_ledger_.empty()) ::unlink(made_ledger_.c_str());
    drop_databases();
    if (!done.empty()) record();
    refuse_faults(told,
                  done.empty() ? k_untouched : fmt::format("Restored so far: {}. Everything else is as it was.", done));
  }

  void swap_ledger() {
    if (!restores_ledger_) return;
    const std::string kept = fmt::format("{}.before_restore_{}", ledger_, token_);
    const bool was_there = ::access(ledger_.c_str(), F_OK) == 0;
    try {
      ledger::replace(ledger_, made_ledger_, kept);
    } catch (const base::Error& error) {
      ::unlink(made_ledger_.c_str());
      std::string done;
      for (const PutBack& put : report_.all)
        if (put.how != PutBack::How::same) done += fmt::format("{}{}", done.empty() ? "" : ", ", put.what);
      throw base::Error(error.kind(), error.what(),
                        done.empty() ? k_untouched : fmt::format("Restored so far: {}. {}", done, error.state()),
                        error.next());
    }
    report_.all.push_back({"ledger", PutBack::How::restored, was_there ? kept : std::string()});
  }

  void put_scripts() {
    const Part* const part = part_of(entry_, PartKind::scripts);
    if (part == nullptr || !wants(wish_, *part)) return;
    const std::string copy = scratch_->scratch("copy-scripts");
    backup::extract(vault_, entry_, *part, key_, copy);
    put_scripts_back(config_, contents_, copy, report_);
    const bool changed = report_.written + report_.moved > 0;
    report_.all.push_back({"scripts", changed ? PutBack::How::restored : PutBack::How::same, {}});
  }

  void record() {
    ledger::Event event;
    event.verb = "restore";
    event.by = wish_.by.empty() ? os::user_name() : wish_.by;
    event.host = os::host_name();
    event.reason = wish_.reason;
    event.detail = fmt::format("backup {} (id {})", entry_.name, entry_.manifest.id);
    for (const PutBack& put : report_.all) {
      event.detail += fmt::format("; {}", put.what);
      if (put.how == PutBack::How::same) event.detail += " was as the backup has it";
      if (put.how == PutBack::How::beside) event.detail += fmt::format(" restored as {}", put.kept);
      if (put.how == PutBack::How::restored && !put.kept.empty())
        event.detail += fmt::format(", before it {}", put.kept);
    }
    event.at = os::now();
    ledger::Ledger::open(ledger_).record(event);
  }

  const core::Config& config_;
  const backup::Vault& vault_;
  const backup::Entry& entry_;
  const std::optional<backup::KeyBytes>& key_;
  const RestoreWish& wish_;
  std::string ledger_;
  std::string token_ = token_now();
  os::Fd run_lock_, vault_lock_;
  std::optional<backup::Making> scratch_;  // never finished
  backup::Contents contents_;
  std::vector<Chosen> chosen_;
  bool restores_ledger_ = false;
  std::string newer_ledger_, made_ledger_;
  PutBackReport report_;
};

}  // namespace

std::optional<backup::KeyBytes> key_of(const core::Config& config, const backup::Entry& entry, Asked asked) {
  const backup::Locked& locked = entry.manifest.locked;
  if (entry.fault || locked.by == core::Encrypt::none) return std::nullopt;
  if (asked == Asked::optional && !backup::has_secret(config, locked.by)) return std::nullopt;
  const backup::KeyBytes key = backup::Secret::of(config, locked.by).key_for(locked);
  if (backup::is_of_key(entry.manifest, key)) return key;
  throw base::Error(base::ErrorKind::config,
                    fmt::format("the {} is not that of backup {}, or its manifest was altered by somebody without it",
                                locked.by == core::Encrypt::key ? "key" : "passphrase", entry.name),
                    "Nothing was changed.", "Give the one that was in force when it was made.");
}

void refuse_wish(const backup::Entry& entry, const RestoreWish& wish) {
  const auto has = [&entry](PartKind kind, const std::string& database) {
    return std::any_of(entry.manifest.parts.begin(), entry.manifest.parts.end(),
                       [&](const Part& part) { return part.kind == kind && part.database == database; });
  };
  const auto refuse = [&entry](const std::string& what) {
    throw base::Error(base::ErrorKind::usage, fmt::format("backup {} has no {}", entry.name, what), k_untouched,
                      "fettle backup list");
  };
  for (const std::string& database : wish.databases)
    if (!has(PartKind::database, database)) refuse(fmt::format("database {}", base::escape(database)));
  if (wish.ledger && !has(PartKind::ledger, "")) refuse("ledger");
}

std::vector<std::string> wanted_parts(const backup::Entry& entry, const RestoreWish& wish) {
  std::vector<std::string> titles;
  for (const Part& part : entry.manifest.parts)
    if (wants(wish, part)) titles.push_back(title_of(part));
  return titles;
}

PutBackReport put_back(const core::Config& config, const backup::Vault& vault, const backup::Entry& entry,
                       const std::optional<backup::KeyBytes>& key, const RestoreWish& wish) {
  return Restorer(config, vault, entry, key, wish).go();
}

}  // namespace cli
