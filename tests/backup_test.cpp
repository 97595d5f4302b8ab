// fettle backup …: what is saved is there again, whole or not at all, whatever happens meanwhile.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "support/child.hpp"
#include "support/site.hpp"
#include "support/skip.hpp"

using nlohmann::json;
using support::Ended;
using support::Program;
using support::Seconds;
using support::Site;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> backups_in(const Site& site, const std::string& folder = "backups") {
  std::vector<std::string> names;
  if (!site.exists(folder)) return names;
  for (const auto& each : fs::directory_iterator(site.path(folder))) names.push_back(each.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string create(const Site& site, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"backup", "create", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Ended ended = site.fettle(words);
  REQUIRE_MESSAGE(ended.status == 0, ended.err);
  return json::parse(ended.out).at("name");
}

// Without the line ends that the width of a terminal has put in.
std::string flat(std::string text) {
  std::string out;
  for (const char letter : text)
    if (letter != '\n' && letter != ' ')
      out += letter;
    else if (!out.ends_with(' '))
      out += ' ';
  return out;
}

// How often a test strikes: FETTLE_STRIKES=300 for more.
int strikes(int usual) {
  const char* const wanted = std::getenv("FETTLE_STRIKES");
  return wanted != nullptr && std::atoi(wanted) > 0 ? std::atoi(wanted) : usual;
}

std::string content_of(const Site& site) {
  return site.sql("select group_concat(script, ' ') from ran");
}

const json* restored(const json& report, const std::string& what) {
  for (const json& each : report.at("restored"))
    if (each.at("what") == what) return &each;
  return nullptr;
}

}  // namespace

TEST_CASE("backup: what was saved can be put back, and what was there is kept") {
  for (const char* mode : {"delete", "wal"}) {
    CAPTURE(mode);
    const Site site;
    site.sql(fmt::format("pragma journal_mode = {}", mode));
    site.write("fix-scripts/001_a.lua", support::k_good);
    REQUIRE(site.fettle({"run"}).status == 0);
    site.write("fix-scripts/002_b.lua", support::k_good);
    const std::string name = create(site, {"--reason", "before b", "--by", "anna"});
    REQUIRE(site.fettle({"run"}).status == 0);
    REQUIRE(content_of(site) == "001_a.lua 002_b.lua");
    CHECK(site.tree() == std::vector<std::string>{"successfully-ran/001_a.lua", "successfully-ran/002_b.lua"});

    const Ended refused = site.fettle({"backup", "restore", name, "--yes"});
    CHECK(refused.status == 2);
    CHECK(flat(refused.err).find("ran has 2 rows, then 1") != std::string::npos);
    CHECK(flat(refused.err).find("1 run and 1 attempt were added since") != std::string::npos);
    CHECK(content_of(site) == "001_a.lua 002_b.lua");

    const json report =
        site.fettle_json({"backup", "restore", name, "--yes", "--force", "--json", "--reason", "b was wrong"});
    CHECK(content_of(site) == "001_a.lua");
    CHECK(site.sql("pragma journal_mode") == mode);
    CHECK(site.tree() == std::vector<std::string>{"fix-scripts/002_b.lua", "successfully-ran/001_a.lua"});
    CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "1");
    CHECK(site.sql("select verb || ', ' || reason from events", ".fettle/ledger.db") == "restore, b was wrong");
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
    const json* const database = restored(report, "database main");
    REQUIRE(database != nullptr);
    CHECK(site.sql("select count(*) from ran", database->at("kept")) == "2");
    CHECK(site.sql("select count(*) from attempts", restored(report, "ledger")->at("kept")) == "2");

    // Everything is as it was, so the same again changes nothing, and needs no force.
    const json again = site.fettle_json({"backup", "restore", name, "--yes", "--json"});
    CHECK(restored(again, "database main")->at("how") == "same");
    CHECK(restored(again, "ledger")->at("how") == "same");
    CHECK(restored(again, "scripts")->at("how") == "same");
    REQUIRE(site.fettle({"run"}).status == 0);
    CHECK(content_of(site) == "001_a.lua 002_b.lua");
  }
}

