// `fettle rollback` of scripts without rollback(): by the rows that they changed; and runs that keep to a preview.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>

#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Site;

namespace {

std::string executing(const std::string& body) {
  return fmt::format(
      "return {{ shouldRun = function() return true end, execute = function() {} return {{ executed = true }} end }}",
      body);
}

// The tables of the site alone.
std::string rows_of(const Site& site) {
  return site.sql("select group_concat(id || name || coalesce(note, '-'), ';') from (select * from users order by id)");
}

void make_users(const Site& site) {
  site.sql(
      "create table users(id integer primary key, name text, note text);"
      "insert into users values (1, 'anna', null), (2, 'bob', 'x'), (3, 'cy', 'y'), (4, 'dora', null);");
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("journey: a script without rollback() is undone by the rows that it changed") {
  const Site site;
  make_users(site);
  const std::string before = rows_of(site);
  site.write(
      "fix-scripts/001_a.lua",
      executing("db.exec([[update users set name = upper(name) where id < 3]]) db.exec([[delete from users where "
                "id = 3]]) db.exec([[insert into users values (9, 'new', null)]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(rows_of(site) == "1ANNA-;2BOBx;4dora-;9new-");
  const Ended tried = site.fettle({"rollback", "001", "--dry-run"});
  CHECK(tried.status == 0);
  CHECK(says(tried.out, "by the rows that it"));
  CHECK(says(tried.out, "nothing was changed"));
  CHECK(rows_of(site) == "1ANNA-;2BOBx;4dora-;9new-");
  const json report = site.fettle_json({"rollback", "001", "--yes", "--json", "--requeue", "--reason", "wrong"});
  CHECK(report.at("exit_code") == 0);
  CHECK(report.at("counts").at("rolled_back") == 1);
  CHECK(rows_of(site) == before);
  CHECK(site.sql("select count(*) from fettle_receipts") == "0");
  CHECK(site.exists("fix-scripts/001_a.lua"));
  CHECK(site.fettle({"ledger", "verify"}).status == 0);
  REQUIRE(site.fettle({"run"}).status == 0);  // once more
  CHECK(rows_of(site) == "1ANNA-;2BOBx;4dora-;9new-");
}

TEST_CASE("journey: rows that somebody changed since are listed, and nothing is undone unless they are to be skipped") {
  const Site site;
  make_users(site);
  site.write("fix-scripts/001_a.lua",
             executing("db.exec([[update users set name = upper(name)]]) db.exec([[insert into users values (9, 'new', "
                       "null)]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.sql(
      "update users set name = 'Bobby' where id = 2; delete from users where id = 3; update users set note = 'mine' "
      "where id in (1, 9)");
  const std::string between = rows_of(site);
  const Ended refused = site.fettle({"rollback", "001", "--yes"});
  CHECK(refused.status == 4);
  CHECK(says(refused.out, "3 rows are not as attempt 1 left them"));
  CHECK(says(refused.out, "users id = 2"));
  CHECK(says(refused.out, "it was changed since"));
  CHECK(says(refused.out, "it is not there any more"));
  CHECK(rows_of(site) == between);
  CHECK(site.sql("select count(*) from fettle_receipts") == "1");
  CHECK(site.fettle({"rollback", "001", "--yes", "--theirs"}).status == 0);
  CHECK(rows_of(site) == "1annamine;2Bobbyx;4dora-;9newmine");  // the note of 1 is not the script's business
  CHECK(site.sql("select count(*) from fettle_receipts") == "0");
}

TEST_CASE("journey: what a trigger or a foreign key did is undone with the rest, and neither fires again") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db?foreign_keys=on\"\n");
  site.sql(
      "create table boss(id integer primary key); create table users(id integer primary key, boss references boss(id) "
      "on "
      "delete cascade, name text); create table log(n integer primary key, what text);"
      "create trigger t after delete on users begin insert into log(what) values ('gone ' || old.id); end;"
      "insert into boss values (1), (2); insert into users values (1, 1, 'a'), (2, 2, 'b'), (3, 1, 'c');");
  const std::string before = site.sql(".dump");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[delete from boss where id = 1]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.sql("select (select count(*) from users) || ' ' || (select count(*) from log)") == "1 2");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(
      site.sql(
          "select (select group_concat(id || boss || name) from users) || ' ' || (select count(*) from log) || ' ' || "
          "(select count(*) from boss)") == "11a,22b,31c 0 2");
}

TEST_CASE("journey: rows that refer to what would be taken away hold the rollback up") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db?foreign_keys=on\"\n");
  site.sql(
      "create table boss(id integer primary key); create table users(id integer primary key, boss references "
      "boss(id))");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[insert into boss values (1)]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.sql("insert into users values (1, 1)");
  const Ended refused = site.fettle({"rollback", "001", "--yes"});
  CHECK(refused.status == 4);
  CHECK(says(refused.out, "refer to rows"));
  CHECK(site.sql("select count(*) from boss") == "1");
}

