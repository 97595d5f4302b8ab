// Commands beside a run, as an administrator meets them: [hooks] in config.toml, on the built program. What a single
// command may do to fettle is in os/command_test.cpp.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"
#include "os/fd.hpp"
#include "os/host.hpp"
#include "support/skip.hpp"
#include "support/watching.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using support::drop;
using support::Ended;
using support::k_good;
using support::Program;
using support::Seconds;
using support::Site;
using support::wait_until;
using support::Watching;

const std::string k_bad = "return { shouldRun = function() return true end, execute = function() error('broken') end }";
const std::string k_all = R"(
[hooks]
before_run = "cat > before.json"
on_failure = "cat > failure.json"
after_run = "cat > after.json"
)";

std::string hook(const std::string& name, const std::string& command, const std::string& more = "") {
  return fmt::format("[hooks]\n{} = '''{}'''\n{}", name, command, more);
}

void configure(const Site& site, const std::string& more) {
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n" + more);
}

json document(const Site& site, const std::string& name) {
  const json found = json::parse(support::read_file(site.path(name)), nullptr, false);
  if (found.is_discarded()) FAIL("no JSON: ", name, ": ", support::read_file(site.path(name)));
  return found;
}

std::string ledger(const Site& site, const std::string& query) {
  return site.sql(query, ".fettle/ledger.db");
}

std::string events(const Site& site) {
  return ledger(site, "select detail from events where verb = 'hook' order by id");
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text);
  return found;
}

// The run as its hooks and as its caller are told of it: the latter knows of the last hook.
json without_hooks(json run) {
  run.erase("hooks");
  return run;
}

bool is_installed(const std::string& program) {
  return support::run({.command = {"sh", "-c", "command -v " + program}, .directory = {}, .environment = {}}).status ==
         0;
}

// Also when nobody has waited for it yet.
bool is_gone(const std::string& pid) {
  const std::string stat = support::read_file(fmt::format("/proc/{}/stat", std::stoi(pid)));
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end, 3) == ") Z";
}

}  // namespace

TEST_CASE("hooks: each gets the run on its stdin, as --json tells it, in the folder of the configuration") {
  const Site site(k_all);
  site.write("fix-scripts/001_a.lua", k_good);
  site.write("fix-scripts/002_b.lua", k_bad);
  support::Launch launch =
      site.launch({"--config", site.path("config.toml"), "run", "--json", "--by", "anna", "--reason", "ticket 4711"});
  launch.directory = "/";
  const Ended ended = support::run(launch);
  CHECK(ended.status == 4);
  CHECK(ended.err.empty());
  const json run = json::parse(ended.out);
  const json before = document(site, "before.json");
  for (const char* name : {"run", "trigger", "by", "host", "reason", "started_at"})
    CHECK(before.at(name) == run.at(name));
  CHECK(before.at("run") == 1);
  CHECK(before.at("reason") == "ticket 4711");
  CHECK(before.at("scripts") == json::parse(R"([{"script": "001_a.lua"}, {"script": "002_b.lua"}])"));
  CHECK(without_hooks(document(site, "failure.json")) == without_hooks(run));
  CHECK(without_hooks(document(site, "after.json")) == without_hooks(run));
  CHECK(document(site, "after.json").at("hooks").size() == 2);
  REQUIRE(run.at("hooks").size() == 3);
  const std::vector<std::string> order = {"before_run", "on_failure", "after_run"};
  for (std::size_t index = 0; index < 3; ++index) {
    CHECK(run.at("hooks").at(index).at("hook") == order[index]);
    CHECK(run.at("hooks").at(index).at("succeeded") == true);
    CHECK(run.at("hooks").at(index).at("exit_code") == 0);
  }
}

TEST_CASE("hooks: one that succeeds is not told of, but in the ledger and with -v") {
  const Site site(hook("before_run", "echo \"$FETTLE_HOOK of $FETTLE_RUN\"", "after_run = \"true\"\n"));
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 0);
  CHECK(ended.err.empty());
  CHECK(ended.out.find("before_run") == std::string::npos);
  CHECK(has(events(site), "before_run: exit code 0 in "));
  CHECK(has(events(site), ": before_run of 1"));
  CHECK(has(events(site), "after_run: exit code 0 in "));
  CHECK(ledger(site, "select count(*) from events where by <> '' and host = '" + os::host_name() + "'") == "2");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  site.write("fix-scripts/002_b.lua", k_good);
  const Ended talkative = site.fettle({"run", "-v"});
  CHECK(has(talkative.err, "before_run: exit code 0 in "));
  CHECK(has(talkative.err, "after_run: exit code 0 in "));
}

