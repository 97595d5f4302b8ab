// How files come into a folder: each way that people use, with the real program, into a folder that is watched. What
// must hold for all: the script runs once, whole, and nothing half is ever tried.
#include <atomic>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <netinet/in.h>
#include <random>
#include <set>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "os/host.hpp"
#include "support/skip.hpp"
#include "support/watching.hpp"

namespace {

namespace fs = std::filesystem;
using support::Ended;
using support::k_good;
using support::Seconds;
using support::Site;
using support::wait_until;
using support::Watching;

const std::string k_comment = std::string(120, '-') + "\n";

// Large enough that a slow writer is seen half way.
std::string long_script() {
  std::string text;
  for (int line = 0; line < 1000; ++line) text += k_comment;
  return text + k_good;
}

Ended shell(const Site& site, const std::string& command) {
  return support::run({.command = {"sh", "-c", command}, .directory = site.path(""), .environment = {}}, Seconds(60));
}

bool is_installed(const std::string& program) {
  return support::run({.command = {"sh", "-c", "command -v " + program}, .directory = "/", .environment = {}}).status ==
         0;
}

struct Writer {
  const char* how;
  const char* needs;    // the program
  const char* command;  // brings "staged" to fix-scripts/001_a.lua
};

const std::vector<Writer> k_writers = {
    {"cp", "cp", "cp staged fix-scripts/001_a.lua"},
    {"cp -p", "cp", "touch -d 2001-01-01 staged && cp -p staged fix-scripts/001_a.lua"},
    {"mv on one file system", "mv", "mv staged fix-scripts/001_a.lua"},
    {"mv from another file system", "mv", "mv \"$OTHER/staged\" fix-scripts/001_a.lua"},
    {"install", "install", "install -m 600 staged fix-scripts/001_a.lua"},
    {"a hard link", "ln", "ln staged fix-scripts/001_a.lua"},
    {"tar", "tar", "mkdir src && cp staged src/001_a.lua && tar -C src -cf - 001_a.lua | tar -C fix-scripts -xf -"},
    {"a shell that takes its time", "sh",
     "{ head -c 60000 staged; sleep 0.7; tail -c +60001 staged; } > fix-scripts/001_a.lua"},
    {"appending twice, an instant apart", "sh",
     "head -c 60000 staged > fix-scripts/001_a.lua; tail -c +60001 staged >> fix-scripts/001_a.lua"},
    {"rsync", "rsync", "rsync staged fix-scripts/001_a.lua"},
    {"rsync --inplace, slowly", "rsync", "rsync --inplace --bwlimit=100 staged fix-scripts/001_a.lua"},
    {"rsync --delay-updates", "rsync",
     "mkdir src && cp staged src/001_a.lua && rsync --delay-updates src/*.lua fix-scripts/"},
    {"an editor that writes in place", "vim",
     "vim -es -u NONE -c 'read staged' -c '1d' -c 'wq! fix-scripts/001_a.lua' </dev/null"},
    {"an editor that writes and renames", "vim",
     "vim -es -u NONE -c 'set backupcopy=no' -c 'read staged' -c '1d' -c 'wq! fix-scripts/001_a.lua' </dev/null"},
    {"git checkout", "git",
     "git init -q . && mkdir -p fix-scripts && cp staged 001_a.lua && git add -f 001_a.lua && git -c user.name=a -c "
     "user.email=a@b commit -qm x && git --work-tree=fix-scripts checkout -q HEAD -- 001_a.lua"},
};

// A file server of its own on a free port of the loopback.
class FileServer {
 public:
  explicit FileServer(const Site& site) : port_(free_port()) {
    site.write("ftp.conf", fmt::format("listen=YES\nlisten_address=127.0.0.1\nlisten_port={}\nbackground=NO\n"
                                       "run_as_launching_user=YES\nanonymous_enable=YES\nno_anon_password=YES\n"
                                       "local_enable=NO\nwrite_enable=YES\nanon_upload_enable=YES\n"
                                       "anon_root={}\nanon_umask=022\nseccomp_sandbox=NO\nxferlog_enable=NO\n",
                                       port_, site.path("")));
    program_ = std::make_unique<support::Program>(
        support::Launch{.command = {"vsftpd", site.path("ftp.conf")}, .directory = site.path(""), .environment = {}});
  }
  std::string url() const { return fmt::format("ftp://127.0.0.1:{}/fix-scripts/001_a.lua", port_); }
  bool answers() const {
    return wait_until(
        [&] {
          return support::run({.command = {"curl", "-sS", fmt::format("ftp://127.0.0.1:{}/", port_)},
                               .directory = "/",
                               .environment = {}})
                     .status == 0;
        },
        Seconds(10));
  }

 private:
  static int free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  int port_;
  std::unique_ptr<support::Program> program_;
};

}  // namespace

