// A run over a server is struck: one or all of its processes are killed, the server ends its sessions, or the server
// itself dies; at any moment, or while it is at a COMMIT, before that is durable or behind. Then the next run sets
// right what that left. FETTLE_STRIKES=ROUNDS or ROUNDSxSEED strikes more often, or in the order that was printed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <signal.h>
#include <string>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "support/in_memory.hpp"
#include "support/struck_server.hpp"
#include "support/witness.hpp"

using support::Ended;
using support::Engine;
using support::Program;
using support::Seconds;
using support::Site;
using support::StruckServer;
using support::Witnessed;

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

// The first four are processes of a run.
enum class Fault { runner, broker, zygote, all_processes, one_session, all_sessions, killed, at_once, in_order };
constexpr std::size_t k_faults = 9;
constexpr const char* k_fault_names[k_faults] = {
    "runner",        "broker",       "zygote",        "all of a run",
    "one session",   "all sessions", "server killed", "server stopped at once",
    "server stopped"};

enum class Moment { any, before, behind };  // of a COMMIT that is kept there
constexpr std::size_t k_moments = 3;
constexpr const char* k_moment_names[k_moments] = {"any moment", "before a commit lasts", "behind a commit"};

constexpr unsigned k_rounds_per_folder = 9;
constexpr Seconds k_longest_run{100};  // a hang otherwise

struct Size {
  unsigned rounds = 10;
  unsigned seed = std::random_device{}() % 1'000'000;
};

Size wanted_size() {
  Size size;
  if (const char* given = std::getenv("FETTLE_STRIKES")) std::sscanf(given, "%ux%u", &size.rounds, &size.seed);
  return size;
}

// The process that holds a connection to a port: its sockets are known by number.
bool talks_to(pid_t process, int port) {
  Strings sockets;
  const std::string table = support::read_file("/proc/net/tcp"), remote = fmt::format(":{:04X}", port);
  for (const std::string_view line : base::split(table, '\n')) {
    Strings words;
    for (const std::string_view word : base::split(line, ' '))
      if (!word.empty()) words.emplace_back(word);
    if (words.size() > 9 && words[2].ends_with(remote)) sockets.push_back(fmt::format("socket:[{}]", words[9]));
  }
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", process), gone))
    if (std::find(sockets.begin(), sockets.end(), fs::read_symlink(entry.path(), gone).string()) != sockets.end())
      return true;
  return false;
}

bool is_any(int status, std::initializer_list<int> statuses) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

struct Tally {
  unsigned rounds = 0, runs = 0, missed = 0, retried = 0, marked = 0, contradictions = 0;
  std::map<std::string, unsigned> strikes, outcomes;
};

class Trial {
 public:
  Trial(StruckServer& server, unsigned seed) : server_(server), random_(seed) {}

  void go(unsigned rounds) {
    std::vector<std::pair<Fault, Moment>> order;
    while (order.size() < rounds) {
      const auto begin = static_cast<std::ptrdiff_t>(order.size());
      for (std::size_t fault = 0; fault < k_faults; ++fault)
        for (std::size_t moment = 0; moment < k_moments; ++moment)
          order.emplace_back(static_cast<Fault>(fault), static_cast<Moment>(moment));
      std::shuffle(order.begin() + begin, order.end(), random_);
    }
    order.resize(rounds);
    for (const auto& [fault, moment] : order) {
      if (tally_.rounds % k_rounds_per_folder == 0 || is_spoilt_) begin_anew();
      one_round(fault, moment);
      ++tally_.rounds;
    }
    end_folder();
  }

  const Tally& tally() const { return tally_; }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  double pick(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }

  void report(const std::string& when, const Strings& found) {
    for (const std::string& contradiction : found) {
      ++tally_.contradictions;
      is_spoilt_ = true;  // it would be found again in each later round
      FAIL_CHECK("round ", tally_.rounds, ", ", when, ": ", contradiction);
    }
  }

  // A new folder, ledger and database. The time of a run that nobody disturbs tells which moments there are.
  void begin_anew() {
    end_folder();
    site_.emplace();
    engine_ = server_.make_engine();
    support::make_tables(engine_);
    support::use(*site_, engine_);
    scripts_.clear();
    is_spoilt_ = false;
    // Half of the time the first strike finds a database without receipts.
    if (usual_ == Seconds(0) || pick(0, 1) == 0) {
      drop_some();
      const auto start = Clock::now();
      REQUIRE(site_->fettle({"run"}).status == 0);
      usual_ = Clock::now() - start;
    }
  }

  void end_folder() {
    if (!site_) return;
    for (const auto& attempt : support::witness(*site_, engine_).attempts) ++tally_.outcomes[attempt.outcome];
    CHECK(site_->fettle({"ledger", "verify"}).status == 0);
  }