TEST_CASE("hooks: a before_run that does not succeed stops the run before anything happens") {
  for (const auto& [command, what] : std::vector<std::pair<std::string, std::string>>{
           {"echo the replica is late; echo more >&2; exit 3", "exit code 3 in "},
           {"kill -9 $$", "ended by signal 9 after "},
           {"sleep 300", "stopped at its time limit, after "},
           {"no-such-program-here", "exit code 127 in "}}) {
    CAPTURE(command);
    const std::string limit = command.starts_with("sleep") ? "300ms" : "60s";
    const Site site(hook("before_run", command, "timeout = \"" + limit + "\"\nafter_run = \"touch after\"\n"));
    site.write("fix-scripts/001_a.lua", k_good);
    site.write("fix-scripts/002_b.lua", k_good);
    const Ended ended = site.fettle({"run"});
    CHECK(ended.status == 8);
    CHECK(has(ended.out, "The hook before_run failed: " + what));
    CHECK(has(ended.out, "Nothing was attempted; 2 scripts stay where they are."));
    CHECK(has(ended.out, "fettle run"));
    CHECK(site.fettle({"-q", "run", "--force"}).status == 8);
    const json run = site.fettle_json({"run", "--json"});
    CHECK(run.at("exit_code") == 8);
    CHECK(run.at("run") == 3);
    CHECK(run.at("counts").at("blocked") == 2);
    CHECK(run.at("scripts").at(1).at("script") == "002_b.lua");
    CHECK(has(run.at("scripts").at(1).at("reason").get<std::string>(), "[hooks] before_run did not succeed: " + what));
    CHECK(run.at("hooks").at(0).at("succeeded") == false);
    CHECK(run.at("hooks").size() == 1);
    CHECK(site.sql("select count(*) from ran") == "0");
    CHECK(ledger(site, "select count(*) from attempts") == "0");
    CHECK(ledger(site, "select group_concat(exit_code || ' ' || scripts) from runs") == "8 2,8 2,8 2");
    CHECK(has(events(site), "before_run: " + what));
    CHECK_FALSE(site.exists("after"));
    configure(site, "");
    CHECK(site.fettle({"run"}).status == 0);
    CHECK(site.sql("select count(*) from ran") == "2");
  }
}

TEST_CASE("hooks: what before_run said is shown, and nothing of it can steer the terminal") {
  const Site site(hook("before_run", "printf 'red \\033[31m\\n'; seq 500; echo last >&2; exit 1"));
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended ended = site.fettle({"run"});
  CHECK(has(ended.out, "      red \\x1b[31m\n      1\n"));
  CHECK(has(ended.out, "\n      …\n"));
  CHECK(has(ended.out, "      500\n      last\n"));
  CHECK(ended.out.find('\x1b') == std::string::npos);
  CHECK(ended.out.size() < 1000);
  CHECK(has(events(site), ": red \\x1b[31m"));
}

TEST_CASE("hooks: where nothing is pending none is called") {
  const Site site(hook("before_run", "touch called", "after_run = \"touch called\"\n"));
  CHECK(site.fettle({"run"}).status == 0);
  CHECK_FALSE(site.exists("called"));
}

TEST_CASE("hooks: one that fails after the run is warned of, and changes nothing of what the run did") {
  const Site site(hook("after_run", "echo no mail server; exit 1", "on_failure = \"exit 5\"\n"));
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended good = site.fettle({"run"});
  CHECK(good.status == 0);
  CHECK(has(good.err, "warning: the hook after_run failed: exit code 1 in "));
  CHECK(has(good.err, "      no mail server\n"));
  CHECK(good.err.find("on_failure") == std::string::npos);
  CHECK(has(good.out, "1 succeeded"));
  CHECK(ledger(site, "select exit_code from runs") == "0");
  site.write("fix-scripts/002_b.lua", k_bad);
  const Ended bad = site.fettle({"run"});
  CHECK(bad.status == 4);
  CHECK(has(bad.err, "on_failure failed: exit code 5"));
  CHECK(has(bad.err, "after_run failed: exit code 1"));
  CHECK(site.fettle({"-q", "run"}).err.empty());
}

