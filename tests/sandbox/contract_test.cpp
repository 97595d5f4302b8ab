#include <chrono>
#include <doctest/doctest.h>
#include <string>

#include "sandbox/worker_bench.hpp"

using core::Cause;
using core::Result;
using support::attempt;
using support::attempt_body;
using support::Told;

namespace {

constexpr const char* k_two =
    "shouldRun = function() return true end, execute = function() return { executed = true } end";

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 500));
  return found;
}

// The contract fault of a script when it is loaded; the worker must have said nothing else.
std::string fault_of(const std::string& script) {
  support::WorkerBench bench;
  const Told told = bench.load(script);
  CAPTURE(script);
  CHECK_FALSE(told.declaration);
  if (!told.fault) return "no fault";
  CHECK(told.fault->cause == Cause::contract);
  return told.fault->error;
}

std::string with_field(const std::string& field) {
  return "return { " + field + ", " + k_two + " }";
}

std::string answer_fault(const std::string& body) {
  const Told told = attempt("return { shouldRun = function() " + body +
                            " end, execute = function() return { executed = true } end }");
  CAPTURE(body);
  CHECK_FALSE(told.answer);
  REQUIRE(told.fault);
  CHECK(told.fault->cause == Cause::contract);
  return told.fault->error;
}

std::string result_fault(const std::string& body) {
  const Told told = attempt_body(body);
  CAPTURE(body);
  CHECK_FALSE(told.result);
  REQUIRE(told.fault);
  CHECK(told.fault->cause == Cause::contract);
  return told.fault->error;
}

Result result_of(const std::string& body) {
  const Told told = attempt_body(body);
  CAPTURE(told.error());
  REQUIRE(told.result);
  return *told.result;
}

}  // namespace

TEST_CASE("a returned table and two global functions are both a script") {
  CHECK(attempt(std::string("return { ") + k_two + " }").result);
  CHECK(attempt("function shouldRun() return true end function execute() return { executed = true } end").result);
  CHECK(attempt("\xEF\xBB\xBF#!/usr/bin/env lua\nfunction shouldRun() return true end function execute() return { "
                "executed = true } end")
            .result);
}

TEST_CASE("what a script declares of itself is read, in both forms") {
  support::WorkerBench table;
  const Told told = table.load(with_field("description = 'd', database = 'other', repeatable = true, timeout = 1.5"));
  REQUIRE_MESSAGE(told.declaration, told.error());
  CHECK(told.declaration->description == "d");
  CHECK(told.declaration->database == "other");
  CHECK(told.declaration->repeatable);
  CHECK(told.declaration->timeout == std::chrono::milliseconds(1500));
  support::WorkerBench global;
  const Told again =
      global.load("description = 'g' timeout = '5m' function shouldRun() return true end function execute() end");
  REQUIRE_MESSAGE(again.declaration, again.error());
  CHECK(again.declaration->description == "g");
  CHECK(again.declaration->timeout == std::chrono::minutes(5));
  CHECK_FALSE(again.declaration->repeatable);
}

TEST_CASE("a function that is missing, misspelt or no function is named, with what was meant") {
  CHECK(has(fault_of(""), "no function `shouldRun`"));
  CHECK(has(fault_of("return {}"), "returned table has no function `shouldRun`"));
  CHECK(has(fault_of("function shouldRun() end"), "no function `execute`"));
  CHECK(has(fault_of("function shouldrun() end function execute() end"),
            "`shouldrun` is there: did you mean `shouldRun`"));
  CHECK(has(fault_of("return { shouldRun = print, exectue = print }"), "`exectue` is there: did you mean `execute`"));
  CHECK(
      has(fault_of("return { shouldRun = true, execute = print }"), "`shouldRun` must be a function, it is a boolean"));
  CHECK(has(fault_of("return 5"), "the script returned a number"));
  CHECK(has(fault_of("return print"), "the script returned a function"));
  CHECK(has(fault_of("return setmetatable({}, { __index = function() return print end })"), "no function `shouldRun`"));
}

