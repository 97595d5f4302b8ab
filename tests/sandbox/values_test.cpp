#include <cmath>
#include <doctest/doctest.h>
#include <limits>
#include <string>

#include "core/wire.hpp"
#include "sandbox/worker_bench.hpp"

using core::Blob;
using core::Null;
using core::Row;
using support::attempt_body;
using support::Told;
using support::value_of;
using support::WorkerBench;

namespace {

template <class Message>
void answer(os::Channel& worker, const Message& message) {
  worker.send(static_cast<std::uint8_t>(Message::kind), encode(message), os::Steady::now() + std::chrono::seconds(30));
}

// What a script sees of one row that the database gives.
std::string seen_of(const Row& row, const std::string& expression) {
  WorkerBench bench;
  std::vector<std::string> columns;
  for (std::size_t index = 0; index < row.size(); ++index)
    columns.push_back(std::string(1, static_cast<char>('a' + index)));
  bench.broker = [&](const os::Frame&, os::Channel& worker) { answer(worker, core::Rows{0, columns, {row}}); };
  const Told told =
      bench.tell(support::script_with("local r = db.first('x'); return { executed = true, v = " + expression + " }"));
  return told.result ? told.json() : told.error();
}

Row parameters_of(const std::string& arguments) {
  const Told told = attempt_body("db.exec('x', " + arguments + "); return { executed = true }");
  REQUIRE_MESSAGE(told.statements.size() == 1, told.error());
  return told.statements[0].parameters;
}

std::string refusal_of(const std::string& arguments) {
  const Told told = attempt_body("db.exec('x', " + arguments + "); return { executed = true }");
  CHECK(told.statements.empty());
  return told.error();
}

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 500));
  return found;
}

}  // namespace

TEST_CASE("every kind of Lua value goes to the database as what it is") {
  CHECK(parameters_of("nil, db.null, json.null") == Row{Null{}, Null{}, Null{}});
  CHECK(parameters_of("true, false") == Row{true, false});
  CHECK(parameters_of("1, -1, math.maxinteger, math.mininteger") == Row{std::int64_t{1}, std::int64_t{-1},
                                                                        std::numeric_limits<std::int64_t>::max(),
                                                                        std::numeric_limits<std::int64_t>::min()});
  CHECK(parameters_of("1.0, -0.5, 1e308, math.huge") == Row{1.0, -0.5, 1e308, std::numeric_limits<double>::infinity()});
  CHECK(parameters_of("'', 'ä', '12'") == Row{std::string(), std::string("ä"), std::string("12")});
  CHECK(parameters_of("'\\xff\\xfe', 'a\\0b'") == Row{Blob{"\xff\xfe"}, Blob{std::string("a\0b", 3)}});
  CHECK(parameters_of("'last', nil, nil") == Row{std::string("last"), Null{}, Null{}});
}

TEST_CASE("what no statement can take is named by its place") {
  CHECK(has(refusal_of("1, {}"), "parameter 2 is a table"));
  CHECK(has(refusal_of("print"), "parameter 1 is a function"));
  CHECK(has(refusal_of("coroutine.create(print)"), "parameter 1 is a thread"));
  CHECK(has(refusal_of("setmetatable({}, { __tostring = function() return 'x' end })"), "parameter 1 is a table"));
}

TEST_CASE("every kind of database value comes to Lua as what it is") {
  CHECK(seen_of({std::int64_t{1}, 1.0, std::string("t"), Blob{std::string("\0", 1)}},
                "math.type(r.a) .. math.type(r.b) .. r.c .. #r.d") == R"({"v":"integerfloatt1"})");
  CHECK(seen_of({Null{}, true, std::numeric_limits<std::int64_t>::min()},
                "{ r.a == nil, r.b, r.c == math.mininteger }") == R"({"v":[true,true,true]})");
  CHECK(seen_of({std::nan(""), std::numeric_limits<double>::infinity()}, "{ r.a ~= r.a, r.b == math.huge }") ==
        R"({"v":[true,true]})");
  CHECK(seen_of({std::string("\xff")}, "r.a == '\\xff'") == R"({"v":true})");
}

TEST_CASE("rows come in batches, and a loop that is left early closes its query") {
  WorkerBench bench;
  int fetched = 0;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    if (frame.kind == static_cast<std::uint8_t>(core::Kind::close)) return answer(worker, core::Affected{0});
    ++fetched;
    answer(worker, core::Rows{9, {"n"}, {{std::int64_t{fetched}}}});  // a query without end
  };
  const Told told = bench.tell(support::script_with(R"lua(
    local sum = 0
    for row in db.rows("x") do sum = sum + row.n if sum > 10 then break end end
    return { executed = true, sum = sum, first = db.first("y").n, value = db.value("z") }
  )lua"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(told.json().find(R"("sum":15)") != std::string::npos);
  int closed = 0;
  for (const os::Frame& frame : told.asked) closed += frame.kind == static_cast<std::uint8_t>(core::Kind::close);
  CHECK(closed == 3);
}

