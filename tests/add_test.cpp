// `fettle add`, by the built program: a script comes in checked, whole, and on the record, or not at all.
#include <doctest/doctest.h>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Site;

namespace {

std::string good(const std::string& value = "x") {
  return "return { description = 'Mends it', shouldRun = function() return true end,\n  execute = function() "
         "db.exec(\"insert into ran values ('" +
         value + "')\") return { executed = true } end }\n";
}

std::string events(const Site& site, const std::string& column) {
  return site.sql("select group_concat(" + column + ", '; ') from events where verb = 'add'", ".fettle/ledger.db");
}

}  // namespace

TEST_CASE("a script is added under its name, waits among the pending ones, and the ledger knows who added it") {
  const Site site;
  site.write("elsewhere.txt", good());
  const json added = site.fettle_json({"add", "elsewhere.txt", "--name", "007_mend.lua", "--by", "anna", "--reason",
                                       "ticket 4711", "--via", "web:192.0.2.7", "--json"});
  CHECK(added.at("script") == "007_mend.lua");
  CHECK(added.at("path") == "fix-scripts/007_mend.lua");
  CHECK(added.at("sha256") == base::sha256_hex(good()));
  CHECK(added.at("description") == "Mends it");
  CHECK(added.at("replaced").is_null());
  CHECK(support::read_file(site.path("fix-scripts/007_mend.lua")) == good());
  CHECK(events(site, "script || ' ' || reason") == "007_mend.lua ticket 4711");
  CHECK(events(site, "detail") == "sha256 " + base::sha256_hex(good()) + ", via web:192.0.2.7");
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select script from ran") == "x");
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
}

TEST_CASE("a script with a fault is not added, and the fault is told") {
  const Site site;
  site.write("bad.lua", "return { shouldRun = function() return true end, exekute = function( end }");
  const Ended ended = site.fettle({"add", "bad.lua"});
  CHECK(ended.status == 2);
  CHECK(ended.err.find("bad.lua has a fault: bad.lua:1:") != std::string::npos);
  CHECK(ended.err.find("Nothing was added.") != std::string::npos);
  CHECK_FALSE(site.exists("fix-scripts/bad.lua"));
  site.write("large.lua", good() + std::string(std::size_t{300} << 10U, ' '));
  CHECK(site.fettle({"add", "large.lua"}).err.find("larger than") != std::string::npos);
  site.write("endless.lua", "while true do end");
  std::string config = support::read_file(site.path("config.toml"));
  site.write("config.toml", config.replace(config.find("60s"), 3, "300ms"));
  CHECK(site.fettle({"add", "endless.lua"}).err.find("has a fault") != std::string::npos);
  CHECK(std::filesystem::is_empty(site.path("fix-scripts")));
}

TEST_CASE("no name leads out of the folder, hides a script, or stands for a pending one") {
  const Site site;
  site.write("good.lua", good());
  for (const std::string& name : {std::string("../out.lua"), std::string("a/b.lua"), std::string(".hidden.lua"),
                                  std::string("x.txt"), std::string("x.lua~"), std::string("a\nb.lua"),
                                  std::string("\xff.lua"), std::string(252, 'a') + ".lua", std::string(".lua")}) {
    CAPTURE(name);
    const Ended ended = site.fettle({"add", "good.lua", "--name=" + name});
    CHECK(ended.status == 2);
    CHECK(ended.err.find("is no name for a script") != std::string::npos);
  }
  CHECK(site.fettle({"add", "-"}).status == 2);
  CHECK(site.fettle({"add", "nowhere.lua"}).status == 2);
  CHECK(site.fettle({"add", "fix-scripts", "--name", "a.lua"}).status == 2);
  CHECK(site.fettle({"add", "good.lua"}).status == 0);
  site.write("good.lua", good("other"));
  CHECK(site.fettle({"add", "good.lua"}).err.find("fix-scripts/good.lua is there already") != std::string::npos);
  CHECK(support::read_file(site.path("fix-scripts/good.lua")) == good());
  CHECK_FALSE(site.exists("out.lua"));
}

TEST_CASE("a mended version stands for the one that failed, whose text the ledger keeps") {
  const Site site;
  site.write("001.lua", "return { shouldRun = function() return true end, execute = function() error('no') end }");
  CHECK(site.fettle({"add", "001.lua"}).status == 0);
  CHECK(site.fettle({"run"}).status == 4);
  site.write("001.lua", good("mended"));
  CHECK(site.fettle_json({"add", "001.lua", "--json"}).at("replaced") == "failed/001.lua");
  CHECK_FALSE(site.exists("failed/001.lua"));
  CHECK_FALSE(site.exists("failed/001.lua.error.txt"));
  CHECK(site.fettle({"run"}).status == 0);
  CHECK(site.sql("select script from ran") == "mended");
  CHECK(site.fettle_json({"show", "1", "--json"}).at("text").get<std::string>().find("error('no')") !=
        std::string::npos);
}

TEST_CASE("a failed file that somebody changed since it ran is left, and that is told") {
  const Site site;
  site.write("fix-scripts/001.lua",
             "return { shouldRun = function() return true end, execute = function() error('no') end }");
  CHECK(site.fettle({"run"}).status == 4);
  site.write("failed/001.lua", "-- half mended\n");
  site.write("001.lua", good());
  const Ended ended = site.fettle({"add", "001.lua"});
  CHECK(ended.status == 0);
  CHECK(ended.err.find("failed/001.lua stays there") != std::string::npos);
  CHECK(support::read_file(site.path("failed/001.lua")) == "-- half mended\n");
  CHECK(support::read_file(site.path("fix-scripts/001.lua")) == good());
}

TEST_CASE("of several who add a script of one name at a time one does, and nobody's text is mixed with another's") {
  const Site site;
  constexpr std::size_t k_many = 6;
  std::vector<std::unique_ptr<support::Program>> all;
  for (std::size_t each = 0; each < k_many; ++each) {
    const std::string file = "v" + std::to_string(each) + ".lua";
    site.write(file, good(std::to_string(each)));
    all.push_back(std::make_unique<support::Program>(site.launch({"add", file, "--name", "001.lua"})));
  }
  std::size_t won = 0, winner = 0;
  for (std::size_t each = 0; each < k_many; ++each) {
    const int status = all[each]->wait(support::Seconds(60)).status;
    CHECK((status == 0 || status == 2 || status == 5));
    if (status != 0) continue;
    ++won;
    winner = each;
  }
  CHECK(won == 1);
  CHECK(support::read_file(site.path("fix-scripts/001.lua")) == good(std::to_string(winner)));
  CHECK(events(site, "script") == "001.lua");
}