TEST_CASE("journey: one row that refers to nothing does not make up for another one that would") {
  const Site site;
  site.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db?foreign_keys=on\"\n");
  site.sql(
      "create table p (id integer primary key); create table c (id integer primary key, p integer references p); "
      "insert into p values (7)");
  site.write("fix-scripts/001.lua",
             executing("db.exec([[insert into p values (8)]]) db.exec([[delete from p where id = 7]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  site.sql("insert into c values (1, 7), (2, 8)");  // the first refers to nothing now, the second would
  const Ended refused = site.fettle({"rollback", "001", "--yes"});
  CHECK(refused.status == 4);
  CHECK(says(refused.out, "refer to rows"));
  CHECK(site.sql("select group_concat(id) from p") == "8");
}

TEST_CASE("journey: what was not recorded completely is not undone, and why is said") {
  const Site site("images = \"1KiB\"\n");
  make_users(site);
  site.write("fix-scripts/001_ddl.lua", executing("db.exec([[create table more(a)]])"));
  site.write(
      "fix-scripts/002_much.lua",
      executing("for i = 10, 2000 do db.exec([[insert into users values (?, 'name', null)]], i) end db.exec([[update "
                "users set name = 'x']])"));
  site.write(
      "fix-scripts/003_loose.lua",
      "return { transaction = false, shouldRun = function() return true end, execute = function() db.exec([[delete "
      "from users where id = 1]]) return { executed = true } end }");
  REQUIRE(site.fettle({"run"}).status == 0);
  for (const char* script : {"001", "002", "003"}) {
    CAPTURE(script);
    const Ended refused = site.fettle({"rollback", script, "--yes"});
    CHECK(refused.status == 2);
    CHECK(says(refused.err, "cannot be put back"));
    CHECK(says(refused.err, "Nothing was rolled back."));
  }
}

TEST_CASE("journey: a run that keeps to a preview runs those versions, and no other rows than it showed") {
  const Site site;
  make_users(site);
  site.write("fix-scripts/001_a.lua", executing("db.exec([[update users set note = 'seen' where note is null]])"));
  site.write("fix-scripts/002_b.lua", executing("db.exec([[delete from users where id = 3]])"));
  const json preview = site.fettle_json({"run", "--dry-run", "--json"});
  REQUIRE(preview.at("exit_code") == 0);
  const std::string id = std::to_string(preview.at("run").get<int>());
  site.write("fix-scripts/003_new.lua", executing("db.exec([[delete from users]])"));

  site.write("fix-scripts/002_b.lua", executing("db.exec([[delete from users where id > 2]])"));
  const Ended differs = site.fettle({"run", "--plan", id});
  CHECK(differs.status == 2);
  CHECK(says(differs.err, "002_b.lua: it is not the version of preview"));
  CHECK(says(rows_of(site), "1anna-"));

  site.write("fix-scripts/002_b.lua", executing("db.exec([[delete from users where id = 3]])"));
  site.sql("insert into users values (7, 'late', null)");
  const json drifted = site.fettle_json({"run", "--plan", id, "--json"});
  CHECK(drifted.at("exit_code") == 4);
  CHECK(drifted.at("scripts").at(0).at("cause") == "rule");
  CHECK(says(drifted.at("scripts").at(0).at("error").get<std::string>(), "3 rows of users updated, 2 in the preview"));
  CHECK(site.sql("select count(*) from users where note = 'seen'") == "0");
  CHECK(site.exists("fix-scripts/003_new.lua"));  // nobody saw it

  REQUIRE(site.fettle({"retry", "001", "--no-run"}).status == 0);
  site.write("fix-scripts/002_b.lua", executing("db.exec([[delete from users where id = 3]])"));
  const json allowed = site.fettle_json({"run", "--dry-run", "--json", "001", "002"});
  site.sql("insert into users values (8, 'later', null)");
  const std::string next = std::to_string(allowed.at("run").get<int>());
  CHECK(site.fettle({"run", "--plan", next, "--allow-drift", "50%"}).status == 0);
  CHECK(site.sql("select count(*) from users where note = 'seen'") == "4");
  CHECK(site.exists("fix-scripts/003_new.lua"));
  CHECK(site.fettle({"run", "--plan", "99"}).status == 2);
}

TEST_CASE("journey: rows of a table without a key are undone one by one, also where a column is called rowid") {
  const Site site;
  site.sql("create table log(rowid text, msg text); insert into log values ('x', 'one'), ('x', 'two')");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[insert into log values ('x', 'three')]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.sql("select group_concat(msg) from log") == "one,two");
}

