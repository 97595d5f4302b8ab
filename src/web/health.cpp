#include "web/health.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "ledger/place.hpp"
#include "os/clock.hpp"
#include "os/disk.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"
#include "web/answers.hpp"

namespace web {
namespace {

// One family: its help, its kind, and its lines.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view kind, std::string_view help)
      : out_(out), name_(name) {
    out_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, kind);
  }
  template <class Number>
  Family& add(Number value, std::string_view labels = {}, std::string_view suffix = {}) {
    out_ += labels.empty() ? fmt::format("{}{} {}\n", name_, suffix, value)
                           : fmt::format("{}{}{{{}}} {}\n", name_, suffix, labels, value);
    return *this;
  }

 private:
  std::string& out_;
  std::string_view name_;
};

// Seconds since the oldest of these files came.
double oldest_age(const core::Config& config, const std::vector<runner::Pending>& pending) {
  double oldest = 0;
  const double now = static_cast<double>(os::now().milliseconds) / 1000;
  const std::string folder = config.path(config.folders.scripts) + "/";
  for (const runner::Pending& each : pending) {
    struct stat found {};
    if (::stat((folder + each.script).c_str(), &found) == 0)
      oldest = std::max(oldest, now - static_cast<double>(found.st_ctim.tv_sec));
  }
  return oldest;
}

void tell_attempts(std::string& out, const ledger::Tally& tally) {
  Family attempts(out, "fettle_attempts_total", "counter", "Attempts that have ended, by how.");
  for (const auto& [outcome, count] : tally.outcomes) attempts.add(count, fmt::format("outcome=\"{}\"", outcome));
  Family durations(out, "fettle_attempt_duration_seconds", "histogram",
                   "How long scripts took that succeeded or failed.");
  std::int64_t sum = 0;
  for (std::size_t at = 0; at < tally.durations.size(); ++at) {
    sum += tally.durations[at];
    const std::string bound =
        at < ledger::Tally::k_bounds.size() ? fmt::format("{}", ledger::Tally::k_bounds[at]) : "+Inf";
    durations.add(sum, fmt::format("le=\"{}\"", bound), "_bucket");
  }
  durations.add(tally.seconds, {}, "_sum").add(sum, {}, "_count");
}

void tell_folder(std::string& out, const Look& look, const runner::Survey& survey) {
  Family(out, "fettle_pending_scripts", "gauge", "Scripts in the folder of pending ones.").add(survey.pending.size());
  Family(out, "fettle_pending_age_seconds", "gauge", "How long the oldest pending script has been there.")
      .add(oldest_age(look.config(), survey.pending));
  Family(out, "fettle_failed_scripts", "gauge", "Scripts in the folder of failed ones.").add(survey.failed.size());
  Family(out, "fettle_ignored_files", "gauge", "Files in the folder that are no candidates.")
      .add(survey.ignored.size());
  Family(out, "fettle_open_questions", "gauge", "Attempts of which nobody knows how they ended.")
      .add(survey.open_questions.size());
  Family(out, "fettle_runs_forbidden", "gauge", "1: no run is allowed now, by [guard].").add(survey.forbidden ? 1 : 0);
  Family(out, "fettle_lock_held", "gauge", "1: a run holds the lock.").add(survey.lock.held ? 1 : 0);
  Family age(out, "fettle_lock_age_seconds", "gauge", "How long it has held it.");
  age.add(survey.lock.held && survey.lock.run
              ? static_cast<double>(os::now().milliseconds - survey.lock.run->started.milliseconds) / 1000
              : 0.0);
}

void tell_runs(std::string& out, const Look& look, const runner::Survey& survey) {
  const std::vector<ledger::Run> newest = look.history ? look.history->runs(1) : std::vector<ledger::Run>();
  Family(out, "fettle_runs_total", "counter", "Runs, previews, marks and repairs that were begun.")
      .add(newest.empty() ? 0 : newest.front().id);
  Family last(out, "fettle_last_run_timestamp_seconds", "gauge", "When the newest run began; 0: never.");
  last.add(survey.last_run ? static_cast<double>(survey.last_run->started.milliseconds) / 1000 : 0.0);
  Family code(out, "fettle_last_run_exit_code", "gauge", "How it ended; -1: it goes on, or died.");
  code.add(survey.last_run ? survey.last_run->exit_code.value_or(-1) : 0);
}

void tell_watcher(std::string& out, const core::Config& config) {
  const std::optional<watch::Notice> watcher = watch::read_notice(config);
  Family(out, "fettle_watcher_up", "gauge", "1: a watcher is at work.").add(watcher ? 1 : 0);
  Family(out, "fettle_watcher_lag_seconds", "gauge", "At most so long it takes until the watcher sees a new script.")
      .add(watcher
               ? static_cast<double>((watcher->sight == "events" ? config.watch.debounce : watcher->interval).count()) /
                     1000
               : 0.0);
  Family(out, "fettle_watcher_waiting_scripts", "gauge", "Scripts that the watcher leaves alone for now.")
      .add(watcher ? watcher->waiting.size() : 0);
}

// What is not there yet a run makes.
bool can_be_used(const std::string& folder, int how) noexcept {
  return ::access(folder.c_str(), how) == 0 || errno == ENOENT;
}

// Where the ledger lies: a run that cannot be recorded does not begin.
std::string fault_of_place(const std::string& folder) {
  if (!can_be_used(folder, W_OK | X_OK)) return "the ledger cannot be written";
  const std::optional<os::Disk> disk = os::disk_under(folder);
  return disk && disk->free < os::k_full ? "the disk of the ledger is full" : "";
}

}  // namespace

Response health_answer(const core::Config& config, Asked asked) {
  std::string fault;
  try {
    const auto history = ledger::History::open(config.path(config.ledger.path));
    if (history) history->version();
  } catch (const base::Error&) {
    fault = "the ledger cannot be read";
  }
  if (asked == Asked::ready && fault.empty())
    for (const std::string& folder : {config.folders.scripts, config.folders.succeeded, config.folders.failed})
      if (!can_be_used(config.path(folder), R_OK | W_OK | X_OK)) fault = "a folder cannot be used";
  if (asked == Asked::ready && fault.empty())
    fault = fault_of_place(ledger::folder_of(config.path(config.ledger.path)));
  Response response = text_answer(fault.empty() ? "ok\n" : fault + "\n");
  response.status = fault.empty() ? 200 : 503;
  return response;
}

Response metrics_answer(const Look& look, ledger::Tally& tally) {
  const runner::Survey survey = runner::survey(look.config(), runner::Digests::where_needed);
  if (look.history) look.history->add_to(tally);
  std::string out;
  Family(out, "fettle_build_info", "gauge", "Version of fettle.").add(1, "version=\"" FETTLE_VERSION "\"");
  tell_attempts(out, tally);
  tell_runs(out, look, survey);
  tell_folder(out, look, survey);
  tell_watcher(out, look.config());
  return text_answer(std::move(out), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace web
