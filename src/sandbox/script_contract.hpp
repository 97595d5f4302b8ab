// A script's contract as Lua values: finding its two functions and what it declares, and judging what they returned.
// Everything is read raw, so a metatable cannot pretend.
#pragma once

#include <lua.hpp>
#include <string>
#include <variant>

#include "core/message.hpp"
#include "core/script.hpp"
#include "sandbox/script_fields.hpp"

namespace sandbox {

// Takes what the chunk returned (at the top of the stack, may be nil: then the globals are looked at), keeps the two
// functions in the registry for push_function, and leaves what ctx.args is to be at the top of the stack; after a fault
// it leaves nothing. given: by --arg.
std::variant<core::Declaration, ContractFault> read_script(lua_State* lua, const std::vector<core::Argument>& given);

enum class Function { should_run, execute, validate, roll_back };  // the latter two need not be there
void push_function(lua_State* lua, Function function);

// What shouldRun() returned: `count` values at the top of the stack.
std::variant<core::Answer, ContractFault> judge_answer(lua_State* lua, int count);

// What validate() returned: `count` values at the top of the stack.
std::variant<core::Answer, ContractFault> judge_validation(lua_State* lua, int count);

// What execute() or rollback() returned: `count` values at the top of the stack.
std::variant<core::Result, ContractFault> judge_result(lua_State* lua, int count, const core::Limits& limits);

}  // namespace sandbox
