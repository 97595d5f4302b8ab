// Kernels that offer less: Landlock absent or old, no system call filters, no close_range. The calls are withheld in
// the kernel itself (kernel/old_kernel.cpp), so fettle meets what it would meet there.
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "os/lockdown.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

const std::string k_script = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into item (name) values ('x')") return { executed = true } end }
)lua";

class Site {
 public:
  explicit Site(const std::string& minimum) {
    scratch_.write("config.toml", fmt::format("[databases.main]\nurl = \"sqlite:app.db\"\n"
                                              "[sandbox]\nminimum = \"{}\"\n",
                                              minimum));
    scratch_.write("fix-scripts/001_a.lua", k_script);
    const support::Ended made =
        support::run({.command = {"sqlite3", scratch_.path("app.db"), "create table item (name)"},
                      .directory = "/",
                      .environment = {}});
    REQUIRE(made.status == 0);
  }

  support::Ended fettle(const Strings& kernel, const Strings& words) const {
    Strings command = {FETTLE_OLD_KERNEL};
    command.insert(command.end(), kernel.begin(), kernel.end());
    command.insert(command.end(), {"--", support::fettle_binary()});
    command.insert(command.end(), words.begin(), words.end());
    return support::run({.command = command, .directory = scratch_.path(), .environment = {}});
  }
  const support::Scratch& scratch() const noexcept { return scratch_; }

 private:
  support::Scratch scratch_;
};

json verdicts(const Site& site, const Strings& kernel) {
  const json all = json::parse(site.fettle(kernel, {"doctor", "--json"}).out);
  json found;
  for (const json& check : all["checks"]) found[check["subject"].get<std::string>()] = check;
  return found;
}

}  // namespace

TEST_CASE("kernel: under every older Landlock a run works, and says in the attempt which version was in force") {
  const int here = os::landlock_version();
  if (here < 2) return support::skip("this kernel has no newer Landlock to hide");
  for (int version = 1; version < here; ++version) {
    const Site site("full");
    const std::string kernel = fmt::format("landlock={}", version);
    INFO(kernel);
    const support::Ended ended = site.fettle({kernel}, {"run"});
    INFO(ended.out << ended.err);
    REQUIRE(ended.status == 0);
    const json history = json::parse(site.fettle({}, {"history", "--json"}).out);
    const std::string level = fmt::format("landlock {}, seccomp, no_new_privs, limits", version);
    CHECK(history[0]["worker_sandbox"] == level);
    CHECK(history[0]["broker_sandbox"] == level);
    CHECK(site.fettle({}, {"show", "1"}).out.find(fmt::format("worker {}", level)) != std::string::npos);
    const json found = verdicts(site, {kernel});
    CHECK(found["Landlock"]["verdict"] == "good");
    CHECK(found["Landlock"]["found"].get<std::string>().starts_with(fmt::format("version {}: files", version)));
    CHECK(found["the broker"]["found"] == "in force: " + level);
  }
}

TEST_CASE("kernel: without Landlock a run works where sandbox.minimum allows it, and the attempt says so") {
  const Site site("seccomp");
  const support::Ended ended = site.fettle({"landlock=none"}, {"run"});
  INFO(ended.out << ended.err);
  REQUIRE(ended.status == 0);
  const json attempt = json::parse(site.fettle({}, {"history", "--json"}).out)[0];
  CHECK(attempt["worker_sandbox"] == "seccomp, no_new_privs, limits");
  CHECK(attempt["broker_sandbox"] == "seccomp, no_new_privs, limits");
  CHECK(!site.scratch().exists("app.db-journal"));
  const json found = verdicts(site, {"landlock=none"});
  CHECK(found["Landlock"]["verdict"] == "warning");
  CHECK(found["Landlock"]["found"].get<std::string>().starts_with("missing"));
  CHECK(site.fettle({"landlock=none"}, {"doctor"}).status == 0);
}

TEST_CASE("kernel: without system call filters a run works only where sandbox.minimum is none") {
  const Site site("none");
  const support::Ended ended = site.fettle({"seccomp=none"}, {"run"});
  INFO(ended.out << ended.err);
  REQUIRE(ended.status == 0);
  const json attempt = json::parse(site.fettle({}, {"history", "--json"}).out)[0];
  CHECK(attempt["worker_sandbox"].get<std::string>().find("seccomp") == std::string::npos);
  CHECK(attempt["worker_sandbox"].get<std::string>().find("landlock") != std::string::npos);
  const json found = verdicts(site, {"seccomp=none"});
  CHECK(found["call filter"]["verdict"] == "warning");
  CHECK(found["call filter"]["found"].get<std::string>().starts_with("missing"));
  const Site bare("none");
  REQUIRE(bare.fettle({"seccomp=none", "landlock=none", "close_range=none"}, {"run"}).status == 0);
  CHECK(json::parse(bare.fettle({}, {"history", "--json"}).out)[0]["worker_sandbox"] == "no_new_privs, limits");
}

TEST_CASE("kernel: below sandbox.minimum nothing is run, every file stays, and the error names the next command") {
  struct Case {
    std::string minimum;
    Strings kernel;
  };
  for (const Case& each : {Case{"seccomp", {"seccomp=none"}}, Case{"full", {"landlock=none"}},
                           Case{"full", {"seccomp=none"}}, Case{"full", {"seccomp=none", "landlock=none"}}}) {
    const Site site(each.minimum);
    INFO(each.minimum << " under " << each.kernel.front());
    for (const char* command : {"run", "plan", "check"}) {
      const support::Ended ended = site.fettle(each.kernel, {command});
      INFO(command << ": " << ended.out << ended.err);
      CHECK(ended.status == 2);
      CHECK(ended.err.find("sandbox.minimum") != std::string::npos);
      CHECK(ended.err.find("Nothing was run") != std::string::npos);
      CHECK(ended.err.find("fettle doctor") != std::string::npos);
    }
    CHECK(site.scratch().list("fix-scripts") == Strings{"001_a.lua"});
    CHECK(json::parse(site.fettle({}, {"history", "--json"}).out).empty());
    const support::Ended doctor = site.fettle(each.kernel, {"doctor"});
    CHECK(doctor.status == 7);
    CHECK(doctor.out.find("weaker than sandbox.minimum") != std::string::npos);
    // The same folder on a kernel that offers enough.
    CHECK(site.fettle({}, {"run"}).status == 0);
  }
}

TEST_CASE("kernel: without close_range every descriptor is closed all the same") {
  const Site site("full");
  REQUIRE(site.fettle({"close_range=none"}, {"run"}).status == 0);
  CHECK(verdicts(site, {"close_range=none"})["descriptors"]["verdict"] == "good");
}
