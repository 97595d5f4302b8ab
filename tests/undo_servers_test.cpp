// `fettle rollback` by rows on servers: real ones, through the built program.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/engine.hpp"
#include "support/site.hpp"

using nlohmann::json;
using support::Ended;
using support::Engine;
using support::Site;

namespace {

std::string executing(const std::string& body) {
  return fmt::format(
      "return {{ shouldRun = function() return true end, execute = function() {} return {{ executed = true }} end }}",
      body);
}

bool says(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 800));
  return found;
}

std::vector<Engine> servers() {
  std::vector<Engine> all;
  for (Engine& engine : std::vector<Engine>{support::postgresql_engine(), support::mariadb_engine()})
    if (!engine.name.empty()) all.push_back(std::move(engine));
  return all;
}

void make_users(const Engine& engine) {
  const bool is_postgresql = engine.name == "postgresql";
  engine.ask(is_postgresql
                 ? "set role fettle; create table users (id int primary key, name text, note text)"
                 : "create table users (id int primary key, name varchar(50), note varchar(50)) engine=innodb");
  engine.ask("insert into users values (1, 'anna', null), (2, 'bob', 'x'), (3, 'cy', 'y'), (4, 'dora', null)");
}

std::string rows_of(const Engine& engine) {
  const std::string text = engine.ask("select concat(id, name, coalesce(note, '-')) from users order by id");
  std::string line;
  for (const char letter : text) line += letter == '\n' ? ';' : letter;
  return line;
}

}  // namespace

TEST_CASE("journey: servers: a script without rollback() is previewed, told and undone by the rows that it changed") {
  for (const Engine& engine : servers()) {
    CAPTURE(engine.name);
    make_users(engine);
    const Site site;
    support::use(site, engine);
    const std::string before = rows_of(engine);
    site.write(
        "fix-scripts/001_a.lua",
        executing("db.exec([[update users set name = upper(name) where id < 3]]) db.exec([[delete from users where "
                  "id = 3]]) db.exec([[insert into users values (9, 'new', null)]])"));
    const json preview = site.fettle_json({"run", "--dry-run", "--json"});
    const json& told = preview.at("scripts").at(0).at("changes").at("tables").at(0);
    CHECK(told.at("net") == true);
    CHECK(told.at("gap").is_null());
    CHECK(told.at("inserted") == 1);
    CHECK(told.at("updated") == 2);
    CHECK(told.at("deleted") == 1);
    CHECK(told.at("rows").size() == 4);
    CHECK(rows_of(engine) == before);
    REQUIRE(site.fettle({"run", "--plan", std::to_string(preview.at("run").get<int>())}).status == 0);
    const std::string after = rows_of(engine);
    REQUIRE(after.starts_with("1ANNA-;2BOBx;4dora-;9new-"));
    CHECK(says(site.fettle({"show", "1", "--full"}).out, "'anna' → 'ANNA'"));
    const Ended tried = site.fettle({"rollback", "001", "--dry-run"});
    CHECK(tried.status == 0);
    CHECK(says(tried.out, "by the rows that it"));
    CHECK(rows_of(engine) == after);
    const json report = site.fettle_json({"rollback", "001", "--yes", "--json", "--requeue", "--reason", "wrong"});
    CHECK(report.at("exit_code") == 0);
    CHECK(rows_of(engine) == before);
    CHECK(engine.ask("select count(*) from fettle_receipts").starts_with("0"));
    CHECK(site.fettle({"ledger", "verify"}).status == 0);
  }
}