TEST_CASE("journey: what a table says of conflicts does not hold when rows are put back") {
  for (const char* clause : {"replace", "ignore"}) {
    CAPTURE(clause);
    const Site site;
    site.sql(
        fmt::format("create table keys(k text primary key on conflict {}, v text); insert into keys values ('a', "
                    "'old')",
                    clause));
    site.write("fix-scripts/001_a.lua", executing("db.exec([[delete from keys]])"));
    REQUIRE(site.fettle({"run"}).status == 0);
    site.sql("insert into keys values ('a', 'theirs')");
    const Ended refused = site.fettle({"rollback", "001", "--yes"});
    CHECK(refused.status == 4);
    CHECK(site.sql("select v from keys") == "theirs");
    CHECK(site.sql("select count(*) from fettle_receipts") == "1");
  }
}

TEST_CASE("journey: a shift of many rows over a unique column is undone") {
  const Site site;
  site.sql(
      "create table place(id integer primary key, pos integer unique); insert into place with recursive c(n) as "
      "(select 1 "
      "union all select n + 1 from c where n < 3000) select n, n from c");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[update place set pos = pos - 1]])"));
  const std::string before = site.sql("select sum(id * pos) from place");
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.sql("select sum(id * pos) from place") != before);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.sql("select sum(id * pos) from place") == before);
}

TEST_CASE("journey: a plan holds the schema and the transaction, too") {
  const Site site;
  make_users(site);
  site.write(
      "fix-scripts/001_a.lua",
      executing("if not ctx.preview then db.exec([[create index more on users(name)]]) end db.exec([[delete from "
                "users where id = 1]])"));
  site.write("fix-scripts/002_b.lua",
             "return { transaction = ctx.preview, shouldRun = function() return true end, execute = function() "
             "db.exec([[delete from users where id = 2]]) return { executed = true } end }");
  const json preview = site.fettle_json({"run", "--dry-run", "--json"});
  REQUIRE(preview.at("counts").at("succeeded") == 2);
  const json run = site.fettle_json({"run", "--json", "--plan", std::to_string(preview.at("run").get<int>())});
  CHECK(run.at("counts").at("failed") == 2);
  CHECK(says(run.at("scripts").at(0).at("error").get<std::string>(), "index more created, which the preview did not"));
  CHECK(says(run.at("scripts").at(1).at("error").get<std::string>(), "without a transaction"));
  CHECK(site.sql("select count(*) from users") == "4");
}

TEST_CASE("journey: rows that differ by 2 and 2.0 alone are not taken for each other when they are put back") {
  const Site site;
  site.sql("create table log(a, b); insert into log values ('x', 2), ('y', 2.0)");
  const std::string before = site.sql("select group_concat(a || typeof(b)) from (select * from log order by a)");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[update log set a = 'same']])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.sql("select group_concat(a || typeof(b)) from (select * from log order by a)") == before);
}

TEST_CASE("journey: rows whose key is NULL are told apart by their other columns when they are put back") {
  const Site site;
  site.sql("create table t(id text primary key, a, b); insert into t values (null, 1, 'one'), (null, 2, 'two')");
  site.write("fix-scripts/001_a.lua", executing("db.exec([[update t set b = 'same']])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(site.sql("select group_concat(a || b) from (select * from t order by a)") == "1same,2same");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(site.sql("select group_concat(a || b) from (select * from t order by a)") == "1one,2two");
}