TEST_CASE("an error inside a loop over rows is the error that is told, not one about closing the query") {
  WorkerBench bench;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    if (frame.kind == static_cast<std::uint8_t>(core::Kind::close)) return answer(worker, core::Affected{0});
    answer(worker, core::Rows{9, {"n"}, {{std::int64_t{1}}}});
  };
  const Told told = bench.tell(support::script_with("for row in db.rows('x') do error('the real one') end"));
  CHECK(has(told.error(), "the real one"));
}

TEST_CASE("a query that was begun in shouldRun() is over in execute()") {
  WorkerBench bench;
  bench.broker = [&](const os::Frame&, os::Channel& worker) {
    answer(worker, core::Rows{9, {"n"}, {{std::int64_t{1}}}});
  };
  const Told told = bench.tell(R"lua(
    local nextRow
    return { shouldRun = function() nextRow = db.rows("x") nextRow() return true end,
             execute = function() nextRow() return { executed = true } end }
  )lua");
  CHECK(has(told.error(), "begun in shouldRun()"));
}

TEST_CASE("executemany sends its rows in pieces and adds up what they affected") {
  WorkerBench bench;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    const auto many = core::decode<core::Many>(frame.body);
    answer(worker, core::Affected{many ? static_cast<std::int64_t>(many->rows.size()) : -1});
  };
  const Told told = bench.tell(support::script_with(R"lua(
    local rows = {}
    for i = 1, 300 do rows[i] = { i, ("x"):rep(10000), db.null } end
    return { executed = true, n = db.executemany("x", rows), none = db.executemany("x", {}) }
  )lua"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(told.json().find(R"("n":300)") != std::string::npos);
  CHECK(told.json().find(R"("none":0)") != std::string::npos);
  CHECK(told.batches.size() > 10);
  std::int64_t next = 1;
  for (const core::Many& part : told.batches) {
    CHECK(part.follows == (next > 1));
    for (const Row& row : part.rows) CHECK(row.at(0) == core::Value(next++));
  }
  CHECK(next == 301);
  CHECK(told.batches.at(0).rows.at(0).at(2) == core::Value(Null{}));
  CHECK(has(value_of("db.executemany('x', { { 1 }, 2 })"), "row 2 is a number"));
  CHECK(has(value_of("db.executemany('x', { { {} } })"), "row 1, value 1 is a table"));
  CHECK(has(value_of("db.executemany('x')"), "takes a list of rows"));
}

TEST_CASE("when a row of executemany is refused, that is the error, whatever was on its way") {
  WorkerBench bench;
  int parts = 0;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    if (!core::decode<core::Many>(frame.body)) return answer(worker, core::Affected{7});
    ++parts;
    if (parts == 2) return answer(worker, core::SqlFault{"the second was refused"});
    if (parts == 3) return answer(worker, core::SqlFault{"the third was refused"});
    if (parts > 3) return answer(worker, core::SqlFault{"not this"});
    answer(worker, core::Affected{0});
  };
  const Told told = bench.tell(support::script_with(R"lua(
    local rows = {}
    for i = 1, 300 do rows[i] = { i, ("x"):rep(10000) } end
    rows[16] = { {} }  -- in the third part: also wrong, but later
    local ok, late = pcall(db.executemany, "x", rows)
    rows[16] = rows[1]
    local _, refused = pcall(db.executemany, "x", rows)
    return { executed = true, first = late, second = refused, after = db.exec("y") }
  )lua"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(has(told.json(), R"("first":"the second was refused)"));
  CHECK(has(told.json(), R"("second":"the third was refused)"));
  CHECK(has(told.json(), R"("after":7)"));  // each answer went to its own question
  CHECK(parts < 10);                        // and the rest was not sent
}