TEST_CASE("backup: a restore asks first, and without an answer changes nothing") {
  const Site site;
  const std::string name = create(site);
  const Ended ended = site.fettle({"backup", "restore", name});
  CHECK(ended.status == 2);
  CHECK(ended.err.find("--yes") != std::string::npos);
  CHECK(site.fettle({"backup", "restore", "nothing", "--yes"}).status == 2);
  CHECK(site.fettle({"backup", "restore", "../config.toml", "--yes"}).status == 2);
  CHECK(site.fettle({"backup", "restore", name, "--database", "other", "--yes"}).status == 2);
}

TEST_CASE("backup: the list tells what each holds, newest first") {
  const Site site("[databases.old]\nurl = \"sqlite:old.db\"\n");
  site.sql("create table t (x)", "old.db");
  CHECK(site.fettle({"backup", "list"}).out.find("There is no backup") != std::string::npos);
  const std::string first = create(site, {"--reason", "one"});
  const std::string second = create(site, {"--without", "old", "--by", "anna"});
  const json list = site.fettle_json({"backup", "list", "--json"});
  REQUIRE(list.size() == 2);
  CHECK(list.at(0).at("name") == second);
  CHECK(list.at(0).at("without").at(0) == "old");
  CHECK(list.at(0).at("by") == "anna");
  CHECK(list.at(0).at("trigger") == "manual");
  CHECK(list.at(1).at("reason") == "one");
  CHECK(list.at(1).at("parts").size() == 5);  // two databases, ledger, scripts, contents
  const std::string shown = site.fettle({"backup", "list"}).out;
  CHECK(shown.find(first) != std::string::npos);
  CHECK(shown.find("main, old, ledger, scripts") != std::string::npos);
  CHECK(site.fettle({"backup", "create", "--without", "odl"}).status == 2);
}

TEST_CASE("backup: what it holds can be written out, and read with other programs") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  REQUIRE(site.fettle({"run"}).status == 0);
  const std::string long_name = "002_" + std::string(200, 'x') + ".lua";
  site.write("fix-scripts/" + long_name, "-- long\n");
  const std::string name = create(site);
  REQUIRE(site.fettle({"backup", "restore", name, "--into", "out"}).status == 0);
  CHECK(site.sql("select script from ran", "out/database-main.db") == "001_a.lua");
  CHECK(site.sql("select count(*) from attempts", "out/ledger.db") == "1");
  CHECK(support::read_file(site.path("out/succeeded/001_a.lua")) == support::k_good);
  CHECK(support::read_file(site.path("out/scripts/" + long_name)) == "-- long\n");
  CHECK(site.fettle({"backup", "restore", name, "--into", "out"}).status == 2);  // it is there
  const Ended listed =
      support::run({.command = {"sh", "-c",
                                "command -v zstd >/dev/null || exit 9; zstd -qdc backups/*/scripts.tar.zst "
                                "| tar tf - | sort"},
                    .directory = site.path("."),
                    .environment = {}});
  if (listed.status == 9) return support::skip("zstd, the program, is not installed");
  CHECK(listed.out == fmt::format("scripts/002_{}.lua\nsucceeded/001_a.lua\n", std::string(200, 'x')));
}

TEST_CASE("backup: a part can be put back alone") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = create(site);
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.fettle({"backup", "restore", name, "--database", "main", "--yes", "--force"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.sql("select count(*) from attempts", ".fettle/ledger.db") == "1");
  CHECK(site.tree() == std::vector<std::string>{"successfully-ran/001_a.lua"});
  REQUIRE(site.fettle({"backup", "restore", name, "--scripts", "--yes"}).status == 0);
  CHECK(site.tree() == std::vector<std::string>{"fix-scripts/001_a.lua"});
}