TEST_CASE("hooks: a retry calls them as a run does") {
  const Site site(k_all);
  site.write("fix-scripts/001_a.lua", k_bad);
  REQUIRE(site.fettle({"run"}).status == 4);
  for (const char* name : {"before.json", "failure.json", "after.json"}) fs::remove(site.path(name));
  CHECK(site.fettle({"retry", "001"}).status == 4);
  CHECK(document(site, "before.json").at("scripts").at(0).at("script") == "001_a.lua");
  CHECK(document(site, "failure.json").at("run") == 2);
  CHECK(document(site, "after.json").at("counts").at("failed") == 1);
}

TEST_CASE("hooks: runs of the watcher call them as a person's run does") {
  const Site site(k_all + "[log]\nlevel = \"info\"\n");
  Watching watching(site);
  drop(site, "001_a.lua");
  CHECK(watching.filed("successfully-ran/001_a.lua"));
  CHECK(wait_until([&] { return events(site).find("after_run: exit code 0") != std::string::npos; }));
  CHECK(document(site, "before.json").at("trigger") == "watch");
  CHECK(document(site, "before.json").at("scripts") == json::parse(R"([{"script": "001_a.lua"}])"));
  CHECK(document(site, "after.json").at("scripts").at(0).at("outcome") == "succeeded");
  CHECK_FALSE(site.exists("failure.json"));
  CHECK(wait_until([&] { return watching.log().find("run 1: after_run: exit code 0") != std::string::npos; }));
  drop(site, "002_b.lua", k_bad);
  CHECK(wait_until([&] { return site.exists("failure.json"); }));
  watching.stop();
}

TEST_CASE("hooks: the watcher leaves what before_run does not let through, and goes through it with the next run") {
  const Site site(
      hook("before_run", "test -e open || { echo the way is closed; exit 1; }", "after_run = \"exit 6\"\n"));
  Watching watching(site);
  drop(site, "001_a.lua");
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").size() == 1; }));
  const json waiting = watching.status().at("watcher").at("waiting").at(0);
  CHECK(has(waiting.at("reason").get<std::string>(), "[hooks] before_run did not succeed: exit code 1"));
  CHECK(waiting.at("until").is_string());
  CHECK(has(watching.log(), "the hook before_run failed: exit code 1"));
  CHECK(has(watching.log(), "the way is closed"));
  CHECK(site.sql("select count(*) from ran") == "0");
  site.write("open", "");
  drop(site, "002_b.lua");
  CHECK(watching.ran("001_a.lua 002_b.lua"));
  CHECK(wait_until([&] { return watching.log().find("the hook after_run failed: exit code 6") != std::string::npos; }));
  CHECK(wait_until([&] { return watching.status().at("watcher").at("waiting").empty(); }));
  watching.stop();
}

TEST_CASE("hooks: none inherits a descriptor of fettle, nor a signal that is blocked") {
  const std::string look = "ls -l /proc/self/fd; grep SigBlk /proc/self/status";
  const Site site(hook("before_run", look, "after_run = '''" + look + "; exit 1'''\n"));
  site.write("fix-scripts/001_a.lua", k_good);
  support::Launch launch = site.launch({});
  launch.command = {"sh", "-c", "exec 9<config.toml; exec " + support::fettle_binary() + " run --json"};
  const json run = json::parse(support::run(launch).out);
  for (const json& hook : run.at("hooks")) {
    const std::string said = hook.at("output");
    CHECK(has(said, "SigBlk:\t0000000000000000"));
    CHECK(has(said, " 0 -> /memfd:stdin"));
    CHECK(has(said, " 1 -> pipe:"));
    CHECK(has(said, " 2 -> pipe:"));
    CHECK(has(said, " 3 -> /proc/"));  // the folder that ls reads
    CHECK(said.find(" 4 -> ") == std::string::npos);
    CHECK(said.find(" 9 -> ") == std::string::npos);
    CHECK(said.find(".fettle") == std::string::npos);
  }
}

