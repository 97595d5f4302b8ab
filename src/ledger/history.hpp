// The audit file, read only: for status, history, show, plan and the page. Never makes or changes anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/report.hpp"
#include "ledger/applied.hpp"
#include "ledger/attempts.hpp"
#include "ledger/events.hpp"
#include "ledger/fates.hpp"
#include "ledger/figures.hpp"
#include "ledger/findings.hpp"
#include "ledger/imported.hpp"
#include "ledger/ledger.hpp"
#include "ledger/pruning.hpp"
#include "ledger/requests.hpp"
#include "ledger/runs.hpp"
#include "ledger/tally.hpp"
#include "ledger/tokens.hpp"

namespace ledger {

// What became of an attempt's file.
struct Filed {
  std::int64_t attempt = 0;
  std::string script, sha256;
  core::OutcomeKind outcome = core::OutcomeKind::failed;
  std::string moved_to;  // empty: it stayed, or is not moved yet
};

// What a ledger is and holds.
struct About {
  std::string id;  // 32 hexadecimal digits, for its whole life
  int schema = 0;
  base::Instant since;  // when it was made
  std::int64_t attempts = 0, runs = 0, versions = 0, events = 0, imports = 0, imported = 0;
  Head head;
};

class History {
 public:
  // nullopt: there is no ledger yet. Throws Error(ledger_broken) when it cannot be read.
  static std::optional<History> open(const std::string& path);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  // Newest first.
  std::vector<Attempt> attempts(const Filter& filter) const;
  // The same one by one, for lists that are too long to be held. Nothing is locked while they are taken.
  void each_attempt(const Filter& filter, const std::function<void(const Attempt&)>& take) const;
  std::optional<Attempt> attempt(std::int64_t id) const;
  std::optional<Attempt> latest(const std::string& script) const;
  // The attempt whose rollback() took this one back; 0: none has.
  std::int64_t taken_back_by(const Attempt& attempt) const;
  std::vector<LogLine> lines(std::int64_t attempt) const;
  // The exact bytes of a version that ran. Throws Error(ledger_broken) when there is none, or they were altered.
  std::string text(const std::string& sha256) const;
  std::optional<core::Progress> progress(std::int64_t attempt) const;  // as it was told last
  // By which this attempt's log lines and rows were pruned; its attempt = 0: they were not.
  Pruned pruned(std::int64_t attempt) const;
  // What it changed, or may have changed, as far as that was recorded; empty: nothing was.
  core::Changes changes(std::int64_t attempt) const;
  // The recorded rows of it, in order, a part at a time: never more than one is held, and nothing is locked meanwhile.
  // Throws Error(ledger_broken) when they are not as they were recorded. table of each is one of changes().
  void each_changed_row(std::int64_t attempt, const std::function<void(const core::RowChange&)>& take) const;
  // The first rows of each table and kind, at most so many of each.
  std::vector<core::RowChange> sample_of_rows(std::int64_t attempt, const core::Changes& changes,
                                              std::size_t most_of_each) const;
  // What a preview found; nullopt: there was none with this run.
  std::optional<Preview> preview(std::int64_t run) const;
  // Newest first. Their counts are what the scripts would have come to.
  std::vector<Run> previews(std::int64_t limit) const;
  // Newest first, of whatever kind. before: only runs with a smaller id; 0: from the newest on. limit 0: all.
  std::vector<Run> runs(std::int64_t limit, std::int64_t before = 0) const;
  std::optional<Run> run(std::int64_t id) const;
  // The newest one that this process began since then; 0: none, as far as the newest thousand runs tell.
  std::int64_t run_of_process(std::int64_t pid, const std::string& host, base::Instant since) const;
  // Adds the attempts that have ended since it was added to last.
  void add_to(Tally& tally) const;
  // Takes in the tokens, or the requests, of the events since then.
  void take_in(TokenBook& book) const;
  void take_in(RequestBook& book) const;
  // Another number whenever somebody else has written since this History was opened.
  std::int64_t version() const;
  // Newest first. before: only events with a smaller id; 0: from the newest on.
  std::vector<RecordedEvent> events(std::int64_t limit, std::int64_t before = 0) const;
  // The newest run that was meant to last; no preview, and no mark.
  std::optional<Run> last_run() const;
  // Whether somebody declared, since this run began, that nothing of it is alive: `fettle unlock --force`.
  bool is_broken(std::int64_t run) const;
  std::optional<Attempt> in_work() const;  // newest attempt that has not ended
  // As ledger/fates has them.
  std::vector<Fated> fates() const;
  std::optional<std::vector<Fated>> glance_at_fates(std::size_t most_rows) const;
  std::vector<Attempt> open_questions() const;
  // Looks for what somebody else did to this ledger (ledger/verify). expected: a head that was kept elsewhere.
  Verdict verify(const std::optional<Head>& expected) const;
  // What SQLite itself finds wrong with the file's pages and indexes; empty: nothing. Reads all of it.
  std::string damage() const;
  Head head() const;
  About about() const;
  // As ledger/figures has them.
  Figures figures(base::Instant now) const;
  std::vector<ScriptFigures> script_figures() const;
  std::vector<std::string> structural_faults() const;
  // A ledger of its own with all that this one holds now, in a new file. Throws Error(ledger_broken).
  void copy_to(const std::string& path) const;
  // Every attempt that has ended, oldest first.
  std::vector<Filed> filed() const;
  // Newest first.
  std::vector<Applied> applied(const AppliedFilter& filter) const;
  std::vector<Dependent> dependents() const;
  core::Known known(const std::string& name, const std::string& sha256) const;
  // What other tools have recorded. The newest fact that counts for a script, as core::Known has it.
  bool has_imports() const;
  std::optional<core::Imported> imported(const std::string& script) const;
  void each_imported(const ImportedFilter& filter, const std::function<void(const ImportedRow&)>& take) const;
  std::vector<Import> imports() const;  // newest first
  // As ImportedQueries.
  std::int64_t origin_of(const Origin& origin) const;
  bool is_imported(std::int64_t origin, const std::string& key, core::ImportedState state) const;
  // Which of these names were ever attempted. Both sorted by bytes. Costs as much as the shorter of the two lists, that
  // of these names or that of all names which the ledger knows.
  std::vector<std::string> attempted(const std::vector<std::string>& names) const;
  // Names of scripts whose name or stem or number is `word`, for people who type "007". Sorted. Where there is none,
  // those whose number has the same value: "7" finds "007_x.lua".
  std::vector<std::string> names_like(const std::string& word) const;
  // Those that hold these letters anywhere, large or small; the first ones by bytes, among the first 20,000 names.
  std::vector<std::string> names_with(const std::string& part, std::size_t most) const;

 private:
  struct Inside;
  explicit History(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace ledger
