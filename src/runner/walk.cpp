#include "runner/walk.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <poll.h>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "runner/attention.hpp"
#include "runner/demands.hpp"
#include "runner/queue.hpp"

namespace runner {
namespace {

// What a kill leaves for the next run to look up in the folders, at most.
constexpr std::size_t k_moves_at_once = 100;
constexpr std::chrono::seconds k_moves_within{1};
constexpr std::chrono::milliseconds k_first_backoff{1000};
constexpr std::chrono::milliseconds k_longest_backoff = std::chrono::minutes(5);

// What passes by itself, so that another try may succeed.
bool may_pass(const core::Outcome& outcome) noexcept {
  const bool ended = outcome.kind == core::OutcomeKind::failed || outcome.kind == core::OutcomeKind::interrupted ||
                     outcome.kind == core::OutcomeKind::blocked;
  const bool passes = outcome.cause == core::Cause::locked || outcome.cause == core::Cause::unreachable;
  return ended && passes && !core::leaves_something(outcome);
}

// Doubled from try to try.
std::chrono::milliseconds backoff_of(const core::Declaration& declaration, std::int64_t tries) {
  std::chrono::milliseconds wait = declaration.backoff.value_or(k_first_backoff);
  for (std::int64_t at = 1; at < tries && wait < k_longest_backoff; ++at) wait *= 2;
  return std::max(std::min(wait, k_longest_backoff), declaration.backoff.value_or(k_first_backoff));
}

// While the database commits one script, the file of the next is read; while its outcome is being recorded, in one
// commit with the intent of the next, that one is already under way.
class Walk {
  struct Read {
    std::string name;
    folder::ReadResult result;
  };

 public:
  Walk(Workplace& at, const RunRequest& request, std::vector<std::string> names, std::vector<std::string> others,
       core::RunReport& report)
      : at_(at),
        request_(request),
        queue_(std::move(names), at.config.folders.order),
        others_(std::move(others)),
        demands_(at.config, request.choice, request.force, sources()),
        attention_(at.stop, at.ledger, at.observer),
        report_(report) {
    at_.demands = &demands_;
    at_.attention = &attention_;
  }

  void go() {
    std::optional<Going> going = begin_next();
    tell_held();
    while (going) {
      at_work_ = going->ready.loaded.script.name;
      at_.stop.works_on(at_work_);
      at_.observer.script_started(going->ready.loaded.script.name, taken_, taken_ + queue_.left());
      ledger::Finished finished = perform(at_, *going, [this] { look_ahead(); });
      obey();
      finished.details.again = is_to_be_tried_again(*going, finished);
      if (!finished.details.again) release(*going, finished);
      std::optional<Going> following = finished.details.again ? try_again(*going, finished) : record(*going, finished);
      if (!finished.details.again || !following) tell(*going, finished);
      if (std::exchange(again_, false)) queue_.add(at_work_);
      at_work_.clear();
      tell_held();
      going = std::move(following);
      if (!going && goes_on_) going = begin_next();  // what lay behind a try that did not come, or a pause
      if (++moves_ >= k_moves_at_once || os::Steady::now() - settled_ >= k_moves_within) settle_moves();
    }
    for (auto& [name, waiting] : waiting_) held_.push_back(std::move(waiting));
    tell_held();
    attention_.look();
    settle_moves();
    report_.stopped_by_signal = at_.stop.signal();
  }

 private:
  Demands::Sources sources() {
    Demands::Sources sources;
    sources.known = [this](const std::string& script) { return at_.ledger.known(script, {}); };
    sources.known_names = [this](const std::string& word) { return at_.ledger.names_like(word); };
    sources.ahead = [this](const std::string& word) { return queue_.called(word); };
    sources.left = [this](const std::string& word) { return core::called(others_, word); };
    sources.has_receipt = [this](const std::string& script) { return has_receipt(at_.crew, script); };
    return sources;
  }

  std::optional<Going> begin_next() {
    std::optional<Going> going;
    take_in();
    if (!queue_.empty()) wait_while_paused();
    if (at_.stop.requested()) return going;
    if (std::optional<Ready> ready = next())
      at_.ledger.begin_attempt(intent_of(at_, *ready), on_the_way(*ready, going));
    return going;
  }

  // The outcome, and the start of the next script, which is given back.
  std::optional<Going> record(const Going& done, const ledger::Finished& finished) {
    std::optional<Going> following;
    goes_on_ = goes_on_after(finished);
    std::optional<Ready> ready = goes_on_ && !paused_ ? next() : std::nullopt;
    if (ready)
      at_.ledger.finish_then_begin(done.attempt, finished, intent_of(at_, *ready), on_the_way(*ready, following));
    else
      at_.ledger.finish_attempt(done.attempt, finished);
    return following;
  }