TEST_CASE("executemany takes rows from a function, which may use the database itself") {
  WorkerBench bench;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    const auto many = core::decode<core::Many>(frame.body);
    if (many && frame.kind == static_cast<std::uint8_t>(core::Kind::many))
      return answer(worker, core::Affected{static_cast<std::int64_t>(many->rows.size())});
    answer(worker, core::Affected{5});
  };
  const Told told = bench.tell(support::script_with(R"lua(
    local i, asked = 0, 0
    local n = db.executemany("x", function()
      i = i + 1
      if i % 100 == 0 then asked = asked + db.exec("y") end
      if i % 150 == 0 then asked = asked + db.executemany("z", { { 1 }, { 2 } }) end
      if i <= 300 then return { i, ("x"):rep(10000) } end
    end)
    return { executed = true, n = n, asked = asked, none = db.executemany("x", function() end) }
  )lua"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(has(told.json(), R"("n":300)"));
  CHECK(has(told.json(), R"("asked":19)"));
  CHECK(has(told.json(), R"("none":0)"));
  std::int64_t next = 1;
  for (const core::Many& part : told.batches)
    for (const Row& row : part.rows)
      if (part.sql == "x") CHECK(row.at(0) == core::Value(next++));
  CHECK(next == 301);
  CHECK(has(value_of("db.executemany('x', function() return 1 end)"), "row 1 is a number"));
  CHECK(has(value_of("db.executemany('x', function() error('its own') end)"), "its own"));
  CHECK(has(value_of("db.executemany('x', 1)"), "takes a list of rows"));
}

