#include "target/mariadb.hpp"

#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "support/mariadb_server.hpp"
#include "target/broker_bench.hpp"
#include "target/mariadb_address.hpp"
#include "target/mariadb_guard.hpp"
#include "target/sqlite_fixture.hpp"

using core::Access;
using core::Cause;
using core::Done;
using core::Value;
using support::BrokerBench;
using support::MariadbServer;
using support::Packed;
using support::says;
using support::sql_error;
using support::value_of;

namespace {

using What = core::Describe::What;

core::BrokerSettings settings(const std::string& url) {
  return {"/tmp", "/tmp/ledger.db", {{"main", url}}, {}};
}

std::unique_ptr<target::Connection> open(const std::string& url) {
  return target::open_mariadb(std::string_view(url).substr(url.find(':') + 1), {});
}

target::Beginning writing(std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  return {Access::write, os::in(limit), "001.lua", "version"};
}

core::Receipt receipt(std::int64_t attempt = 1) {
  return {"001.lua", "version", "ledger", "node", "2026-01-02T03:04:05.678Z", "0", attempt, 7};
}

std::vector<core::Row> rows_of(target::Cursor& cursor) {
  std::vector<core::Row> rows;
  core::Writer bytes;
  for (; cursor.next(bytes); bytes.clear()) {
    core::Reader reader(bytes.bytes());
    rows.push_back(reader.row());
    REQUIRE(reader.complete());
  }
  return rows;
}

// A database with a table, and a connection in a transaction.
struct Site {
  explicit Site(MariadbServer& its_server, Access access = Access::write, const std::string& options = "")
      : server(its_server), database(server.make_database()) {
    outside("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) UNIQUE) ENGINE=InnoDB");
    connection = open(server.url(database, options));
    connection->begin({access, os::in(std::chrono::seconds(30)), "001.lua", "version"});
  }
  std::string outside(const std::string& sql) const { return server.ask(sql, database); }
  std::string refusal(const std::string& sql) const {
    return sql_error([&] { connection->execute(sql, {}); });
  }

  MariadbServer& server;
  std::string database;
  std::unique_ptr<target::Connection> connection;
};

std::string address_error(const std::string& text) {
  return sql_error([&] { target::read_mariadb_address(text); });
}

std::string guard_error(const std::string& sql, target::Dialect dialect = target::Dialect::mariadb,
                        Access access = Access::write) {
  return sql_error([&] { target::read_mariadb(sql, dialect, access); });
}

}  // namespace

TEST_CASE("mariadb: a URL is taken apart, and percent signs are decoded in every part") {
  const auto address = target::read_mariadb_address(
      "//us%65r:p%40ss%2Fw0rd%2520@[::1]:3307/na%6De?ssl-mode=verify-full&ssl-ca=/"
      "a%20b&connect_timeout=3&lock_timeout=7");
  CHECK(address.user == "user");
  CHECK(address.password == "p@ss/w0rd%20");
  CHECK(address.host == "::1");
  CHECK(address.port == 3307);
  CHECK(address.database == "name");
  CHECK(address.encryption == target::MariaAddress::Encryption::verify_full);
  CHECK(address.ca_file == "/a b");
  CHECK(address.connect_timeout == 3);
  CHECK(address.lock_timeout == 7);
  const auto plain = target::read_mariadb_address("//u@h/d");
  CHECK(plain.port == 3306);
  CHECK(plain.password == "");
  CHECK(target::read_mariadb_address("//u:p@/d?socket=%2Frun%2Fs").socket == "/run/s");
}

TEST_CASE("mariadb: a URL that is not understood is never repeated") {
  for (const std::string text : {"u:secret@h/d", "//u:secret@h", "//:secret@h/d", "//u:secret@h:port/d",
                                 "//u:sec%ret@h/d", "//u:secret@[::1/d", "//u:secret@h/d?ssl-mode=secret",
                                 "//u:secret@h/d?secret", "//u:sec?secret=ret@h/d", "//u:secret@h/d?lock_timeout=0",
                                 "//u:secret@h/d?ssl-mode=verify-ca", "//secret@h:99999/d", "//u:secret%00@h/d"}) {
    CAPTURE(text);
    const std::string said = address_error(text);
    CHECK(said.starts_with("unreachable: "));
    CHECK(said.find("secret") == std::string::npos);
  }
  CHECK(says(address_error("//u:p@h/d?charset=latin1"), "charset (known: ssl-mode, ssl-ca, socket, connect_timeout"));
}