  ledger::Meanwhile on_the_way(Ready& ready, std::optional<Going>& going) {
    return {[&](std::int64_t attempt) { going = set_out(at_, std::move(ready), attempt); },
            [&] { go_ahead(at_, *going); }};
  }

  // --- tries -------------------------------------------------------------------------------------------------------

  bool is_to_be_tried_again(const Going& going, const ledger::Finished& finished) const {
    const auto retries = static_cast<std::int64_t>(finished.declaration.retries);
    return may_pass(finished.outcome) && going.ready.try_number <= retries && !at_.stop.requested();
  }

  // The same script once more, after a while. nullopt: it was stopped, or its file is gone.
  std::optional<Going> try_again(const Going& done, const ledger::Finished& finished) {
    const std::string& name = done.ready.loaded.script.name;
    const std::chrono::milliseconds wait = backoff_of(finished.declaration, done.ready.try_number);
    at_.ledger.finish_attempt(done.attempt, finished);
    const core::Outcome& outcome = finished.outcome;
    at_.observer.warning(fmt::format(
        "{}: try {} of {} ended as {} ({}): {}; the next one in {}", base::escape(name), done.ready.try_number,
        finished.declaration.retries + 1, core::name(outcome.kind), core::name(outcome.cause),
        base::escape(base::first_line(outcome.error.empty() ? outcome.reason : outcome.error)),
        base::format_duration(wait)));
    at_.stop.works_on(name);
    goes_on_ = pause(wait);
    const bool is_cancelled = at_.stop.at_once();
    at_.stop.works_on({});
    if (is_cancelled) {
      goes_on_ = goes_on_after(finished);
      return std::nullopt;
    }
    if (goes_on_) wait_while_paused();
    goes_on_ = goes_on_ && !at_.stop.requested();
    if (!goes_on_) return std::nullopt;
    if (outcome.cause == core::Cause::unreachable) at_.crew.renew_broker();
    auto found = examine(at_, name, at_.folders.read(folder::Place::scripts, name));
    if (auto* held = std::get_if<core::AttemptReport>(&found)) held_.push_back(std::move(*held));
    auto* ready = std::get_if<Ready>(&found);
    if (ready == nullptr) return std::nullopt;
    ready->try_number = done.ready.try_number + 1;
    std::optional<Going> going;
    at_.ledger.begin_attempt(intent_of(at_, *ready), on_the_way(*ready, going));
    return going;
  }

  // false: somebody wants the run to stop. Over early, too, when this script is cancelled.
  bool pause(std::chrono::milliseconds wait) {
    const os::Deadline end = os::in(wait);
    while (!at_.stop.requested() && !at_.stop.at_once() && os::Steady::now() < end) {
      pollfd signal{at_.stop.fd(), POLLIN, 0};
      (void)::poll(&signal, 1, os::poll_timeout(end));
      at_.stop.look();
    }
    return !at_.stop.requested();
  }

  // --- orders ------------------------------------------------------------------------------------------------------

  // What people told this run meanwhile.
  void obey() {
    paused_ = attention_.look();
    at_.stop.works_on({});
  }

  void wait_while_paused() {
    attention_.wait_while_paused([this] { settle_moves(); }, [this] { return !is_dismissed(); });
  }

  bool is_dismissed() const { return request_.feed != nullptr && request_.feed->ended(); }

  // --- the scripts -------------------------------------------------------------------------------------------------

  // Whoever waited for this one is the next to be looked at.
  void release(const Going& going, const ledger::Finished& finished) {
    const std::string& name = going.ready.loaded.script.name;
    if (finished.outcome.kind != core::OutcomeKind::blocked || !demands_.waits(name)) release(name);
  }

  void release(const std::string& name) {
    for (const std::string& freed : demands_.release(name)) {
      waiting_.erase(freed);
      queue_.add(freed);
    }
  }

  // The next script that is to be attempted; those held back on the way are kept for tell_held.
  std::optional<Ready> next() {
    for (take_in(); !queue_.empty(); take_in()) {
      if (ahead_ && ahead_->name != queue_.front()) ahead_.reset();  // a lower number came meanwhile
      Read read = ahead_ ? std::move(*ahead_) : read_next();
      ahead_.reset();
      queue_.take();
      ++taken_;
      if (is_to_be_left(read)) continue;
      auto found = examine(at_, read.name, std::move(read.result));
      if (auto* ready = std::get_if<Ready>(&found)) return std::move(*ready);
      if (auto* held = std::get_if<core::AttemptReport>(&found)) {
        others_.push_back(read.name);
        held_.push_back(std::move(*held));
      }
      release(read.name);
    }
    return std::nullopt;
  }

  Read read_next() { return {queue_.front(), at_.folders.read(folder::Place::scripts, queue_.front())}; }

