// When and where runs may happen, as a user meets it: [guard] in config.toml, on the built program.
#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "os/clock.hpp"
#include "os/host.hpp"
#include "support/watching.hpp"

namespace {

using support::drop;
using support::Ended;
using support::k_good;
using support::Seconds;
using support::Site;
using support::wait_until;
using support::Watching;

const std::string k_bad = "return { shouldRun = function() return true end, execute = function() error('broken') end }";
const std::string k_elsewhere = "[guard]\nhosts = \"no-such-host\"\n";

void configure(const Site& site, const std::string& more) {
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n" + more);
}

// Lines that were wrapped count as one.
bool has(const std::string& text, const std::string& part) {
  std::string flat;
  for (const char letter : text)
    if ((letter != ' ' && letter != '\n') || !flat.ends_with(' ')) flat += letter == '\n' ? ' ' : letter;
  const bool found = flat.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text);
  return found;
}

Ended with(const Site& site, const std::vector<std::string>& arguments, const std::string& variable) {
  support::Launch launch = site.launch(arguments);
  launch.environment = {variable};
  return support::run(launch);
}

}  // namespace

TEST_CASE("guards: a forbidden run attempts nothing, changes nothing, says why and exits with 8") {
  const Site site(k_elsewhere);
  site.write("fix-scripts/001_a.lua", k_good);
  const auto before = site.tree();
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run"}, {"run", "--force"}, {"run", "001"}, {"-q", "run"}, {"run", "--wait", "10"}}) {
    const Ended ended = site.fettle(command);
    CHECK(ended.status == 8);
    CHECK(has(ended.out, "Runs are not allowed now: [guard] hosts is \"no-such-host\", and this host is"));
    CHECK(has(ended.out, os::host_name()));
    CHECK(has(ended.out, "Nothing was attempted; 1 script stays where it is."));
    CHECK(has(ended.out, "Only config.toml can lift a guard; --force does not."));
    CHECK(site.tree() == before);
  }
  const auto run = site.fettle_json({"run", "--json"});
  CHECK(run.at("exit_code") == 8);
  CHECK(run.at("run").is_null());
  CHECK(run.at("forbidden").at("guard") == "hosts");
  CHECK(run.at("forbidden").at("required") == "no-such-host");
  CHECK(run.at("forbidden").at("found") == "this host is " + os::host_name());
  CHECK(run.at("forbidden").at("until").is_null());
  CHECK(run.at("counts").at("blocked") == 1);
  CHECK(run.at("scripts").at(0).at("outcome") == "blocked");
  CHECK(site.tree() == before);
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.fettle({"run", "002_unknown"}).status == 2);
}

TEST_CASE("guards: nothing pending is nothing to do") {
  const Site site(k_elsewhere);
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 0);
  CHECK(has(ended.out, "Nothing to do"));
}

TEST_CASE("guards: a variable opens the way, and is told of when it does not") {
  const Site site("[guard]\nvariable = \"STAGE=production\"\n");
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(has(site.fettle({"run"}).out, "STAGE is not set"));
  CHECK(has(with(site, {"run"}, "STAGE=test").out, "STAGE is \"test\""));
  CHECK(has(with(site, {"run"}, "STAGE=\x1b[31m").out, "\\x1b[31m"));
  CHECK(with(site, {"run"}, "STAGE=production").status == 0);
  CHECK(site.sql("select script from ran") == "001_a.lua");
}

TEST_CASE("guards: a forbidden retry leaves the failed script where it lies") {
  const Site site;
  site.write("fix-scripts/001_a.lua", k_bad);
  REQUIRE(site.fettle({"run"}).status == 4);
  configure(site, k_elsewhere);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"retry", "001"}, {"retry", "--all"}}) {
    const Ended ended = site.fettle(command);
    CHECK(ended.status == 8);
    CHECK(has(ended.out, "Runs are not allowed now"));
    CHECK(site.exists("failed/001_a.lua"));
    CHECK(site.exists("failed/001_a.lua.error.txt"));
  }
  const auto retry = site.fettle_json({"retry", "--all", "--json"});
  CHECK(retry.at("exit_code") == 8);
  CHECK(retry.at("requeued").empty());
  CHECK(retry.at("scripts").at(0).at("script") == "001_a.lua");
  CHECK(site.fettle({"retry", "001", "--no-run"}).status == 0);  // that runs nothing
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(site.fettle({"retry", "--all"}).status == 0);  // nothing has failed
}

