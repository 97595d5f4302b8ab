#include "watch/watcher.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "folder/watch.hpp"
#include "os/alarm.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "os/service.hpp"
#include "os/signals.hpp"
#include "watch/ledger_eye.hpp"
#include "watch/notice.hpp"
#include "watch/run_child.hpp"
#include "watch/waiting.hpp"

namespace watch {
namespace {

using std::chrono::milliseconds;

constexpr int k_most_debounces = 10;         // a folder that is never quiet is looked at all the same
constexpr std::size_t k_most_names = 1000;   // looked at one by one; beyond, everything is
constexpr milliseconds k_first_pause{1000};  // after a run that could not be done; doubled each time
constexpr milliseconds k_longest_pause{300'000};
constexpr milliseconds k_glance{1000};        // between two looks at what the run is at
constexpr std::chrono::seconds k_to_end{10};  // for a child that stands by

std::string ledger_path(const core::Config& config) {
  return config.path(config.ledger.path);
}

class Watcher {
 public:
  explicit Watcher(WatchRequest request);
  int run();

 private:
  void wait();
  Moment next_moment() const;
  void hear_signals();
  void hear_events();
  void hear_child();
  void note(const folder::Glimpse& glimpse);
  void look_soon(bool at_once);

  void keep_time();
  void glance();
  void tell_at_work(const ledger::Attempt& attempt);
  void rescan();
  void look_if_due();
  void look();
  bool wants_run(const folder::Folders& folders, const std::string& script);
  void start_run();

  void start_child();
  void child_ended();
  void run_over();
  void pause_after(std::string_view what);

  void reload();
  void tell_sight();
  void publish();
  int end();

  const core::Config& config() const noexcept { return request_.in_force.config; }
  bool may_look() const noexcept { return stop_ == 0 && !switched_off_ && !wants_go_ && !running(); }
  bool running() const noexcept { return child_ && child_->state() == RunChild::State::running; }

  WatchRequest request_;
  NoticeBoard board_;
  os::StopSignals signals_{os::StopSignals::Hangup::heard};
  os::ServiceManager manager_;
  os::Alarm alarm_;
  folder::Watch eye_;
  std::unique_ptr<RunChild> child_;
  Waiting waiting_;
  base::Instant since_ = os::now();

  bool all_ = true;                // everything is to be looked at
  std::set<std::string> changed_;  // otherwise these
  std::optional<Moment> look_at_;  // when
  Moment first_change_, last_change_;
  Moment rescan_at_;
  std::optional<Moment> tick_at_;    // for the manager's watchdog
  bool must_run_ = true;             // whatever lies there: what a crash left half done is set right by a run
  bool wants_go_ = false;            // the next child that stands by is to run
  std::vector<core::Left> left_;     // told by the run that goes on
  std::optional<Moment> glance_at_;  // at what the run is at, for the manager
  Moment pause_until_{};
  milliseconds pause_ = k_first_pause;
  std::int64_t told_attempt_ = 0;
  LedgerEye ledger_;
  std::string head_;   // of the ledger, when the last run of ours was over
  std::string fault_;  // told already
  bool reload_ = false;
  bool switched_off_ = false;
  int stop_ = 0;  // the signal that ends us; 0: none
};

Watcher::Watcher(WatchRequest request)
    : request_(std::move(request)), board_(config()), eye_(config()), ledger_(ledger_path(config())) {
  const Moment now = os::Steady::now();
  first_change_ = last_change_ = now - config().watch.debounce;
  rescan_at_ = now + eye_.interval();
  look_at_ = now;
}

int Watcher::run() {
  // Missing folders are made, as a run does; what cannot be used is told before anybody relies on us.
  folder::Folders::open(config(), folder::Missing::create);
  eye_.find_again();
  tell_sight();
  start_child();
  publish();
  manager_.tell("READY=1");
  if (const auto interval = manager_.watchdog()) tick_at_ = os::Steady::now() + *interval / 2;
  while ((stop_ == 0 && !switched_off_) || running()) {
    wait();
    keep_time();
    look_if_due();
    publish();
  }
  return end();
}

Moment Watcher::next_moment() const {
  Moment next = rescan_at_;
  const auto sooner = [&next](const std::optional<Moment>& moment) {
    if (moment) next = std::min(next, *moment);
  };
  sooner(tick_at_);
  if (running()) sooner(glance_at_);
  if (!child_) sooner(pause_until_);
  // Only what will be acted upon then: a moment that has passed would let the loop spin.
  if (may_look())
    for (const std::optional<Moment>& moment : {look_at_, waiting_.next_moment()})
      if (moment) sooner(std::max(*moment, pause_until_));
  return next;
}

void Watcher::wait() {
  const bool listens = may_look() && pause_until_ <= os::Steady::now();
  alarm_.set(listens ? waiting_.next_instant() : std::nullopt);
  std::array<pollfd, 6> wait = {pollfd{signals_.fd(), POLLIN, 0},
                                pollfd{eye_.events_fd(), POLLIN, 0},
                                pollfd{eye_.mounts_fd(), POLLPRI, 0},
                                pollfd{alarm_.fd(), POLLIN, 0},
                                pollfd{child_ ? child_->channel_fd() : -1, POLLIN, 0},
                                pollfd{child_ ? child_->end_fd() : -1, POLLIN, 0}};
  if (::poll(wait.data(), wait.size(), os::poll_timeout(next_moment())) <= 0) return;
  if (wait[0].revents != 0) hear_signals();
  if (wait[1].revents != 0) hear_events();
  if (wait[2].revents != 0) rescan();
  if (wait[3].revents != 0) alarm_.hush();  // what is due is found by keep_time()
  if (wait[4].revents != 0) hear_child();
  if (wait[5].revents != 0) child_ended();
}

// The first lets the script at work finish; the second ends that too.
void Watcher::hear_signals() {
  while (const int signal = signals_.take()) {
    if (signal == SIGHUP) {
      reload_ = true;
      continue;
    }
    const bool once_more = stop_ != 0;
    if (!once_more) {
      manager_.tell("STOPPING=1");
      os::log_info(running() ? "stopping: the script at work may finish; once more stops it at once" : "stopping");
      stop_ = signal;
    }
    // Not the same twice: a signal that the run has not taken yet would swallow its like.
    if (running()) child_->signal(once_more ? SIGINT : SIGTERM);
  }
}

void Watcher::hear_events() {
  const folder::Watch::Sight before = eye_.sight();
  note(eye_.take());
  rescan_at_ = std::min(rescan_at_, os::Steady::now() + eye_.interval());
  if (eye_.sight() != before) tell_sight();
}

void Watcher::note(const folder::Glimpse& glimpse) {
  if (!glimpse.all && glimpse.names.empty()) return;
  for (const std::string& name : glimpse.names) waiting_.noticed(name);
  if (running()) return child_->look(glimpse.all, glimpse.names);
  all_ = all_ || glimpse.all || changed_.size() + glimpse.names.size() > k_most_names;
  if (all_)
    changed_.clear();
  else
    changed_.insert(glimpse.names.begin(), glimpse.names.end());
  look_soon(glimpse.moved_in && !glimpse.all);
}

// A file that is renamed into a quiet folder is whole and alone: it is looked at at once. While a folder is being
// filled, the look waits until it is quiet, so that what belongs together is seen together and runs in order.
void Watcher::look_soon(bool at_once) {
  const Moment now = os::Steady::now();
  const milliseconds debounce = config().watch.debounce;
  const bool was_quiet = now - last_change_ >= debounce;
  last_change_ = now;
  if (!look_at_) first_change_ = now;
  if (at_once && was_quiet && !look_at_)
    look_at_ = now;
  else if (!look_at_ || *look_at_ > now)
    look_at_ = std::min(now + debounce, first_change_ + k_most_debounces * debounce);
}

void Watcher::hear_child() {
  const RunChild::State before = child_->state();
  RunChild::Said said = child_->take();
  for (const core::LogRecord& record : said.records) os::log(static_cast<os::Severity>(record.level), record.text);
  for (core::Left& left : said.left) left_.push_back(std::move(left));
  const RunChild::State state = child_->state();
  if (state == RunChild::State::standing_by && wants_go_ && stop_ == 0) start_run();
  if (state == RunChild::State::over && before != state) run_over();
}

void Watcher::keep_time() {
  const Moment now = os::Steady::now();
  if (tick_at_ && *tick_at_ <= now) {
    manager_.tell("WATCHDOG=1");
    tick_at_ = now + *manager_.watchdog() / 2;
  }
  if (rescan_at_ <= now) rescan();
  if (running() && *glance_at_ <= now) glance();
  if (running() || stop_ != 0) return;
  if (reload_) reload();
  if (!child_ && pause_until_ <= now) start_child();
  if (const auto due = waiting_.due(os::now(), now); !due.empty()) {
    changed_.insert(due.begin(), due.end());
    look_at_ = now;
  }
}

void Watcher::tell_at_work(const ledger::Attempt& attempt) {
  manager_.status(fmt::format("running {} (attempt {})", attempt.script, attempt.id));
  if (std::exchange(told_attempt_, attempt.id) != attempt.id)
    os::log_info(fmt::format("{} is at work (attempt {})", attempt.script, attempt.id));
}

// For a script that lasts; a status is never worth stopping for.
void Watcher::glance() {
  glance_at_ = os::Steady::now() + k_glance;
  if (const auto attempt = ledger_.in_work()) tell_at_work(*attempt);
}

// What no event tells: a mount over the path, changes of another host, a decision about a script that waits.
void Watcher::rescan() {
  const folder::Watch::Sight before = eye_.sight();
  eye_.find_again();
  if (eye_.sight() != before) tell_sight();
  const Moment now = os::Steady::now();
  rescan_at_ = now + eye_.interval();
  all_ = true;
  changed_.clear();
  if (running()) return child_->look(true, {});
  if (!look_at_) look_at_ = now;
}

void Watcher::look_if_due() {
  const Moment now = os::Steady::now();
  if (!may_look() || !look_at_ || *look_at_ > now || pause_until_ > now) return;
  look_at_.reset();
  try {
    look();
    fault_.clear();
  } catch (const base::Error& error) {
    if (fault_ != error.what()) os::log_error(fmt::format("cannot look into the folder: {}", error.what()));
    fault_ = error.what();
    all_ = true;
    look_at_ = pause_until_ = now + k_first_pause;
  }
}

void Watcher::look() {
  const bool all = std::exchange(all_, false);
  const std::set<std::string> changed = std::exchange(changed_, {});
  if (all && waiting_.any_left() && ledger_.head().value_or(head_) != head_) waiting_.forget_what_was_left();
  const folder::Folders folders = folder::Folders::open(config(), folder::Missing::is_empty);
  std::vector<std::string> names(changed.begin(), changed.end());
  if (all) {
    names = folders.list(folder::Place::scripts).names;
    waiting_.forget_all_but(names);
  }
  bool wanted = std::exchange(must_run_, false);
  for (const std::string& name : names) {
    if (wanted) break;
    wanted = wants_run(folders, name);
  }
  if (wanted) start_run();
}

bool Watcher::wants_run(const folder::Folders& folders, const std::string& script) {
  const auto found = folders.probe(folder::Place::scripts, script);
  const Moment now = os::Steady::now();
  if (const auto* stamp = std::get_if<core::FileStamp>(&found))
    return waiting_.wants_run(script, *stamp, os::now(), now);
  if (const auto* not_now = std::get_if<folder::NotNow>(&found))
    waiting_.unready(script, not_now->reason, now, config().watch.rescan);
  else
    waiting_.forget(script);
  return false;
}

void Watcher::start_run() {
  wants_go_ = !child_ || child_->state() != RunChild::State::standing_by;
  if (wants_go_) return;
  left_.clear();
  glance_at_ = os::Steady::now() + k_glance;
  if (!child_->go({waiting_.left_alone(os::now(), os::Steady::now())})) child_->signal(SIGKILL);  // its end is heard
}

// What goes wrong here goes wrong again at once: no tight loop.
void Watcher::start_child() {
  try {
    child_ = std::make_unique<RunChild>(config().file, request_.in_force.text);
  } catch (const base::Error& error) {
    pause_after(error.what());
  }
}

void Watcher::run_over() {
  const Moment now = os::Steady::now();
  for (const core::Left& left : left_) waiting_.left(left, now);
  left_.clear();
  if (child_->over().applied) waiting_.forget_what_depends();
  pause_ = k_first_pause;
  if (const auto head = ledger_.head()) head_ = *head;
  all_ = true;  // what came while the run ended
  if (!look_at_) look_at_ = now;
  manager_.status("watching");
}

void Watcher::child_ended() {
  while (child_->says_more()) hear_child();
  const RunChild::State state = child_->state();
  const int status = child_->reap();
  child_.reset();
  if (state == RunChild::State::over) return start_child();
  must_run_ = must_run_ || state == RunChild::State::running;  // the next run sets right what this one began
  if (stop_ != 0) return;
  pause_after(WIFSIGNALED(status) ? fmt::format("fettle run was ended by signal {}", WTERMSIG(status))
                                  : fmt::format("fettle run ended with exit code {}", WEXITSTATUS(status)));
}

void Watcher::pause_after(std::string_view what) {
  must_run_ = must_run_ || wants_go_;
  wants_go_ = false;
  os::log_error(fmt::format("{}; trying again in {}", what, base::format_duration(pause_)));
  pause_until_ = os::Steady::now() + pause_;
  pause_ = std::min(pause_ * 2, k_longest_pause);
  if (!look_at_) look_at_ = pause_until_;
  all_ = true;
}

// A configuration that cannot be read changes nothing: what is in force stays.
void Watcher::reload() {
  reload_ = false;
  manager_.tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", os::monotonic_microseconds()));
  try {
    InForce read = request_.reload();
    if (ledger_path(read.config) != ledger_path(config()))
      throw base::Error(base::ErrorKind::config, "the ledger is another one; that takes a new start of the watcher");
    os::start_log(read.log);
    request_.in_force = std::move(read);
    eye_ = folder::Watch(config());
    os::log_info("the configuration was read again");
  } catch (const base::Error& error) {
    os::log_error(fmt::format("the configuration stays as it was: {}", error.what()));
  }
  switched_off_ = !config().watch.enabled;
  if (switched_off_) os::log_info("watching was switched off: [watch] enabled = false");
  waiting_ = {};
  pause_ = k_first_pause;
  pause_until_ = {};
  if (child_) child_->dismiss();  // its end brings the next one, with what is in force now
  tell_sight();
  rescan();
  manager_.tell("READY=1");
}

void Watcher::tell_sight() {
  const std::string& folder = config().folders.scripts;
  if (eye_.sight() == folder::Watch::Sight::missing)
    os::log_warning(
        fmt::format("{} is not there; looking for it every {}", folder, base::format_duration(eye_.interval())));
  else if (eye_.why().empty())
    os::log_info(fmt::format("watching {}", folder));
  else
    os::log_info(
        fmt::format("watching {}, looking every {}: {}", folder, base::format_duration(eye_.interval()), eye_.why()));
  manager_.status("watching");
}

void Watcher::publish() {
  Notice notice{::getpid(), os::host_name(), since_, std::string(name(eye_.sight())), eye_.why(), eye_.interval(), {}};
  for (const auto& [script, entry] : waiting_.entries()) notice.waiting.push_back({script, entry.reason, entry.until});
  board_.publish(std::move(notice));
}

int Watcher::end() {
  if (child_) {
    child_->dismiss();
    pollfd wait{child_->end_fd(), POLLIN, 0};
    if (::poll(&wait, 1, os::poll_timeout(os::in(k_to_end))) > 0) child_->reap();
  }
  os::log_info("stopped");
  return stop_ == 0 ? 0 : 128 + stop_;
}

}  // namespace

int watch(WatchRequest request) {
  os::start_log(request.in_force.log);
  return Watcher(std::move(request)).run();
}

}  // namespace watch