TEST_CASE("hooks: a large run that is not read stalls nothing") {
  const Site site(hook("after_run", "exec <&-", "on_failure = \"head -c 1 >/dev/null\"\n"));
  site.write("fix-scripts/001_a.lua", k_bad);
  site.write("fix-scripts/002_b.lua",
             "return { shouldRun = function() return true end,\n"
             "execute = function() return { executed = true, blob = ('x'):rep(900000) } end }");
  const Ended ended = site.fettle({"run", "--json"});
  CHECK(ended.status == 4);
  CHECK(ended.out.size() > 900'000);
  CHECK(ended.err.empty());
}

TEST_CASE("hooks: what one leaves in the background does not hold up the run") {
  const Site site(hook("after_run", "sleep 300 & echo $! > child"));
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(site.fettle({"run"}, Seconds(60)).status == 0);
  const std::string child = support::read_file(site.path("child"));
  CHECK_FALSE(is_gone(child));
  ::kill(std::stoi(child), SIGKILL);
}

TEST_CASE("hooks: at the time limit everything that one has started is killed") {
  const Site site(
      hook("after_run", "trap '' TERM; sleep 300 & echo $! > child; sleep 300; sleep 300", "timeout = \"2s\"\n"));
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended ended = site.fettle({"run"}, Seconds(60));
  CHECK(ended.status == 0);
  CHECK(has(ended.err, "the hook after_run failed: stopped at its time limit, after "));
  CHECK(wait_until([&] { return is_gone(support::read_file(site.path("child"))); }));
  CHECK(has(events(site), "after_run: stopped at its time limit"));
}

TEST_CASE("hooks: the first signal lets before_run finish, and then nothing begins") {
  const Site site(hook("before_run", "touch begun; while ! test -e go; do sleep 0.05; done; touch finished"));
  site.write("fix-scripts/001_a.lua", k_good);
  Program run(site.launch({"run"}));
  REQUIRE(wait_until([&] { return site.exists("begun"); }));
  run.signal(SIGTERM);
  CHECK(wait_until([&] { return run.err().find("the hook before_run may finish") != std::string::npos; }));
  site.write("go", "");
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 143);
  CHECK(has(ended.out, "nothing was run"));
  CHECK(has(ended.out, "Stopped by SIGTERM"));
  CHECK(site.exists("finished"));
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(ledger(site, "select exit_code from runs") == "143");
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("hooks: the second signal ends the one that works") {
  const Site site(hook("before_run", "touch begun; sleep 300"));
  site.write("fix-scripts/001_a.lua", k_good);
  Program run(site.launch({"run"}));
  REQUIRE(wait_until([&] { return site.exists("begun"); }));
  run.signal(SIGINT);
  REQUIRE(wait_until([&] { return run.err().find("may finish") != std::string::npos; }));
  run.signal(SIGINT);
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 130);
  CHECK(has(ended.err, "the hook before_run failed: stopped by a signal, after "));
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(has(events(site), "before_run: stopped by a signal"));
}

TEST_CASE("hooks: a signal while after_run works changes nothing of what the run did") {
  const Site site(hook("after_run", "touch begun; while ! test -e go; do sleep 0.05; done; touch finished"));
  site.write("fix-scripts/001_a.lua", k_good);
  Program run(site.launch({"run"}));
  REQUIRE(wait_until([&] { return site.exists("begun"); }));
  run.signal(SIGINT);
  CHECK(wait_until([&] { return run.err().find("the hook after_run may finish") != std::string::npos; }));
  site.write("go", "");
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 0);
  CHECK(has(ended.out, "1 succeeded"));
  CHECK(site.exists("finished"));
}

TEST_CASE("hooks: a run that is killed while one works has lost nothing, and its number is not given again") {
  for (const char* name : {"before_run", "after_run"}) {
    CAPTURE(name);
    const Site site(hook(name, "touch begun; while ! test -e go; do sleep 0.05; done"));
    site.write("fix-scripts/001_a.lua", k_good);
    Program run(site.launch({"run"}));
    REQUIRE(wait_until([&] { return site.exists("begun"); }));
    run.signal(SIGKILL);
    run.wait(Seconds(60));
    site.write("go", "");
    configure(site, "");
    const json next = site.fettle_json({"run", "--json"});
    CHECK(next.at("exit_code") == 0);
    if (!next.at("run").is_null()) CHECK(next.at("run") == 2);
    CHECK(site.sql("select script from ran") == "001_a.lua");
    CHECK(site.exists("successfully-ran/001_a.lua"));
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
  }
}

