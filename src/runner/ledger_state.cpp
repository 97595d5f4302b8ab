#include "runner/ledger_state.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "ledger/history.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/doctor_places.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

using core::Diagnoses;
using core::Diagnosis;
using core::Verdict;

constexpr const char* k_ledger = "ledger";

std::string path_of(const core::Config& config) {
  return config.path(config.ledger.path);
}

// What the look finds, or the error that ended it as one more finding.
void guarded(Diagnoses& all, const std::string& subject, const std::function<void()>& look) {
  try {
    look();
  } catch (const base::Error& error) {
    all.push_back({k_ledger, subject, Verdict::fault, error.what(), error.next()});
  }
}

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::optional<ledger::History> open(const core::Config& config, Diagnoses& all) {
  std::optional<ledger::History> history;
  guarded(all, "file", [&] {
    history = ledger::History::open(path_of(config));
    if (!history) all.push_back({k_ledger, "file", Verdict::good, "is not there yet; the first run makes it", {}});
  });
  return history;
}

Diagnosis of_file(const core::Config& config, const ledger::History& history) {
  const os::Deadline start = os::Steady::now();
  const ledger::About about = history.about();
  Diagnosis told{k_ledger,
                 "file",
                 Verdict::good,
                 fmt::format("schema {}, {}, {}; read in {}", about.schema, base::format_size(size_of(path_of(config))),
                             base::plural(static_cast<std::uint64_t>(about.attempts), "attempt"),
                             base::format_duration(os::since(start))),
                 {}};
  judge_disk(told, path_of(config));
  return told;
}

// Whoever opens the ledger reads its log first, and a run keeps it short.
Diagnosis of_log(const core::Config& config) {
  constexpr std::uint64_t k_long = std::uint64_t{64} << 20U;
  const std::uint64_t size = size_of(path_of(config) + "-wal");
  Diagnosis told{k_ledger, "write-ahead log", Verdict::good, base::format_size(size), {}};
  if (size < k_long) return told;
  told.verdict = Verdict::warning;
  told.advice =
      "Something keeps it from being folded into the file, such as a reader that never ends: fettle ledger "
      "optimize";
  return told;
}

Diagnosis of_lock(const core::Config& config) {
  const Lock lock = lock_state(config);
  if (lock.in_doubt)
    return {k_ledger, "run lock", Verdict::warning, fmt::format("in doubt: {} has not ended", describe(lock)),
            "Nothing runs until that is settled: fettle unlock tells how."};
  return {k_ledger, "run lock", Verdict::good, lock.held ? fmt::format("held by {}", describe(lock)) : "free", {}};
}

Diagnosis of_open_ends(const core::Config& config, const ledger::History& history) {
  const std::vector<ledger::Attempt> questions = history.open_questions();
  if (!questions.empty())
    return {k_ledger, "open ends", Verdict::warning,
            fmt::format("nobody knows how {} ended, of {} first", base::plural(questions.size(), "attempt"),
                        base::escape(questions.front().script)),
            "Look into its database, then say it: fettle mark"};
  if (const auto at_work = history.in_work(); at_work && !lock_state(config).held)
    return {k_ledger, "open ends", Verdict::warning,
            fmt::format("attempt {} ({}) was cut off", at_work->id, base::escape(at_work->script)),
            "The next run brings it to its end, as fettle repair does."};
  return {k_ledger, "open ends", Verdict::good, "none", {}};
}

Diagnosis of_structure(const ledger::History& history) {
  const std::vector<std::string> faults = history.structural_faults();
  if (faults.empty()) return {k_ledger, "structure", Verdict::good, "tables, indexes, triggers and references", {}};
  constexpr std::size_t k_most = 5;
  std::string text;
  for (std::size_t at = 0; at < std::min(faults.size(), k_most); ++at) text += (at == 0 ? "" : "; ") + faults[at];
  if (faults.size() > k_most) text += fmt::format("; and {} more", faults.size() - k_most);
  return {
      k_ledger, "structure", Verdict::fault, text,
      "Somebody changed it with another tool. Export it and import it into a new file, or put a backup in its place."};
}

Diagnosis of_chain(const ledger::History& history) {
  const ledger::Verdict verdict = history.verify({});
  const std::string looked =
      fmt::format("{} and {} match it", base::plural(static_cast<std::uint64_t>(verdict.attempts), "attempt"),
                  base::plural(static_cast<std::uint64_t>(verdict.texts), "text"));
  if (verdict.findings.empty()) return {k_ledger, "chain", Verdict::good, looked, {}};
  return {k_ledger, "chain", Verdict::fault,
          fmt::format("{}, the first: {}: {}", base::plural(verdict.findings.size(), "fault"),
                      verdict.findings.front().subject, verdict.findings.front().what),
          "fettle ledger verify tells all of them."};
}