TEST_CASE("journey: servers: rows that somebody changed since are listed, and undone unless they are to be skipped") {
  for (const Engine& engine : servers()) {
    CAPTURE(engine.name);
    make_users(engine);
    const Site site;
    support::use(site, engine);
    site.write("fix-scripts/001_a.lua",
               executing("db.exec([[update users set name = upper(name)]]) db.exec([[insert into users values (9, "
                         "'new', null)]])"));
    REQUIRE(site.fettle({"run"}).status == 0);
    engine.ask("update users set name = 'Bobby' where id = 2");
    engine.ask("delete from users where id = 3");
    engine.ask("update users set note = 'mine' where id in (1, 9)");
    const std::string between = rows_of(engine);
    const Ended refused = site.fettle({"rollback", "001", "--yes"});
    CHECK(refused.status == 4);
    CHECK(says(refused.out, "3 rows are not as attempt 1 left them"));
    CHECK(says(refused.out, "users id = 2"));
    CHECK(says(refused.out, "it was changed since"));
    CHECK(says(refused.out, "it is not there any more"));
    CHECK(rows_of(engine) == between);
    CHECK(site.fettle({"rollback", "001", "--yes", "--theirs"}).status == 0);
    CHECK(rows_of(engine).starts_with("1annamine;2Bobbyx;4dora-;9newmine"));
  }
}

TEST_CASE("journey: postgresql: what would act on rows that are put back is silenced, or the reason to refuse") {
  const Engine engine = support::postgresql_engine();
  if (engine.name.empty()) return;
  engine.ask(
      "set role fettle; create table boss (id int primary key); create table users (id int primary key, boss int "
      "references boss on delete cascade); create table log (n int generated always as identity primary key, what "
      "text);"
      "create function logs() returns trigger language plpgsql as 'begin insert into log (what) values (tg_op); return "
      "null; end'; create trigger logs after delete on users for each row execute function logs();"
      "insert into boss values (1), (2); insert into users values (1, 1), (2, 2), (3, 1)");
  const Site site;
  support::use(site, engine);
  site.write("fix-scripts/001_a.lua", executing("db.exec([[delete from boss where id = 1]])"));
  site.write("fix-scripts/002_b.lua", executing("db.exec([[insert into boss values (7)]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  REQUIRE(engine.ask("select count(*) from log").starts_with("2"));
  const Ended refused = site.fettle({"rollback", "001", "--yes"});
  CHECK(refused.status == 4);
  CHECK(says(refused.out, "trigger logs of users"));
  const Ended cascades = site.fettle({"rollback", "002", "--yes"});
  CHECK(cascades.status == 4);
  CHECK(says(cascades.out, "foreign key"));
  engine.ask("grant set on parameter session_replication_role to fettle");
  engine.ask("insert into users values (4, 7)");
  const Ended held = site.fettle({"rollback", "002", "--yes"});
  CHECK(held.status == 4);
  CHECK(says(held.out, "refer to rows that are not there"));
  CHECK(engine.ask("select count(*) from boss where id = 7").starts_with("1"));
  engine.ask("delete from users where id = 4; delete from log where n > 2");
  CHECK(site.fettle({"rollback", "002", "--yes"}).status == 0);
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  engine.ask("revoke set on parameter session_replication_role from fettle");
  CHECK(engine
            .ask("select (select count(*) from users) * 100 + (select count(*) from log) * 10 + (select count(*) from "
                 "boss)")
            .starts_with("302"));
}

TEST_CASE("journey: mariadb: a row whose counter is 0 is put back as that, and a trigger is the reason to refuse") {
  const Engine engine = support::mariadb_engine();
  if (engine.name.empty()) return;
  engine.ask("create table t (id int auto_increment primary key, n int) engine=innodb");
  engine.ask("set sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; insert into t values (0, 5), (1, 6)");
  const Site site;
  support::use(site, engine);
  site.write("fix-scripts/001_a.lua", executing("db.exec([[delete from t]])"));
  REQUIRE(site.fettle({"run"}).status == 0);
  engine.ask("create trigger acts after insert on t for each row set @seen = 1");
  const Ended refused = site.fettle({"rollback", "001", "--yes"});
  CHECK(refused.status == 4);
  CHECK(says(refused.out, "trigger acts"));
  engine.ask("drop trigger acts");
  CHECK(site.fettle({"rollback", "001", "--yes"}).status == 0);
  CHECK(engine.ask("select group_concat(concat(id, '-', n) order by id) from t").starts_with("0-5,1-6"));
}