TEST_CASE("mariadb: what would commit implicitly or reach beyond the transaction is refused by its text") {
  for (const std::string sql :
       {"create table a (b int)", "CREATE OR REPLACE TABLE a (b int)", "alter table t add c int", "drop table t",
        "rename table t to u", "truncate t", "create index i on t (a)", "grant all on *.* to x", "analyze table t",
        "optimize table t", "lock tables t write", "unlock tables", "flush tables", "create view v as select 1",
        "/* a */ drop table t", "-- a\ndrop table t", "# a\ndrop table t"}) {
    CAPTURE(sql);
    CHECK(says(guard_error(sql), "by committing it"));
    CHECK(says(guard_error(sql), "nothing of the script could be rolled back"));
  }
  for (const std::string sql : {"commit",
                                "BEGIN",
                                "begin not atomic select 1; end",
                                "start transaction",
                                "rollback",
                                "savepoint a",
                                "xa start 'a'",
                                "select 1; select 2",
                                "/*! drop table t */",
                                "/*M! drop table t */",
                                "select /*!50000 1 */",
                                "load data infile 'a' into table t",
                                "select 1 into outfile '/tmp/a'",
                                "select 1 into dumpfile '/tmp/a'",
                                "select load_file('/etc/passwd')",
                                "use mysql",
                                "set autocommit = 0",
                                "set session sql_mode = ''",
                                "set @@session.autocommit = 0",
                                "set names latin1",
                                "set @a = 1, autocommit = 0",
                                "set @a = f(1, 2), sql_mode = ''",
                                "set password = 'x'",
                                "set global read_only = 0",
                                "set statement max_statement_time = 1 for commit",
                                "prepare a from 'commit'",
                                "execute a",
                                "execute immediate 'commit'",
                                "deallocate prepare a",
                                "handler t open",
                                "kill 5",
                                "shutdown",
                                "install plugin a soname 'b'",
                                "do get_lock('a', 1)",
                                "select release_all_locks()",
                                "insert into fettle_receipts values (1)",
                                "delete from `fettle_receipts`",
                                "update t, fettle_receipts set a = 1",
                                "insert into t select script from fettle_receipts",
                                "select * from fettle_receipts for update",
                                "create temporary table fettle_receipts (a int)",
                                "if 1 then commit; end if",
                                "x: loop commit; end loop",
                                "select 'a",
                                "--\x01 select '\ncommit -- '",
                                "--\x7f'\ncommit"}) {
    CAPTURE(sql);
    CHECK(guard_error(sql).starts_with("error: "));
  }
  for (const std::string sql : {"select 1",
                                "(select 1) union (select 2)",
                                "with a as (select 1) select * from a",
                                "insert into t values (';')",
                                "insert into t values ('it\\'s; commit')",
                                "update t set a = \"a;b\"",
                                "delete from t where a = `b;c`",
                                "replace into t values (1)",
                                "set @a = 1",
                                "set @a = (select 1, 2), @b = f(1, 2)",
                                "set @a := ?",
                                "call p(1)",
                                "do sleep(0)",
                                "create temporary table a (b int)",
                                "create or replace temporary table a (b int)",
                                "drop temporary table a",
                                "show tables",
                                "explain select 1",
                                "describe t",
                                "analyze select 1",
                                "select * from fettle_receipts",
                                "select 1;",
                                "select 'commit' -- ; drop table t",
                                "values (1)",
                                "signal sqlstate '45000'"}) {
    CAPTURE(sql);
    CHECK(guard_error(sql) == "no error");
  }
  CHECK(guard_error("select 'a\\' ; commit -- '", target::Dialect::mariadb) == "no error");
  CHECK(guard_error("select 'a\\' ; commit -- '", target::Dialect::mariadb_plain) != "no error");
  CHECK(guard_error("create temporary table a (b int)", target::Dialect::mariadb, Access::read) != "no error");
  CHECK(guard_error("call p()", target::Dialect::mariadb, Access::read) != "no error");
}

