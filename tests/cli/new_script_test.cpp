#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "captured.hpp"
#include "cli/config_file.hpp"
#include "cli/numbering.hpp"
#include "support/scratch.hpp"

namespace {

std::string number_after(const std::vector<std::string>& names) {
  return cli::next_number(names);
}

}  // namespace

TEST_CASE("new: numbers count on from the highest, as wide as the widest") {
  CHECK(number_after({}) == "001");
  CHECK(number_after({"001_a.lua", "007_b.lua", "notes.lua"}) == "008");
  CHECK(number_after({"9_a.lua"}) == "010");
  CHECK(number_after({"0041_a.lua"}) == "0042");
  CHECK(number_after({"0003_a.lua", "7.lua"}) == "0008");
  CHECK(number_after({"999_a.lua"}) == "1000");
  CHECK(number_after({"20261121235959_a.lua", "001_b.lua"}) == "20261121235960");
  CHECK(number_after({std::string(40, '9') + "_a.lua"}) == "1" + std::string(40, '0'));
}

TEST_CASE("new: a title becomes a name that is safe in every folder and terminal") {
  CHECK(cli::slug_of("Clear orphaned menu rows!") == "clear_orphaned_menu_rows");
  CHECK(cli::slug_of("  --a  /../ b-- ") == "a_b");
  CHECK(cli::slug_of("Größe ändern") == "größe_ändern");
  CHECK(cli::slug_of("../../escape") == "escape");
  CHECK(cli::slug_of("!?").empty());
  CHECK(cli::slug_of("a\u202eb").empty());
  CHECK(cli::slug_of(std::string(500, 'x')).size() == 120);
}

TEST_CASE("init: makes a folder that is complete, and a second init keeps all of it") {
  const support::Scratch scratch;
  const support::Result first = support::fettle(scratch.path(), {"init", "shop/site"});
  CHECK(first.code == 0);
  CHECK(scratch.list("shop/site") == std::vector<std::string>{".luarc.json", "app.db", "config.toml", "failed",
                                                              "fettle-api.lua", "fix-scripts", "scripts-example",
                                                              "successfully-ran"});
  CHECK(scratch.list("shop/site/fix-scripts").empty());
  CHECK(scratch.read("shop/site/app.db").empty());
  CHECK(first.out.find(
            "  cd shop/site/\n  cp scripts-example/001_hello.lua fix-scripts/\n  fettle run\n  fettle history\n") !=
        std::string::npos);
  const cli::LoadedConfig loaded = cli::load_config(scratch.path("shop/site/config.toml"), {});
  REQUIRE(loaded.config.databases.size() == 1);
  CHECK(loaded.config.databases[0].url == "sqlite:app.db");
  scratch.append("shop/site/app.db", "mine");
  scratch.append("shop/site/scripts-example/001_hello.lua", "-- mine");
  const support::Result second = support::fettle(scratch.path(), {"init", "shop/site"});
  CHECK(second.code == 0);
  CHECK(second.out.find("created") == std::string::npos);
  CHECK(scratch.read("shop/site/app.db") == "mine");
  CHECK(scratch.read("shop/site/scripts-example/001_hello.lua").ends_with("-- mine"));
}

TEST_CASE("init: a config.toml that is there decides which folders are made, and no database is added") {
  const support::Scratch scratch;
  scratch.write("config.toml", "[folders]\nscripts = \"todo\"\n");
  scratch.write("precious.txt", "data");
  const support::Result result = support::fettle(scratch.path(), {"init"});
  CHECK(result.code == 0);
  CHECK(result.out.find("kept     config.toml") != std::string::npos);
  CHECK(result.out.find("cp scripts-example/001_hello.lua todo/") != std::string::npos);
  CHECK(scratch.exists("todo"));
  CHECK(!scratch.exists("fix-scripts"));
  CHECK(!scratch.exists("app.db"));
  CHECK(scratch.read("config.toml") == "[folders]\nscripts = \"todo\"\n");
  CHECK(scratch.read("precious.txt") == "data");
}

TEST_CASE("init: a link in the way is not written through") {
  const support::Scratch scratch;
  REQUIRE(::symlink(scratch.path("elsewhere").c_str(), scratch.path("app.db").c_str()) == 0);
  CHECK(support::fettle(scratch.path(), {"init"}).out.find("kept     app.db") != std::string::npos);
  CHECK(!scratch.exists("elsewhere"));
}

TEST_CASE("init: a file where a folder should be is an error that names it") {
  const support::Scratch scratch;
  scratch.write("failed", "text");
  CHECK_THROWS_WITH_AS(support::fettle(scratch.path(), {"init"}), "cannot create the folder failed: File exists",
                       base::Error);
  CHECK(scratch.read("failed") == "text");
}