  std::size_t pending() const {
    const Strings tree = site_->tree();
    return static_cast<std::size_t>(std::count_if(
        tree.begin(), tree.end(), [](const std::string& path) { return path.starts_with("fix-scripts/"); }));
  }

  void drop_some() {
    for (int count = pick(3, 5); count > 0; --count) {
      const std::string name = fmt::format("{:04}.lua", scripts_.size() + 1);
      site_->write("fix-scripts/" + name, support::script_with_effect(server_.nap()));
      scripts_.push_back(name);
    }
  }

  // --- striking ---

  void one_round(Fault fault, Moment moment) {
    where_ = fmt::format("{}, {}", k_fault_names[static_cast<std::size_t>(fault)],
                         k_moment_names[static_cast<std::size_t>(moment)]);
    strikes_a_process_ = fault <= Fault::all_processes;
    for (int time = pick(1, 3); time > 0; --time) disturbed_run(fault, moment);
    Witnessed seen = support::witness(*site_, engine_);
    report(where_, contradictions(seen));
    if (pick(0, 2) == 0) seen = repair_twice();
    settle(seen);
  }

  void disturbed_run(Fault fault, Moment moment) {
    ++tally_.runs;
    if (pending() < 2) drop_some();
    const bool early = moment != Moment::any && pick(0, 1) == 0;
    if (early) keep(moment);
    auto run = std::make_unique<Program>(site_->launch({"run", "--wait", "60"}));
    std::this_thread::sleep_for(usual_ * (early ? 0 : pick(0.0, 1.0)));
    if (moment != Moment::any && !early) keep(moment);
    if (moment != Moment::any)
      support::wait_until([&] { return server_.is_committing() || run->is_over(); }, Seconds(20));
    if (run->is_over() || (fault == Fault::broker && brokers(*run).empty()))
      ++tally_.missed;
    else
      strike(fault, *run);
    // The next run may already be there while the server is still down, or at that commit.
    std::unique_ptr<Program> next;
    if (pick(0, 1) == 0 && support::wait_until([&] { return run->is_over(); }, Seconds(0.1))) {
      next = std::make_unique<Program>(site_->launch({"run", "--wait", "60"}));
      std::this_thread::sleep_for(std::chrono::milliseconds(pick(0, 300)));
    }
    mend();
    await(*run);
    if (next) await(*next);
  }

  void keep(Moment moment) {
    server_.keep_commits(moment == Moment::before ? StruckServer::Kept::before : StruckServer::Kept::behind);
  }

  // None before it has connected.
  std::vector<pid_t> brokers(const Program& run) const {
    std::vector<pid_t> found;
    for (const pid_t zygote : support::children_of(run.pid()))
      for (const pid_t child : support::children_of(zygote))
        if (talks_to(child, server_.port())) found.push_back(child);
    return found;
  }

  void strike(Fault fault, const Program& run) {
    ++tally_.strikes[where_];
    const std::vector<pid_t> zygotes = support::children_of(run.pid());
    switch (fault) {
      case Fault::runner:
        return run.signal(SIGKILL);
      case Fault::broker:
        for (const pid_t broker : brokers(run)) ::kill(broker, SIGKILL);
        return;
      case Fault::zygote:
        for (const pid_t zygote : zygotes) ::kill(zygote, SIGKILL);
        return;
      case Fault::all_processes:
        for (const pid_t process : support::descendants_of(run.pid())) ::kill(process, SIGKILL);
        return run.signal(SIGKILL);
      case Fault::one_session:
        return server_.end_sessions(StruckServer::Whose::one);
      case Fault::all_sessions:
        return server_.end_sessions(StruckServer::Whose::all);
      case Fault::killed:
        return end_server(StruckServer::End::killed);
      case Fault::at_once:
        return end_server(StruckServer::End::at_once);
      case Fault::in_order:
        return end_server(StruckServer::End::in_order);
    }
  }

  void end_server(StruckServer::End how) {
    server_.end(how);
    is_up_ = false;
  }

  void mend() {
    if (!is_up_) server_.start();
    is_up_ = true;
    server_.let_commits_go();
  }

  // Only who was killed, or lost one of its processes, may end as one that has a fault of its own.
  void await(Program& run) {
    const Ended ended = run.wait(k_longest_run);
    const bool is_known = is_any(ended.status, {0, 4, 6, 8, 10});
    const bool is_victim = strikes_a_process_ && is_any(ended.status, {1, 128 + SIGKILL});
    if (!is_known && !is_victim)
      report(where_, {fmt::format("exit code {}: {}{}", ended.status, ended.out, ended.err)});
  }

  // --- setting right ---

  Witnessed repair_twice() {
    CHECK(site_->fettle({"repair"}).status == 0);
    const Witnessed once = support::witness(*site_, engine_);
    CHECK(site_->fettle({"repair"}).status == 0);
    if (!(support::witness(*site_, engine_) == once)) report(where_, {"a second repair changed something"});
    return once;
  }