TEST_CASE("hooks: fettle itself may be asked in one, and knows of the run") {
  const std::string ask = support::fettle_binary() + " status --json > status.json; " + support::fettle_binary() +
                          " config check 2> warnings; " + support::fettle_binary() + " history --json > history.json";
  const Site site(hook("before_run", ask, "after_run = '''" + ask + "'''\n"));
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(site.fettle({"run"}).status == 0);
  const json status = document(site, "status.json");
  CHECK(status.at("lock").at("held") == true);
  CHECK(status.at("lock").at("run").at("run") == 1);
  CHECK(status.at("pending").empty());
  CHECK(document(site, "history.json").at(0).at("outcome") == "succeeded");
  CHECK(document(site, "history.json").at(0).at("moved_to") == "successfully-ran/001_a.lua");
  CHECK(support::read_file(site.path("warnings")).empty());
}

TEST_CASE("hooks: a database may be made ready by before_run") {
  const Site site(hook("before_run", "mv elsewhere.db app.db"));
  fs::rename(site.path("app.db"), site.path("elsewhere.db"));
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select script from ran") == "001_a.lua");
}

TEST_CASE("hooks: a database that cannot be reached is told of after the run") {
  const Site site(k_all);
  fs::remove(site.path("app.db"));
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(site.fettle({"run"}).status == 6);
  CHECK(document(site, "after.json").at("exit_code") == 6);
  CHECK_FALSE(site.exists("failure.json"));
}

// ---- the examples of packaging/hooks ----

namespace {

const std::string k_examples = FETTLE_SOURCE_DIR "/packaging/hooks/";

// One that waits for a single request, says what came, and lets a while pass before it answers.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_.get(), 4) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}/hooks/top-secret-path", port_); }

