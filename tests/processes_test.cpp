// What can only be seen with several processes, big folders and full disks: the real program is started, watched
// through /proc, and killed.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <signal.h>
#include <string>
#include <sys/mount.h>
#include <vector>

#include "base/text.hpp"
#include "support/child.hpp"
#include "support/in_memory.hpp"
#include "support/journey.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/site.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using support::Ended;
using support::InMemory;
using support::k_endless;
using support::k_good;
using support::k_slow;
using support::Program;
using support::Seconds;
using support::Site;
using Strings = std::vector<std::string>;

// The descendant that computes: the worker, once its script does.
pid_t busy_worker(const Program& run) {
  pid_t found = -1;
  support::wait_until([&] {
    for (const pid_t process : support::descendants_of(run.pid()))
      if (support::processor_time(process) > Seconds(0.15)) found = process;
    return found > 0;
  });
  REQUIRE(found > 0);
  return found;
}

bool has_open(pid_t process, const std::string& path) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", process), gone))
    if (fs::read_symlink(entry.path(), gone) == path) return true;
  return false;
}

bool is_gone(pid_t process) {
  return kill(process, 0) != 0;
}

bool all_gone(const std::vector<pid_t>& processes) {
  return support::wait_until([&] { return std::all_of(processes.begin(), processes.end(), is_gone); });
}

const json& script_in(const json& report, const std::string& name) {
  for (const json& script : report.at("scripts"))
    if (script.at("script") == name) return script;
  FAIL("no ", name, " in ", report.dump());
  return report;
}

// The sanitized program makes calls of its own and is ten times slower; tools/test names the shipped one.
bool is_shipped_program() {
  return std::getenv("FETTLE_UNDER_TEST") != nullptr;
}

// The names of the system calls of each process after its last filter was installed, out of what strace wrote.
std::map<std::string, std::set<std::string>> calls_after_lock_down(const std::string& trace) {
  std::map<std::string, std::set<std::string>> calls;
  for (const std::string_view line : base::split(trace, '\n')) {
    const std::size_t space = line.find(' ');
    const std::size_t open = line.find('(');
    if (space == std::string_view::npos || open == std::string_view::npos) continue;
    const std::string process(line.substr(0, space));
    const std::string_view name = base::trim(line.substr(space, open - space));
    if (name == "seccomp")
      calls[process].clear();
    else if (calls.count(process) > 0 && name.find_first_of("<+-") == std::string_view::npos)
      calls[process].emplace(name);
  }
  return calls;
}

}  // namespace

TEST_CASE("processes: a second run is told who holds the lock, and changes nothing") {
  const Site site;
  site.write("fix-scripts/001_endless.lua", k_endless);
  Program first(site.launch({"run", "--by", "anna"}));
  busy_worker(first);

  const Ended second = site.fettle({"run"});
  CHECK(second.status == 5);
  CHECK(second.err.find("anna") != std::string::npos);
  CHECK(second.err.find(std::to_string(first.pid())) != std::string::npos);
  const Ended patient = site.fettle({"run", "--wait", "0.3"});
  CHECK(patient.status == 5);
  CHECK(site.fettle_json({"status", "--json"}).at("lock").at("held") == true);
  CHECK(site.tree() == Strings{"fix-scripts/001_endless.lua"});
}

TEST_CASE("processes: a run that waits for the lock goes on when the first has ended") {
  const Site site;
  site.write("fix-scripts/001_endless.lua", k_endless);
  Program first(site.launch({"run"}));
  const pid_t worker = busy_worker(first);
  site.write("fix-scripts/002_good.lua", k_good);
  Program second(site.launch({"run", "--wait", "60", "--json", "002"}));
  REQUIRE(support::wait_until([&] { return !second.err().empty(); }));
  REQUIRE(kill(worker, SIGKILL) == 0);
  CHECK(first.wait(Seconds(30)).status == 4);
  CHECK(second.wait(Seconds(30)).status == 0);
  CHECK(site.sql("select script from ran") == "002_good.lua");
}

