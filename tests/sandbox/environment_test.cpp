#include <algorithm>
#include <doctest/doctest.h>
#include <set>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "sandbox/worker.hpp"
#include "sandbox/worker_bench.hpp"

using support::attempt_body;
using support::Told;
using support::value_of;

namespace {

// Every value that a script can reach: from its globals by fields and metatables, from values of every basic type by
// their metatables, and from what host functions hand out.
const std::string k_walk = R"lua(
local seen, found = {}, {}
local function walk(value, path)
  local kind = type(value)
  found[#found + 1] = path .. " " .. kind
  local meta = getmetatable(value)
  if type(meta) == "table" then walk(meta, path .. "<meta>") elseif meta then found[#found + 1] = path .. "<meta> open" end
  if kind ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in next, value do walk(inner, path == "" and key or path .. "." .. tostring(key)) end
end
walk(_G, "")
local function all(name, ...)
  for index = 1, select("#", ...) do walk((select(index, ...)), name .. "()." .. index) end
end
all("progress", progress(10))
all("rows", db.rows("x"))
all("skip", select(2, pcall(skip, "why")))
all("error", select(2, pcall(error)), select(2, pcall(string.rep)))
all("coroutine", coroutine.create(print), coroutine.wrap(print), coroutine.running())
all("iterators", pairs({}), ipairs({}), ("x"):gmatch("x"), utf8.codes("x"))
all("date", os.date("*t", 0).year, os.date("!%c", 0))
all("json", json.decode("[null]"))
all("basic", nil, true, 1, 1.5, "x", print, function() end)
table.sort(found)
return { executed = true, message = table.concat(found, "\n") }
)lua";

std::set<std::string> functions(std::string_view library, std::string_view names) {
  std::set<std::string> lines;
  for (const std::string_view name : base::split(names, ' '))
    lines.insert((library.empty() ? "" : std::string(library) + ".") + std::string(name) + " function");
  return lines;
}

// What functions give: no value of theirs leads to a table that is not the script's own. A userdata shows its metatable
// as false, which the walk leaves out.
std::set<std::string> handed_out() {
  return {"progress().1 table",
          "progress().1.step function",
          "progress().1.set function",
          "progress().1.finish function",
          "rows().1 function",
          "rows().2 nil",
          "rows().3 nil",
          "rows().4 userdata",
          "skip().1 userdata",
          "error().1 nil",
          "error().2 string",
          "coroutine().1 thread",
          "coroutine().2 function",
          "coroutine().3 thread",
          "coroutine().4 boolean",
          "iterators().1 function",
          "iterators().2 function",
          "iterators().3 function",
          "iterators().4 function",
          "iterators().5 string",
          "iterators().6 number",
          "date().1 number",
          "date().2 string",
          "json().1 table",
          "json().1.1 userdata",
          "basic().1 nil",
          "basic().2 boolean",
          "basic().3 number",
          "basic().4 number",
          "basic().5 string",
          "basic().6 function",
          "basic().7 function"};
}

std::set<std::string> allowed() {
  constexpr std::string_view k_database =
      "exec executemany first hasColumn hasIndex hasTable query quote rows tables value";
  std::set<std::string> all;
  all.merge(
      functions("",
                "assert batch error getmetatable ipairs next pairs pcall print progress rawequal rawget rawlen rawset "
                "select setmetatable skip tonumber tostring type xpcall"));
  all.merge(functions("string",
                      "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper"));
  all.merge(functions("table", "concat insert move pack remove sort unpack"));
  all.merge(functions("math",
                      "abs acos asin atan ceil cos deg exp floor fmod log max min modf rad random randomseed sin sqrt "
                      "tan tointeger type ult"));
  all.merge(functions("utf8", "char codepoint codes len offset"));
  all.merge(functions("coroutine", "close create isyieldable resume running status wrap yield"));
  all.merge(functions("os", "clock date difftime time"));
  all.merge(functions("json", "decode encode"));
  all.merge(functions("log", "debug error info warn"));
  all.merge(functions("data", "csv lines read"));
  for (const char* database : {"db", "databases.main", "databases.other"}) {
    all.merge(functions(database, k_database));
    all.insert({std::string(database) + ".engine string", std::string(database) + ".null userdata"});
  }
  all.insert({"_VERSION string", "json.null userdata", "utf8.charpattern string", "math.huge number", "math.pi number",
              "math.maxinteger number", "math.mininteger number", "ctx.script string", "ctx.environment string",
              "ctx.triggeredBy.user string", "ctx.triggeredBy.host string", "ctx.triggeredBy.trigger string",
              "ctx.attempt number", "ctx.run number", "ctx.preview boolean"});
  for (const char* table : {"", "_G", "string", "table", "math", "utf8", "coroutine", "os", "json", "log", "db", "data",
                            "databases", "databases.main", "databases.other", "ctx", "ctx.args", "ctx.triggeredBy"})
    all.insert(std::string(table) + " table");
  all.merge(handed_out());
  return all;
}

}  // namespace

TEST_CASE("what a script can reach is exactly the list, by whatever way it looks") {
  const Told told = attempt_body(k_walk);
  REQUIRE_MESSAGE(told.result, told.error());
  std::set<std::string> found;
  for (const std::string_view line : base::split(told.result->message, '\n')) found.emplace(line);
  const std::set<std::string> wanted = allowed();
  std::string differences;
  for (const std::string& line : found)
    if (!wanted.contains(line)) differences += "too much: " + line + "\n";
  for (const std::string& line : wanted)
    if (!found.contains(line)) differences += "missing: " + line + "\n";
  CHECK_MESSAGE(differences.empty(), differences);
  CHECK(found.size() == wanted.size());
}

TEST_CASE("the metatable of strings cannot be had, and its methods are the allowed ones") {
  CHECK(value_of("getmetatable('')") == "false");
  CHECK(value_of("('').dump == nil and ('x'):rep(3) == 'xxx'") == "true");
  CHECK(value_of("pcall(setmetatable, '', {})") == "false");
  CHECK(value_of("tostring(getmetatable(db.null)) .. tostring(getmetatable(select(4, db.rows('x'))))") ==
        R"("falsefalse")");
}

TEST_CASE("what one script leaves behind in its globals the next one does not see") {
  CHECK(attempt_body("string.rep = nil; leaked = 1; return { executed = true }").result);
  CHECK(value_of("leaked == nil and type(string.rep)") == R"("function")");
}

TEST_CASE("no function tells an address of memory") {
  CHECK(value_of("tostring({}) .. tostring(print) .. tostring(db.null) .. tostring(coroutine.create(print))") ==
        R"("tablefunctionnullthread")");
  CHECK(value_of("string.format('%s %s', {}, print)") == R"("table function")");
  CHECK(value_of("string.format('%p', {})").find("%p is not available") != std::string::npos);
  CHECK(value_of("string.format('%%%-20p', {})").find("%p is not available") != std::string::npos);
  CHECK(value_of("string.format('%%p')") == R"("%p")");
  CHECK(value_of("select('#', math.randomseed())") == "0");
  CHECK(value_of("select('#', math.randomseed(42))") == "0");
}

TEST_CASE("a seed makes the same numbers again") {
  CHECK(value_of("(function() math.randomseed(5); local a = math.random(1e9); math.randomseed(5); "
                 "return a == math.random(1e9) end)()") == "true");
}

TEST_CASE("two scripts of one run draw different random numbers") {
  support::WorkerBench bench;
  std::set<std::string> drawn;
  constexpr std::size_t k_scripts = 5;
  for (std::size_t script = 0; script < k_scripts; ++script) {
    bench.start();
    drawn.insert(bench.tell(support::script_with("return { executed = true, v = math.random(0) }")).json());
  }
  CHECK(drawn.size() == k_scripts);
}

TEST_CASE("the rehearsal before the first script comes to its end") {
  CHECK(sandbox::rehearse());
}

TEST_CASE("nothing of the rehearsal is left for a script to find") {
  CHECK(attempt_body("return { executed = rehearsal == nil and ctx.script == 'test.lua' }").result);
  CHECK(value_of("debug == nil and #databases") == "0");
}

TEST_CASE("a finalizer is refused, also under a protected or inherited metatable") {
  CHECK(value_of("setmetatable({}, { __gc = true })").find("__gc is not available") != std::string::npos);
  CHECK(value_of("(function() local m = {}; local t = setmetatable({}, m); m.__gc = error; return true end)()") ==
        "true");
  CHECK(value_of("pcall(setmetatable, setmetatable({}, { __metatable = 1 }), {})") == "false");
  CHECK(value_of("setmetatable({}, { __gc = false })").find("__gc is not available") != std::string::npos);
}

TEST_CASE("os.time and os.date hold at the ends of what a clock can say") {
  CHECK(value_of("os.time({ year = 1970, month = 1, day = 2, hour = 0 }) // 3600 // 24 <= 1") == "true");
  CHECK(value_of("os.time({ year = 2024 })").find("'month' is missing") != std::string::npos);
  CHECK(value_of("os.time({ year = 2024, month = 1 << 40, day = 1 })").find("out of range") != std::string::npos);
  CHECK(value_of("os.time({ year = 2024, month = -2147483648, day = 1 })").find("out of range") != std::string::npos);
  CHECK(value_of("os.date('!%Y-%m-%d %H:%M:%S', 0)") == R"("1970-01-01 00:00:00")");
  CHECK(value_of("os.date('!*t', 86399).hour") == "23");
  CHECK(value_of("os.date('!*t', 67768036191676799).year") == "2147485547");
  CHECK(value_of("os.date('!*t', math.maxinteger)").find("cannot show") != std::string::npos);
  CHECK(value_of("os.date('%Ez')").find("does not know") != std::string::npos);
  CHECK(value_of("os.date('%')").find("does not know") != std::string::npos);
  CHECK(value_of("#os.date(('%c'):rep(1000)) > 1000") == "true");
  CHECK(value_of("os.difftime(math.maxinteger, math.mininteger) > 0") == "true");
  CHECK(value_of("os.difftime(5, 3)") == "2.0");
  CHECK(value_of("os.clock() >= 0 and os.time() > 1.7e9") == "true");
}

TEST_CASE("progress is told at once, when it ends, and not at every step, whatever the numbers") {
  const Told told = attempt_body(R"lua(
    local p = progress(20)
    for _ = 1, 20 do p.step() end
    p:finish()
    local q = progress(math.maxinteger)
    q:step(math.maxinteger) q.step(math.maxinteger) q.step(math.mininteger) q.finish()
    local r = progress()
    r.step(5) r.finish()
    return { executed = true }
  )lua");
  REQUIRE_MESSAGE(told.result, told.error());
  CHECK(told.lines.empty());
  REQUIRE(told.progress.size() >= 4);
  CHECK(told.progress.size() <= 20);
  CHECK(told.progress.front().done == 1);
  CHECK(told.progress.front().total == 20);
  CHECK(told.progress.back().done == 5);
  CHECK(told.progress.back().total == 0);
}

TEST_CASE("print and log carry text as it is, capped, with their level") {
  const Told told = attempt_body(R"lua(
    print("a", 1, nil, true, 1.5, {})
    log.warn("%d of %s", 3, "x")
    log.error("100%")
    log.debug(("y"):rep(100000))
    log.info("a\0b")
    return { executed = true, missing = pcall(log.info), wrong = pcall(log.info, "%d", "x") }
  )lua");
  REQUIRE_MESSAGE(told.result, told.error());
  REQUIRE(told.lines.size() == 5);
  CHECK(told.lines[0].text == "a\t1\tnil\ttrue\t1.5\ttable");
  CHECK(told.lines[1].text == "3 of x");
  CHECK(told.lines[1].level == core::LineLevel::warn);
  CHECK(told.lines[2].text == "100%");
  CHECK(told.lines[2].level == core::LineLevel::error);
  CHECK(told.lines[3].text.size() < 17 * 1024);
  CHECK(told.lines[4].text == std::string("a\0b", 3));
  CHECK(told.json().find(R"("missing":false)") != std::string::npos);
  CHECK(told.json().find(R"("wrong":false)") != std::string::npos);
}

TEST_CASE("ctx says which script, run and attempt this is") {
  CHECK(
      value_of(
          "ctx.script .. ctx.attempt .. ctx.run .. ctx.environment .. ctx.triggeredBy.trigger .. tostring(ctx.preview) "
          ".. type(ctx.args)") == R"("test.lua73testingmanualfalsetable")");
}
