#include "cli/editor_help.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "captured.hpp"
#include "cli/config_file.hpp"
#include "support/child.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

using support::Scratch;

namespace {

const std::string k_config = "[databases.main]\nurl = \"sqlite:app.db\"\n";

support::Result new_script(const Scratch& scratch, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"new", "x"};
  words.insert(words.end(), more.begin(), more.end());
  return support::fettle(scratch.path(), words);
}

std::string annotations_of(const std::string& version) {
  std::string text = cli::annotations({{.name = "main", .url = {}}});
  return text.replace(text.find(FETTLE_VERSION), std::string_view(FETTLE_VERSION).size(), version);
}

// Warnings are wrapped, and go on below themselves.
bool has(std::string text, const std::string& part) {
  const std::string line_end = "\n         ";
  for (std::size_t at = text.find(line_end); at != std::string::npos; at = text.find(line_end))
    text.replace(at, line_end.size(), " ");
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "editor: new writes annotations and settings beside config.toml, wherever it is called, and none to scripts") {
  const Scratch scratch;
  scratch.write("deep/site/config.toml", k_config + "[databases.old_shop]\nurl = \"sqlite:b.db\"\n" +
                                             "[databases.2nd]\nurl = \"sqlite:c.db\"\n");
  const support::Result result = support::fettle(scratch.path(), {"-c", "deep/site/config.toml", "new", "x"});
  CHECK(result.talk == "for your editor: fettle-api.lua, .luarc.json\n");
  CHECK(scratch.list("deep/site") == std::vector<std::string>{".luarc.json", "config.toml", "failed", "fettle-api.lua",
                                                              "fix-scripts", "successfully-ran"});
  CHECK(scratch.list("deep/site/fix-scripts") == std::vector<std::string>{"001_x.lua"});
  const std::string text = scratch.read("deep/site/fettle-api.lua");
  CHECK(text.starts_with("---@meta\n"));
  CHECK(has(text, "---@field main fettle.Database\n---@field old_shop fettle.Database\n---@field [string]"));
  CHECK(scratch.read("deep/site/.luarc.json") == cli::luarc_text());
}

TEST_CASE("editor: nothing is said of files that are as they should be") {
  const Scratch scratch;
  scratch.write("config.toml", k_config);
  new_script(scratch);
  const support::Result again = new_script(scratch);
  CHECK(again.talk.empty());
  const auto json = nlohmann::json::parse(new_script(scratch, {"--json"}).out);
  CHECK(json.at("editor").at("kept") == std::vector<std::string>{"fettle-api.lua", ".luarc.json"});
  CHECK(json.at("editor").at("created").empty());
}

TEST_CASE("editor: annotations of an older fettle, or of other databases, are replaced; those of a newer one stay") {
  const Scratch scratch;
  scratch.write("config.toml", k_config);
  new_script(scratch);
  for (const char* older : {"0.0.9", FETTLE_VERSION, "0"}) {
    scratch.write("fettle-api.lua", annotations_of(older) + "-- outdated\n");
    CHECK(new_script(scratch).talk == "for your editor: fettle-api.lua\n");
    CHECK(scratch.read("fettle-api.lua") == annotations_of(FETTLE_VERSION));
  }
  for (const char* newer : {"0.10.0", "1.0.0", "12.0.1-rc1"}) {
    scratch.write("fettle-api.lua", annotations_of(newer));
    CHECK(new_script(scratch).talk.empty());
    CHECK(scratch.read("fettle-api.lua") == annotations_of(newer));
  }
  scratch.write("config.toml", k_config + "[databases.more]\nurl = \"sqlite:b.db\"\n");
  scratch.write("fettle-api.lua", annotations_of(FETTLE_VERSION));
  new_script(scratch);
  CHECK(has(scratch.read("fettle-api.lua"), "---@field more fettle.Database\n"));
  CHECK(scratch.list().size() == 6);  // no half of a file is left
}

