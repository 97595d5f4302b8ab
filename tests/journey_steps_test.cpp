// Who tests the tests: every expectation of a journey holds on output that fits it, and fails on output that does not.
#include <doctest/doctest.h>
#include <stdexcept>
#include <string>

#include "support/journey.hpp"
#include "support/scratch.hpp"

namespace {

using support::Ended;

struct Folder {
  support::Scratch scratch;

  Folder() { scratch.write("failed/002_x.lua", "return {}\n"); }
  const std::string& path() const { return scratch.path(); }
};

Ended ended(int status, std::string out, std::string err = {}) {
  Ended result;
  result.status = status;
  result.out = std::move(out);
  result.err = std::move(err);
  return result;
}

const std::string k_json =
    R"({"counts":{"failed":1},"scripts":[{"script":"a.lua","n":1},{"script":"b.lua","n":2.5}],"none":null})";

bool holds(const std::string& line, const Ended& result, const std::string& directory = "/") {
  const auto steps = support::parse_journey("$ true\n" + line);
  REQUIRE(steps.size() == 1);
  REQUIRE(steps[0].expectations.size() == 1);
  return support::check(steps[0].expectations[0], result, directory).empty();
}

}  // namespace

TEST_CASE("an exit code is compared, and a program that hangs has none") {
  CHECK(holds("exit 4", ended(4, "")));
  CHECK_FALSE(holds("exit 4", ended(0, "")));
  CHECK_FALSE(holds("exit 0", ended(137, "")));
  Ended hung;
  hung.timed_out = true;
  CHECK_FALSE(holds("exit 0", hung));
  CHECK_THROWS_AS(holds("exit four", ended(4, "")), std::runtime_error);
}

TEST_CASE("output is asked for what it has, lacks and is") {
  CHECK(holds("out has two words", ended(0, "here are two words")));
  CHECK_FALSE(holds("out has two words", ended(0, "here are words", "two words")));
  CHECK(holds("err has two", ended(0, "", "two")));
  CHECK_FALSE(holds("err has two", ended(0, "two", "")));
  CHECK(holds("out lacks \"\\x1b[\"", ended(0, "plain")));
  CHECK_FALSE(holds("out lacks \"\\x1b[\"", ended(0, "\x1b[31mred")));
  CHECK(holds("out is 3", ended(0, "3\n")));
  CHECK_FALSE(holds("out is 3", ended(0, "33\n")));
  CHECK(holds("err empty", ended(0, "text")));
  CHECK_FALSE(holds("err empty", ended(0, "", "\n")));
  CHECK_THROWS_AS(holds("out has", ended(0, "")), std::runtime_error);
  CHECK_THROWS_AS(holds("out contains x", ended(0, "x")), std::runtime_error);
  CHECK_THROWS_AS(holds("out has \"x", ended(0, "x")), std::runtime_error);
}

TEST_CASE("JSON is asked by paths") {
  const Ended result = ended(0, k_json);
  CHECK(holds("json .counts.failed = 1", result));
  CHECK_FALSE(holds("json .counts.failed = 2", result));
  CHECK_FALSE(holds("json .counts.failed = \"1\"", result));
  CHECK(holds("json .scripts[1].script = \"b.lua\"", result));
  CHECK_FALSE(holds("json .scripts[2].script = \"b.lua\"", result));
  CHECK(holds("json .scripts[script=b.lua].n = 2.5", result));
  CHECK_FALSE(holds("json .scripts[script=c.lua].n = 2.5", result));
  CHECK(holds("json .scripts size 2", result));
  CHECK_FALSE(holds("json .scripts size 1", result));
  CHECK(holds("json .scripts[0].script has lua", result));
  CHECK_FALSE(holds("json .scripts[0].script has Lua", result));
  CHECK(holds("json .scripts[0].script lacks b", result));
  CHECK_FALSE(holds("json .scripts[0].script lacks a", result));
  CHECK(holds("json .none = null", result));
  CHECK(holds("json .nothing absent", result));
  CHECK_FALSE(holds("json .none absent", result));
  CHECK_FALSE(holds("json .nothing = null", result));
  CHECK(holds("json . size 3", result));
  CHECK_THROWS_AS(holds("json .counts.failed = one", result), std::runtime_error);
}

