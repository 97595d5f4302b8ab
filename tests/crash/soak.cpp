#include "soak.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "invariants.hpp"
#include "program.hpp"
#include "state.hpp"

namespace crash {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr unsigned k_rounds_per_folder = 40;  // looking at everything takes longer the more there is
constexpr unsigned k_rounds_between_verifying = 8;
constexpr int k_longest_wait = 40'000;  // µs: a run of a few scripts takes half of that
constexpr std::chrono::seconds k_patience{60};

std::vector<pid_t> children_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", process));
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

bool holds(pid_t process, const std::string& path) {
  std::error_code gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", process), gone))
    if (fs::read_symlink(entry.path(), gone) == path) return true;
  return false;
}

class Soak {
 public:
  Soak(const Setting& setting, const std::string& scratch, std::uint64_t seed)
      : setting_(setting), site_(scratch, setting), random_(seed) {}

  SoakTally go(std::chrono::seconds time) {
    const auto end = Clock::now() + time;
    for (unsigned round = 0; Clock::now() < end; ++round) {
      if (round % k_rounds_per_folder == 0) {
        site_.prepare();
        told_.clear();
      }
      one_round();
    }
    return tally_;
  }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  void drop_one() {
    const auto number = ++tally_.scripts;
    const std::string name = fmt::format("{:06}_soak.lua", number);
    const std::string tag = fmt::format("soak-{}", number);
    switch (pick(0, 5)) {
      case 0:
        return site_.drop(name, tag, Effect::none, script_that_fails(tag));
      case 1:
        return site_.drop(name, tag, Effect::none, script_not_needed(tag));
      case 2:
        return site_.drop(name, tag, Effect::once,
                          script_that_works(tag, "local s = 0 for i = 1, 300000 do s = s + i end"));
      case 3:
        return site_.drop(name, tag, Effect::once,
                          script_that_works(tag, fmt::format("db.exec('create table t{} (a)')", number)));
      default:
        return site_.drop(name, tag, Effect::once, script_that_works(tag));
    }
  }

  // Whom, by role; a role that nobody fills at this moment falls to the runner.
  std::pair<pid_t, std::string> choose_victim(pid_t runner) {
    const int wanted = pick(0, 3);
    const std::vector<pid_t> zygotes = children_of(runner);
    if (wanted == 0 || zygotes.empty()) return {runner, "runner"};
    if (wanted == 1) return {zygotes.front(), "zygote"};
    for (const pid_t child : children_of(zygotes.front())) {
      const bool broker = holds(child, site_.target());
      if (broker == (wanted == 2)) return {child, broker ? "broker" : "worker"};
    }
    return {runner, "runner"};
  }

  // Whoever is left over from a killed run is still there while the next one starts.
  std::unique_ptr<Program> killed_run() {
    auto program =
        std::make_unique<Program>(setting_.fettle, site_.home(), std::vector<std::string>{"run", "--wait", "30"},
                                  nullptr, std::vector<std::string>{});
    if (program->wait_for(std::chrono::microseconds(pick(0, k_longest_wait)))) {
      ++tally_.kills["too late"];
      return program;
    }
    const auto [victim, role] = choose_victim(program->pid());
    ::kill(victim, SIGKILL);
    ++tally_.kills[role];
    if (pick(0, 3) == 0) drop_one();
    if (!program->wait_for(k_patience))
      report("the struck run", {{"fettle ends", "it hung after a kill of the " + role}});
    return program;
  }

  void one_round() {
    ++tally_.rounds;
    for (int count = pick(1, 4); count > 0; --count) drop_one();
    std::vector<std::unique_ptr<Program>> killed;
    for (int count = pick(1, 2); count > 0; --count) killed.push_back(killed_run());
    if (pick(0, 3) == 0) run({"retry", "--all"}, {0, 4});
    run({"run", "--wait", "30"}, {0, 4});
    killed.clear();
    const State first = look_at(site_);
    run({"run"}, {0, 4});
    const State second = look_at(site_);
    report("after the round", check(first, site_.dropped()));
    report("after the round", check_unchanged(first, second));
    if (tally_.rounds % k_rounds_between_verifying == 1)
      report("after the round", check_trail(run_fettle(setting_.fettle, site_.home(), {"ledger", "verify"})));
    if (!first.pending.empty()) report("after the round", {{"nothing stays pending", first.pending.front().path}});
  }

  void run(const std::vector<std::string>& arguments, const std::vector<int>& codes) {
    const Ended ended = run_fettle(setting_.fettle, site_.home(), arguments);
    for (const int code : codes)
      if (ended.status == code) return;
    report(arguments[0], {{"fettle recovers", fmt::format("exit code {}: {}", ended.status,
                                                          ended.said.substr(0, ended.said.find('\n')))}});
  }

  void report(const std::string& when, const Violations& found) {
    for (const Violation& violation : found) {
      if (!told_.insert(violation.invariant + violation.detail).second)
        continue;  // it is there in each later round too
      fmt::print("round {}, {} | {} | {}\n", tally_.rounds, when, violation.invariant, violation.detail);
      ++tally_.violations;
    }
  }

  Setting setting_;
  Site site_;
  std::mt19937_64 random_;
  SoakTally tally_;
  std::set<std::string> told_;  // violations of this folder
};

}  // namespace

SoakTally soak(const Setting& setting, const std::string& scratch, std::chrono::seconds time, std::uint64_t seed) {
  return Soak(setting, scratch, seed).go(time);
}

}  // namespace crash
