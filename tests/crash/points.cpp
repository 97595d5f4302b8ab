#include "points.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <random>
#include <stdexcept>
#include <utility>

#include "disks.hpp"
#include "invariants.hpp"
#include "program.hpp"

namespace crash {
namespace {

const char* role_of(std::uint32_t depth) {
  constexpr const char* k_roles[] = {"runner", "zygote", "broker", "keeper"};
  return depth < std::size(k_roles) ? k_roles[depth] : "?";
}

// Below the scratch folder.
std::string short_path(const std::string& path, const std::string& scratch) {
  const std::size_t at = path.find(scratch);
  return at == std::string::npos ? path : path.substr(at + scratch.size() + 1);
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::string describe(const Page& page, std::uint32_t number, const std::string& scratch) {
  if (number == 0 || number > k_most_entries || page.entries[number - 1].written.load() == 0)
    return fmt::format("N={}", number);
  const Entry& entry = page.entries[number - 1];
  return fmt::format("N={} {} {} {}", number, role_of(entry.depth), entry.call.data(),
                     short_path(entry.file.data(), scratch));
}

class Walk {
 public:
  explicit Walk(const Plan& plan)
      : plan_(plan),
        page_(plan.scratch + "/page"),
        random_(plan.seed),
        disks_(mount_disks(plan)),
        site_(plan.scratch, plan.setting) {
    site_.prepare();
  }

  Tally go() {
    undisturbed();
    if (plan_.list) return tally_;
    for (std::uint32_t number = plan_.from; number <= tally_.calls && number <= plan_.to; number += plan_.every)
      try_point(number);
    return tally_;
  }

 private:
  static Disks mount_disks(const Plan& plan) {
    Disks disks;
    if (plan.trouble != Trouble::power) return disks;
    disks.push_back(std::make_unique<Disk>(plan.scratch + "/a.img", plan.scratch + "/a"));
    disks.push_back(std::make_unique<Disk>(plan.scratch + "/b.img", plan.scratch + "/b"));
    return disks;
  }

  bool kills_all() const { return plan_.trouble == Trouble::kill || plan_.trouble == Trouble::power; }

  void restore() const {
    site_.restore();
    for (const auto& disk : disks_) disk->make_durable();
  }

  void arm(std::uint32_t number) {
    page_.clear();
    page_->at = number;
    if (number == 0) return;
    page_->lasting = plan_.lasting ? 1 : 0;
    page_->error = plan_.trouble == Trouble::enospc ? ENOSPC : EIO;
    page_->fault = kills_all() ? Fault::hold_all : plan_.trouble == Trouble::kill_one ? Fault::hold_one : Fault::refuse;
  }

  // number 0: only counted.
  Ended struck_run(std::uint32_t number) {
    arm(number);
    Program program(plan_.setting.fettle, site_.home(), {"run"}, &page_, site_.places());
    if (number == 0) return program.wait();
    if (plan_.trouble == Trouble::kill_one) return program.wait(Strike::kill_caller);
    if (!kills_all()) return program.wait();
    Ended ended = program.wait(Strike::kill_all, [this] {
      for (const auto& disk : disks_) disk->cut_power();
    });
    if (page_->reached.load() != 0)
      for (const auto& disk : disks_) disk->come_back();
    return ended;
  }

  Ended plain_run() { return run_fettle(plan_.setting.fettle, site_.home(), {"run"}); }

  void undisturbed() {
    restore();
    const Ended ended = struck_run(0);
    tally_.calls = page_->calls.load();
    if (plan_.list)
      for (std::uint32_t number = 1; number <= tally_.calls; ++number)
        fmt::print("{}\n", describe(*page_, number, plan_.scratch));
    if (tally_.calls == 0) throw std::runtime_error("the shim saw no call at all");
    if (ended.status != 4)
      throw std::runtime_error(fmt::format("undisturbed, fettle ended with {}: {}", ended.status, ended.said));
    usual_ = look_at(site_);
    std::string faults;
    for (const Violation& violation : check(usual_, site_.dropped()))
      faults += fmt::format("\n  {}: {}", violation.invariant, violation.detail);
    if (!usual_.pending.empty()) faults += "\n  scripts are left pending";
    if (!faults.empty()) throw std::runtime_error("not even an undisturbed run keeps the invariants:" + faults);
  }

  void try_point(std::uint32_t number) {
    restore();
    const Ended struck = struck_run(number);
    if (page_->reached.load() == 0) {
      ++tally_.not_reached;
      return;
    }
    ++tally_.points;
    std::string where = describe(*page_, number, plan_.scratch);
    const bool by_runner = page_->entries[(number - 1) % k_most_entries].depth == 0;
    if (plan_.again) where += strike_recovery();
    Violations found = check_end(struck);
    const Ended first_run = plain_run();
    const State first = look_at(site_);
    const Ended second_run = plain_run();
    const State second = look_at(site_);
    add(found, check_recovery(first_run));
    add(found, check_recovery(second_run));
    add(found, check(first, site_.dropped()));
    add(found, check_unchanged(first, second));
    add(found, check_trail(run_fettle(plan_.setting.fettle, site_.home(), {"ledger", "verify"})));
    // Otherwise a script may fail for the fault's sake.
    if (kills_all() || (plan_.trouble == Trouble::kill_one && by_runner))
      add(found, check_as_undisturbed(first, usual_));
    report(where, found);
    if (plan_.verbose)
      fmt::print("--- struck: {}\n{}--- then: {}\n{}--- then: {}\n{}", struck.status, struck.said, first_run.status,
                 first_run.said, second_run.status, second_run.said);
  }

  std::string strike_recovery() {
    const std::uint32_t number = std::uniform_int_distribution<std::uint32_t>(1, 40)(random_);
    struck_run(number);
    return fmt::format(", then {}", page_->reached.load() == 0 ? "nothing" : describe(*page_, number, plan_.scratch));
  }

  // A disk that fails is no reason to crash.
  Violations check_end(const Ended& ended) const {
    if (ended.hung) return {{"fettle ends", "the struck run hung"}};
    if (!kills_all() && plan_.trouble != Trouble::kill_one && ended.status >= 128)
      return {{"fettle ends", fmt::format("the struck run was killed by signal {}", ended.status - 128)}};
    return {};
  }

  static Violations check_recovery(const Ended& ended) {
    if (ended.hung) return {{"fettle recovers", "it hung"}};
    if (ended.status == 0 || ended.status == 4 || ended.status == 8 || ended.status == 10) return {};
    return {{"fettle recovers", fmt::format("exit code {}: {}", ended.status, last_line(ended.said))}};
  }

  static void add(Violations& all, Violations more) {
    for (Violation& one : more) all.push_back(std::move(one));
  }

  void report(const std::string& where, const Violations& found) {
    for (const Violation& violation : found) fmt::print("{} | {} | {}\n", where, violation.invariant, violation.detail);
    tally_.violations += found.size();
  }

  const Plan& plan_;
  SharedPage page_;
  std::mt19937_64 random_;
  Disks disks_;  // mounted before the site is made on them
  Site site_;
  State usual_;
  Tally tally_;
};

}  // namespace

Tally try_points(const Plan& plan) {
  return Walk(plan).go();
}

}  // namespace crash
