// What another host left behind, on a file system that does not show that host's locks: a FUSE mount, and a process
// with another host name.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <vector>

#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;
using support::Ended;
using Strings = std::vector<std::string>;

constexpr const char* k_endless = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran values (?)", ctx.script) while true do end end }
)lua";

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A folder whose .fettle/ is another folder seen through FUSE.
class Site {
 public:
  Site() {
    fs::create_directories(path("kept"));
    fs::create_directories(path(".fettle"));
    fs::create_directories(path("fix-scripts"));
    support::write_file(path("config.toml"), "[databases.main]\nurl = \"sqlite:app.db\"\n");
    run({"sqlite3", "app.db", "create table ran (script text)"});
    mounted_ = run({"bindfs", "kept", ".fettle"}).status == 0;
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site() {
    if (mounted_) ::umount2(path(".fettle").c_str(), MNT_DETACH);
  }

  bool mounted() const noexcept { return mounted_; }
  std::string path(const std::string& name) const { return scratch_.path(name); }
  support::Launch launch(Strings command) const {
    return {.command = std::move(command), .directory = scratch_.path(), .environment = {}};
  }
  Ended run(const Strings& command) const { return support::run(launch(command), support::Seconds(60)); }
  Ended fettle(Strings arguments) const {
    arguments.insert(arguments.begin(), support::fettle_binary());
    return run(arguments);
  }
  std::string ledger(const std::string& query) const { return run({"sqlite3", ".fettle/ledger.db", query}).out; }

  // A run on host-b that dies while its script works.
  void die_on_another_host() const {
    support::Program other(
        launch({"unshare", "--uts", "sh", "-c", "hostname host-b && exec \"$0\" run", support::fettle_binary()}));
    REQUIRE(support::wait_until([&] { return ledger("select count(*) from attempts") == "1\n"; }));
    const std::vector<pid_t> all = support::descendants_of(other.pid());
    ::kill(other.pid(), SIGKILL);
    other.wait(support::Seconds(30));
    for (const pid_t process : all) REQUIRE(support::wait_until([&] { return ::kill(process, 0) != 0; }));
  }

 private:
  support::Scratch scratch_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("processes: what a dead host left behind is broken only by force, with a reason, and audited") {
  if (!support::is_root()) return support::skip("needs root, for another host name");
  const Site site;
  if (!site.mounted()) return support::skip("no FUSE mount by bindfs");
  support::write_file(site.path("fix-scripts/1.lua"), k_endless);
  site.die_on_another_host();

  for (const Strings& command :
       {Strings{"run"}, Strings{"repair"}, Strings{"mark", "1", "succeeded", "--reason", "x"}}) {
    const Ended refused = site.fettle(command);
    CHECK(refused.status == 5);
    CHECK(says(refused.err, "on host-b"));
    CHECK(says(refused.err, "fettle unlock --force"));
  }
  CHECK(says(site.fettle({"status"}).out, "in doubt: run 1 by"));
  CHECK(says(site.fettle({"status", "--json"}).out, "\"in_doubt\": true"));
  CHECK(says(site.fettle({"doctor"}).out, "in doubt: run 1 by"));
  CHECK(site.fettle({"unlock"}).status == 5);
  CHECK(site.fettle({"unlock", "--force"}).status == 2);
  CHECK(site.ledger("select count(*) from events") == "0\n");

  const Ended forced = site.fettle({"unlock", "--force", "--by", "anna", "--reason", "its disk burnt"});
  CHECK(forced.status == 0);
  CHECK(says(forced.out, "Run 1 of host-b is declared dead"));
  CHECK(says(site.ledger("select verb, by, reason, detail from events"),
             "unlock|anna|its disk burnt|declared dead: run 1"));
  CHECK(says(site.fettle({"unlock"}).out, "nothing to unlock"));
  CHECK(says(site.fettle({"doctor"}).out, "hides the locks of other hosts"));
  const Ended recovered = site.fettle({"repair"});
  CHECK(recovered.status == 0);
  CHECK(says(recovered.out, "its runner died; nothing of it was committed"));
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("processes: on a disk of this machine a run of another host is dead once its lock is gone") {
  if (!support::is_root()) return support::skip("needs root, for another host name");
  const Site site;
  if (site.mounted()) ::umount2(site.path(".fettle").c_str(), MNT_DETACH);
  support::write_file(site.path("fix-scripts/1.lua"), k_endless);
  site.die_on_another_host();
  CHECK(says(site.fettle({"unlock"}).out, "nothing to unlock"));
  CHECK(says(site.fettle({"repair"}).out, "its runner died; nothing of it was committed"));
}