TEST_CASE("backup: a script whose name is taken by other bytes now is left alone, and told") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = create(site);
  site.write("fix-scripts/001_a.lua", "-- other\n");
  const json report = site.fettle_json({"backup", "restore", name, "--scripts", "--yes", "--json"});
  CHECK(report.at("scripts").at("left").at(0) == "fix-scripts/001_a.lua");
  CHECK(support::read_file(site.path("fix-scripts/001_a.lua")) == "-- other\n");
}

TEST_CASE("backup: a database that is gone, or damaged, is put back") {
  const Site site;
  site.sql("insert into ran values ('a')");
  const std::string name = create(site);
  SUBCASE("gone") {
    fs::remove(site.path("app.db"));
    CHECK(site.fettle({"backup", "restore", name, "--yes"}).status == 0);
  }
  SUBCASE("damaged") {
    site.write("app.db", "this is no database, but it is long enough to be taken for one by its size alone");
    site.write("app.db-wal", "what belonged to it");
    CHECK(site.fettle({"backup", "restore", name, "--yes"}).status == 2);
    CHECK(site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0);
    CHECK_FALSE(site.exists("app.db-wal"));
  }
  CHECK(content_of(site) == "a");
}

TEST_CASE("backup: nothing is put in the place of a database that another program has open") {
  for (const char* mode : {"delete", "wal"}) {
    CAPTURE(mode);
    const Site site;
    site.sql(fmt::format("pragma journal_mode = {}", mode));
    const std::string name = create(site);
    site.sql("insert into ran values ('later')");
    {
      const Program holder(
          {.command = {"sqlite3", site.path("app.db"), "select * from ran;", ".shell touch held; sleep 60"},
           .directory = site.path("."),
           .environment = {}});
      REQUIRE(support::wait_until([&] { return site.exists("held"); }));
      const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force"});
      CHECK(ended.status == 5);
      CHECK(flat(ended.err).find("is open in another program") != std::string::npos);
      CHECK(flat(ended.err).find("everything is as it was") != std::string::npos);
    }
    CHECK(content_of(site) == "later");
    CHECK(support::wait_until([&] {
      return site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0;
    }));
    CHECK(site.sql("select count(*) from ran") == "0");
    for (const auto& each : fs::directory_iterator(site.path(".")))
      CHECK(each.path().filename().string().find("restoring") == std::string::npos);
  }
}

TEST_CASE("backup: no database is put back where the ledger that belongs to it cannot be") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = create(site);
  REQUIRE(site.fettle({"run"}).status == 0);
  {
    const Program reader({.command = {"sqlite3", site.path(".fettle/ledger.db"), "select count(*) from attempts;",
                                      ".shell touch held; sleep 60"},
                          .directory = site.path("."),
                          .environment = {}});
    REQUIRE(support::wait_until([&] { return site.exists("held"); }));
    const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force"});
    CHECK(ended.status == 5);
    CHECK(flat(ended.err).find("has the ledger open") != std::string::npos);
    CHECK(flat(ended.err).find("everything is as it was") != std::string::npos);
    CHECK(content_of(site) == "001_a.lua");
  }
  CHECK(support::wait_until([&] { return site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0; }));
  CHECK(site.sql("select count(*) from ran") == "0");
  for (const char* folder : {".", ".fettle"})
    for (const auto& each : fs::directory_iterator(site.path(folder)))
      CHECK(each.path().filename().string().find("restoring") == std::string::npos);
}

