// README.md cannot lie: its console blocks are typed, one after the other, in a copy of what a checkout holds, and what
// they show must be seen. Numbers and times may differ; a line "…" stands for lines that are left out.
#include <array>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;

const std::string k_source = FETTLE_SOURCE_DIR;

struct Shown {
  std::string command;
  std::vector<std::string> lines;
};

// Commands that build or run this very test; only the program they name is looked for.
constexpr std::array<std::string_view, 2> k_not_typed = {"tools/test", "cmake "};

std::vector<Shown> console_blocks(const std::string& text) {
  std::vector<Shown> all;
  bool inside = false;
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      all.push_back({std::string(line.substr(2)), {}});
    } else if (inside && line.starts_with("> ")) {
      all.back().command += fmt::format("\n{}", line.substr(2));
    } else if (inside && !base::trim(line).empty() && line != "…") {
      all.back().lines.emplace_back(line);
    }
  }
  return all;
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Lines that begin with "fettle " between fences.
std::vector<std::string> fenced_commands(const std::string& text) {
  std::vector<std::string> all;
  bool inside = false;
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.starts_with("```")) inside = !inside;
    if (inside && line.starts_with("fettle ")) all.emplace_back(line);
  }
  return all;
}

// Numbers become #, a time after a number becomes T, space is one blank.
std::string masked(std::string_view line) {
  std::string result;
  for (std::size_t at = 0; at < line.size();) {
    if (is_digit(line[at])) {
      while (at < line.size() && (is_digit(line[at]) || ((line[at] == '.' || line[at] == ':') && at + 1 < line.size() &&
                                                         is_digit(line[at + 1]))))
        ++at;
      result += '#';
    } else if (line[at] == ' ') {
      while (at < line.size() && line[at] == ' ') ++at;
      result += ' ';
    } else {
      result += line[at++];
    }
  }
  for (const std::string_view unit : {"# ms", "# s", "# KiB", "# MiB"})
    for (std::size_t at = result.find(unit); at != std::string::npos; at = result.find(unit, at))
      result.replace(at, unit.size(), "T");
  return std::string(base::trim(result));
}

// The first shown line that the output does not have after the one before; empty: all are there.
std::string missing_line(const Shown& shown, const std::string& output) {
  std::vector<std::string> seen;
  for (const std::string_view line : base::split(output, '\n')) seen.push_back(masked(line));
  std::size_t at = 0;
  for (const std::string& line : shown.lines) {
    const std::string wanted = masked(line);
    while (at < seen.size() && seen[at] != wanted) ++at;
    if (at++ == seen.size()) return line;
  }
  return "";
}

void copy_checkout(const support::Scratch& scratch) {
  for (const char* name : {"README.md", "config.toml", "scripts-example", "tools", "docs", "packaging"})
    fs::copy(k_source + "/" + name, scratch.path(name), fs::copy_options::recursive);
  scratch.make_folder("build");
  fs::create_symlink(support::fettle_binary(), scratch.path("build/fettle"));
}

bool is_typed(std::string_view command) {
  for (const std::string_view start : k_not_typed)
    if (command.starts_with(start)) return false;
  return true;
}

}  // namespace

TEST_CASE("readme: every command does what it shows") {
  const std::vector<Shown> all = console_blocks(support::read_file(k_source + "/README.md"));
  REQUIRE(all.size() > 5);
  const support::Scratch scratch;
  copy_checkout(scratch);
  for (const Shown& shown : all) {
    if (!is_typed(shown.command)) continue;
    const support::Ended ended = support::run({.command = {"/bin/sh", "-c", shown.command},
                                               .directory = scratch.path(),
                                               .environment = {"FETTLE=" + support::fettle_binary(), "USER=anna",
                                                               "LOGNAME=anna", "FETTLE_WEB_LISTEN=127.0.0.1:0"}});
    CAPTURE(shown.command);
    INFO(ended.out, ended.err);
    CHECK_FALSE(ended.timed_out);
    CHECK((ended.status == 0 || ended.status == 4));
    CHECK(missing_line(shown, ended.out + ended.err) == "");
  }
}