TEST_CASE("new: writes a script with both functions, numbered over all three folders, never over another") {
  const support::Scratch scratch;
  scratch.write("config.toml", "");
  scratch.write("successfully-ran/0007_done.lua", "return {}");
  scratch.write("failed/012_broken.lua", "return {}");
  const support::Result result = support::fettle(scratch.path(), {"new", "Say", "\"hi\"", "back\\slash"});
  CHECK(result.code == 0);
  CHECK(result.out == "fix-scripts/0013_say_hi_back_slash.lua\n");
  CHECK(result.talk == "for your editor: fettle-api.lua, .luarc.json\n");
  const std::string text = scratch.read("fix-scripts/0013_say_hi_back_slash.lua");
  CHECK(text.find("description = \"Say \\\"hi\\\" back\\\\slash\"") != std::string::npos);
  CHECK(text.find("shouldRun = function()") != std::string::npos);
  CHECK(text.find("execute = function()") != std::string::npos);
  const auto json = nlohmann::json::parse(support::fettle(scratch.path(), {"new", "Say", "hi", "--json"}).out);
  CHECK(json.at("script") == "0014_say_hi.lua");
  CHECK(json.at("path") == "fix-scripts/0014_say_hi.lua");
  CHECK(json.at("template") == "empty");
  CHECK(json.at("warnings").empty());
  CHECK(scratch.read("fix-scripts/0013_say_hi_back_slash.lua") == text);
}

TEST_CASE("new: the templates are listed within the terminal, without a configuration, and nothing is made") {
  const support::Scratch scratch;
  const support::Result result = support::fettle(scratch.path(), {"new", "--list"});
  CHECK(result.code == 0);
  for (const char* name : {"\ndrop-table ", "\nempty ", "backfill "}) CHECK(result.out.find(name) != std::string::npos);
  CHECK(support::widest_line(result.out) <= 80);
  CHECK(scratch.list().empty());
}

TEST_CASE("new: a template that is not known makes nothing, and the nearest is named") {
  const support::Scratch scratch;
  scratch.write("config.toml", "");
  CHECK_THROWS_WITH_AS(support::fettle(scratch.path(), {"new", "-t", "drop-tabel", "x"}),
                       "there is no template \"drop-tabel\"; did you mean drop-table?", base::Error);
  CHECK_THROWS_WITH_AS(support::fettle(scratch.path(), {"new", "--template", "zz\x1b[1m", "x"}),
                       "there is no template \"zz\\x1b[1m\"", base::Error);
  CHECK(scratch.list() == std::vector<std::string>{"config.toml"});
}

TEST_CASE("new: a template becomes a script with its title, and without the line that is only for the list") {
  const support::Scratch scratch;
  scratch.write("config.toml", "");
  CHECK(support::fettle(scratch.path(), {"new", "-q", "-t", "drop-table", "No", "\"old\"", "coupons"}).talk.empty());
  const std::string text = scratch.read("fix-scripts/001_no_old_coupons.lua");
  CHECK(text.starts_with("local TABLE = \"…\""));
  CHECK(text.find("description = \"No \\\"old\\\" coupons\"") != std::string::npos);
  CHECK(text.find("\n---@type fettle.Script\nreturn {\n") != std::string::npos);
  CHECK(text.find('%') == text.find("%s has"));
}

TEST_CASE("new: a title without letters makes nothing") {
  const support::Scratch scratch;
  scratch.write("config.toml", "");
  CHECK_THROWS_AS(support::fettle(scratch.path(), {"new", "???"}), base::Error);
  CHECK(!scratch.exists("fix-scripts"));
}

TEST_CASE("config show: prints TOML that is read back to the same, with the origin where it is asked for") {
  const support::Scratch scratch;
  scratch.write("config.toml", "[run]\nenvironment = \"a \\\"b\\\" é\"\n[databases.main]\nurl = \"sqlite:app.db\"\n");
  const std::string shown = support::fettle(scratch.path(), {"config", "show"}).out;
  scratch.write("again/config.toml", shown);
  const std::string again = support::fettle(scratch.path("again"), {"config", "show"}).out;
  CHECK(again.substr(again.find("\n[")) == shown.substr(shown.find("\n[")));
  const std::string origins = support::fettle(scratch.path(), {"config", "show", "--origin"}).out;
  CHECK(origins.find("# config.toml:2\n") != std::string::npos);
  CHECK(origins.find("# default\n") != std::string::npos);
  const std::string explained = support::fettle(scratch.path(), {"config", "show", "-v"}).out;
  CHECK(explained.find("# Time limit of one script: a duration above zero such as \"30s\" or \"5m\"\n") !=
        std::string::npos);
  CHECK(explained.find("FETTLE_DATABASES_MAIN_URL)") != std::string::npos);
}

TEST_CASE("config check: says that all is well, or throws what is not") {
  const support::Scratch scratch;
  scratch.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n");
  const support::Result good = support::fettle(scratch.path(), {"config", "check"});
  CHECK(good.code == 0);
  CHECK(good.out.find("is in order") != std::string::npos);
  scratch.write("failed", "a file");
  CHECK_THROWS_AS(support::fettle(scratch.path(), {"config", "check"}), base::Error);
}

TEST_CASE("commands: -C works in another folder, and one that is missing is a usage error") {
  const support::Scratch scratch;
  scratch.write("there/config.toml", "");
  CHECK(support::fettle(scratch.path(), {"-C", "there", "config", "check"}).code == 0);
  CHECK_THROWS_AS(support::fettle(scratch.path(), {"-C", "nowhere", "config", "check"}), base::Error);
}

TEST_CASE("commands: a full disk behind stdout is an error, not silence") {
  const support::Scratch scratch;
  std::FILE* full = std::fopen("/dev/full", "w");
  REQUIRE(full != nullptr);
  CHECK_THROWS_AS(cli::execute(cli::parse_arguments({"version"}, cli::command_names()), full, stderr), base::Error);
  std::fclose(full);
}