  // The request, with its headers; it is not answered yet.
  std::string take() {
    if (!comes(socket_)) return "nobody came";
    client_.reset(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    while (!is_whole(request) && comes(client_)) {
      char piece[4096];
      const ssize_t got = ::read(client_.get(), piece, sizeof piece);
      if (got <= 0) break;
      request.append(piece, static_cast<std::size_t>(got));
    }
    return request;
  }
  void answer(const std::string& status) {
    const std::string text = fmt::format("HTTP/1.1 {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
    CHECK(::write(client_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    client_.reset();
  }

 private:
  static bool comes(const os::Fd& fd) {
    pollfd wait{fd.get(), POLLIN, 0};
    return ::poll(&wait, 1, 30'000) > 0;
  }
  static bool is_whole(const std::string& request) {
    const std::size_t body = request.find("\r\n\r\n"), length = request.find("Content-Length: ");
    return body != std::string::npos && length != std::string::npos &&
           request.size() >= body + 4 + std::stoul(request.substr(length + 16));
  }

  os::Fd socket_, client_;
  int port_ = 0;
};

// The words of all processes below this one.
std::string command_lines(pid_t process) {
  std::string all;
  for (const pid_t each : support::descendants_of(process))
    all += support::read_file(fmt::format("/proc/{}/cmdline", each)) + "\n";
  return all;
}

}  // namespace

TEST_CASE("hooks: the example webhook posts the run, and keeps its secrets off the command line") {
  if (!is_installed("curl")) return support::skip("curl is not installed");
  const Site site(hook("after_run", k_examples + "webhook webhook.env"));
  Listener listener;
  site.write("webhook.env",
             fmt::format("WEBHOOK_URL='{}'\nWEBHOOK_HEADER='Authorization: Bearer a\"b\\c'\n", listener.url()));
  REQUIRE(::chmod(site.path("webhook.env").c_str(), 0600) == 0);
  site.write("fix-scripts/001_a.lua", k_good);
  Program run(site.launch({"run"}));
  const std::string request = listener.take();
  const std::string words = command_lines(run.pid());
  CHECK(has(words, "curl"));
  CHECK(words.find("secret") == std::string::npos);
  CHECK(words.find("Bearer") == std::string::npos);
  listener.answer("204 No Content");
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 0);
  CHECK(ended.err.empty());
  CHECK(request.starts_with("POST /hooks/top-secret-path HTTP/1.1\r\n"));
  CHECK(has(request, "\r\nAuthorization: Bearer a\"b\\c\r\n"));
  CHECK(has(request, "\r\nContent-Type: application/json\r\n"));
  const json posted = json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
  REQUIRE_FALSE(posted.is_discarded());
  CHECK(posted.at("run") == 1);
  CHECK(posted.at("scripts").at(0).at("script") == "001_a.lua");
}

TEST_CASE("hooks: the example webhook says what was wrong") {
  if (!is_installed("curl")) return support::skip("curl is not installed");
  const Site site(hook("after_run", k_examples + "webhook webhook.env"));
  site.write("fix-scripts/001_a.lua", k_good);
  CHECK(has(site.fettle({"run"}).err, "webhook.env"));  // it is missing
  Listener listener;
  site.write("webhook.env", fmt::format("WEBHOOK_URL='{}'\n", listener.url()));
  REQUIRE(::chmod(site.path("webhook.env").c_str(), 0644) == 0);
  site.write("fix-scripts/002_b.lua", k_good);
  CHECK(has(site.fettle({"run"}).err, "everybody can read ./webhook.env"));
  REQUIRE(::chmod(site.path("webhook.env").c_str(), 0600) == 0);
  site.write("fix-scripts/003_c.lua", k_good);
  Program run(site.launch({"run"}));
  CHECK(listener.take().starts_with("POST "));
  listener.answer("403 Forbidden");
  const Ended ended = run.wait(Seconds(60));
  CHECK(ended.status == 0);
  CHECK(has(ended.err, "the hook after_run failed: exit code 22"));
  CHECK(has(ended.err, "403"));
}

TEST_CASE("hooks: the example mail tells of failed runs, and of no other") {
  const Site site(hook("after_run", k_examples + "mail ops@example.com"));
  fs::create_directories(site.path("bin"));
  site.write("bin/sendmail", "#!/bin/sh\necho \"$@\" > arguments\ncat > sent\n");
  REQUIRE(::chmod(site.path("bin/sendmail").c_str(), 0755) == 0);
  support::Launch launch = site.launch({"run", "--by", "anna"});
  launch.environment = {"PATH=" + site.path("bin") + ":/usr/bin:/bin"};
  site.write("fix-scripts/001_a.lua", k_good);
  const Ended good = support::run(launch);
  CHECK(good.status == 0);
  CHECK(good.err.empty());
  CHECK_FALSE(site.exists("sent"));
  site.write("fix-scripts/002_b.lua", k_bad);
  site.write("fix-scripts/003_c.lua",
             "return { shouldRun = function() return true end, execute = function() error(('long '):rep(1000)) end }");
  const Ended bad = support::run(launch);
  CHECK(bad.status == 4);
  CHECK(bad.err.empty());
  const std::string sent = support::read_file(site.path("sent"));
  CHECK(has(sent, "To: ops@example.com\nSubject: fettle on " + os::host_name() + ": run 2 ended with exit code 4\n"));
  CHECK(has(sent, "\n\nRun 2 by anna (manual) on " + os::host_name()));
  CHECK(has(sent, "  failed  002_b.lua: 002_b.lua:1: broken\n"));
  CHECK(has(sent, "fettle history --run 2\n"));
  CHECK(has(sent, "\"exit_code\": 4\n"));
  for (const std::string_view line : base::split(sent, '\n')) CHECK(line.size() <= 998);
  CHECK(support::read_file(site.path("arguments")) == "-t -oi\n");
}

TEST_CASE("hooks: the examples are in order for shellcheck and for a plain shell") {
  for (const char* name : {"mail", "webhook"}) {
    const Ended usage = support::run({.command = {k_examples + name}, .directory = {}, .environment = {}});
    CHECK(usage.status == 2);
    CHECK(has(usage.err, std::string("usage: ") + name));
  }
  if (!is_installed("shellcheck")) return support::skip("shellcheck is not installed");
  const Ended ended = support::run(
      {.command = {"shellcheck", k_examples + "mail", k_examples + "webhook"}, .directory = {}, .environment = {}});
  CHECK(ended.status == 0);
  CHECK(ended.out.empty());
}
