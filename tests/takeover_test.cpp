// Assumes that a script has found its way out of Lua, or a statement out of SQLite: machine code of somebody else runs
// in the locked-down worker, or in the broker, and tries everything (takeover/calls.cpp). The program under test is the
// one that is shipped; takeover/shim.cpp is preloaded into it.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include "os/fd.hpp"
#include "os/lockdown.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"
#include "takeover/calls.hpp"

#ifndef FETTLE_SANITIZED  // a sanitizer needs calls that a worker otherwise may not make
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using takeover::Call;
using takeover::Fate;
using takeover::Page;
using takeover::Slot;

const std::string k_honest = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) return { executed = true } end }
)lua";

int count_of_calls() {
  int count = 0;
  while (!takeover::calls()[count].name.empty()) ++count;
  return count;
}

// The page as the test sees it: a file that fettle maps too.
class Shared {
 public:
  explicit Shared(const std::string& path) {
    const os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::ftruncate(fd.get(), sizeof(Page)) == 0);
    void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    REQUIRE(memory != MAP_FAILED);
    page_ = new (memory) Page;
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { ::munmap(page_, sizeof(Page)); }

  Page* operator->() const noexcept { return page_; }

 private:
  Page* page_;
};

// Something listens wherever a helper could try to speak to, so that nothing is refused merely for want of a listener.
class Listeners {
 public:
  explicit Listeners(const std::string& path) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(tcp_.get(), 8) == 0);
    REQUIRE(::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = address.sin_port;
    listen_on(path_.get(), path.c_str(), path.size() + 1);
    listen_on(abstract_.get(), "\0fettle-test", 12);
  }
  int port() const noexcept { return port_; }

 private:
  static void listen_on(int fd, const char* name, std::size_t length) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, length);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length)) == 0);
    REQUIRE(::listen(fd, 8) == 0);
  }

  os::Fd tcp_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  os::Fd path_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  os::Fd abstract_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
};

class Site {
 public:
  Site() : page_(scratch_.path("page")), listeners_(scratch_.path("socket")) {
    scratch_.write("shop/config.toml", "[databases.main]\nurl = \"sqlite:data/app.db\"\n[run]\ntimeout = \"20s\"\n");
    scratch_.make_folder("shop/data");
    scratch_.write("shop/data/secret", "of another program");
    sql("create table ran (script text not null)");
    const auto put = [](char* to, std::size_t size, const std::string& text) {
      REQUIRE(text.size() < size);
      std::memcpy(to, text.c_str(), text.size() + 1);
    };
    put(page_->ledger, sizeof page_->ledger, path(".fettle/ledger.db"));
    put(page_->ledger_folder, sizeof page_->ledger_folder, path(".fettle"));
    put(page_->pending, sizeof page_->pending, path("fix-scripts"));
    put(page_->script, sizeof page_->script, path("fix-scripts/999_stays.txt"));
    put(page_->made, sizeof page_->made, path("fix-scripts/planted.lua"));
    put(page_->database, sizeof page_->database, path("data/app.db"));
    put(page_->secret, sizeof page_->secret, path("data/secret"));
    put(page_->socket, sizeof page_->socket, scratch_.path("socket"));
    page_->port = listeners_.port();
    page_->stranger = ::getpid();
    // A first run makes ledger and folders, so that there is something to attack.
    script("000_first.lua", k_honest);
    REQUIRE(fettle({"run"}).status == 0);
    scratch_.write("shop/fix-scripts/999_stays.txt", "not a script");
  }

  Shared& page() noexcept { return page_; }
  std::string path(const std::string& name) const { return scratch_.path("shop/" + name); }
  void script(const std::string& name, const std::string& text) const {
    scratch_.write("shop/fix-scripts/" + name, text);
  }

  support::Ended fettle(std::vector<std::string> words, const std::vector<std::string>& before = {}) {
    std::vector<std::string> command = before;
    command.push_back(support::fettle_binary());
    command.insert(command.end(), words.begin(), words.end());
    return support::run({.command = command, .directory = scratch_.path("shop"), .environment = environment()},
                        support::Seconds(300));
  }
  void sql(const std::string& statement) const {
    REQUIRE(support::run({.command = {"sqlite3", path("data/app.db"), statement}, .directory = "/", .environment = {}})
                .status == 0);
  }