TEST_CASE("backup: a backup of a database that another program writes is of one moment") {
  for (const char* mode : {"delete", "wal"}) {
    CAPTURE(mode);
    const Site site;
    site.sql(fmt::format("pragma journal_mode = {}; create table left (n); create table right (n)", mode));
    Program writer(
        {.command =
             {"sh", "-c",
              "i=0; while :; do i=$((i+1)); echo \".timeout 20000\nbegin immediate; insert into left "
              "values ($i); insert into right values ($i); commit;\n.shell sleep 0.003\"; done | sqlite3 app.db"},
         .directory = site.path("."),
         .environment = {}});
    REQUIRE(support::wait_until([&] { return site.sql("select count(*) > 20 from left") == "1"; }));
    for (int round = 0; round < 5; ++round) {
      const std::string name = create(site);
      REQUIRE(site.fettle({"backup", "restore", name, "--into", fmt::format("out{}", round)}).status == 0);
      const std::string copy = fmt::format("out{}/database-main.db", round);
      CHECK(site.sql("select (select max(n) from left) = (select max(n) from right) and (select count(*) from left) = "
                     "(select count(*) from right)",
                     copy) == "1");
      CHECK(site.sql("pragma integrity_check", copy) == "ok");
    }
    writer.signal(SIGKILL);
  }
}

// --- keeping -------------------------------------------------------------------------------------------------------

TEST_CASE("backup: as many are kept as the configuration says, and never none that is whole") {
  const Site site("[backup]\nkeep = 2\n");
  const std::string first = create(site), second = create(site), third = create(site);
  CHECK(backups_in(site) == std::vector<std::string>{second, third});
  CHECK(site.fettle({"backup", "prune", "--keep", "1"}).status == 2);  // nobody can be asked
  const json would = site.fettle_json({"backup", "prune", "--keep", "1", "--dry-run", "--json"});
  CHECK(would.at("would_remove") == json::array({second}));
  CHECK(backups_in(site).size() == 2);

  // The newest is damaged, so the one before it is the newest that is whole.
  support::write_file(site.path(fmt::format("backups/{}/scripts.tar.zst", third)), "junk");
  CHECK(site.fettle_json({"backup", "prune", "--keep", "1", "--yes", "--json"}).at("removed").empty());
  CHECK(site.fettle({"backup", "verify", "--all"}).status == 7);
  const std::string fourth = create(site);
  std::vector<std::string> left = {third, fourth};
  std::sort(left.begin(), left.end());
  CHECK(backups_in(site) == left);
  CHECK(site.fettle({"backup", "prune", "--older-than", "1", "--yes"}).status == 0);
  CHECK(backups_in(site).size() == 2);
}

namespace {

// As if it had been made so many days before.
void age(const Site& site, const std::string& name, std::int64_t days) {
  const std::string path = site.path(fmt::format("backups/{}/manifest.json", name));
  std::string manifest = support::read_file(path);
  const std::string made = json::parse(manifest).at("made_ms").dump();
  manifest.replace(manifest.find(made), made.size(), std::to_string(std::stoll(made) - days * 86'400'000));
  const std::string body = manifest.substr(0, manifest.rfind("  \"sha256\""));
  support::write_file(path, fmt::format("{}  \"sha256\": \"{}\"\n}}\n", body, base::sha256_hex(body)));
}

}  // namespace

TEST_CASE("backup: what is too old goes, by the time that its manifest says, but never all") {
  const Site site;
  const std::string first = create(site), second = create(site), third = create(site);
  age(site, first, 40);
  age(site, second, 29);
  CHECK(site.fettle({"backup", "verify", "--all"}).status == 0);
  CHECK(site.fettle_json({"backup", "prune", "--older-than", "30", "--yes", "--json"}).at("removed") ==
        json::array({first}));
  age(site, third, 100);
  const json list = site.fettle_json({"backup", "list", "--json"});
  CHECK(list.at(0).at("name") == second);  // by time, not by name
  CHECK(site.fettle_json({"backup", "prune", "--older-than", "10", "--yes", "--json"}).at("removed") ==
        json::array({third}));
  CHECK(backups_in(site) == std::vector<std::string>{second});
}

// --- faults --------------------------------------------------------------------------------------------------------