  // In a folder that is watched files come and go: what is gone, or not whole yet, is nothing to tell of.
  bool is_to_be_left(const Read& read) const {
    if (request_.feed == nullptr) return false;
    const auto* loaded = std::get_if<folder::Loaded>(&read.result);
    return loaded == nullptr || request_.feed->leaves_out(read.name, loaded->stamp);
  }

  // What came into the folder since.
  void take_in() {
    if (request_.feed == nullptr) return;
    const core::Arrivals changes = request_.feed->changes();
    for (const std::string& name : changes.names) take_in(name);
    if (!changes.all) return;
    for (const std::string& name : at_.folders.list(folder::Place::scripts).names) take_in(name);
  }

  // The file of the script at work is not moved yet: whether another lies there then is to be seen afterwards.
  void take_in(const std::string& name) {
    if (name == at_work_)
      again_ = true;
    else
      queue_.add(name);
  }

  // The database is committing: what goes wrong here waits, the next who needs it meets it again.
  void look_ahead() {
    if (queue_.empty()) return;
    try {
      at_.crew.prepare_workers(queue_.left());
      ahead_ = read_next();
    } catch (const base::Error&) {
      ahead_.reset();
    }
  }

  void settle_moves() {
    at_.folders.sync();
    at_.ledger.moves_are_durable();
    moves_ = 0;
    settled_ = os::Steady::now();
  }

  bool goes_on_after(const ledger::Finished& finished) {
    const core::Outcome& outcome = finished.outcome;
    if (at_.stop.requested() || (request_.feed != nullptr && request_.feed->ended())) return false;
    const bool failed = outcome.kind == core::OutcomeKind::failed || outcome.kind == core::OutcomeKind::unknown;
    if (!failed || finished.details.allowed || request_.on_failure == core::OnFailure::go_on) return true;
    if (queue_.empty()) return false;
    at_.observer.warning(
        fmt::format("stopped after the first failure: {} not tried", base::plural(queue_.left(), "script")));
    for (; request_.feed != nullptr && !queue_.empty(); queue_.take()) {
      const auto found = at_.folders.probe(folder::Place::scripts, queue_.front());
      if (const auto* stamp = std::get_if<core::FileStamp>(&found)) request_.feed->untried(queue_.front(), *stamp);
    }
    return false;
  }

  // --- telling -----------------------------------------------------------------------------------------------------

  // One that waits for a script of this run may still have its turn: it is told of when it had, or at the end.
  void tell(const Going& going, const ledger::Finished& finished) {
    core::AttemptReport attempt = file(at_, going, finished);
    const std::string& name = going.ready.loaded.script.name;
    if (demands_.waits(name) && attempt.outcome.kind == core::OutcomeKind::blocked)
      waiting_[name] = std::move(attempt);
    else
      runner::tell(std::move(attempt), request_, report_, at_.observer);
  }

  void tell_held() {
    for (core::AttemptReport& held : held_) runner::tell(std::move(held), request_, report_, at_.observer);
    held_.clear();
  }

  Workplace& at_;
  const RunRequest& request_;
  Queue queue_;
  std::vector<std::string> others_;
  Demands demands_;
  Attention attention_;
  core::RunReport& report_;
  std::string at_work_;        // the script whose file is not filed yet
  bool again_ = false;         // something happened to that file meanwhile
  bool goes_on_ = true;        // to the next script
  bool paused_ = false;        // somebody paused the run
  std::size_t taken_ = 0;      // out of the queue
  std::optional<Read> ahead_;  // of the next, read while the one before was committed
  std::size_t moves_ = 0;      // since they were settled
  os::Steady::time_point settled_ = os::Steady::now();
  std::vector<core::AttemptReport> held_;
  std::map<std::string, core::AttemptReport> waiting_;  // for a script that comes later
};

}  // namespace

void tell(core::AttemptReport attempt, const RunRequest& request, core::RunReport& report, core::Observer& observer) {
  const core::Outcome& outcome = attempt.outcome;
  report.counts.add(outcome.kind);
  if (outcome.kind == core::OutcomeKind::failed && attempt.allowed) ++report.allowed_failures;
  const bool stays = outcome.kind == core::OutcomeKind::blocked || outcome.kind == core::OutcomeKind::interrupted;
  if (stays && outcome.cause == core::Cause::unreachable) report.target_unreachable = true;
  observer.script_ended(attempt);
  if (request.kept == Kept::attempts) report.scripts.push_back(std::move(attempt));
}

void walk(Workplace& at, const RunRequest& request, std::vector<std::string> names, std::vector<std::string> others,
          core::RunReport& report) {
  Walk(at, request, std::move(names), std::move(others), report).go();
}

}  // namespace runner