  // Everything that can be told of every file: kind, owner, mode, size, times, content.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> all;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(scratch_.path("shop"))) {
      struct stat facts {};
      REQUIRE(::lstat(entry.path().c_str(), &facts) == 0);
      all[entry.path()] =
          fmt::format("{:o} {} {} {} {} {}.{} {}.{} {}", facts.st_mode, facts.st_uid, facts.st_gid, facts.st_ino,
                      facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_ctim.tv_sec,
                      facts.st_ctim.tv_nsec, S_ISREG(facts.st_mode) ? support::read_file(entry.path()) : "");
    }
    return all;
  }

 private:
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" FETTLE_TAKEOVER, fmt::format("TAKEOVER_PAGE={}", scratch_.path("page"))};
  }

  support::Scratch scratch_;
  Shared page_;
  Listeners listeners_;
};

std::string hostile(int number) {
  return fmt::format("-- take over: {}\n{}", number, k_honest);
}

bool is_refusal(std::int64_t result) noexcept {
  return result == -EPERM || result == -EACCES || result == -ENOMEM;
}

std::string told(const Slot& slot) {
  if (slot.state == Slot::untouched) return "was not tried";
  if (slot.state == Slot::begun) return "ended the process";
  if (slot.result >= 0) return fmt::format("WORKED and gave {}", slot.result);
  return ::strerrorname_np(static_cast<int>(-slot.result));
}

bool is_as(Fate fate, const Slot& slot) noexcept {
  switch (fate) {
    case Fate::killed:
      return slot.state == Slot::begun;
    case Fate::refused:
      return slot.state == Slot::returned && is_refusal(slot.result);
    case Fate::useless:
      return slot.state == Slot::returned;
  }
  return false;
}

struct Tally {
  int tried = 0, killed = 0, refused = 0, useless = 0;
};

void count(Tally& tally, const Slot& slot) noexcept {
  ++tally.tried;
  if (slot.state == Slot::begun)
    ++tally.killed;
  else if (is_refusal(slot.result))
    ++tally.refused;
  else
    ++tally.useless;
}

void print(std::string_view who, const Tally& tally) {
  fmt::print("{}: {} calls tried: {} ended the process, {} refused, {} gave nothing away\n", who, tally.tried,
             tally.killed, tally.refused, tally.useless);
}

std::string name_of(int number) {
  return fmt::format("{:03}_attack.lua", number + 100);
}

}  // namespace

TEST_CASE("takeover: whatever machine code in a worker tries, files, database and processes stay as they were") {
  Site site;
  const int calls = count_of_calls();
  for (int number = 0; number < calls; ++number) site.script(name_of(number), hostile(number));
  const auto before = site.everything();
  const support::Ended checked = site.fettle({"check"});
  CHECK(checked.status == 7);
  CHECK(site.everything() == before);

  Tally tally;
  for (int number = 0; number < calls; ++number) {
    const Call& call = takeover::calls()[number];
    const Slot& slot = site.page()->worker[number];
    INFO(call.name << ": " << told(slot));
    CHECK(is_as(call.worker, slot));
    count(tally, slot);
  }
  print("worker", tally);
  CHECK(site.page()->worker_open == 2);  // to the runner, to the broker
}

TEST_CASE("takeover: a run with a taken-over worker for every other script goes on, and each honest script succeeds") {
  Site site;
  const int calls = count_of_calls();
  for (int number = 0; number < calls; ++number) {
    site.script(name_of(number), hostile(number));
    site.script(fmt::format("{:03}_honest.lua", number + 100), k_honest);
  }
  const json run = json::parse(site.fettle({"run", "--json"}).out);
  int crashed = 0;
  for (const json& script : run["scripts"]) {
    const auto name = script["script"].get<std::string>();
    INFO(name << ": " << script.dump());
    if (name.ends_with("_honest.lua")) {
      CHECK(script["outcome"] == "succeeded");
      continue;
    }
    const Call& call = takeover::calls()[std::stoi(name) - 100];
    if (call.worker == Fate::killed) {
      CHECK(script["outcome"] == "failed");
      CHECK(script["cause"] == "crash");
      ++crashed;
    }
  }
  CHECK(run["scripts"].size() == static_cast<std::size_t>(2 * calls));
  fmt::print("run: {} scripts of which {} took over their worker; {} of those ended by the filter\n",
             run["scripts"].size(), calls, crashed);
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  CHECK(support::read_file(site.path("data/secret")) == "of another program");
  CHECK(fs::exists(site.path("fix-scripts/999_stays.txt")));
  CHECK(!fs::exists(site.path("fix-scripts/planted.lua")));
}