TEST_CASE("watch: whichever way a file comes, it runs once and whole") {
  for (const Writer& writer : k_writers) {
    CAPTURE(writer.how);
    if (!is_installed(writer.needs)) {
      support::skip(fmt::format("{} is not installed", writer.needs));
      continue;
    }
    const Site site;
    site.write("staged", long_script());
    const fs::path other = fs::path("/dev/shm") / fmt::format("fettle-test-{}", ::getpid());
    fs::create_directories(other);
    fs::copy_file(site.path("staged"), other / "staged", fs::copy_options::overwrite_existing);
    Watching watching(site);
    const Ended ended = shell(site, fmt::format("OTHER={}; {}", other.string(), writer.command));
    CAPTURE(ended.err);
    CHECK(ended.status == 0);
    CHECK(watching.filed("successfully-ran/001_a.lua"));
    watching.stop();
    CHECK(site.sql("select script from ran") == "001_a.lua");
    CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "1");
    fs::remove_all(other);
  }
}

TEST_CASE("watch: sed -i on a script that waits is one change, and its temporary file is none") {
  const Site site("changed = \"hold\"\n");
  site.write("fix-scripts/001_a.lua", k_good);
  Watching watching(site);
  REQUIRE(watching.ran("001_a.lua"));
  support::drop(site, "001_a.lua", k_good + "-- one\n");
  const auto waiting = [&] { return watching.status().at("watcher").at("waiting").size() == 1; };
  REQUIRE(wait_until(waiting));
  const auto runs = [&] { return site.sql("select count(*) from runs", ".fettle/ledger.db"); };
  const std::string before = runs();
  CHECK(shell(site, "sed -i s/one/two/ fix-scripts/001_a.lua").status == 0);
  CHECK(wait_until([&] { return runs() != before && waiting(); }));
  CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "1");
}

TEST_CASE("watch: an upload by FTP from a slow client runs once it is whole") {
  if (!is_installed("vsftpd") || !is_installed("curl")) return support::skip("vsftpd or curl is not installed");
  const Site site;
  site.write("staged", long_script());
  const FileServer server(site);
  if (!server.answers()) return support::skip("vsftpd does not come up here");
  Watching watching(site);
  std::thread upload([&] { shell(site, fmt::format("curl -sS --limit-rate 80k -T staged {}", server.url())); });
  CHECK(wait_until([&] { return site.exists("fix-scripts/001_a.lua"); }));
  upload.join();
  CHECK(watching.filed("successfully-ran/001_a.lua"));
  watching.stop();
  CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "1");
}

TEST_CASE("watch: a file that somebody has open for writing is left alone, and status says so") {
  const Site site;
  Watching watching(site);
  site.write("staged", k_good);
  support::Program holder(
      {.command = {"sh", "-c", "exec 5> fix-scripts/002_b.lua; cat staged >&5; touch half; sleep 2"},
       .directory = site.path(""),
       .environment = {}});
  REQUIRE(wait_until([&] { return site.exists("half"); }));
  CHECK(wait_until([&] {
    const auto ignored = watching.status().at("ignored");
    return ignored.size() >= 1 && ignored.at(0).at("reason") == "still being written";
  }));
  CHECK(watching.ran("002_b.lua"));
}