TEST_CASE("processes: a worker that is killed from outside is a failure, and the next script runs") {
  const Site site;
  site.write("fix-scripts/001_endless.lua", k_endless);
  site.write("fix-scripts/002_good.lua", k_good);
  Program run(site.launch({"run", "--json"}));
  REQUIRE(kill(busy_worker(run), SIGKILL) == 0);
  const Ended ended = run.wait(Seconds(30));
  CHECK(ended.status == 4);
  const json report = json::parse(ended.out);
  CHECK(script_in(report, "001_endless.lua").at("outcome") == "failed");
  CHECK(script_in(report, "001_endless.lua").at("cause") == "crash");
  CHECK(script_in(report, "002_good.lua").at("outcome") == "succeeded");
  CHECK(site.sql("select script from ran") == "002_good.lua");
  CHECK(site.exists("failed/001_endless.lua.error.txt"));
}

TEST_CASE("processes: when the broker is killed nothing is committed and no script is lost") {
  const Site site;
  site.write("fix-scripts/001_endless.lua", k_endless);
  site.write("fix-scripts/002_good.lua", k_good);
  Program run(site.launch({"run", "--json"}));
  busy_worker(run);
  const std::vector<pid_t> all = support::descendants_of(run.pid());
  const auto broker =
      std::find_if(all.begin(), all.end(), [&](pid_t each) { return has_open(each, site.path("app.db")); });
  REQUIRE(broker != all.end());
  REQUIRE(kill(*broker, SIGKILL) == 0);
  const Ended ended = run.wait(Seconds(30));  // the script's own time limit is a minute
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 4);
  const json report = json::parse(ended.out);
  CHECK(script_in(report, "001_endless.lua").at("outcome") == "failed");
  CHECK(script_in(report, "001_endless.lua").at("cause") == "unreachable");
  CHECK(script_in(report, "002_good.lua").at("outcome") == "succeeded");
  CHECK(site.sql("select script from ran") == "002_good.lua");
  Strings scripts;
  for (const std::string& name : site.tree())
    if (name.ends_with(".lua")) scripts.push_back(name.substr(name.find('/') + 1));
  CHECK(scripts == Strings{"001_endless.lua", "002_good.lua"});
  CHECK(all_gone(all));
}