TEST_CASE("mariadb: a locked-down broker writes, reads and commits, and leaves a receipt") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  std::string options;
  SUBCASE("encrypted") {
    options = "?ssl-mode=required";
  }
  SUBCASE("not encrypted") {
    options = "?ssl-mode=disabled";
  }
  const std::string database = server->make_database();
  server->ask("CREATE TABLE " + database + ".t (a int, b text) ENGINE=InnoDB");
  BrokerBench broker(settings(server->url(database, options)));
  REQUIRE(broker.ready.databases.at(0).fault == "");
  CHECK(broker.ready.level.seccomp);
  for (int round = 1; round <= 3; ++round) {
    REQUIRE(broker.begin("main", Access::write).error == "");
    CHECK(broker.exec("insert into t select seq, concat('x', seq) from seq_1_to_1000") == "no fault");
    CHECK(std::get<std::int64_t>(broker.rows("select count(*) from t").rows.at(0).at(0)) == 1000 * round);
    CHECK(says(broker.exec("create table u (a int)"), "by committing it"));
    const Done done = broker.finish(true);
    CHECK(done.error == "");
    CHECK(done.word == Done::Word::committed);
    CHECK(done.rows_changed == 1000);
  }
  REQUIRE(broker.begin("main", Access::write).error == "");
  CHECK(broker.exec("delete from t") == "no fault");
  CHECK(broker.finish(false).error == "");
  CHECK(server->ask("select count(*) from " + database + ".t") == "3000");
  CHECK(server->ask("select distinct script, applied_at from " + database + ".fettle_receipts") ==
        "bench.lua\t2026-01-01 00:00:00.000");
  CHECK(broker.end() == 0);
}

TEST_CASE("mariadb: a statement is stopped at its time limit and by the runner, and the next one is not hit") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  std::string options;
  SUBCASE("encrypted") {
    options = "?ssl-mode=required";
  }
  SUBCASE("not encrypted") {
    options = "?ssl-mode=disabled";
  }
  const std::string database = server->make_database();
  server->ask("CREATE TABLE " + database + ".t (a int) ENGINE=InnoDB");
  BrokerBench broker(settings(server->url(database, options)));
  REQUIRE(broker.ready.databases.at(0).fault == "");
  for (const std::string sql :
       {"select count(*) from seq_1_to_100000000 a, seq_1_to_100000 b", "select sleep(60) union select 1"}) {
    REQUIRE(broker.begin("main", Access::write, 300).error == "");
    CHECK(broker.exec("insert into t values (1)") == "no fault");
    const auto start = os::Steady::now();
    broker.exec(sql);
    CHECK(os::Steady::now() - start < std::chrono::seconds(5));
    CHECK(broker.finish(false).word != Done::Word::committed);
    REQUIRE(broker.begin("main", Access::write).error == "");
    CHECK(broker.exec("insert into t values (2)") == "no fault");
    CHECK(broker.finish(false).error == "");
  }
  const core::Statement endless{core::Statement::Wants::affected, "", "do sleep(60)", {}};
  for (int round = 0; round < 5; ++round) {  // stopped as it begins, or before
    REQUIRE(broker.begin("main", Access::write).error == "");
    broker.worker().send(static_cast<std::uint8_t>(core::Statement::kind), encode(endless), BrokerBench::soon());
    ::usleep(static_cast<useconds_t>(round * 1000));
    const auto start = os::Steady::now();
    CHECK(broker.finish(false).word != Done::Word::committed);
    CHECK(os::Steady::now() - start < std::chrono::seconds(5));
  }
  CHECK(server->ask("select count(*) from " + database + ".t") == "0");
  CHECK(broker.end() == 0);
}

TEST_CASE("mariadb: a connection that is killed from outside is lost, and nothing was committed") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  at.connection->execute("insert into t (name) values ('a')", {});
  server->ask("KILL " + server->connection_in(at.database));
  CHECK(at.refusal("insert into t (name) values ('b')")
            .starts_with("unreachable: the connection to the database was lost"));
  CHECK(at.connection->lost());
  CHECK(!at.connection->in_transaction());
  CHECK(at.outside("select count(*) from t") == "0");
  Site other(*server);
  other.connection->execute("insert into t (name) values ('a')", {});
  other.connection->leave_receipt(receipt());
  server->ask("KILL " + server->connection_in(other.database));
  CHECK(sql_error([&] { other.connection->commit(); }).starts_with("unreachable: "));
  CHECK(other.connection->lost());
  CHECK(other.outside("select count(*) from t") == "0");
}