namespace {

void flip(const std::string& path, std::uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(static_cast<char>(byte ^ (1 << (bit % 8))));
}

// Every bit of small files would take long: some of each, among them the first and the last ones.
void check_flips(const Site& site, const std::string& name, int of_each) {
  std::mt19937 random(20261201);
  int told = 0;
  for (const auto& each : fs::directory_iterator(site.path("backups/" + name))) {
    const std::string path = each.path(), file = each.path().filename();
    const std::uint64_t bits = 8 * fs::file_size(path);
    std::vector<std::uint64_t> places = {0, bits - 1, bits - 9};
    while (std::ssize(places) < of_each) places.push_back(random() % bits);
    for (const std::uint64_t bit : places) {
      CAPTURE(file);
      CAPTURE(bit);
      flip(path, bit);
      const Ended verified = site.fettle({"backup", "verify", name});
      CHECK(verified.status == 7);
      CHECK(verified.out.find(fmt::format("{}/{}:", name, file)) != std::string::npos);
      if (++told % 4 == 0) {
        const Ended restored = site.fettle({"backup", "restore", name, "--yes", "--force"});
        CHECK(restored.status == 7);
        CHECK(restored.err.find(fmt::format("{}/{}:", name, file)) != std::string::npos);
      }
      flip(path, bit);
    }
  }
  CHECK(site.fettle({"backup", "verify", name}).status == 0);
}

}  // namespace

TEST_CASE("backup: one flipped bit anywhere is refused, and the file is named") {
  const Site site;
  site.write("fix-scripts/001_a.lua", support::k_good);
  REQUIRE(site.fettle({"run"}).status == 0);
  check_flips(site, create(site, {"--reason", "a reason to be altered"}), strikes(40));
  CHECK(content_of(site) == "001_a.lua");
}

TEST_CASE("backup: a part that is missing, cut, longer or of another backup is refused") {
  const Site site;
  const std::string first = create(site);
  site.sql("insert into ran values ('a')");
  const std::string name = create(site);
  const std::string part = site.path(fmt::format("backups/{}/database-main.db.zst", name));
  const std::string whole = support::read_file(part);
  const auto is_refused = [&] {
    const Ended ended = site.fettle({"backup", "verify", name});
    return ended.status == 7 && ended.out.find("database-main.db.zst") != std::string::npos;
  };
  fs::remove(part);
  CHECK(is_refused());
  support::write_file(part, whole.substr(0, whole.size() - 1));
  CHECK(is_refused());
  support::write_file(part, whole + "x");
  CHECK(is_refused());
  support::write_file(part, support::read_file(site.path(fmt::format("backups/{}/database-main.db.zst", first))));
  CHECK(is_refused());
  support::write_file(part, whole);
  CHECK(site.fettle({"backup", "verify", name}).status == 0);
  fs::remove(site.path(fmt::format("backups/{}/manifest.json", name)));
  CHECK(site.fettle({"backup", "verify", name}).out.find("manifest.json: it is missing") != std::string::npos);
}