TEST_CASE("watch: a writer that is killed half way leaves half a script, which fails and changes nothing") {
  const Site site;
  Watching watching(site);
  site.write("staged", "db.exec(\"insert into ran values ('half')\")\n" + long_script());
  support::Program writer(
      {.command = {"sh", "-c", "exec 5> fix-scripts/001_a.lua; head -c 121000 staged >&5; touch half; exec sleep 60"},
       .directory = site.path(""),
       .environment = {}});
  REQUIRE(wait_until([&] { return site.exists("half"); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(site.exists("fix-scripts/001_a.lua"));
  writer.signal(SIGKILL);
  CHECK(watching.filed("failed/001_a.lua.error.txt"));
  CHECK(site.sql("select count(*) from ran") == "0");
}

namespace {

// One of several that fill the folder at random speeds: renames in, copies slowly, leaves halves, deletes again.
class Filler {
 public:
  Filler(const Site& site, int number, int count) : site_(site), number_(number), count_(count) {}

  void run() {
    std::mt19937 random(static_cast<unsigned>(number_));
    for (int index = 0; index < count_; ++index) {
      const std::string name = fmt::format("{:05}_{}.lua", random() % 100000, number_ * 100000 + index);
      switch (random() % 8) {
        case 0:
          slowly(name);
          break;
        case 1:  // half, then gone
          support::write_file(site_.path("fix-scripts/" + name), "return { shouldRun = function(");
          fs::remove(site_.path("fix-scripts/" + name), gone_);
          continue;
        case 2:  // under a name that is none, then renamed within the folder
          support::write_file(site_.path("fix-scripts/." + name), k_good);
          fs::rename(site_.path("fix-scripts/." + name), site_.path("fix-scripts/" + name));
          break;
        case 3:
          support::write_file(site_.path("fix-scripts/" + name), k_good);
          break;
        default:
          support::write_file(site_.path(fmt::format("staged{}", number_)), k_good);
          fs::rename(site_.path(fmt::format("staged{}", number_)), site_.path("fix-scripts/" + name));
      }
      complete.push_back(name);
      if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    }
  }

  std::vector<std::string> complete;

 private:
  void slowly(const std::string& name) {
    std::FILE* file = std::fopen(site_.path("fix-scripts/" + name).c_str(), "w");
    std::fwrite(k_good.data(), 1, 60, file);
    std::fflush(file);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::fwrite(k_good.data() + 60, 1, k_good.size() - 60, file);
    std::fclose(file);
  }

  const Site& site_;
  int number_, count_;
  std::error_code gone_;
};

// FETTLE_FILES: how many; the whole of it is for `FETTLE_FILES=24000`, by hand.
int files_to_drop() {
  const char* const asked = std::getenv("FETTLE_FILES");
  return asked == nullptr ? 1600 : std::atoi(asked);
}

std::vector<std::string> fill(const Site& site) {
  constexpr int k_writers_at_once = 8;
  std::vector<Filler> fillers;
  std::vector<std::thread> threads;
  for (int number = 0; number < k_writers_at_once; ++number)
    fillers.emplace_back(site, number, files_to_drop() / k_writers_at_once);
  for (Filler& filler : fillers) threads.emplace_back([&filler] { filler.run(); });
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> all;
  for (const Filler& filler : fillers) all.insert(all.end(), filler.complete.begin(), filler.complete.end());
  return all;
}

bool is_empty(const Site& site) {
  std::error_code busy;
  for (const auto& entry : fs::directory_iterator(site.path("fix-scripts"), busy))
    if (entry.path().extension() == ".lua") return false;
  return !busy;
}

// Every complete one once, none twice, none that was never whole.
void check_all_ran_once(const Site& site, const std::vector<std::string>& complete) {
  MESSAGE(complete.size(), " complete scripts, ", site.sql("select count(*) from runs", ".fettle/ledger.db"), " runs, ",
          site.sql("select count(*) from attempts where outcome <> 'succeeded'", ".fettle/ledger.db"),
          " attempts that did not succeed");
  REQUIRE_FALSE(complete.empty());
  CHECK(site.sql("select count(*) from ran") == std::to_string(complete.size()));
  CHECK(site.sql("select count(distinct script) from ran") == std::to_string(complete.size()));
  CHECK(site.sql("select count(*) from attempts where outcome = 'succeeded'", ".fettle/ledger.db") ==
        std::to_string(complete.size()));
  for (const std::string& name : complete)
    if (!site.exists("successfully-ran/" + name)) FAIL_CHECK(name);
}

}  // namespace

TEST_CASE("watch: eight writers at random speeds, and every complete script runs once") {
  const Site site("[watch]\nrescan = \"1h\"\n");
  site.sql("pragma journal_mode = wal");
  Watching watching(site);
  const std::uint64_t memory = support::peak_memory(watching.program().pid());
  const std::vector<std::string> complete = fill(site);
  CHECK(wait_until([&] { return is_empty(site); }, Seconds(300)));
  CHECK(wait_until(
      [&] { return site.sql("select count(*) from runs where finished_at is null", ".fettle/ledger.db") == "0"; }));
#ifndef FETTLE_SANITIZED
  CHECK(support::peak_memory(watching.program().pid()) < memory + (std::uint64_t{4} << 20U));
#else
  CHECK(memory > 0);
#endif
  watching.stop();
  check_all_ran_once(site, complete);
}

TEST_CASE("watch: killed again and again while the folder fills, and every complete script runs once") {
  const Site site("[watch]\nrescan = \"1h\"\n");
  site.sql("pragma journal_mode = wal");
  std::vector<std::string> complete;
  std::atomic<bool> filled = false;
  std::thread filler([&] {
    complete = fill(site);
    filled = true;
  });
  std::mt19937 random(7);
  const int kills = files_to_drop() / 160;
  for (int kill = 0; kill < kills; ++kill) {
    fs::remove(site.path(".fettle/watch/status.json"));
    Watching watching(site);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    watching.program().signal(SIGKILL);
    watching.program().wait(Seconds(20));
  }
  filler.join();
  REQUIRE(filled);
  fs::remove(site.path(".fettle/watch/status.json"));
  Watching last(site);
  CHECK(wait_until([&] { return is_empty(site); }, Seconds(300)));
  CHECK(wait_until(
      [&] { return site.sql("select count(*) from runs where finished_at is null", ".fettle/ledger.db") == "0"; }));
  last.stop();
  check_all_ran_once(site, complete);
}