// A ledger that nobody else knows of, removed at the end.
class Trial {
 public:
  explicit Trial(const core::Config& config)
      : folder_(fmt::format("{}/trial-{}", ledger::folder_of(path_of(config)), ::getpid())),
        path_(folder_ + "/ledger.db") {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ~Trial() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string folder_, path_;
};

constexpr int k_trials = 20;

// Durations of one commit each.
std::vector<std::chrono::microseconds> commit_attempts(const std::string& path) {
  ledger::Ledger ledger = ledger::Ledger::open(path);
  const std::int64_t run = ledger.begin_run({.trigger = "manual",
                                             .by = os::user_name(),
                                             .host = os::host_name(),
                                             .reason = {},
                                             .command = "fettle ledger test",
                                             .pid = ::getpid(),
                                             .at = os::now()});
  const std::string text = "-- a trial";
  std::vector<std::chrono::microseconds> times;
  for (int number = 0; number < k_trials; ++number) {
    const core::Script script{fmt::format("{:03}_trial.lua", number), base::sha256_hex(text), text};
    const std::int64_t attempt = ledger.begin_attempt({.run = run, .script = script, .state = "new", .at = os::now()});
    ledger::Finished finished;
    finished.outcome.kind = core::OutcomeKind::succeeded;
    finished.at = os::now();
    const os::Deadline start = os::Steady::now();
    ledger.finish_attempt(attempt, finished);
    times.push_back(os::since(start));
  }
  ledger.end_run(run, {.at = os::now(), .scripts = k_trials, .exit_code = 0});
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

Diagnoses look_after_ledger(const core::Config& config) {
  Diagnoses all;
  guarded(all, "folder", [&] { all.push_back(try_ledger_folder(config)); });
  const std::optional<ledger::History> history = open(config, all);
  if (history) {
    guarded(all, "file", [&] { all.push_back(of_file(config, *history)); });
    all.push_back(of_log(config));
  }
  guarded(all, "run lock", [&] { all.push_back(of_lock(config)); });
  if (history) guarded(all, "open ends", [&] { all.push_back(of_open_ends(config, *history)); });
  return all;
}

Diagnoses validate_ledger(const core::Config& config) {
  Diagnoses all;
  const std::optional<ledger::History> history = open(config, all);
  if (!history) return all;
  guarded(all, "pages", [&] {
    const std::string damage = history->damage();
    all.push_back(damage.empty() ? Diagnosis{k_ledger, "pages", Verdict::good, "SQLite finds them sound", {}}
                                 : Diagnosis{k_ledger, "pages", Verdict::fault, damage,
                                             "Put a backup of the ledger in its place."});
  });
  guarded(all, "structure", [&] { all.push_back(of_structure(*history)); });
  guarded(all, "chain", [&] { all.push_back(of_chain(*history)); });
  return all;
}

Diagnoses try_ledger_writes(const core::Config& config) {
  Diagnoses all;
  guarded(all, "folder", [&] { all.push_back(try_ledger_folder(config)); });
  if (core::exit_code(all) != 0 || !is_there(ledger::folder_of(path_of(config)))) return all;
  guarded(all, "commits", [&] {
    const Trial trial(config);
    const std::vector<std::chrono::microseconds> times = commit_attempts(trial.path());
    Diagnosis told{k_ledger,
                   "commits",
                   Verdict::good,
                   fmt::format("{} in a ledger beside it, each on disk: median {}, longest {}", k_trials,
                               base::format_duration(times[times.size() / 2]), base::format_duration(times.back())),
                   {}};
    constexpr std::chrono::milliseconds k_slow{50};
    if (times[times.size() / 2] > k_slow) {
      told.verdict = Verdict::warning;
      told.advice = "A run waits for one such commit for each script. Choose a faster disk: path in [ledger].";
    }
    all.push_back(told);
    const auto history = ledger::History::open(trial.path());
    const bool is_whole = history && history->verify({}).findings.empty() && history->about().attempts == k_trials;
    all.push_back(is_whole ? Diagnosis{k_ledger, "reading back", Verdict::good, "what was written, and its chain", {}}
                           : Diagnosis{k_ledger, "reading back", Verdict::fault, "not what was written",
                                       "Let nothing run on this disk."});
  });
  return all;
}

}  // namespace runner