TEST_CASE("mariadb: values come back as they were given, and as the server writes them") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  target::Connection& db = *at.connection;
  const std::string long_text(300'000, 'x'), umlauts = "Zoë 💾 \\ ' \" \n";
  CHECK(value_of(db, "select ?", {core::ValueView(std::int64_t{-5})}) == Value(std::int64_t{-5}));
  CHECK(value_of(db, "select ?", {core::ValueView(INT64_MIN)}) == Value(INT64_MIN));
  CHECK(value_of(db, "select ?", {core::ValueView(true)}) == Value(std::int64_t{1}));
  CHECK(value_of(db, "select ?", {core::ValueView(0.1)}) == Value(0.1));
  CHECK(value_of(db, "select ?", {core::ValueView(std::string_view(umlauts))}) == Value(umlauts));
  CHECK(value_of(db, "select ?", {core::ValueView(std::string_view(long_text))}) == Value(long_text));
  CHECK(value_of(db, "select ?", {core::ValueView(core::BlobView("\0\xff'"))}) ==
        Value(core::Blob{std::string("", 0)}));
  const std::string bytes("\0\xff'\\", 4);
  CHECK(value_of(db, "select ?", {core::ValueView(core::BlobView(bytes))}) == Value(core::Blob{bytes}));
  CHECK(value_of(db, "select ?", {core::ValueView(core::Null{})}) == Value(core::Null{}));
  db.execute(
      "create temporary table v (a bigint unsigned, b tinyint(1), c decimal(30,10), d float, e datetime(3), f time, "
      "g date, h json, i enum('x','y'), j uuid, k bit(10), l binary(3), m longtext, n year, o timestamp(6) null, p "
      "mediumblob)",
      {});
  CHECK(db.execute(
            "insert into v values (18446744073709551615, 1, 12345678901234567890.0123456789, 0.1, "
            "'2026-01-02 03:04:05.678', '-12:34:56', '2026-01-02', '{\"a\": 1}', 'y', "
            "'123e4567-e89b-12d3-a456-426655440000', 5, 'ab', repeat('ä', 200), 2026, '2026-01-02 03:04:05', null)",
            {}) == 1);
  const auto cursor = db.query("select * from v", {});
  const auto rows = rows_of(*cursor);
  REQUIRE(rows.size() == 1);
  std::string umlaut_text;
  for (int count = 0; count < 200; ++count) umlaut_text += "ä";
  const core::Row expected = {Value(std::string("18446744073709551615")),
                              Value(std::int64_t{1}),
                              Value(std::string("12345678901234567890.0123456789")),
                              Value(0.1),
                              Value(std::string("2026-01-02 03:04:05.678")),
                              Value(std::string("-12:34:56")),
                              Value(std::string("2026-01-02")),
                              Value(std::string("{\"a\": 1}")),
                              Value(std::string("y")),
                              Value(std::string("123e4567-e89b-12d3-a456-426655440000")),
                              Value(std::int64_t{5}),
                              Value(core::Blob{std::string("ab\0", 3)}),
                              Value(umlaut_text),
                              Value(std::int64_t{2026}),
                              Value(std::string("2026-01-02 03:04:05.000000")),
                              Value(core::Null{})};
  for (std::size_t column = 0; column < expected.size(); ++column) {
    CAPTURE(cursor->columns().at(column));
    CHECK(rows[0].at(column) == expected[column]);
  }
  CHECK(says(sql_error([&] { rows_of(*db.query("select repeat('x', 16 * 1024 * 1024 - 100)", {})); }),
             "a row of this query is larger"));
  CHECK(says(sql_error([&] { db.execute("select ?", {}); }), "1 placeholder"));
  CHECK(db.in_transaction());
}