TEST_CASE("readme: every command in the documents does its work where the demo was run") {
  const support::Scratch scratch;
  copy_checkout(scratch);
  const std::string in_demo = "FETTLE=" + support::fettle_binary();
  REQUIRE(support::run({.command = {"tools/demo"}, .directory = scratch.path(), .environment = {in_demo}}).status == 0);
  // What docs/import.md imports.
  const std::string old =
      "create table knex_migrations (id integer primary key, name text, batch integer, migration_time datetime);"
      "insert into knex_migrations values (1, '20240101_a.js', 1, '2024-01-01 10:00:00')";
  REQUIRE(
      support::run({.command = {"sqlite3", "old.db", old}, .directory = scratch.path(), .environment = {}}).status ==
      0);
  std::size_t typed = 0;
  for (const auto& entry : fs::directory_iterator(k_source + "/docs")) {
    for (const std::string& command : fenced_commands(support::read_file(entry.path()))) {
      ++typed;
      const support::Ended ended =
          support::run({.command = {"/bin/sh", "-c", command},
                        .directory = scratch.path(),
                        .environment = {"PATH=" + scratch.path("build") + ":/usr/local/bin:/usr/bin:/bin"}});
      CAPTURE(command);
      INFO(ended.out, ended.err);
      CHECK((ended.status == 0 || ended.status == 4));
    }
  }
  CHECK(typed > 2);
}

TEST_CASE("readme: a line that the program does not print is noticed") {
  const std::vector<Shown> shown =
      console_blocks("```console\n$ echo\n  3 rows in 1.5 ms\nsecond\n```\n```sh\n$ no\n```\n");
  REQUIRE(shown.size() == 1);
  CHECK(missing_line(shown[0], "3  rows in 12 s\nsecond\n") == "");
  CHECK(missing_line(shown[0], "second\n3 rows in 12 ms\n") == "second");
  CHECK(missing_line(shown[0], "3 lines in 1.5 ms\nsecond\n") == "  3 rows in 1.5 ms");
}

TEST_CASE("readme: every file that the documents point to exists") {
  for (const char* document : {"README.md", "docs/scripts.md", "docs/receipts.md", "docs/performance.md",
                               "docs/watch.md", "docs/backups.md", "docs/hooks.md", "docs/changes.md", "docs/ledger.md",
                               "docs/import.md", "docs/serve.md", "tests/journeys/README.md"}) {
    const std::string text = support::read_file(k_source + "/" + document);
    REQUIRE_FALSE(text.empty());
    const fs::path folder = fs::path(k_source + "/" + document).parent_path();
    for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const std::string link = text.substr(at + 2, text.find(')', at) - at - 2);
      if (link.starts_with("http") || link.starts_with('#')) continue;
      CAPTURE(link);
      CHECK(fs::exists(folder / link.substr(0, link.find('#'))));
    }
  }
}

TEST_CASE("readme: the demo does the same on a server") {
  for (const auto& [engine, program] :
       {std::pair("postgresql", "/usr/lib/postgresql"), std::pair("mariadb", "/usr/sbin/mariadbd")}) {
    CAPTURE(engine);
    if (!fs::exists(program)) {
      support::skip(std::string(engine) + " is not installed");
      continue;
    }
    const support::Scratch scratch;
    copy_checkout(scratch);
    const support::Ended ended = support::run({.command = {"tools/demo", "--engine", engine},
                                               .directory = scratch.path(),
                                               .environment = {"FETTLE=" + support::fettle_binary()}});
    INFO(ended.out, ended.err);
    CHECK(ended.status == 0);
    CHECK(ended.out.find("9 succeeded, 2 skipped, 1 failed") != std::string::npos);
    CHECK(ended.out.find("corrected 300 orders, 585.00") != std::string::npos);
  }
}