TEST_CASE("JSON with anything before or after it is no JSON") {
  CHECK_FALSE(holds("json .counts.failed = 1", ended(0, "warning\n" + k_json)));
  CHECK_FALSE(holds("json .counts.failed = 1", ended(0, k_json + k_json)));
  CHECK_FALSE(holds("json .nothing absent", ended(0, "")));
}

TEST_CASE("files are looked for, and read") {
  const Folder folder;
  CHECK(holds("file failed/002_x.lua", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("file failed/003_x.lua", ended(0, ""), folder.path()));
  CHECK(holds("no file failed/003_x.lua", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("no file failed/002_x.lua", ended(0, ""), folder.path()));
  CHECK(holds("file failed/002_x.lua has return", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("file failed/002_x.lua has break", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("file failed/002_x.lua lacks return", ended(0, ""), folder.path()));
  CHECK_THROWS_AS(holds("no folder failed", ended(0, ""), folder.path()), std::runtime_error);
}

TEST_CASE("a tree is the exact content of the folders") {
  const Folder folder;
  CHECK(holds("tree\n  failed/002_x.lua", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("tree", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("tree\n  failed/002_x.lua\n  failed/003_x.lua", ended(0, ""), folder.path()));
  folder.scratch.write("failed/line\nend.lua", "");
  CHECK(holds("tree\n  failed/002_x.lua\n  failed/line\\nend.lua", ended(0, ""), folder.path()));
}

TEST_CASE("a database is asked by SQL") {
  const Folder folder;
  CHECK_FALSE(holds("sql app.db select 1 = 1", ended(0, ""), folder.path()));
  REQUIRE(
      support::run({.command = {"sqlite3", "app.db", "create table t (a, b); insert into t values (1, 'x'), (2, 'y')"},
                    .directory = folder.path(),
                    .environment = {}})
          .status == 0);
  CHECK(holds("sql app.db select count(*) from t = 2", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("sql app.db select count(*) from t = 3", ended(0, ""), folder.path()));
  CHECK(holds("sql app.db select a, b from t where b = 'y' = 2|y", ended(0, ""), folder.path()));
  CHECK(holds("sql app.db select a from t order by a = 1; 2", ended(0, ""), folder.path()));
  CHECK_FALSE(holds("sql app.db select a from missing = 1", ended(0, ""), folder.path()));
}

TEST_CASE("a command that fails without being expected to is a difference") {
  const auto steps = support::parse_journey("$ echo one; exit 3\nout has one\n$ sleep 30\nlimit 1\nexit 0\n");
  REQUIRE(steps.size() == 2);
  CHECK(support::walk(steps[0], "/", {}).size() == 1);
  CHECK(support::walk(steps[1], "/", {}).size() == 1);
}

TEST_CASE("lines that continue a command are part of it") {
  const auto steps = support::parse_journey("$ cat <<'END'\n> first\n>\n> END\nout is first\n");
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].command == "cat <<'END'\nfirst\n\nEND");
  CHECK(support::walk(steps[0], "/", {}).empty());
}

TEST_CASE("a journey that expects nothing, or something unknown, is refused") {
  CHECK_THROWS_AS(support::parse_journey(""), std::runtime_error);
  CHECK_THROWS_AS(support::parse_journey("# only words\n"), std::runtime_error);
  CHECK_THROWS_AS(support::parse_journey("$ fettle run\n"), std::runtime_error);
  CHECK_THROWS_AS(support::parse_journey("$ fettle run\nexpect joy\n"), std::runtime_error);
  CHECK_THROWS_AS(support::parse_journey("exit 0\n$ fettle run\n"), std::runtime_error);
  CHECK_THROWS_AS(support::parse_journey("$ fettle run\nexit 0\n  indented\n"), std::runtime_error);
}
