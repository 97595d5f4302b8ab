// What a script can do beyond plain Lua: db, databases, data, log, print, progress, batch, json, skip, ctx. Each
// function only packs a message for the broker (SQL) or the runner (lines) and unpacks the answer; nothing here touches
// the world.
#pragma once

#include <lua.hpp>
#include <string>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "sandbox/broker_line.hpp"

namespace sandbox {

// Where in its life the script is: SQL is refused while it is being loaded.
enum class Phase { loading, asking, executing };

// The worker's two channels and what the host functions must know. One for each Lua state, outlives it.
struct Host {
  os::Channel runner;
  os::Channel broker;
  BrokerLine line{broker};
  core::Load load;
  Phase phase = Phase::loading;
  bool in_batch = false;
  std::string own_engine;  // of the database that `db` is; empty while loading
};

// Adds the functions to the globals of the state. Call after build_environment and after host.load is filled in.
void add_api(lua_State* lua, Host& host);

// Makes the table at the top of the stack, which is taken away, to ctx.args.
void set_arguments(lua_State* lua);

// Tells `db` which database it is, once the script has said so.
void set_own_database(lua_State* lua, Host& host, const std::string& name);

// The reason, if the error object at index was raised by skip(reason); nullptr otherwise. Valid while it is on the
// stack.
const std::string* skip_reason(lua_State* lua, int index);

}  // namespace sandbox