TEST_CASE("a field that is unknown or of the wrong type stops the script before it runs") {
  CHECK(has(fault_of(with_field("descripton = 'x'")), "unknown field `descripton`: did you mean `description`"));
  CHECK(has(fault_of(with_field("['a\\nb'] = 1")), "unknown field `a\\nb`"));
  CHECK(has(fault_of(with_field("5")), "key that is a number"));
  CHECK(has(fault_of(with_field("description = 5")), "`description` must be a string, it is 5"));
  CHECK(has(fault_of(with_field("repeatable = 'yes'")), "`repeatable` must be true or false, it is \"yes\""));
  for (const char* timeout : {"0", "-1", "'soon'", "true", "0/0", "1/0", "''", "{}"}) {
    CAPTURE(timeout);
    CHECK(has(fault_of(with_field("timeout = " + std::string(timeout))), "`timeout` must be"));
  }
}

TEST_CASE("text that is no Lua, and bytecode, are told as such") {
  const Told broken = attempt("return {\n  shouldRun = functoin() end }");
  REQUIRE(broken.fault);
  CHECK(broken.fault->cause == Cause::syntax);
  CHECK(has(broken.fault->error, "test.lua:2:"));
  const Told binary = attempt(std::string("\x1bLua\x54", 5));
  REQUIRE(binary.fault);
  CHECK(binary.fault->cause == Cause::syntax);
  const Told deep = attempt("return " + std::string(100000, '('));
  REQUIRE(deep.fault);
  CHECK(deep.fault->cause == Cause::syntax);
}

TEST_CASE("an error while loading has a traceback, and skip() is not for that time") {
  const Told raised = attempt("local function inner() error('oh') end\ninner()\n");
  REQUIRE(raised.fault);
  CHECK(raised.fault->cause == Cause::error);
  CHECK(has(raised.fault->error, "test.lua:1: oh"));
  CHECK(has(raised.fault->traceback, "test.lua:2:"));
  CHECK(has(attempt("skip('x')").error(), "only inside shouldRun() and execute()"));
}

TEST_CASE("shouldRun() says true or false, nothing else") {
  CHECK(has(answer_fault("return"), "returned nothing"));
  CHECK(has(answer_fault("return nil"), "a nil"));
  CHECK(has(answer_fault("return 1"), "a number"));
  CHECK(has(answer_fault("return 'true'"), "a string"));
  CHECK(has(answer_fault("return true, 'x'"), "2 values"));
  CHECK(has(answer_fault("return setmetatable({}, {})"), "a table"));
}

TEST_CASE("skip() in shouldRun() and in execute() is a skip with its reason, and needs one") {
  const Told asked = attempt("return { shouldRun = function() skip('later') end, execute = print }");
  REQUIRE(asked.answer);
  CHECK(asked.answer->word == core::Answer::Word::skip);
  CHECK(asked.answer->reason == "later");
  CHECK_FALSE(asked.result);
  const Result result = result_of("skip('nothing there')");
  CHECK(result.word == Result::Word::skipped);
  CHECK(result.message == "nothing there");
  CHECK(has(attempt_body("skip('  ')").error(), "skip needs a reason"));
  CHECK(has(attempt_body("skip()").error(), "skip needs a reason"));
  CHECK(result_of("local ok, why = pcall(skip, 'x') return { executed = true, ok = ok }").json == R"({"ok":false})");
}