TEST_CASE("guards: plan and status tell that no run may be, and do not say to start one") {
  const Site site(k_elsewhere);
  site.write("fix-scripts/001_a.lua", k_good);
  for (const char* command : {"plan", "status"}) {
    CAPTURE(command);
    const Ended ended = site.fettle({command});
    CHECK(ended.status == 0);
    CHECK(has(ended.out, "runs are not allowed now: [guard] hosts"));
    CHECK(ended.out.find("fettle run ") == std::string::npos);
    CHECK(site.fettle_json({command, "--json"}).at("forbidden").at("guard") == "hosts");
  }
  configure(site, "");
  for (const char* command : {"plan", "status"}) CHECK(site.fettle_json({command, "--json"}).at("forbidden").is_null());
}

TEST_CASE("guards: a value that means nothing is refused with its line and what is allowed") {
  const Site site;
  for (const auto& [line, expected] :
       std::vector<std::pair<std::string, std::string>>{{"hosts = \"a,,b\"", "patterns with commas"},
                                                        {"hosts = \"db-[1\"", "patterns with commas"},
                                                        {"variable = \"1ST\"", "\"NAME\" or \"NAME=value\""},
                                                        {"variable = \"NAME=\"", "\"NAME\" or \"NAME=value\""},
                                                        {"hours = \"Mon-Fri\"", "Mon-Fri 08:00-18:00"},
                                                        {"hours = \"08:00-18:00 Mars/Olympus\"", "Mon-Fri 08:00-18:00"},
                                                        {"hour = \"08:00-18:00\"", "did you mean \"hours\"?"}}) {
    configure(site, "[guard]\n" + line + "\n");
    const Ended ended = site.fettle({"config", "check"});
    CHECK(ended.status == 2);
    CHECK(has(ended.err, "config.toml:4:"));
    CHECK(has(ended.err, expected));
  }
}

TEST_CASE("guards: the environment of whoever types does not change them") {
  const Site site(k_elsewhere);
  site.write("fix-scripts/001_a.lua", k_good);
  for (const char* variable : {"FETTLE_GUARD_HOSTS=", "FETTLE_HOOKS_BEFORE_RUN=true"}) {
    const Ended ended = with(site, {"run"}, variable);
    CHECK(ended.status == 2);
    CHECK(has(ended.err, "config.toml only"));
  }
  CHECK(has(site.fettle({"config", "show", "-v"}).out, "in this file only"));
  CHECK(has(site.fettle({"config", "show", "--origin"}).out, "hosts = \"no-such-host\""));
}

TEST_CASE("guards: the watcher leaves what it may not run, says why, and begins once it may") {
  const Site site(k_elsewhere);
  Watching watching(site);
  drop(site, "001_a.lua");
  drop(site, "002_b.lua");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 2; }));
  const auto waiting = watching.status().at("watcher").at("waiting").at(0);
  CHECK(has(waiting.at("reason").get<std::string>(), "[guard] hosts is \"no-such-host\""));
  CHECK(waiting.at("until").is_null());
  CHECK(has(site.fettle({"status"}).out, "waits: [guard] hosts"));
  CHECK(has(watching.log(), "runs are not allowed now: [guard] hosts"));
  CHECK(site.sql("select count(*) from ran") == "0");
  configure(site, "");
  watching.program().signal(SIGHUP);
  CHECK(watching.ran("001_a.lua 002_b.lua"));
  watching.stop();
}

TEST_CASE("guards: the watcher wakes when the hours begin") {
  const Site site;
  // A place whose clocks are some seconds ahead, so that its next minute begins in a few seconds.
  constexpr std::int64_t k_ahead = 5;
  const std::int64_t now = os::now().milliseconds / 1000;
  const std::int64_t east = (120 - k_ahead - now % 60) % 60;
  const std::int64_t minute = (now + east) / 60 % 1440 + 1;
  const auto clock = [](std::int64_t of_day) { return fmt::format("{:02}:{:02}", of_day % 1440 / 60, of_day % 60); };
  configure(site, fmt::format("[guard]\nhours = \"{}-{}\"\n", clock(minute), clock(minute + 60)));
  drop(site, "001_a.lua");
  Watching watching(site, {}, {fmt::format("TZ=HERE-0:00:{:02}", east)});
  CHECK(watching.ran("001_a.lua"));
  const std::string opened = fmt::format("{}", (now + k_ahead) * 1000);
  CHECK(site.sql("select count(*) from attempts where started_at < " + opened, ".fettle/ledger.db") == "0");
  watching.stop();
}