TEST_CASE("mariadb: a cursor is read on while other statements are executed, a million rows in little memory") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  target::Connection& db = *at.connection;
  const auto first = db.query("select seq, concat('name ', seq) from seq_1_to_1000000", {});
  const auto second = db.query("select seq from seq_1_to_300", {});
  core::Writer bytes;
  const std::uint64_t before = support::peak_memory(::getpid());
  std::int64_t count = 0, sum = 0;
  while (first->next(bytes)) {
    core::Reader reader(bytes.bytes());
    sum += std::get<std::int64_t>(reader.row().at(0));
    bytes.clear();
    if (++count % 100'000 != 0) continue;
    CHECK(db.execute("insert into t (name) values (?)", {core::ValueView(count)}) == 1);
    REQUIRE(second->next(bytes));
    bytes.clear();
  }
  CHECK(count == 1'000'000);
  CHECK(sum == 500'000'500'000);
  CHECK(support::peak_memory(::getpid()) - before < (std::uint64_t{64} << 20U));
  CHECK(rows_of(*second).size() == 290);
  CHECK(db.rows_changed() == 10);
  CHECK(std::get<std::int64_t>(value_of(db, "select count(*) from t")) == 10);
}

TEST_CASE("mariadb: rows affected are those that a statement found, also with RETURNING, many rows and procedures") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  target::Connection& db = *at.connection;
  at.outside(
      "create procedure p(n int) begin insert into t (name) values (concat('p', n)); select n, 'out'; "
      "select name from t; end");
  at.outside("create procedure bad() begin select 1; signal sqlstate '45000' set message_text = 'no way'; end");
  const Packed many({{Value(std::string("a"))}, {Value(std::string("b"))}, {Value(core::Null{})}});
  CHECK(db.execute_many("insert into t (name) values (?)", many) == 3);
  CHECK(db.execute("update t set name = 'a' where name = 'a'", {}) == 1);
  CHECK(db.execute("update t set name = 'c' where name = 'a'", {}) == 1);
  CHECK(rows_of(*db.query("insert into t (name) values ('d'), ('e') returning id, name", {})).size() == 2);
  CHECK(db.rows_changed() == 7);
  CHECK(db.execute("set @a = 5", {}) == 0);
  CHECK(value_of(db, "select @a") == Value(std::int64_t{5}));
  CHECK(rows_of(*db.query("show tables", {})).size() == 2);
  CHECK(rows_of(*db.query("explain select * from t", {})).size() == 1);
  const auto rows = rows_of(*db.query("call p(7)", {}));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at(0) == Value(std::int64_t{7}));
  db.execute("call p(8)", {});
  CHECK(std::get<std::int64_t>(value_of(db, "select count(*) from t where name like 'p%'")) == 2);
  CHECK(says(at.refusal("call bad()"), "no way (SQLSTATE 45000, error 1644)"));
  CHECK(db.in_transaction());
  CHECK(says(at.refusal("insert into t (name) values ('c')"),
             "Duplicate entry 'c' for key 'name' (SQLSTATE 23000, error 1062)"));
  CHECK(db.in_transaction());
  CHECK(says(at.refusal("insert into t (name) values (repeat('x', 60))"), "Data too long"));
  CHECK(says(at.refusal("selct"), "SELCT is not for scripts"));
  CHECK(says(at.refusal("select selct from"), "error 1064"));
}