TEST_CASE("editor: a file of a person's own is never touched, and a warning says so") {
  const Scratch scratch;
  scratch.write("config.toml", k_config);
  scratch.write(".luarc.json", "{}");
  std::string own = annotations_of(FETTLE_VERSION);
  own.erase(own.find("-- Generated"), own.find('\n', own.find("-- Generated")) + 1 - own.find("-- Generated"));
  for (const std::string& text :
       {own, std::string("-- mine"), "---@meta\n" + std::string(500, '\n') + annotations_of("0")}) {
    scratch.write("fettle-api.lua", text);
    const support::Result result = new_script(scratch);
    CHECK(has(result.talk, "warning: fettle-api.lua beside config.toml is not of fettle's making"));
    CHECK(support::widest_line(result.talk) <= 80);
    CHECK(scratch.read("fettle-api.lua") == text);
    CHECK(new_script(scratch, {"-q"}).talk.empty());
    CHECK(nlohmann::json::parse(new_script(scratch, {"--json"}).out).at("warnings").size() == 1);
  }
  CHECK(scratch.read(".luarc.json") == "{}");
  CHECK(has(support::fettle(scratch.path(), {"init"}).talk, "not of fettle's making"));
}

TEST_CASE("editor: a link, a folder or a FIFO of that name is left alone; an empty file is filled") {
  const Scratch scratch;
  scratch.write("config.toml", k_config);
  scratch.write("elsewhere.lua", annotations_of("0"));
  const std::string path = scratch.path("fettle-api.lua");
  REQUIRE(::symlink("elsewhere.lua", path.c_str()) == 0);
  CHECK(has(new_script(scratch).talk, "left as it is"));
  CHECK(scratch.read("elsewhere.lua") == annotations_of("0"));
  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(::mkfifo(path.c_str(), 0666) == 0);
  CHECK(has(new_script(scratch).talk, "left as it is"));
  REQUIRE(::unlink(path.c_str()) == 0);
  scratch.make_folder("fettle-api.lua");
  CHECK(has(new_script(scratch).talk, "left as it is"));
  REQUIRE(::rmdir(path.c_str()) == 0);
  scratch.write("fettle-api.lua", "");
  new_script(scratch);
  CHECK(scratch.read("fettle-api.lua") == annotations_of(FETTLE_VERSION));
}

TEST_CASE("editor: annotations never come among the scripts, not even where config.toml lies there") {
  for (const char* folders : {"scripts = \".\"\nsucceeded = \"../done\"\nfailed = \"../failed\"",
                              "scripts = \"../in\"\nsucceeded = \"../done\"\nfailed = \"../site/\""}) {
    CAPTURE(folders);
    const Scratch scratch;
    scratch.write("site/config.toml", "[folders]\n" + std::string(folders) + "\n");
    const support::Result result = support::fettle(scratch.path("site"), {"new", "x"});
    CHECK(result.code == 0);
    CHECK(has(result.talk, "was not written"));
    CHECK(support::widest_line(result.talk) <= 80);
    CHECK(!scratch.exists("site/fettle-api.lua"));
    CHECK(!scratch.exists("site/.luarc.json"));
  }
}

TEST_CASE("editor: where nothing can be written the script is made all the same, and a warning says why") {
  if (::geteuid() != 0) return support::skip("only root can work as another user");
  const Scratch scratch;
  scratch.write("config.toml", k_config);
  new_script(scratch);
  for (const char* name : {"fettle-api.lua", ".luarc.json"}) scratch.remove(name);
  for (const char* folder : {"fix-scripts", "failed", "successfully-ran"})
    REQUIRE(::chmod(scratch.path(folder).c_str(), 0777) == 0);
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  CHECK(support::as_nobody([&] {
          const support::Result result = new_script(scratch);
          const bool told = has(result.talk, "fettle-api.lua could not be written") && has(result.talk, "denied");
          return told && result.code == 0 ? 0 : 1;
        }) == 0);
  CHECK(scratch.exists("fix-scripts/002_x.lua"));
  CHECK(!scratch.exists("fettle-api.lua"));
}

TEST_CASE("editor: init tells what it made anew") {
  const Scratch scratch;
  support::fettle(scratch.path(), {"init"});
  CHECK(scratch.read("fettle-api.lua") == annotations_of(FETTLE_VERSION));
  scratch.write("fettle-api.lua", annotations_of("0.0.1"));
  scratch.remove(".luarc.json");
  const support::Result result = support::fettle(scratch.path(), {"init"});
  CHECK(has(result.out, "created  .luarc.json\nupdated  fettle-api.lua\n"));
  scratch.write("fettle-api.lua", "");
  const auto json = nlohmann::json::parse(support::fettle(scratch.path(), {"init", "--json"}).out);
  CHECK(json.at("updated") == std::vector<std::string>{"fettle-api.lua"});
}
