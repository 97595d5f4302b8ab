// The watcher as a user meets it: the real program on a real folder. What each writer does to it is in
// watch_writers_test.cpp.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "base/time.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "support/child.hpp"
#include "support/skip.hpp"
#include "support/watching.hpp"

namespace {

namespace fs = std::filesystem;
using support::drop;
using support::Ended;
using support::k_endless;
using support::k_good;
using support::k_slow;
using support::Program;
using support::Seconds;
using support::Site;
using support::wait_until;
using support::Watching;

std::int64_t wake_ups(pid_t process) {
  const std::string status = support::read_file(fmt::format("/proc/{}/status", process));
  const std::size_t at = status.find("\nvoluntary_ctxt_switches:");
  return at == std::string::npos ? -1 : std::stoll(status.substr(at + 25));
}

// Whether these processes sleep through two seconds. Who mounts something elsewhere on this machine wakes the watcher
// for a look, so one such time of several is enough.
bool sleep_through(const std::vector<pid_t>& processes) {
  const auto sum = [&processes] {
    std::int64_t total = 0;
    for (const pid_t process : processes) total += wake_ups(process);
    return total;
  };
  for (int time = 0; time < 6; ++time) {
    const std::int64_t before = sum();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    if (sum() == before) return true;
  }
  return false;
}

// The child that stands by, its zygote, a worker and a broker; and all of them at rest.
void wait_for_rest(pid_t watcher) {
  REQUIRE(wait_until([&] { return support::descendants_of(watcher).size() == 4; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  REQUIRE(support::descendants_of(watcher).size() == 4);
}

const std::string k_never_rescans = "[watch]\nrescan = \"1h\"\n";

bool is_running(const Site& site) {
  const std::string ledger = ".fettle/ledger.db";
  if (!site.exists(ledger) || site.sql("select count(*) from sqlite_master where name = 'attempts'", ledger) != "1")
    return false;
  return site.sql("select count(*) from attempts where finished_at is null", ".fettle/ledger.db") == "1";
}
std::string runs(const Site& site) {
  return site.sql("select count(*) from runs", ".fettle/ledger.db");
}

}  // namespace

TEST_CASE("watch: a script that is dropped in runs by itself and is filed, and the status names the watcher") {
  const Site site;
  Watching watching(site);
  const auto idle = watching.status().at("watcher");
  CHECK(idle.at("pid") == watching.program().pid());
  CHECK((idle.at("sight") == "events" || idle.at("sight") == "polling"));
  drop(site, "001_a.lua");
  CHECK(watching.filed("successfully-ran/001_a.lua"));
  CHECK(watching.ran("001_a.lua"));
  CHECK(wait_until([&] { return watching.log().find("001_a.lua succeeded") != std::string::npos; }));
  const auto history = site.fettle_json({"history", "--json"});
  CHECK(history.at(0).at("trigger") == "watch");
  CHECK(site.fettle({"status"}).out.find(fmt::format("process {}", watching.program().pid())) != std::string::npos);
  CHECK(watching.stop().status == 143);
  CHECK(watching.status().at("watcher").is_null());
  CHECK(site.fettle({"status"}).out.find("watcher    none") != std::string::npos);
}

TEST_CASE("watch: what lay there before runs at once") {
  const Site site;
  site.write("fix-scripts/001_a.lua", k_good);
  site.write("fix-scripts/002_b.lua", "return { shouldRun = function() return true end, execute = 1 }");
  Watching watching(site);
  CHECK(watching.ran("001_a.lua"));
  CHECK(watching.filed("failed/002_b.lua.error.txt"));
}

TEST_CASE("watch: scripts that are copied in one after the other run in order, once all are there") {
  const Site site("[watch]\ndebounce = \"500ms\"\n");
  Watching watching(site);
  wait_for_rest(watching.program().pid());
  for (const char* name : {"003_c.lua", "001_a.lua", "002_b.lua"}) {
    site.write(std::string("fix-scripts/") + name, k_good);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(watching.ran("001_a.lua 002_b.lua 003_c.lua"));
}

TEST_CASE("watch: a lower number that comes while a run goes on is taken next") {
  const Site site;
  site.write("fix-scripts/001_a.lua", k_slow);
  site.write("fix-scripts/005_e.lua", k_good);
  site.write("fix-scripts/006_f.lua", k_good);
  Watching watching(site);
  REQUIRE(wait_until([&] { return is_running(site); }));
  drop(site, "002_b.lua");
  drop(site, "003_c.lua");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for the word of it to come through
  CHECK(watching.ran("001_a.lua 002_b.lua 003_c.lua 005_e.lua 006_f.lua"));
  CHECK(wait_until([&] { return !is_running(site); }));
  CHECK(runs(site) == "1");
}

TEST_CASE("watch: a person's run beside a run of the watcher waits for it, and says so") {
  const Site site;
  Watching watching(site);
  drop(site, "001_a.lua", k_slow);
  REQUIRE(wait_until([&] { return is_running(site); }));
  Program person(site.launch({"run"}));
  CHECK(wait_until([&] { return person.err().find("waiting") != std::string::npos; }));
  CHECK(person.err().find("001_a.lua") != std::string::npos);
  const Ended ended = person.wait(Seconds(60));
  CHECK(ended.status == 0);
  CHECK(watching.ran("001_a.lua"));
  CHECK(site.fettle({"run", "--wait", "0"}).status == 0);
}

TEST_CASE("watch: a person's run goes on, the watcher's waits for it") {
  const Site site;
  site.write("fix-scripts/001_a.lua", k_slow);
  Program person(site.launch({"run"}));
  REQUIRE(wait_until([&] { return site.exists(".fettle/ledger.db") && is_running(site); }));
  Watching watching(site);
  CHECK(wait_until([&] { return watching.log().find("waiting") != std::string::npos; }));
  drop(site, "002_b.lua");
  CHECK(person.wait(Seconds(60)).status == 0);
  CHECK(watching.ran("001_a.lua 002_b.lua"));
}

TEST_CASE("watch: a second watcher of the same folder is refused, and told of the first") {
  const Site site;
  Watching watching(site);
  const Ended second = site.fettle({"watch"});
  CHECK(second.status == 5);
  CHECK(second.err.find(fmt::format("process {}", watching.program().pid())) != std::string::npos);
}

TEST_CASE("watch: switched off, only a person's run is left") {
  const Site site("[watch]\nenabled = false\n");
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended ended = site.fettle({"watch"});
  CHECK(ended.status == 2);
  CHECK(ended.err.find("enabled = false") != std::string::npos);
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("watch: the folder is renamed and made again, and the new one is watched") {
  const Site site(k_never_rescans);
  Watching watching(site);
  drop(site, "001_a.lua");
  REQUIRE(watching.done("001_a.lua"));
  fs::rename(site.path("fix-scripts"), site.path("old"));
  fs::create_directory(site.path("fix-scripts"));
  drop(site, "002_b.lua");
  CHECK(watching.ran("001_a.lua 002_b.lua"));
  site.write("old/003_c.lua", k_good);  // no longer ours
  drop(site, "004_d.lua");
  CHECK(watching.ran("001_a.lua 002_b.lua 004_d.lua"));
}

TEST_CASE("watch: the folder is removed, which the status says, and made again") {
  const Site site(k_never_rescans);
  Watching watching(site);
  fs::remove(site.path("fix-scripts"));
  CHECK(wait_until([&] { return watching.status().at("watcher").at("sight") == "missing"; }));
  CHECK(watching.log().find("is not there") != std::string::npos);
  fs::create_directory(site.path("fix-scripts"));
  drop(site, "001_a.lua");
  CHECK(watching.ran("001_a.lua"));
}

TEST_CASE("watch: a disk is mounted over the folders and taken away again, and both are seen") {
  const Site site(k_never_rescans +
                  "[folders]\nscripts = \"disk/todo\"\nsucceeded = \"disk/done\"\nfailed = \"disk/failed\"\n");
  fs::create_directories(site.path("disk/todo"));
  Watching watching(site);
  site.write("disk/todo/001_a.lua", k_good);
  REQUIRE(watching.filed("disk/done/001_a.lua"));
  if (::mount("none", site.path("disk").c_str(), "tmpfs", 0, "size=4m") != 0) return support::skip("needs to mount");
  fs::create_directories(site.path("disk/todo"));
  site.write("disk/todo/002_b.lua", k_good);
  CHECK(watching.ran("001_a.lua 002_b.lua"));
  CHECK(watching.filed("disk/done/002_b.lua"));
  CHECK(wait_until([&] { return ::umount(site.path("disk").c_str()) == 0; }));  // nothing holds a file of it open
  site.write("disk/todo/003_c.lua", k_good);
  CHECK(watching.ran("001_a.lua 002_b.lua 003_c.lua"));
  CHECK(watching.filed("disk/done/003_c.lua"));
}

TEST_CASE("watch: more events than the kernel keeps, and nothing is missed") {
  const Site site(k_never_rescans);
  Watching watching(site);
  watching.program().signal(SIGSTOP);
  constexpr int k_more_than_the_queue = 20'000;
  for (int count = 0; count < k_more_than_the_queue; ++count) {
    const int file = ::open(site.path(fmt::format("fix-scripts/x{}.txt", count)).c_str(), O_WRONLY | O_CREAT, 0600);
    REQUIRE(file >= 0);
    ::close(file);
  }
  drop(site, "001_a.lua");
  watching.program().signal(SIGCONT);
  CHECK(watching.ran("001_a.lua"));
}

TEST_CASE("watch: a file that somebody makes readable later runs then") {
  if (!os::is_root()) return support::skip("needs another user");
  const Site site(k_never_rescans + "settle = \"300ms\"\n");
  site.write("fix-scripts/001_a.lua", k_good);
  ::chmod(site.path("fix-scripts/001_a.lua").c_str(), 0600);
  for (const char* name : {"", "fix-scripts", "app.db", "config.toml"})
    REQUIRE(::chown(site.path(name).c_str(), 65534, 65534) == 0);
  Watching watching(site, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  CHECK(watching.status().at("ignored").size() == 0);  // for us, who may read it
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(site.exists("fix-scripts/001_a.lua"));
  ::chmod(site.path("fix-scripts/001_a.lua").c_str(), 0644);
  CHECK(watching.ran("001_a.lua"));
}

TEST_CASE("watch: a script that is held back wakes nobody until it changes") {
  const Site site("changed = \"hold\"\n" + k_never_rescans);
  Watching watching(site);
  drop(site, "001_a.lua");
  REQUIRE(watching.done("001_a.lua"));
  drop(site, "001_a.lua", k_good + "-- changed\n");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  wait_for_rest(watching.program().pid());
  const std::string before = runs(site);
  if (watching.status().at("watcher").at("sight") == "events") CHECK(sleep_through({watching.program().pid()}));
  CHECK(runs(site) == before);
  CHECK(site.fettle({"status"}).out.find("waits: ") != std::string::npos);
  drop(site, "002_b.lua");  // others run, and it is left alone meanwhile
  CHECK(watching.ran("001_a.lua 002_b.lua"));
  CHECK(site.exists("fix-scripts/001_a.lua"));
  drop(site, "001_a.lua");  // as it was: applied before
  CHECK(wait_until([&] { return !site.exists("fix-scripts/001_a.lua"); }));
}

TEST_CASE("watch: a decision that a person makes elsewhere is seen at the next rescan") {
  const Site site("changed = \"hold\"\n[watch]\nrescan = \"300ms\"\n");
  Watching watching(site);
  drop(site, "001_a.lua");
  REQUIRE(watching.done("001_a.lua"));
  drop(site, "001_a.lua", k_good + "-- changed\n");
  REQUIRE(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  const std::string before = runs(site);
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  CHECK(runs(site) == before);
  CHECK(site.fettle({"mark", "001_a.lua", "pending", "--reason", "checked"}).status == 0);
  CHECK(wait_until([&] { return runs(site) > before; }));
}

TEST_CASE("watch: a database that cannot be reached is tried again until it can") {
  const Site site("[databases.other]\nurl = \"sqlite:away/other.db\"\n");
  Watching watching(site);
  drop(site, "001_a.lua",
       "return { database = \"other\", shouldRun = function() return true end,\n"
       "execute = function() db.exec('create table done (a)') return { executed = true } end }");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  fs::create_directory(site.path("away"));
  site.sql("create table x (a)", "away/other.db");
  CHECK(watching.filed("successfully-ran/001_a.lua"));
}

TEST_CASE("watch: the first signal lets the script at work finish, and nothing else begins") {
  const Site site;
  Watching watching(site);
  drop(site, "001_a.lua", k_slow);
  REQUIRE(wait_until([&] { return is_running(site); }));
  drop(site, "002_b.lua");
  watching.program().signal(SIGTERM);
  CHECK(wait_until([&] { return watching.log().find("may finish") != std::string::npos; }));
  CHECK(watching.program().wait(Seconds(60)).status == 143);
  CHECK(site.sql("select script from ran") == "001_a.lua");
  CHECK(site.exists("successfully-ran/001_a.lua"));
  CHECK(site.exists("fix-scripts/002_b.lua"));
}

TEST_CASE("watch: the second signal ends the script at work, which is recorded as interrupted and stays") {
  const Site site;
  Watching watching(site);
  drop(site, "001_a.lua", k_endless);
  REQUIRE(wait_until([&] { return is_running(site); }));
  watching.program().signal(SIGINT);
  CHECK(wait_until([&] { return watching.log().find("may finish") != std::string::npos; }));
  watching.program().signal(SIGINT);
  CHECK(watching.program().wait(Seconds(60)).status == 130);
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(site.fettle_json({"history", "--json"}).at(0).at("outcome") == "interrupted");
}

TEST_CASE("watch: SIGHUP reads the configuration again, and a broken one changes nothing") {
  const Site site("[log]\nfile = \"fettle.log\"\n");
  Watching watching(site);
  const std::string config = support::read_file(site.path("config.toml"));
  site.write("config.toml", config + "[wath]\n");
  watching.program().signal(SIGHUP);
  const auto logged = [&](const char* text) {
    return wait_until([&] {
      return site.exists("fettle.log") && support::read_file(site.path("fettle.log")).find(text) != std::string::npos;
    });
  };
  CHECK(logged("stays as it was"));
  drop(site, "001_a.lua");
  REQUIRE(watching.done("001_a.lua"));
  fs::rename(site.path("fettle.log"), site.path("old.log"));
  site.write("config.toml", config + "[folders]\nscripts = \"todo\"\n");
  watching.program().signal(SIGHUP);
  CHECK(logged("read again"));
  fs::create_directories(site.path("todo"));
  site.write("todo/002_b.lua", k_good);
  CHECK(watching.ran("001_a.lua 002_b.lua"));
}

TEST_CASE("watch: what comes while a new configuration takes force runs too") {
  const Site site(k_never_rescans);
  Watching watching(site);
  wait_for_rest(watching.program().pid());
  const std::vector<pid_t> children = support::children_of(watching.program().pid());
  REQUIRE(children.size() == 1);
  ::kill(children[0], SIGSTOP);  // the run that stands by with the old configuration: slow to end
  watching.program().signal(SIGHUP);
  REQUIRE(wait_until([&] { return watching.log().find("read again") != std::string::npos; }));
  drop(site, "001_a.lua");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(children[0], SIGCONT);
  CHECK(watching.done("001_a.lua"));
}

TEST_CASE("watch: a service manager hears that it is ready, alive, and stopping") {
  const Site site;
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  fmt::format_to(address.sun_path, "{}", site.path("notify"));
  REQUIRE(::bind(manager, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  std::string heard;
  const auto hears = [&](const char* text) {
    return wait_until([&] {
      char room[4096];
      for (ssize_t got = 0; (got = ::recv(manager, room, sizeof room, MSG_DONTWAIT)) > 0;)
        heard += std::string(room, static_cast<std::size_t>(got)) + "\n";
      return heard.find(text) != std::string::npos;
    });
  };
  Watching watching(site, {}, {"NOTIFY_SOCKET=" + site.path("notify"), "WATCHDOG_USEC=200000"});
  CHECK(hears("READY=1"));
  CHECK(hears("WATCHDOG=1"));
  CHECK(hears("STATUS=watching"));
  heard.clear();
  watching.program().signal(SIGHUP);
  CHECK(hears("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(hears("READY=1"));
  drop(site, "001_a.lua");
  // Heard all the while: what is sent to a manager that does not listen is lost.
  CHECK(wait_until([&] { return hears("WATCHDOG=1") && site.exists("successfully-ran/001_a.lua"); }));
  watching.program().signal(SIGTERM);
  CHECK(hears("STOPPING=1"));
  CHECK(watching.program().wait(Seconds(30)).status == 143);
  ::close(manager);
}

TEST_CASE("watch: killed in the middle of a script, the next one begins where it was") {
  const Site site;
  {
    Watching watching(site);
    drop(site, "001_a.lua", k_slow);
    drop(site, "002_b.lua");
    REQUIRE(wait_until([&] { return is_running(site); }));
    watching.program().signal(SIGKILL);
    watching.program().wait(Seconds(10));
  }
  fs::remove(site.path(".fettle/watch/status.json"));
  Watching again(site);
  CHECK(again.ran("001_a.lua 002_b.lua"));
  CHECK(again.filed("successfully-ran/002_b.lua"));
}

TEST_CASE("watch: its run is killed, and it starts another that sets right what was begun") {
  const Site site;
  Watching watching(site);
  drop(site, "001_a.lua", k_slow);
  REQUIRE(wait_until([&] { return is_running(site); }));
  for (const pid_t child : support::children_of(watching.program().pid())) ::kill(child, SIGKILL);
  CHECK(watching.ran("001_a.lua"));
  CHECK(watching.log().find("ended by signal 9") != std::string::npos);
}

TEST_CASE("watch: where the kernel gives no watch it looks now and then, and the status says why") {
  const Site site;
  const std::string deny = "echo 0 > /proc/sys/user/max_inotify_instances; exec \"$@\"";
  const Ended possible =
      support::run({.command = {"unshare", "--user", "--map-root-user", "sh", "-c", deny, "x", "true"},
                    .directory = site.path(""),
                    .environment = {}});
  if (possible.status != 0) return support::skip("needs a user namespace");
  Watching watching(site, {"unshare", "--user", "--map-root-user", "sh", "-c", deny, "x"});
  const auto watcher = watching.status().at("watcher");
  CHECK(watcher.at("sight") == "polling");
  CHECK(watcher.at("reason").get<std::string>().find("max_user_instances") != std::string::npos);
  drop(site, "001_a.lua");
  CHECK(watching.ran("001_a.lua"));
}

TEST_CASE("watch: told to poll, it polls") {
  const Site site("[watch]\npoll = \"100ms\"\n");
  Watching watching(site);
  const auto watcher = watching.status().at("watcher");
  CHECK(watcher.at("sight") == "polling");
  CHECK(watcher.at("interval_ms") == 100);
  CHECK(site.fettle({"status"}).out.find("looks every 100 ms") != std::string::npos);
}

TEST_CASE("watch: an overlay is polled, since it does not tell what is changed in its layers") {
  const Site site("[folders]\nscripts = \"all/todo\"\nsucceeded = \"all/done\"\nfailed = \"all/failed\"\n");
  for (const char* name : {"all", "disk"}) fs::create_directory(site.path(name));
  const support::TinyDisk disk(site.path("disk"), 4U << 20U);
  if (!disk.mounted()) return support::skip("needs to mount");
  for (const char* name : {"disk/lower/todo", "disk/upper", "disk/work"}) fs::create_directories(site.path(name));
  const std::string layers = fmt::format("lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work", site.path("disk"));
  if (::mount("none", site.path("all").c_str(), "overlay", 0, layers.c_str()) != 0)
    return support::skip("needs to mount an overlay");
  {
    Watching watching(site);
    CHECK(watching.status().at("watcher").at("sight") == "polling");
    site.write("disk/lower/todo/001_a.lua", k_good);  // behind the overlay's back
    CHECK(watching.ran("001_a.lua"));
    watching.stop();
  }
  CHECK(::umount(site.path("all").c_str()) == 0);
}

TEST_CASE("watch: an idle watcher and its child that stands by use no processor time and are not woken") {
  const Site site(k_never_rescans);
  Watching watching(site);
  drop(site, "001_a.lua");
  REQUIRE(watching.ran("001_a.lua"));
  wait_for_rest(watching.program().pid());
  if (watching.status().at("watcher").at("sight") != "events") return support::skip("this file system is polled");
  std::vector<pid_t> all = support::descendants_of(watching.program().pid());
  all.push_back(watching.program().pid());
  CHECK(sleep_through(all));
}

TEST_CASE("watch: a script whose time has not come waits until that second, and the status says until when") {
  const Site site(k_never_rescans);
  Watching watching(site);
  const base::Instant when{os::now().milliseconds / 1000 * 1000 + 4000};
  const std::string text = base::iso8601(when);
  drop(site, "001_a.lua",
       "notBefore = '" + text.substr(0, 19) + "Z'\n" +
           "function shouldRun() return true end\n"
           "function execute() db.exec('insert into ran values (?)', ctx.script) return { executed = true } end\n");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  const auto waiting = watching.status().at("watcher").at("waiting").at(0);
  CHECK(waiting.at("script") == "001_a.lua");
  CHECK(waiting.at("until") == text);
  CHECK(site.fettle({"status"}).out.find("waits until") != std::string::npos);
  drop(site, "002_b.lua");  // it is not asked again meanwhile
  CHECK(watching.ran("002_b.lua 001_a.lua"));
  CHECK(watching.filed("successfully-ran/001_a.lua"));
  const auto attempts = site.fettle_json({"history", "--json", "--script", "001_a.lua"});
  REQUIRE(attempts.size() == 2);
  CHECK(attempts.at(1).at("outcome") == "blocked");
  CHECK(attempts.at(0).at("started_at").get<std::string>() >= text);
  CHECK(attempts.at(0).at("started_at").get<std::string>() < base::iso8601({when.milliseconds + 1500}));
}

TEST_CASE("watch: outside of its window a script is left by a person's run, too, unless it is forced") {
  const Site site;
  site.write("fix-scripts/001_a.lua",
             "return { notBefore = '2999-01-01', window = '02:00-04:00', shouldRun = function() return true end,\n"
             "execute = function() db.exec('insert into ran values (1)') return { executed = true } end }");
  CHECK(site.fettle({"plan"}).out.find("not before 2999-01-01") != std::string::npos);
  const Ended run = site.fettle({"run"});
  CHECK(run.status == 8);
  CHECK(run.out.find("not before 2999-01-01") != std::string::npos);
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(site.fettle({"check"}).status == 0);
  CHECK(site.fettle({"run", "--force"}).status == 0);
  CHECK(site.exists("successfully-ran/001_a.lua"));
  site.write("fix-scripts/002_b.lua",
             "return { window = 'Sat 02:00-04:00 Mars/Olympus', shouldRun = function() return true end,\n"
             "execute = function() return { executed = true } end }");
  site.write("fix-scripts/003_c.lua",
             "return { window = 'sometime', shouldRun = function() return true end,\n"
             "execute = function() return { executed = true } end }");
  const Ended wrong = site.fettle({"run"});
  CHECK(wrong.status == 4);
  CHECK(wrong.out.find("Mars/Olympus") != std::string::npos);
  CHECK(wrong.out.find("`window` must be like") != std::string::npos);
}

TEST_CASE("watch: while no database can be reached runs follow each other with pauses that grow") {
  const Site site;
  const std::string config = support::read_file(site.path("config.toml"));
  site.write("config.toml", config + "[databases.main2]\nurl = \"sqlite:away/a.db\"\n");
  fs::rename(site.path("app.db"), site.path("app.bak"));
  Watching watching(site);
  drop(site, "001_a.lua");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  CHECK(std::stoi(runs(site)) <= 4);
  CHECK(support::processor_time(watching.program().pid()) < Seconds(0.5));
  fs::rename(site.path("app.bak"), site.path("app.db"));
  CHECK(watching.ran("001_a.lua"));
}

TEST_CASE("watch: scripts that are kept when they are skipped are not asked over and over") {
  const Site site("skipped = \"keep\"\n[watch]\npoll = \"100ms\"\n");
  const std::string no =
      "local t = os.time() while os.time() - t < 1 do end\n"
      "return { shouldRun = function() return false end, execute = function() end }";
  site.write("fix-scripts/001_a.lua", no);
  site.write("fix-scripts/002_b.lua", no);
  Watching watching(site);
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 2; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(runs(site) == "1");
  CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "2");
  CHECK(site.exists("fix-scripts/001_a.lua"));
}

TEST_CASE("watch: told to stop after a failure, it goes on when something changes") {
  const Site site("on_failure = \"stop\"\n" + k_never_rescans);
  site.write("fix-scripts/001_a.lua", "error('no')");
  site.write("fix-scripts/002_b.lua", k_good);
  Watching watching(site);
  CHECK(watching.filed("failed/001_a.lua"));
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  CHECK(site.fettle({"status"}).out.find("a script before it failed") != std::string::npos);
  CHECK(site.exists("fix-scripts/002_b.lua"));
  drop(site, "003_c.lua");
  CHECK(watching.ran("002_b.lua 003_c.lua"));
}

TEST_CASE("watch: switched off by a new configuration, it ends by itself") {
  const Site site;
  Watching watching(site);
  site.write("config.toml", support::read_file(site.path("config.toml")) + "[watch]\nenabled = false\n");
  watching.program().signal(SIGHUP);
  CHECK(watching.program().wait(Seconds(20)).status == 0);
  CHECK(watching.log().find("switched off") != std::string::npos);
}

TEST_CASE("watch: a file that is being written for long keeps nobody busy") {
  const Site site(k_never_rescans);
  Watching watching(site);
  wait_for_rest(watching.program().pid());
  const support::OpenWriter writer(site.path("fix-scripts/001_a.lua"));
  std::this_thread::sleep_for(std::chrono::seconds(3));
  CHECK(support::processor_time(watching.program().pid()) < Seconds(0.3));
  CHECK(runs(site) == "0");
}

TEST_CASE("watch: a script that comes in the very moment in which a run ends is not forgotten") {
  const Site site("[watch]\nrescan = \"1h\"\ndebounce = \"0s\"\n");
  Watching watching(site);
  std::string expected;
  for (int number = 1; number <= 80; ++number) {
    const std::string name = fmt::format("{:03}_x.lua", number);
    expected += (number == 1 ? "" : " ") + name;
    if (number > 1)
      REQUIRE(wait_until([&] { return site.exists(fmt::format("successfully-ran/{:03}_x.lua", number - 1)); },
                         Seconds(10)));
    std::this_thread::sleep_for(
        std::chrono::microseconds(number * 100));  // somewhere between its last move and its end
    drop(site, name);
  }
  CHECK(watching.ran(expected));
}