TEST_CASE("mariadb: many rows are sent together, whatever kinds of values they have") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  target::Connection& db = *at.connection;
  db.execute("create temporary table v (a bigint, b double, c longtext, d blob, e tinyint) engine=InnoDB", {});
  std::vector<core::Row> rows;
  const std::string bytes("\0\xff'", 3);
  for (std::int64_t each = 0; each < 2500; ++each)
    rows.push_back(
        {Value(each), Value(0.5), Value("é" + std::to_string(each)), Value(core::Blob{bytes}), Value(each % 2 == 0)});
  rows.push_back(
      {Value(core::Null{}), Value(core::Null{}), Value(core::Null{}), Value(core::Null{}), Value(core::Null{})});
  rows.push_back({Value(std::string("10007")), Value(std::int64_t{1}), Value(1.5), Value(std::string("x")),
                  Value(std::int64_t{1})});
  rows.push_back(
      {Value(std::int64_t{10008}), Value(2.5), Value(std::string(3'000'000, 'x')), Value(core::Blob{""}), Value(true)});
  CHECK(db.execute_many("insert into v values (?, ?, ?, ?, ?)", Packed(rows)) == 2503);
  CHECK(
      value_of(db, "select count(*) from v where a is null and b is null and c is null and d is null and e is null") ==
      Value(std::int64_t{1}));
  CHECK(value_of(db,
                 "select count(*) from v where c = concat('é', a) and d = x'00ff27' and b = 0.5 and e = (a % 2 = 0)") ==
        Value(std::int64_t{2500}));
  CHECK(value_of(db, "select concat(a, b, c, d, e) from v where a = 10007") == Value(core::Blob{"1000711.5x1"}));
  CHECK(value_of(db, "select length(c) from v where a = 10008") == Value(std::int64_t{3'000'000}));
  CHECK(db.execute_many("update v set b = ? where a = ?", Packed({{Value(0.5), Value(std::int64_t{1})},
                                                                  {Value(3.5), Value(std::int64_t{2})},
                                                                  {Value(4.5), Value(std::int64_t{3})}})) == 3);
  CHECK(db.execute_many("delete from v where a = ?", Packed({{Value(std::int64_t{1})}, {Value(std::int64_t{-1})}})) ==
        1);
  CHECK(db.execute("delete from v where a = ?", {core::ValueView(std::int64_t{2})}) == 1);
  const auto duplicates = [&] {
    db.execute_many(
        "insert into t (id, name) values (?, ?)",
        Packed({{Value(std::int64_t{1}), Value(std::string("a"))}, {Value(std::int64_t{1}), Value(std::string("b"))}}));
  };
  CHECK(says(sql_error(duplicates), "Duplicate entry '1'"));
  CHECK(db.in_transaction());
  CHECK(says(sql_error([&] {
               db.execute_many("insert into t (id) values (?)", Packed({{Value(true), Value(true)}}));
             }),
             "1 placeholder (?), but 2 values are given"));
  CHECK(db.execute_many("insert into t (name) values (?) returning id", Packed({{Value(std::string("r"))}})) == 1);
  CHECK(db.execute_many("insert into t (name) values ('none')", Packed({core::Row{}})) == 1);
}

TEST_CASE("mariadb: a procedure that commits ends the transaction, and the attempt cannot go on") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  for (const std::string body :
       {"commit", "commit; start transaction", "rollback; set autocommit = 0", "create table u (a int)"}) {
    CAPTURE(body);
    Site at(*server);
    at.outside("create procedure p() begin " + body + "; end");
    at.connection->execute("insert into t (name) values ('a')", {});
    CHECK(says(at.refusal("call p()"), "committed"));
    CHECK(!at.connection->in_transaction());
    at.connection->begin(writing());
    CHECK(at.connection->in_transaction());
    CHECK(value_of(*at.connection, "select @@autocommit") == Value(std::int64_t{1}));
  }
}

TEST_CASE("mariadb: a lock of a row that is not had in time is told, and the transaction stays") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server, Access::write, "?lock_timeout=1");
  at.connection->execute("insert into t (name) values ('a')", {});
  const auto other = open(server->url(at.database, "?lock_timeout=1"));
  other->begin({Access::write, os::in(std::chrono::seconds(30)), "002.lua", "version"});
  CHECK(sql_error([&] { other->execute("insert into t (name) values ('a')", {}); }).starts_with("locked: "));
  CHECK(other->in_transaction());
}

TEST_CASE("mariadb: a deadlock ends the transaction, and nothing that comes next lasts") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  at.connection->rollback();
  at.outside("insert into t values (1, 'a'), (2, 'b')");
  const auto other = open(server->url(at.database));
  other->begin({Access::write, os::in(std::chrono::seconds(30)), "002.lua", "version"});
  other->execute("insert into t (id, name) select seq, seq from seq_100_to_1000", {});  // it has more to lose
  other->execute("update t set name = 'x' where id = 1", {});
  at.connection->begin(writing());
  at.connection->execute("update t set name = 'y' where id = 2", {});
  std::thread waiting([&] { other->execute("update t set name = 'x2' where id = 2", {}); });
  CHECK(says(at.refusal("update t set name = 'y1' where id = 1"), "locked: "));
  waiting.join();
  CHECK(!at.connection->in_transaction());
  CHECK(!at.connection->lost());
  other->rollback();
  CHECK(at.outside("select group_concat(name) from t") == "a,b");
  at.connection->begin(writing());
  CHECK(at.connection->in_transaction());
}