namespace {

// Enough that a strike finds it at work.
void fill(const Site& site) {
  site.sql(
      "create table noise (b); insert into noise select randomblob(1000) from (with recursive n(i) as (select 1 "
      "union all select i + 1 from n where i < 6000) select i from n)");
}

double random_share(std::mt19937& random) {
  return std::uniform_real_distribution<double>(0.0, 1.0)(random);
}

double seconds_of(const Site& site, const std::vector<std::string>& words) {
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(site.fettle(words).status == 0);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void strike_after(const Site& site, const std::vector<std::string>& words, double seconds) {
  Program program(site.launch(words));
  ::usleep(static_cast<useconds_t>(seconds * 1e6));
  ::kill(program.pid(), SIGKILL);
  program.wait(Seconds(30));
}

}  // namespace

// --- before a run --------------------------------------------------------------------------------------------------

TEST_CASE("backup: one is made before a run that has something to do, and told") {
  const Site site("[backup]\nbefore_run = true\n");
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(backups_in(site).empty());  // nothing was pending
  site.write("fix-scripts/001_a.lua", support::k_good);
  REQUIRE(site.fettle({"run", "--dry-run"}).status == 0);
  REQUIRE(site.fettle({"run", "--on-copy"}).status == 0);
  CHECK(backups_in(site).empty());
  const json report = site.fettle_json({"run", "--json", "--reason", "ticket 12"});
  REQUIRE(backups_in(site).size() == 1);
  const std::string name = backups_in(site).front();
  CHECK(report.at("backup") == name);
  CHECK(report.at("counts").at("succeeded") == 1);
  const json list = site.fettle_json({"backup", "list", "--json"});
  CHECK(list.at(0).at("trigger") == "before_run");
  CHECK(list.at(0).at("reason") == "ticket 12");
  CHECK(list.at(0).at("run") == report.at("run"));
  CHECK(site.sql("select count(*) from ran") == "1");
  REQUIRE(site.fettle({"backup", "restore", name, "--yes", "--force"}).status == 0);  // of before the run
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.tree() == std::vector<std::string>{"fix-scripts/001_a.lua"});

  const Ended run = site.fettle({"run"});
  CHECK(run.out.find("Backup of before: 2") != std::string::npos);
  site.write("fix-scripts/002_b.lua", support::k_good);
  CHECK(site.fettle_json({"run", "--no-backup", "--json"}).at("backup").is_null());
}

