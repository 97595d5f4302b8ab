#include "sandbox/lua_progress.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <unistd.h>

#include "base/text.hpp"
#include "core/message.hpp"
#include "os/clock.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_state.hpp"

namespace sandbox {
namespace {

constexpr lua_Integer k_most = LUA_MAXINTEGER / 16;
constexpr std::size_t k_longest_label = 100;         // bytes
constexpr std::chrono::milliseconds k_between{100};  // what is told

struct Progress {
  lua_Integer done = 0, total = 0;
  os::Steady::time_point told;
};

// Plain data in the userdata; the label is its user value.
Progress& progress_of(lua_State* lua) {
  return *static_cast<Progress*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

void tell(lua_State* lua, Progress& progress) {
  core::ProgressTold told;
  told.progress.done = progress.done;
  told.progress.total = progress.total;
  told.progress.label = std::string(text_at(lua, lua_upvalueindex(2)));
  if (host_of(lua).runner.send(static_cast<std::uint8_t>(core::ProgressTold::kind), encode(told)) !=
      os::SendResult::sent)
    ::_exit(k_exit_protocol);
  progress.told = os::Steady::now();
}

int move_to(lua_State* lua, lua_Integer done) {
  Progress& progress = progress_of(lua);
  progress.done = std::clamp<lua_Integer>(done, 0, k_most);
  if (os::Steady::now() - progress.told >= k_between) tell(lua, progress);
  return 0;
}

// p.step(n) and p:step(n) are the same.
lua_Integer argument(lua_State* lua, lua_Integer otherwise) {
  const lua_Integer given = luaL_optinteger(lua, lua_istable(lua, 1) ? 2 : 1, otherwise);
  return std::clamp(given, -k_most, k_most);
}

int step(lua_State* lua) {
  return move_to(lua, progress_of(lua).done + argument(lua, 1));
}

int set(lua_State* lua) {
  return move_to(lua, argument(lua, 0));
}

int finish(lua_State* lua) {
  Progress& progress = progress_of(lua);
  if (progress.total > 0) progress.done = std::max(progress.done, progress.total);
  tell(lua, progress);
  return 0;
}

template <int (*function)(lua_State*)>
void add(lua_State* lua, int state, const char* name) {
  lua_pushvalue(lua, state);
  lua_pushvalue(lua, state + 1);
  lua_pushcclosure(lua, guarded<function>, 2);
  lua_setfield(lua, state + 2, name);
}

int progress(lua_State* lua) {
  const lua_Integer total = luaL_optinteger(lua, 1, 0);
  const std::string label = base::cap(text_at(lua, 2), k_longest_label);
  lua_settop(lua, 0);
  new (lua_newuserdatauv(lua, sizeof(Progress), 0)) Progress{0, std::clamp<lua_Integer>(total, 0, k_most), {}};
  lua_pushlstring(lua, label.data(), label.size());
  lua_createtable(lua, 0, 3);
  add<step>(lua, 1, "step");
  add<set>(lua, 1, "set");
  add<finish>(lua, 1, "finish");
  return 1;
}

}  // namespace

void add_progress(lua_State* lua) {
  lua_pushcfunction(lua, guarded<progress>);
  lua_setfield(lua, -2, "progress");
}

}  // namespace sandbox