TEST_CASE("mariadb: a server that only replicates is read and not written") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  at.connection->rollback();
  server->ask("SET GLOBAL read_only = 1");
  const std::string refused = sql_error([&] { at.connection->begin(writing()); });
  at.connection->begin({Access::read});
  CHECK(std::get<std::int64_t>(value_of(*at.connection, "select count(*) from t")) == 0);
  server->ask("SET GLOBAL read_only = 0");
  CHECK(says(refused, "unreachable: this server is a standby or replica"));
}

TEST_CASE("mariadb: a connection is encrypted where the server can, and verified when the URL demands it") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  const std::string database = server->make_database();
  const auto encryption = [&](const std::string& options, const std::string& host = "127.0.0.1") -> std::string {
    std::string url = server->url(database, options);
    url.replace(url.find("127.0.0.1"), 9, host);
    std::string found;
    const std::string fault = sql_error([&] {
      for (const core::Fact& fact : open(url)->facts())
        if (fact.name == "encryption") found = fact.text;
    });
    return fault == "no error" ? found : fault;
  };
  const std::string ours = "&ssl-ca=" + server->certificate(), foreign = "&ssl-ca=/etc/ssl/certs/ca-certificates.crt";
  CHECK(encryption("").starts_with("TLS, "));
  CHECK(encryption("?ssl-mode=required").starts_with("TLS, "));
  CHECK(encryption("?ssl-mode=disabled").starts_with("not encrypted"));
  CHECK(encryption("?ssl-mode=verify-ca" + ours).starts_with("TLS, "));
  CHECK(encryption("?ssl-mode=verify-full" + ours).starts_with("TLS, "));
  CHECK(encryption("?ssl-mode=verify-ca" + ours, "127.0.0.2").starts_with("TLS, "));
  CHECK(encryption("?ssl-mode=verify-full" + ours, "127.0.0.2").starts_with("unreachable: "));
  CHECK(encryption("?ssl-mode=verify-ca" + foreign).starts_with("unreachable: "));
  CHECK(encryption("?ssl-mode=verify-full" + foreign).starts_with("unreachable: "));
  CHECK(encryption("?ssl-mode=verify-full").starts_with("unreachable: "));
}

TEST_CASE("mariadb: in a transaction for reading nothing can be written") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server, Access::read);
  at.outside("create function f() returns int begin insert into t (name) values ('f'); return 1; end");
  CHECK(says(at.refusal("insert into t (name) values ('a')"), "only reading is allowed here"));
  CHECK(says(sql_error([&] { rows_of(*at.connection->query("select f()", {})); }), "only reading is allowed here"));
  CHECK(at.connection->in_transaction());
  CHECK(std::get<std::int64_t>(value_of(*at.connection, "select count(*) from t")) == 0);
  at.connection->rollback();
  CHECK(at.outside("select count(*) from t") == "0");
}

TEST_CASE("mariadb: nothing of a script outlives its transaction") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  at.connection->execute("create temporary table mine (a int)", {});
  at.connection->execute("set @mine = 1", {});
  at.connection->leave_receipt(receipt());
  at.connection->commit();
  CHECK(at.server.ask("select count(*) from information_schema.processlist where db = '" + at.database + "'") == "2");
  at.connection->begin(writing());
  CHECK(says(at.refusal("select * from mine"), "doesn't exist"));
  CHECK(value_of(*at.connection, "select @mine") == Value(core::Null{}));
  CHECK(value_of(*at.connection, "select @@tx_isolation") == Value(std::string("READ-COMMITTED")));
  CHECK(says(std::get<std::string>(value_of(*at.connection, "select @@sql_mode")), "STRICT_TRANS_TABLES"));
  const auto found = at.connection->find_receipt("001.lua", "version");
  REQUIRE(found);
  CHECK(found->applied_at == "2026-01-02T03:04:05.678Z");
  CHECK(found->node == "node");
  CHECK(found->attempt == 1);
  CHECK(found->run == 7);
}