TEST_CASE("backup: where none can be made nothing is run, and what to do is told") {
  const Site site("[backup]\nbefore_run = true\nfolder = \"taken\"\n");
  site.write("taken", "a file");
  site.write("fix-scripts/001_a.lua", support::k_good);
  const Ended ended = site.fettle({"run"});
  CHECK(ended.status == 1);
  CHECK(ended.out.find("--no-backup") != std::string::npos);
  CHECK(site.sql("select count(*) from ran") == "0");
  CHECK(site.exists("fix-scripts/001_a.lua"));
  const json report = site.fettle_json({"run", "--json"});
  CHECK(report.at("exit_code") == 1);
  CHECK_FALSE(report.at("backup_fault").is_null());
  CHECK(report.at("scripts").at(0).at("outcome") == "blocked");
  CHECK(site.fettle({"run", "--no-backup"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

TEST_CASE("backup: the watcher's runs make one, too") {
  const Site site("[backup]\nbefore_run = true\n");
  Program watcher(site.launch({"watch"}));
  REQUIRE(support::wait_until([&] { return site.exists(".fettle/watch/status.json"); }));
  site.write("fix-scripts/001_a.lua", support::k_good);
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/001_a.lua"); }));
  CHECK(backups_in(site).size() == 1);
  watcher.signal(SIGTERM);
  const Ended ended = watcher.wait(Seconds(20));
  CHECK(ended.err.find(fmt::format("backup {} was made", backups_in(site).front())) != std::string::npos);
}

TEST_CASE("backup: a signal while one is made before a run stops the run, and leaves nothing of it") {
  const Site site("[backup]\nbefore_run = true\n");
  fill(site);
  site.write("fix-scripts/001_a.lua", support::k_good);
  bool in_time = false;
  for (int tries = 0; tries < 10 && !in_time; ++tries) {
    Program run(site.launch({"run"}));
    REQUIRE(support::wait_until([&] { return !backups_in(site).empty() || run.is_over(); }));
    run.signal(SIGTERM);
    const Ended ended = run.wait(Seconds(30));
    in_time = backups_in(site).empty();
    if (in_time) {
      CHECK(ended.status == 143);
      CHECK(site.sql("select count(*) from ran") == "0");
      CHECK(site.exists("fix-scripts/001_a.lua"));
    } else {
      fs::remove_all(site.path("backups"));
      site.sql("delete from ran");
      site.write("fix-scripts/001_a.lua", support::k_good + fmt::format("-- {}\n", tries));
    }
  }
  CHECK(in_time);
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

TEST_CASE("backup: a run that is killed while one is made is as if it had not begun") {
  const Site site("[backup]\nbefore_run = true\nkeep = 3\n");
  fill(site);
  site.write("fix-scripts/001_a.lua", support::k_good);
  const double whole = seconds_of(site, {"backup", "create"});
  std::mt19937 random(4713);
  for (int round = 0; round < strikes(20); ++round) {
    strike_after(site, {"run"}, random_share(random) * whole);
    if (site.exists("successfully-ran/001_a.lua")) break;
  }
  const Ended last = site.fettle({"run"});
  CHECK(last.status == 0);
  CHECK(content_of(site) == "001_a.lua");
  for (const std::string& name : backups_in(site))
    if (!name.starts_with('.')) CHECK(site.fettle({"backup", "verify", name}).status == 0);
}

// --- full disks, deaths --------------------------------------------------------------------------------------------

TEST_CASE("backup: a full disk ends it with a clear word, and leaves nothing of it") {
  const Site site("[backup]\nfolder = \"disk/backups\"\n");
  fs::create_directories(site.path("disk"));
  const support::TinyDisk disk(site.path("disk"), 3U << 20U);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  const std::string first = create(site);
  site.sql(
      "create table noise (b); insert into noise select randomblob(1000) from (with recursive n(i) as (select 1 "
      "union all select i + 1 from n where i < 8000) select i from n)");
  const Ended ended = site.fettle({"backup", "create"});
  CHECK(ended.status != 0);
  CHECK(ended.err.find("full") != std::string::npos);
  CHECK(flat(ended.err).find("older ones are as they were") != std::string::npos);
  CHECK(backups_in(site, "disk/backups") == std::vector<std::string>{first});
  // The copy fits, and its packed form does not.
  site.sql("delete from noise where rowid > 1700; vacuum");
  const Ended packing = site.fettle({"backup", "create"});
  CHECK(packing.status == 1);
  CHECK(flat(packing.err).find("No space left") != std::string::npos);
  CHECK(backups_in(site, "disk/backups") == std::vector<std::string>{first});
  CHECK(site.fettle({"backup", "verify", "--all"}).status == 0);
}

TEST_CASE("backup: a restore for which there is no room changes nothing, and leaves nothing") {
  const Site site;
  fs::create_directories(site.path("disk"));
  const support::TinyDisk disk(site.path("disk"), 3U << 20U);
  if (!disk.mounted()) return support::skip("a small tmpfs cannot be mounted here");
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:disk/app.db\"\n");
  site.sql(
      "create table noise (b); insert into noise select randomblob(1000) from (with recursive n(i) as (select 1 "
      "union all select i + 1 from n where i < 1700) select i from n)",
      "disk/app.db");
  const std::string name = create(site);
  site.sql("delete from noise where rowid = 7", "disk/app.db");
  const Ended ended = site.fettle({"backup", "restore", name, "--yes", "--force"});
  CHECK(ended.status == 6);
  CHECK(flat(ended.err).find("No space left") != std::string::npos);
  CHECK(flat(ended.err).find("everything is as it was") != std::string::npos);
  CHECK(site.sql("select count(*) from noise", "disk/app.db") == "1699");
  CHECK(std::distance(fs::directory_iterator(site.path("disk")), fs::directory_iterator()) == 1);
  CHECK(backups_in(site) == std::vector<std::string>{name});
}

TEST_CASE("backup: killed at any moment, it leaves the older ones, and the next one is made") {
  const Site site;
  fill(site);
  const std::string first = create(site);
  const double whole = seconds_of(site, {"backup", "create"});
  std::mt19937 random(4711);
  int in_time = 0;
  for (int round = 0; round < strikes(50); ++round) {
    const std::size_t before = backups_in(site).size();
    strike_after(site, {"backup", "create"}, random_share(random) * whole);
    const std::vector<std::string> names = backups_in(site);
    in_time += names.size() > before && names.front().starts_with('.') ? 1 : 0;
    if (round % 10 != 9) continue;
    CHECK(site.fettle({"backup", "verify", "--all"}).status == 0);
    for (const std::string& each : names)  // they would fill the disk, and in the end push the first one out
      if (each != first && !each.starts_with('.')) fs::remove_all(site.path("backups/" + each));
  }
  CHECK(in_time > 0);
  create(site);
  for (const std::string& name : backups_in(site)) CHECK_FALSE(name.starts_with('.'));
  CHECK(site.fettle({"backup", "verify", "--all"}).status == 0);
  CHECK(site.exists("backups/" + first));
}

TEST_CASE("backup: a restore that is killed at any moment leaves the old state or the new one, and can be done again") {
  const Site site;
  fill(site);
  site.write("fix-scripts/001_a.lua", support::k_good);
  const std::string name = create(site);
  REQUIRE(site.fettle({"run"}).status == 0);
  const std::string later = create(site);
  const std::vector<std::string> words = {"backup", "restore", name, "--yes", "--force"};
  const std::vector<std::string> back = {"backup", "restore", later, "--yes", "--force"};
  const double whole = seconds_of(site, words);
  REQUIRE(site.fettle(back).status == 0);
  std::mt19937 random(4712);
  int old_ones = 0, new_ones = 0;
  for (int round = 0; round < strikes(50); ++round) {
    CAPTURE(round);
    strike_after(site, words, random_share(random) * whole * 1.1);
    const std::string rows = site.sql("select count(*) from ran");
    const std::string attempts = site.sql("select count(*) from attempts", ".fettle/ledger.db");
    CHECK((rows == "0" || rows == "1"));
    CHECK((attempts == "0" || attempts == "1"));
    CHECK(site.sql("pragma integrity_check") == "ok");
    CHECK(site.sql("select count(*) from noise") == "6000");
    CHECK(site.fettle({"ledger", "verify"}).err.find("fault") == std::string::npos);
    (rows == "1" ? old_ones : new_ones) += 1;
    REQUIRE(site.fettle(words).status == 0);
    CHECK(site.sql("select count(*) from ran") == "0");
    CHECK(site.tree() == std::vector<std::string>{"fix-scripts/001_a.lua"});
    REQUIRE(site.fettle(back).status == 0);
    CHECK(site.sql("select count(*) from ran") == "1");
    CHECK(site.tree() == std::vector<std::string>{"successfully-ran/001_a.lua"});
    for (const auto& each : fs::directory_iterator(site.path(".")))  // what is kept would fill the disk
      if (each.path().filename().string().find("before_restore") != std::string::npos) fs::remove(each.path());
  }
  CHECK(old_ones > 0);
  CHECK(site.fettle({"run"}).status == 0);
}

TEST_CASE("backup: a large database is saved and put back in little memory") {
  const Site site;
  const std::string rows = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 220000) ";
  site.sql("pragma journal_mode = off; create table noise (b); insert into noise " + rows +
           "select randomblob(1000) from n");
  REQUIRE(fs::file_size(site.path("app.db")) > (200U << 20U));
  const auto peak_of = [&](const std::vector<std::string>& words) {
    Program program(site.launch(words));
    std::uint64_t most = 0;
    support::wait_until(
        [&] {
          most = std::max(most, support::peak_memory(program.pid()));
          for (const pid_t child : support::descendants_of(program.pid()))
            most = std::max(most, support::peak_memory(child));
          return program.is_over();
        },
        Seconds(120));
    CHECK(program.wait(Seconds(120)).status == 0);
    return most;
  };
  CHECK(peak_of({"backup", "create"}) < (96U << 20U));
  const std::string name = backups_in(site).front();
  site.sql("delete from noise where rowid = 7");
  CHECK(peak_of({"backup", "restore", name, "--yes", "--force"}) < (96U << 20U));
  CHECK(site.sql("select count(*) from noise") == "220000");
}