  // Nobody disturbs any more. Afterwards only those wait for a person that the rules say so of.
  void settle(const Witnessed& before) {
    undisturbed_run();
    Witnessed seen = support::witness(*site_, engine_);
    report(where_ + ", then set right", contradictions(seen));
    for (const std::string& script : scripts_) check_outcome(script, before.outcome_of(script), seen);
    if (ask_a_person(seen)) {
      undisturbed_run();
      seen = support::witness(*site_, engine_);
    }
    report(where_ + ", in the end", contradictions_at_end(seen, scripts_));
    if (pick(0, 2) > 0) return;
    undisturbed_run();
    if (!(support::witness(*site_, engine_) == seen)) report(where_, {"a further run changed something"});
  }

  void undisturbed_run() {
    const Ended ended = site_->fettle({"run", "--wait", "60"});
    if (!is_any(ended.status, {0, 4, 8, 10}))
      report(where_, {fmt::format("an undisturbed run ended with {}: {}{}", ended.status, ended.out, ended.err)});
  }

  void check_outcome(const std::string& script, const std::string& before, const Witnessed& after) {
    const std::string now = after.outcome_of(script);
    // What nobody could say is settled once the server is back.
    const bool is_open = before == "unknown" && now == "unknown";
    const bool stays = before == "failed" || is_open;
    const auto last = std::find_if(after.attempts.rbegin(), after.attempts.rend(),
                                   [&](const auto& attempt) { return attempt.script == script; });
    const bool given_up = now == "failed" && last->error.find("given up: interrupted 3 times") != std::string::npos;
    if (stays ? now != before : now != "succeeded" && now != "marked" && now != "skipped" && !given_up)
      report(where_, {fmt::format("{} was \"{}\" and is now \"{}\"", script, before, now)});
    const bool was_killed = strikes_a_process_ && now == "failed" && last->error.find("died") != std::string::npos;
    if (now == "failed" && !given_up && !was_killed)
      report(where_, {fmt::format("{} failed: {}", script, last->error)});
  }

  // What failed is sent in again; of what nobody could tell a person looks and says what is true.
  bool ask_a_person(const Witnessed& seen) {
    for (const std::string& script : scripts_) {
      if (seen.outcome_of(script) != "unknown") continue;
      const bool is_there = std::any_of(seen.effects.begin(), seen.effects.end(),
                                        [&](const auto& effect) { return effect.first == script; });
      ++tally_.marked;
      CHECK(site_->fettle({"mark", script, is_there ? "succeeded" : "pending", "--reason", "looked"}).status == 0);
    }
    const bool failed = !seen.in("failed").empty();
    if (failed) CHECK(site_->fettle({"retry", "--all"}).status == 0);
    tally_.retried += static_cast<unsigned>(seen.in("failed").size());
    return failed || !seen.in("fix-scripts").empty();
  }

  StruckServer& server_;
  std::mt19937 random_;
  bool is_up_ = true, is_spoilt_ = false, strikes_a_process_ = false;
  std::optional<Site> site_;
  Engine engine_;
  Strings scripts_;
  Seconds usual_{0};
  std::string where_;
  Tally tally_;
};

void strike_runs_over(StruckServer& server) {
  const Size size = wanted_size();
  MESSAGE("FETTLE_STRIKES=", size.rounds, "x", size.seed);
  Trial trial(server, size.seed);
  const auto start = Clock::now();
  trial.go(size.rounds);
  const Seconds took = Clock::now() - start;
  const Tally& tally = trial.tally();
  unsigned strikes = 0;
  std::string text;
  for (const auto& [what, count] : tally.strikes) strikes += count;
  for (const auto& [what, count] : tally.strikes) text += fmt::format("  {:3} {}\n", count, what);
  for (const auto& [what, count] : tally.outcomes) text += fmt::format("  {} {}\n", count, what);
  MESSAGE(fmt::format(
      "{} rounds, {} disturbed runs, {} strikes, {} missed, {} retried, {} marked, {} contradictions, {:.1f} s\n{}",
      tally.rounds, tally.runs, strikes, tally.missed, tally.retried, tally.marked, tally.contradictions, took.count(),
      text));
  CHECK(strikes > size.rounds / 2);
  CHECK(tally.contradictions == 0);
}

}  // namespace

TEST_CASE("crash: postgresql: whoever dies, at any moment and at a commit, every script is applied once") {
  const support::InMemory memory;
  if (const auto server = support::struck_postgresql()) strike_runs_over(*server);
}

TEST_CASE("crash: mariadb: whoever dies, at any moment and at a commit, every script is applied once") {
  const support::InMemory memory;
  if (const auto server = support::struck_mariadb()) strike_runs_over(*server);
}