namespace {

// What a loop over six batches of two rows each asks the broker, by letters: statement, fetch, ahead, close.
std::string asked_by_loop(const std::string& body, const std::string& seen) {
  WorkerBench bench;
  std::string asked;
  int fetched = 0;
  bench.broker = [&](const os::Frame& frame, os::Channel& worker) {
    if (frame.kind == static_cast<std::uint8_t>(core::Kind::close)) {
      asked += 'c';
      return answer(worker, core::Affected{0});
    }
    if (frame.kind == static_cast<std::uint8_t>(core::Kind::fetch)) {
      asked += core::decode<core::Fetch>(frame.body)->ahead ? 'a' : 'f';
    } else {
      asked += 's';
      if (core::decode<core::Statement>(frame.body)->sql == "write") return answer(worker, core::Affected{1});
    }
    ++fetched;
    answer(worker, core::Rows{fetched == 6 ? 0U : 9U, {"n"}, {{std::int64_t{fetched}}, {std::int64_t{fetched}}}});
  };
  const Told told = bench.tell(support::script_with("local seen = '' for row in db.rows('x') do seen = seen .. row.n " +
                                                    body + " end return { executed = true, seen = seen }"));
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(has(told.json(), R"("seen":")" + seen + '"'));
  return asked;
}

}  // namespace

TEST_CASE("while a loop only reads, the next rows are fetched ahead; while it writes, they are not") {
  CHECK(asked_by_loop("", "112233445566") == "sfaaaa");
  CHECK(asked_by_loop("db.exec('write')", "112233445566") == "sssfssfssfssfssfss");
  CHECK(asked_by_loop("if row.n == 3 then break end", "11223") == "sfaac");  // heard before the query is closed
  CHECK(asked_by_loop("if row.n == 3 then db.exec('write') end", "112233445566") == "sfaassfa");
}

TEST_CASE("a colon instead of a dot, and SQL that is no string, are told with what to write") {
  CHECK(has(value_of("db:query('x')"), "dot, not a colon"));
  CHECK(has(value_of("db.exec(5)"), "must be a string, this is a number"));
  CHECK(has(value_of("db:hasTable('x')"), "dot, not a colon"));
  CHECK(has(value_of("db.hasColumn('x')"), "name of the column must be a string"));
  CHECK(has(support::attempt("db.exec('x')").error(), "not while the script is loaded"));
}

TEST_CASE("a statement larger than a message can be is an error of the script, not its end") {
  CHECK(has(value_of("select(2, pcall(db.exec, 'x', ('y'):rep(17 << 20)))"), "larger than 15 MiB"));
}

TEST_CASE("names are quoted so that they are names and nothing else") {
  CHECK(value_of(R"(db.quote('a"b'))") == R"("\"a\"\"b\"")");
  CHECK(has(value_of("db.quote('')"), "no name"));
  CHECK(has(value_of("db.quote('a\\0b')"), "no name"));
}

TEST_CASE("JSON keeps what it can say: numbers of both kinds, null, nesting, empty tables") {
  CHECK(value_of("json.encode({ 1, 1.0, -0.0, 1e300, math.mininteger, true, db.null, 'a\"\\n' })") ==
        R"("[1,1.0,-0.0,1e+300,-9223372036854775808,true,null,\"a\\\"\\n\"]")");
  CHECK(value_of("json.encode({})") == R"("[]")");
  CHECK(value_of("json.encode({ x = {} })") == R"("{\"x\":[]}")");
  CHECK(value_of("json.encode(nil) .. json.encode('x') .. json.encode(1)") == R"("null\"x\"1")");
  CHECK(value_of("math.type(json.decode('1')) .. math.type(json.decode('1.0'))") == R"("integerfloat")");
  CHECK(value_of("json.decode('9223372036854775807') == math.maxinteger") == "true");
  CHECK(value_of("json.decode('9223372036854775808')") == "9.223372036854776e+18");
  CHECK(value_of("json.decode('-9223372036854775808') == math.mininteger") == "true");
  CHECK(value_of("json.decode('[1,null]')[2] == db.null and json.decode('null') == json.null") == "true");
  CHECK(value_of("json.decode('{\"a\":{\"b\":[[],{},\"\\\\u00e4\"]}}')") == R"({"a":{"b":[[],[],"ä"]}})");
  CHECK(value_of("json.decode('{\"a\":1,\"a\":2}').a") == "2");
  CHECK(value_of("json.decode(json.encode({ x = { 1, { y = db.null } }, z = 0.1 })).z") == "0.1");
  CHECK(value_of("0.1 + 0.2") == "0.30000000000000004");
}

TEST_CASE("what JSON cannot say is refused with the place where it lies") {
  CHECK(has(value_of("json.encode({ a = { 1, 0/0 } })"), "value.a[2] is"));
  CHECK(has(value_of("json.encode(1/0)"), "value is inf"));
  CHECK(has(value_of("json.encode({ [1] = 1, [3] = 3 })"), "key that is a number"));
  CHECK(has(value_of("json.encode({ [1.5] = 1 })"), "key that is a number"));
  CHECK(has(value_of("json.encode({ [true] = 1 })"), "key that is a boolean"));
  CHECK(has(value_of("json.encode({ f = print })"), "value.f is a function"));
  CHECK(has(value_of("(function() local t = {}; t.t = t; return json.encode(t) end)()"), "contains itself"));
  CHECK(has(value_of("json.encode(('x'):rep(17 << 20))"), "larger than 16 MiB"));
  CHECK(has(value_of("(function() local t = 1; for _ = 1, 300000 do t = { t } end; return json.encode(t) end)()"),
            "deeper than 64"));
  CHECK(has(value_of("json.encode()"), "value expected"));
}

TEST_CASE("text that is not JSON is an error, however it is broken") {
  for (const char* text : {"''", "'{'", "'[1,]'", "'{\"a\"}'", "'nul'", "'1 2'", "'\"\\xff\"'", "'NaN'", "'1e999'",
                           "'{\"a\":1}}'", "'\\0'"}) {
    CAPTURE(text);
    CHECK(has(value_of("json.decode(" + std::string(text) + ")"), "not JSON"));
  }
  CHECK(has(value_of("json.decode(('['):rep(200000))"), "deeper than 64"));
  CHECK(has(value_of("json.decode(('{\"a\":'):rep(65) .. '1' .. ('}'):rep(65))"), "deeper than 64"));
  CHECK(value_of("type(json.decode(('['):rep(64) .. (']'):rep(64)))") == R"("table")");
  CHECK(has(value_of("json.decode(5)"), "string expected"));
}

TEST_CASE("conversions never run a script's own code") {
  CHECK(value_of("setmetatable({ 1, 2 }, { __len = function() return 1e9 end, __index = error, __pairs = error })") ==
        "[1,2]");
  CHECK(value_of("json.encode(setmetatable({}, { __index = { a = 1 } }))") == R"("[]")");
}

TEST_CASE("a string given many times to one call is refused before it is copied that often") {
  const std::string many =
      "local s = ('y'):rep(1 << 20) local t = {} for i = 1, 1000 do t[i] = s end local r = {} for i = 1, "
      "70000 do r[i] = i end ";
  const auto error_of = [&](const std::string& call) {
    const support::Told told = support::attempt_body(many + "local _, e = pcall(" + call + ") error(e, 0)");
    return told.error();
  };
  CHECK(has(error_of("db.exec, 'x', table.unpack(t)"), "the values of this call are larger than 15 MiB"));
  CHECK(has(error_of("db.executemany, 'x', { t }"), "the values of this call are larger than 15 MiB"));
  CHECK(has(error_of("db.executemany, 'x', { r }"), "row 1 has 70000 values; no statement takes more than 65536"));
  CHECK(has(error_of("db.exec, 'x', table.unpack(r)"), "this call has 70000 values"));
  CHECK(has(error_of("json.decode, s:rep(17)"), "this JSON is larger than 16 MiB"));
}