TEST_CASE("takeover: a taken-over broker reaches nothing but its own databases") {
  Site site;
  const auto statement = [](const std::string& word) {
    return fmt::format(
        "return {{ shouldRun = function() return true end,\n"
        "  execute = function() db.query(\"select 1 /* take over: {}*/\") return {{ executed = true }} end }}\n",
        word);
  };
  site.script("100_all.lua", statement(""));
  const int calls = count_of_calls();
  std::vector<int> deadly;
  for (int number = 0; number < calls; ++number)
    if (takeover::calls()[number].broker == Fate::killed) {
      deadly.push_back(number);
      site.script(name_of(number), statement(std::to_string(number)));
    }
  site.script("900_honest.lua", k_honest);
  struct stat folder {};
  REQUIRE(::stat(site.path(".fettle").c_str(), &folder) == 0);
  const json run = json::parse(site.fettle({"run", "--json"}).out);
  INFO(run.dump(2));
  CHECK(run["counts"]["succeeded"] == 2);
  CHECK(run["scripts"].back()["outcome"] == "succeeded");

  Tally tally;
  for (int number = 0; number < calls; ++number) {
    const Call& call = takeover::calls()[number];
    const Slot& slot = site.page()->broker[number];
    if (call.worker == Fate::useless) continue;  // would write into its own database
    INFO(call.name << ": " << told(slot));
    CHECK(is_as(call.broker, slot));
    count(tally, slot);
  }
  print("broker", tally);
  struct stat after {};
  REQUIRE(::stat(site.path(".fettle").c_str(), &after) == 0);
  CHECK(after.st_mode == folder.st_mode);
  CHECK(after.st_uid == folder.st_uid);
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  CHECK(support::read_file(site.path("data/secret")) == "of another program");
  CHECK(fs::exists(site.path("fix-scripts/999_stays.txt")));
  CHECK(!fs::exists(site.path("data/app.db-planted")));
  CHECK(!fs::exists(site.path("fix-scripts/planted.lua")));
}

TEST_CASE("takeover: Landlock alone, without the call filter, already keeps a worker from every file") {
  if (os::landlock_version() < 6) return support::skip("this kernel's Landlock knows no signals and sockets");
  Site site;
  support::write_file(site.path("config.toml"),
                      "[databases.main]\nurl = \"sqlite:data/app.db\"\n[sandbox]\nminimum = \"none\"\n");
  const std::vector<std::string_view> names = {"open the ledger to read",
                                               "open the ledger to write",
                                               "open(2) the ledger",
                                               "openat2 the ledger",
                                               "creat(2) in the pending folder",
                                               "make a script",
                                               "make an unnamed file",
                                               "unlink a script",
                                               "rename a script",
                                               "renameat2 a script",
                                               "hard link the ledger",
                                               "symlink to the ledger",
                                               "mkfifo",
                                               "mkdir",
                                               "rmdir",
                                               "truncate the ledger",
                                               "open the password file",
                                               "open a file outside",
                                               "list the root folder",
                                               "list the pending folder",
                                               "open a device",
                                               "/proc/self/mem",
                                               "TCP",
                                               "abstract unix socket",
                                               "signal the runner",
                                               "signal a stranger"};
  std::vector<int> tried;
  for (int number = 0; number < count_of_calls(); ++number)
    if (std::find(names.begin(), names.end(), takeover::calls()[number].name) != names.end()) {
      tried.push_back(number);
      site.script(name_of(number), hostile(number));
    }
  REQUIRE(tried.size() == names.size());
  const auto before = site.everything();
  CHECK(site.fettle({"check"}, {FETTLE_OLD_KERNEL, "seccomp=none", "--"}).status == 0);
  CHECK(site.everything() == before);
  for (const int number : tried) {
    const Slot& slot = site.page()->worker[number];
    INFO(takeover::calls()[number].name << ": " << told(slot));
    CHECK(slot.state == Slot::returned);
    CHECK((is_refusal(slot.result) || slot.result == -EXDEV));
  }
  fmt::print("Landlock alone: {} calls tried, all refused\n", tried.size());
}

#endif