TEST_CASE("mariadb: the lock of a script shuts others out until the transaction has ended, and proof waits for it") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  const auto other = open(server->url(at.database));
  const std::string busy = sql_error([&] { other->begin(writing(std::chrono::milliseconds(300))); });
  CHECK(says(busy, "locked: another node is at work on this script: fettle from 127.0.0.1"));
  other->begin({Access::write, os::in(std::chrono::seconds(5)), "002.lua", "version"});  // another script
  other->rollback();
  at.connection->execute("insert into t (name) values ('a')", {});
  at.connection->leave_receipt(receipt());
  at.connection->commit();
  core::Inquire inquiry;
  inquiry.script = "001.lua";
  inquiry.sha256 = "version";
  inquiry.ledger = "ledger";
  inquiry.attempt = 1;
  CHECK(other->proof_of(inquiry));
  inquiry.attempt = 2;
  CHECK(!other->proof_of(inquiry));
  other->begin(writing());
  CHECK(other->find_receipt("001.lua", "version"));
}

TEST_CASE("mariadb: receipts are not for scripts to write, and a lock that was let go is noticed") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  CHECK(says(at.refusal("delete from fettle_receipts"), "prove which scripts were applied"));
  CHECK(std::get<std::int64_t>(value_of(*at.connection, "select count(*) from fettle_receipts")) == 0);
  at.outside("create procedure p() begin do release_all_locks(); end");
  at.connection->execute("call p()", {});
  CHECK(says(sql_error([&] { at.connection->leave_receipt(receipt()); }), "lock of this script was let go"));
}

TEST_CASE("mariadb: tables, columns and indexes are described, without the table of receipts") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  Site at(*server);
  at.outside("create view v as select 1");
  at.outside("create table `odd name` (a int, key k (a)) engine=MyISAM");
  at.connection->rollback();
  at.connection->begin(writing());
  target::Connection& db = *at.connection;
  const auto has = [&](What what, const std::string& table, const std::string& name = "") {
    return std::get<bool>(db.describe(what, table, name).at(0).at(0));
  };
  CHECK(db.describe(What::tables, "", "") ==
        std::vector<core::Row>{{Value(std::string("odd name"))}, {Value(std::string("t"))}, {Value(std::string("v"))}});
  CHECK(has(What::has_table, "t"));
  CHECK(has(What::has_table, at.database + ".t"));
  CHECK(!has(What::has_table, "mysql.t"));
  CHECK(!has(What::has_table, "T"));
  CHECK(!has(What::has_table, "' or 1 = 1 -- "));
  CHECK(has(What::has_column, "t", "Name"));
  CHECK(!has(What::has_column, "t", "b"));
  CHECK(has(What::has_index, "odd name", "k"));
  CHECK(!has(What::has_index, "t", "k"));
  db.rollback();
  std::string all;
  for (const core::Fact& fact : db.facts()) all += fact.name + ": " + fact.text + "\n";
  CHECK(says(all, "server: 127.0.0.1 port " + std::to_string(server->port()) + ", database " + at.database +
                      ", as fettle@127.0.0.%"));
  CHECK(says(all, "version: MariaDB 1"));
  CHECK(says(all, "role: primary"));
  CHECK(says(all, "durability: innodb_flush_log_at_trx_commit 1"));
  CHECK(says(all, "1 of the tables, such as odd name, are not of InnoDB"));
  CHECK(says(all, "receipts: 0"));
}

TEST_CASE("mariadb: a server that cannot be reached or does not let us in is told without the password") {
  MariadbServer* server = MariadbServer::shared();
  if (server == nullptr) return;
  const auto error = [](const std::string& url) { return sql_error([&] { open(url); }); };
  const std::string port = std::to_string(server->port());
  const std::string denied = error("mariadb://fettle:secret@127.0.0.1:" + port + "/none");
  CHECK(says(denied, "unreachable: Access denied"));
  CHECK(denied.find("secret") == std::string::npos);
  CHECK(says(error("mysql://fettle:secret@127.0.0.1:1/none"), "unreachable: "));
}