TEST_CASE("processes: when the runner is killed all its processes end, and the next run starts the script again") {
  const Site site;
  site.write("fix-scripts/001_fix.lua", k_endless);
  Program run(site.launch({"run"}));
  busy_worker(run);
  const std::vector<pid_t> all = support::descendants_of(run.pid());
  run.signal(SIGKILL);
  CHECK(run.wait(Seconds(10)).status == 128 + SIGKILL);
  CHECK(all_gone(all));
  CHECK(site.tree() == Strings{"fix-scripts/001_fix.lua"});
  CHECK(site.sql("select count(*) from ran") == "0");

  site.write("fix-scripts/001_fix.lua", k_good);
  CHECK(site.fettle({"run", "--wait", "10"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
  CHECK(site.tree() == Strings{"successfully-ran/001_fix.lua"});
  const json history = site.fettle_json({"history", "--json"});
  REQUIRE(history.size() == 2);
  CHECK(history[1].at("outcome") == "interrupted");
  CHECK(site.sql("select verb || ' ' || script || ' ' || detail from events", ".fettle/ledger.db") ==
        "repair 001_fix.lua attempt 1: its runner died; nothing of it was committed");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("processes: an error note that cannot be written stops nothing, and is tried once more") {
  const Site site;
  site.write("fix-scripts/001_bad.lua",
             "return { shouldRun = function() return true end, execute = function() error('x') end }");
  site.write("fix-scripts/002_good.lua", k_good);
  fs::create_directories(site.path("failed/001_bad.lua.error.txt"));
  const Ended first = site.fettle({"run"});
  CHECK(first.status == 4);
  CHECK(first.err.find("cannot write failed/001_bad.lua.error.txt") != std::string::npos);
  CHECK(site.sql("select script from ran") == "002_good.lua");

  fs::remove(site.path("failed/001_bad.lua.error.txt"));
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(fs::is_regular_file(site.path("failed/001_bad.lua.error.txt")));
  CHECK(site.sql("select count(*) from events", ".fettle/ledger.db") == "1");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("processes: a recovery that can change nothing leaves no event, and fettle goes on") {
  const Site site;
  site.write("fix-scripts/001_bad.lua",
             "return { shouldRun = function() return true end, execute = function() error('x') end }");
  fs::create_directories(site.path("failed/001_bad.lua.error.txt"));
  for (int run = 1; run <= 3; ++run) {
    site.write("fix-scripts/002_good.lua", k_good + std::string(static_cast<std::size_t>(run), '\n'));
    CHECK(site.fettle({"run"}).status == (run == 1 ? 4 : 0));
  }
  CHECK(site.sql("select count(*) from ran") == "3");
  CHECK(site.sql("select count(*) from events", ".fettle/ledger.db") == "1");  // where it lies; the note is given up
}

TEST_CASE("processes: two SIGINTs stop a run at once; nothing of the script in work is kept") {
  const Site site;
  site.write("fix-scripts/001_endless.lua", k_endless);
  site.write("fix-scripts/002_good.lua", k_good);
  Program run(site.launch({"run", "--json"}));
  const pid_t worker = busy_worker(run);
  run.signal(SIGINT);
  std::string before = run.err();
  support::wait_until([&] { return run.err() != before || is_gone(worker); }, Seconds(1));
  if (!is_gone(run.pid())) run.signal(SIGINT);
  const Ended ended = run.wait(Seconds(30));
  CHECK(ended.status == 130);
  CHECK(site.tree() == Strings{"fix-scripts/001_endless.lua", "fix-scripts/002_good.lua"});
  CHECK(site.sql("select count(*) from ran") == "0");
  const json history = site.fettle_json({"history", "--json"});
  REQUIRE(history.size() == 1);
  CHECK(history[0].at("outcome") == "interrupted");
}

TEST_CASE("processes: after one SIGTERM the script in work may finish, and no other one starts") {
  const Site site;
  site.write("fix-scripts/001_slow.lua", k_slow);
  site.write("fix-scripts/002_good.lua", k_good);
  Program run(site.launch({"run"}));
  busy_worker(run);
  run.signal(SIGTERM);
  CHECK(run.wait(Seconds(30)).status == 143);
  CHECK(site.tree() == Strings{"fix-scripts/002_good.lua", "successfully-ran/001_slow.lua"});
  CHECK(site.sql("select script from ran") == "001_slow.lua");
}

TEST_CASE("processes: a script that is deleted while it runs is recorded as it ended") {
  const Site site;
  site.write("fix-scripts/001_slow.lua", k_slow);
  Program run(site.launch({"run", "--json"}));
  busy_worker(run);
  REQUIRE(fs::remove(site.path("fix-scripts/001_slow.lua")));
  const Ended ended = run.wait(Seconds(30));
  CHECK(ended.status == 0);
  CHECK(script_in(json::parse(ended.out), "001_slow.lua").at("outcome") == "succeeded");
  CHECK(script_in(json::parse(ended.out), "001_slow.lua").at("moved_to").is_null());
  CHECK(site.tree().empty());
  CHECK(site.sql("select count(*) from ran") == "1");
  CHECK(site.fettle_json({"history", "--json"}).size() == 1);
}

TEST_CASE("processes: a script that is replaced while it runs stays pending, and runs next time") {
  const Site site;
  site.write("fix-scripts/001_slow.lua", k_slow);
  Program run(site.launch({"run", "--json"}));
  busy_worker(run);
  site.write("other.lua", k_good);
  fs::rename(site.path("other.lua"), site.path("fix-scripts/001_slow.lua"));
  const Ended ended = run.wait(Seconds(30));
  CHECK(ended.status == 0);
  CHECK(site.tree() == Strings{"fix-scripts/001_slow.lua"});
  CHECK(support::read_file(site.path("fix-scripts/001_slow.lua")) == k_good);
  CHECK(site.fettle_json({"status", "--json"}).at("pending").at(0).at("state") == "changed");
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "2");
  CHECK(site.tree() == Strings{"successfully-ran/001_slow.lua"});
}

TEST_CASE("processes: a script that is edited in place while it runs stays pending with the edit") {
  const Site site;
  site.write("fix-scripts/001_slow.lua", k_slow);
  Program run(site.launch({"run"}));
  busy_worker(run);
  site.write("fix-scripts/001_slow.lua", k_good);
  CHECK(run.wait(Seconds(30)).status == 0);
  CHECK(site.tree() == Strings{"fix-scripts/001_slow.lua"});
  CHECK(support::read_file(site.path("fix-scripts/001_slow.lua")) == k_good);
}

TEST_CASE("processes: a database that another process is writing fails the script with that cause") {
  const Site site;
  site.write("fix-scripts/001_good.lua", k_good);
  Program holder({.command = {"/bin/sh", "-c", "(echo 'begin immediate; select 1;'; exec sleep 300) | sqlite3 app.db"},
                  .directory = site.path("."),
                  .environment = {}});
  REQUIRE(support::wait_until([&] { return holder.out() == "1\n"; }));
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status != 0);
  const json script = script_in(json::parse(ended.out), "001_good.lua");
  CHECK(script.at("outcome") != "succeeded");
  CHECK(script.at("cause") == "locked");
  CHECK(site.tree().size() >= 1);
}

TEST_CASE("processes: a database that another process keeps to itself blocks what is pending, and says why") {
  const Site site;
  site.write("fix-scripts/001_good.lua", k_good);
  Program holder({.command = {"/bin/sh", "-c", "(echo 'begin exclusive; select 1;'; exec sleep 300) | sqlite3 app.db"},
                  .directory = site.path("."),
                  .environment = {}});
  REQUIRE(support::wait_until([&] { return holder.out() == "1\n"; }));
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status == 6);
  const json script = script_in(json::parse(ended.out), "001_good.lua");
  CHECK(script.at("outcome") == "blocked");
  CHECK(script.at("reason").get<std::string>().find("locked") != std::string::npos);
  CHECK(site.tree() == Strings{"fix-scripts/001_good.lua"});
}

TEST_CASE("processes: a full disk under the database fails the script and leaves the database whole") {
  support::Scratch scratch;
  scratch.make_folder("disk");
  const support::TinyDisk disk(scratch.path("disk"), 2 << 20);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  const Site site;
  site.write("config.toml", fmt::format("[databases.main]\nurl = \"sqlite:{}/app.db\"\n", scratch.path("disk")));
  REQUIRE(site.sql("create table ran (script text)", scratch.path("disk/app.db")).empty());
  site.write("fix-scripts/001_big.lua", R"lua(
return { shouldRun = function() return true end,
         execute = function()
           for _ = 1, 100 do db.exec("insert into ran (script) values (?)", ("x"):rep(100000)) end
           return { executed = true }
         end }
)lua");
  site.write("fix-scripts/002_good.lua", k_good);
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status == 4);
  const json report = json::parse(ended.out);
  CHECK(script_in(report, "001_big.lua").at("outcome") == "failed");
  CHECK(script_in(report, "001_big.lua").at("error").get<std::string>().find("full") != std::string::npos);
  CHECK(script_in(report, "002_good.lua").at("outcome") == "succeeded");
  CHECK(site.sql("pragma integrity_check", scratch.path("disk/app.db")) == "ok");
  CHECK(site.sql("select script from ran", scratch.path("disk/app.db")) == "002_good.lua");
}

TEST_CASE("processes: a full disk under the ledger stops the run before anything of a script has run") {
  support::Scratch scratch;
  scratch.make_folder("disk");
  const support::TinyDisk disk(scratch.path("disk"), 2 << 20);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  const Site site;
  site.write("config.toml",
             fmt::format("[databases.main]\nurl = \"sqlite:app.db\"\n[ledger]\npath = \"{}/ledger.db\"\n",
                         scratch.path("disk")));
  CHECK(site.fettle({"run"}).status == 0);
  site.write("fix-scripts/001_good.lua", k_good);
  support::run({.command = {"dd", "if=/dev/zero", "of=filler", "bs=4096"},
                .directory = scratch.path("disk"),
                .environment = {}});
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 1);
  CHECK(ended.err.find("ledger.db") != std::string::npos);
  CHECK(site.tree() == Strings{"fix-scripts/001_good.lua"});
  CHECK(site.sql("select count(*) from ran") == "0");
  fs::remove(scratch.path("disk/filler"));
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

TEST_CASE("processes: a read-only database fails the script that writes, and says so") {
  support::Scratch scratch;
  scratch.make_folder("disk");
  const support::TinyDisk disk(scratch.path("disk"), 2 << 20);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  const Site site;
  site.write("config.toml", fmt::format("[databases.main]\nurl = \"sqlite:{}/app.db\"\n", scratch.path("disk")));
  REQUIRE(site.sql("create table ran (script text)", scratch.path("disk/app.db")).empty());
  REQUIRE(mount(nullptr, scratch.path("disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  site.write("fix-scripts/001_good.lua", k_good);
  const Ended ended = site.fettle({"run", "--json"});
  CHECK((ended.status == 4 || ended.status == 6));
  CHECK(ended.out.find("read") != std::string::npos);
  CHECK(site.sql("select count(*) from ran", scratch.path("disk/app.db")) == "0");
}

TEST_CASE("processes: a folder on another file system is refused before anything runs") {
  const Site site;
  fs::create_directories(site.path("failed"));
  const support::TinyDisk disk(site.path("failed"), 1 << 20);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  site.write("fix-scripts/001_good.lua", k_good);
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 2);
  CHECK(ended.err.find("file system") != std::string::npos);
  CHECK(site.tree() == Strings{"fix-scripts/001_good.lua"});
}

TEST_CASE("processes: a folder that may not be read is named, and nothing runs") {
  const Site site;
  site.write("fix-scripts/001_good.lua", k_good);
  fs::copy_file(support::fettle_binary(), site.path("program"));
  fs::permissions(site.path("fix-scripts"), fs::perms::none);
  support::Launch launch{.command = {site.path("program"), "run"}, .directory = site.path("."), .environment = {}};
  if (support::is_root()) {
    REQUIRE(support::run({.command = {"chown", "-R", "65534", "."}, .directory = site.path("."), .environment = {}})
                .status == 0);
    launch.command.insert(launch.command.begin(), {"setpriv", "--reuid", "65534", "--clear-groups"});
  }
  const Ended ended = support::run(launch);
  fs::permissions(site.path("fix-scripts"), fs::perms::owner_all);
  CHECK((ended.status == 1 || ended.status == 2));
  CHECK(ended.err.find("fix-scripts") != std::string::npos);
  CHECK(site.tree() == Strings{"fix-scripts/001_good.lua"});
}

TEST_CASE("processes: a locked-down worker makes seven system calls and no other") {
  if (!is_shipped_program()) return support::skip("the sanitizers need more calls; the shipped program is traced");
  const Site site;
  const int count = 3;
  for (int number = 1; number <= count; ++number) site.write(fmt::format("fix-scripts/{:03}_x.lua", number), k_good);
  support::Launch launch = site.launch({"run"});
  launch.command.insert(launch.command.begin(), {"strace", "-f", "-o", "trace"});
  const Ended ended = support::run(launch);
  if (ended.err.find("strace") != std::string::npos) return support::skip("processes cannot be traced here");
  REQUIRE(ended.status == 0);
  const std::set<std::string> allowed = {"brk", "mmap", "munmap", "mremap", "recvfrom", "write", "exit_group"};
  const std::string trace = support::read_file(site.path("trace"));
  // Nor does any process ask for what its filter refuses; that root's SQLite may give no file away is no matter.
  for (const std::string_view line : base::split(trace, '\n'))
    if (line.find("EPERM") != std::string_view::npos) CHECK(line.find("fchown") != std::string_view::npos);
  int workers = 0;
  for (const auto& [process, calls] : calls_after_lock_down(trace))
    if (calls.count("write") > 0 && std::includes(allowed.begin(), allowed.end(), calls.begin(), calls.end()))
      ++workers;
  CHECK(workers >= count);
}

TEST_CASE("processes: ten thousand scripts are filed in one run") {
  const int count = is_shipped_program() ? 10000 : 1000;
  const InMemory in_memory;
  const Site site;
  for (int number = 1; number <= count; ++number)
    site.write(fmt::format("fix-scripts/{:05}_x.lua", number), number % 1000 == 0 ? "error('no')" : k_good);
  CHECK(site.fettle_json({"status", "--json"}).at("pending").size() == static_cast<std::size_t>(count));
  const Ended ended = site.fettle({"run", "--json"}, Seconds(400));
  CHECK(ended.status == 4);
  const json report = json::parse(ended.out, nullptr, false);
  REQUIRE_FALSE(report.is_discarded());
  const int bad = count / 1000;
  CHECK(report.at("counts").at("succeeded") == count - bad);
  CHECK(report.at("counts").at("failed") == bad);
  CHECK(site.sql("select count(*) from ran") == std::to_string(count - bad));
  CHECK(site.tree().size() == static_cast<std::size_t>(count + bad));
  CHECK(site.fettle_json({"history", "--json", "--limit", "0"}).size() == static_cast<std::size_t>(count));
}