TEST_CASE("execute() returned something that is no result: the fault says what to write") {
  CHECK(has(result_fault("return"), "returned nothing"));
  CHECK(has(result_fault("return nil"), "returned a nil"));
  CHECK(has(result_fault("return true"), "returned a boolean"));
  CHECK(has(result_fault("return 'done'"), "returned a string"));
  CHECK(has(result_fault("return {}"), "without `executed`"));
  CHECK(has(result_fault("return { executed = 1 }"), "`executed` in the table"));
  CHECK(has(result_fault("return { executed = 'true' }"), "`executed` in the table"));
  CHECK(has(result_fault("return { executed = true, skipped = 1 }"), "`skipped` in the table"));
  CHECK(has(result_fault("return { executed = true, message = {} }"), "`message` in the table"));
  CHECK(has(result_fault("return { executed = true, message = 5 }"), "`message` in the table"));
  CHECK(has(result_fault("return { executed = true, skipped = true, message = 'x' }"), "only be one"));
  CHECK(has(result_fault("return { skipped = true }"), "without a message"));
  CHECK(has(result_fault("return { executed = true }, 1"), "2 values"));
  CHECK(has(result_fault("return { executed = true, f = print }"), "result.f is a function"));
  CHECK(has(result_fault("local t = { executed = true }; t.t = t; return t"), "contains itself"));
  CHECK(has(result_fault("local t = {}; for _ = 1, 300000 do t = { t } end; return { executed = true, t = t }"),
            "deeper than 64"));
  CHECK(has(result_fault("return { executed = true, big = ('x'):rep(2 << 20) }"), "larger than 1 MiB"));
  CHECK(has(result_fault("return { executed = true, n = 0/0 }"), "result.n is"));
  CHECK(has(result_fault("return setmetatable({}, { __index = { executed = true } })"), "without `executed`"));
}

TEST_CASE("executed = false, any error, or nil and a text: a failure with its own words") {
  const auto failed = [](const std::string& body) {
    const Result result = result_of(body);
    CHECK(result.word == Result::Word::failed);
    return result.message;
  };
  CHECK(failed("return { executed = false, message = 'half' }") == "half");
  CHECK(failed("return { executed = false }") == "execute() returned executed = false");
  CHECK(failed("return { executed = true, error = 'no' }") == "no");
  CHECK(failed("return { executed = true, error = { message = 'inner' } }") == "inner");
  CHECK(failed("return { executed = true, error = {} }") == "a table");
  CHECK(failed("return { executed = true, error = false }") == "false");
  CHECK(failed("return { executed = true, error = 42 }") == "42");
  CHECK(failed("return { skipped = true, message = 'x', error = 'no' }") == "no");
  CHECK(failed("return nil, 'why'") == "why");
  CHECK(failed("return nil, nil") == "a nil");
  CHECK(failed("return { error = 'no' }") == "no");
}

TEST_CASE("a success keeps its message and every further field") {
  const Result result =
      result_of("return { executed = true, message = 'm', rows = 3, skipped = false, names = { 'a' } }");
  CHECK(result.word == Result::Word::succeeded);
  CHECK(result.message == "m");
  CHECK(has(result.json, R"("rows":3)"));
  CHECK(has(result.json, R"("names":["a"])"));
  CHECK(result.json.find("executed") == std::string::npos);
  CHECK(result_of("return { executed = true }").json.empty());
  CHECK(result_of("return { executed = false, skipped = true, message = 'no need' }").word == Result::Word::skipped);
  CHECK(result_of("return { executed = true, message = ('x'):rep(1 << 20) }").message.size() < (65U << 10U));
}

TEST_CASE("whatever is raised as an error, the runner gets words and no script code explains them") {
  CHECK(has(attempt_body("error('plain')").error(), "test.lua:2: plain"));
  CHECK(attempt_body("error({ message = 'in a table' })").error() == "in a table");
  CHECK(attempt_body("error(setmetatable({}, { __tostring = function() while true do end end }))").error() ==
        "the script raised an error that is a table");
  CHECK(attempt_body("error()").error() == "the script raised an error that is a nil");
  CHECK(attempt_body("error(print)").error() == "the script raised an error that is a function");
  CHECK(attempt_body("error(17)").error() == "17");
  CHECK(attempt_body("error(('x'):rep(1 << 20), 0)").error().size() < (17U << 10U));
  CHECK(has(attempt_body("local function f() return f() + 1 end f()").error(), "stack overflow"));
}
