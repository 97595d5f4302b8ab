#include "sandbox/worker.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "core/message.hpp"
#include "os/lockdown.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_env.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/script_contract.hpp"

namespace sandbox {
namespace {

using core::Cause;
using core::Kind;

constexpr std::size_t k_longest_error = std::size_t{16} << 10U;         // bytes of an error, and of a traceback
constexpr std::uint64_t k_room_beside_lua = std::uint64_t{256} << 20U;  // for messages and the program itself

// --- taking powers away --------------------------------------------------------------------------------------------

os::CallFilter compile_filter() {
#ifdef FETTLE_SANITIZED
  return {{"brk",           "mmap",   "munmap",      "mremap",   "read",         "write",          "exit_group",
           "clock_gettime", "futex",  "madvise",     "mprotect", "rt_sigaction", "rt_sigprocmask", "sigaltstack",
           "getpid",        "gettid", "sched_yield", "openat",   "close",        "readlink",       "newfstatat",
           "prctl",         "tgkill", "getrandom",   "pipe",     "pipe2",        "recvfrom"},
          os::CallFilter::Otherwise::kill};
#else
  if (os::clock_needs_no_call())
    return {{"brk", "mmap", "munmap", "mremap", "recvfrom", "write", "exit_group"}, os::CallFilter::Otherwise::kill};
  return {{"brk", "mmap", "munmap", "mremap", "recvfrom", "write", "exit_group", "clock_gettime"},
          os::CallFilter::Otherwise::kill};
#endif
}

const os::CallFilter& call_filter() {
  static const os::CallFilter filter = compile_filter();
  return filter;
}

// What the C and C++ run-time libraries do only once, and with calls that will be forbidden.
void warm_up() {
  ::setenv("TZ", ":/etc/localtime", 0);  // with TZ set, localtime never looks at the file again
  ::tzset();
  const std::time_t epoch = 0;
  std::tm parts{};
  ::localtime_r(&epoch, &parts);
  try {
    throw ScriptError("the first throw takes a lock");
  } catch (const ScriptError&) {
  }
}

core::SandboxLevel lock_down(const core::WorkerSettings& settings, const os::CallFilter& filter, const Host& host) {
  std::vector<int> kept = {host.runner.fd(), host.broker.fd()};
#ifdef FETTLE_SANITIZED
  kept.push_back(2);
#endif
  os::close_all_but(kept);
  core::SandboxLevel level;
  level.limits = os::set_limits({settings.memory + k_room_beside_lua, settings.cpu_seconds, false});
  level.no_new_privileges = os::forbid_new_privileges();
  level.landlock_abi = os::restrict_files({});
  level.seccomp = filter.install();
  return level;
}

// --- what every worker inherits -------------------------------------------------------------------------------------

// A state with the environment of scripts and nothing of any script. Without a limit: each worker sets its own.
std::unique_ptr<LuaState> new_state() {
  auto state = std::make_unique<LuaState>(UINT64_MAX);
  lua_State* lua = state->get();
  lua_pushcfunction(lua, [](lua_State* inner) {
    build_environment(inner);
    return 0;
  });
  if (lua_pcall(lua, 0, 0, 0) != LUA_OK) ::_exit(k_exit_out_of_memory);
  lua_gc(lua, LUA_GCCOLLECT);
  return state;
}

// Made in the zygote, used by one script in each process that is forked from it. Hashes of strings are then seeded
// alike in all workers of a run; a script that profits from it makes only itself slow.
LuaState& inherited_state() {
  static LuaState* const state = new_state().release();  // lives as long as the process does
  return *state;
}

// An inherited generator would give every script the same numbers. Before the lock-down: it takes a system call.
void draw_seed(lua_State* lua) {
  std::array<lua_Integer, 2> seed = {::getpid(), std::time(nullptr)};  // where the kernel gives nothing better
  (void)::getrandom(seed.data(), sizeof seed, GRND_NONBLOCK);
  lua_getglobal(lua, "math");
  lua_getfield(lua, -1, "randomseed");
  lua_pushinteger(lua, seed[0]);
  lua_pushinteger(lua, seed[1]);
  if (lua_pcall(lua, 2, 0, 0) != LUA_OK) ::_exit(k_exit_out_of_memory);
  lua_settop(lua, 0);
}

// --- one script ----------------------------------------------------------------------------------------------------

class Worker {
 public:
  Worker(Host& host, const core::Limits& limits, LuaState& state) : host_(host), limits_(limits), lua_(state.get()) {}

  // Until the runner wants no more, or the script cannot be loaded, which it is told.
  void serve() {
    if (!load()) return;
    while (const std::optional<os::Frame> frame = host_.runner.receive()) {
      if (frame->kind == static_cast<std::uint8_t>(Kind::ask))
        ask(*frame);
      else if (frame->kind == static_cast<std::uint8_t>(Kind::execute))
        execute(*frame);
      else
        break;
    }
  }

 private:
  template <class Message>
  void tell(const Message& message) {
    if (host_.runner.send(static_cast<std::uint8_t>(Message::kind), encode(message)) != os::SendResult::sent)
      ::_exit(k_exit_protocol);
  }

  // Loads the script and says what it declares, or why not.
  bool load() {
    std::optional<os::Frame> frame = host_.runner.receive();
    if (!frame) ::_exit(0);  // not needed any more
    auto wish = core::decode<core::Load>(frame->body);
    if (!wish || frame->kind != static_cast<std::uint8_t>(Kind::load)) ::_exit(k_exit_protocol);
    host_.load = std::move(*wish);
    lua_pushlightuserdata(lua_, &host_);
    lua_pushcclosure(
        lua_,
        [](lua_State* lua) {
          add_api(lua, *static_cast<Host*>(lua_touserdata(lua, lua_upvalueindex(1))));
          return 0;
        },
        1);
    if (!call(0, 0) || !compile() || !call(0, 1)) return false;
    const auto found = read_script(lua_, host_.load.arguments);
    if (std::holds_alternative<core::Declaration>(found)) set_arguments(lua_);
    lua_settop(lua_, 0);
    if (const auto* fault = std::get_if<ContractFault>(&found)) {
      tell(core::Fault{Cause::contract, fault->text, {}});
      return false;
    }
    const auto& declaration = std::get<core::Declaration>(found);
    declared_database_ = declaration.database;
    writes_ = declaration.writes;
    validates_ = declaration.validates;
    tell(core::Loaded{declaration});
    return true;
  }

  // Text only: a binary chunk could do anything. A byte order mark and a first line with #! are no Lua, but common.
  bool compile() {
    std::string_view text = host_.load.text;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.starts_with('#')) text.remove_prefix(std::min(text.find('\n'), text.size()));
    const std::string name = "=" + host_.load.name;
    const int status = luaL_loadbufferx(lua_, text.data(), text.size(), name.c_str(), "t");
    host_.load.text = {};
    if (status == LUA_OK) return true;
    tell(core::Fault{status == LUA_ERRMEM ? Cause::memory : Cause::syntax, error_text(-1), {}});
    return false;
  }

  void ask(const os::Frame& frame) {
    const auto wish = core::decode<core::Ask>(frame.body);
    if (!wish) ::_exit(k_exit_protocol);
    host_.phase = Phase::asking;
    const std::string& otherwise = writes_ ? wish->database : wish->coordinator;
    set_own_database(lua_, host_, declared_database_.empty() ? otherwise : declared_database_);
    if (!run(Function::should_run)) return;
    auto answer = judge_answer(lua_, lua_gettop(lua_));
    lua_settop(lua_, 0);
    const auto* said = std::get_if<core::Answer>(&answer);
    if (validates_ && said != nullptr && said->word == core::Answer::Word::yes) {
      if (!run(Function::validate)) return;
      answer = judge_validation(lua_, lua_gettop(lua_));
      lua_settop(lua_, 0);
    }
    std::visit([this](const auto& judged) { tell_judged(judged); }, answer);
  }

  void execute(const os::Frame& frame) {
    const auto wish = core::decode<core::Execute>(frame.body);
    if (!wish) ::_exit(k_exit_protocol);
    if (wish->undo) set_own_database(lua_, host_, wish->database);
    host_.phase = Phase::executing;
    if (!run(wish->undo ? Function::roll_back : Function::execute)) return;
    std::visit([this](const auto& result) { tell_judged(result); }, judge_result(lua_, lua_gettop(lua_), limits_));
    lua_settop(lua_, 0);
  }

  template <class Judged>
  void tell_judged(const Judged& judged) {
    tell(judged);
  }
  void tell_judged(const ContractFault& fault) { tell(core::Fault{Cause::contract, fault.text, {}}); }

  bool run(Function function) {
    lua_settop(lua_, 0);
    push_function(lua_, function);
    const bool good = call(0, LUA_MULTRET);
    host_.line.settle();  // the broker must have nothing more to say when the transaction ends
    return good;
  }

  // Calls what lies below its `count` arguments; on an error tells the runner, and the results are not there.
  bool call(int count, int results) {
    const int base = lua_gettop(lua_) - count;
    lua_pushcfunction(lua_, on_error);
    lua_insert(lua_, base);
    const int status = lua_pcall(lua_, count, results, base);
    lua_remove(lua_, base);
    if (status == LUA_OK) return true;
    tell_error(status);
    lua_settop(lua_, 0);
    return false;
  }

  void tell_error(int status) {
    if (const std::string* reason = skip_reason(lua_, -1)) return tell_skip(base::cap(*reason, k_longest_error));
    core::Fault fault{status == LUA_ERRMEM ? Cause::memory : Cause::error, error_text(-1), {}};
    if (lua_getfield(lua_, LUA_REGISTRYINDEX, k_traceback) == LUA_TSTRING)
      fault.traceback = base::cap(text_at(lua_, -1), k_longest_error);
    tell(fault);
  }

  void tell_skip(std::string reason) {
    if (host_.phase == Phase::asking)
      tell(core::Answer{core::Answer::Word::skip, std::move(reason), {}});
    else
      tell(core::Result{core::Result::Word::skipped, std::move(reason), {}});
  }

  // Error objects may be anything; script code is never asked to explain them.
  std::string error_text(int index) {
    if (lua_type(lua_, index) == LUA_TSTRING || lua_type(lua_, index) == LUA_TNUMBER) {
      lua_pushvalue(lua_, index);
      std::size_t length = 0;
      const char* bytes = lua_tolstring(lua_, -1, &length);
      std::string text = base::cap({bytes, length}, k_longest_error);
      lua_pop(lua_, 1);
      return text;
    }
    if (lua_istable(lua_, index)) {
      index = lua_absindex(lua_, index);
      lua_pushliteral(lua_, "message");
      lua_rawget(lua_, index);
      std::string text =
          lua_type(lua_, -1) == LUA_TSTRING ? error_text(-1) : "the script raised an error that is a table";
      lua_pop(lua_, 1);
      return text;
    }
    return fmt::format("the script raised an error that is a {}", luaL_typename(lua_, index));
  }

  static constexpr const char* k_traceback = "fettle.traceback";

  // Runs where the error was raised, before the stack is unwound: the only place that sees the calls that led there.
  static int on_error(lua_State* lua) {
    if (lua_checkstack(lua, 16) == 0 || skip_reason(lua, 1) != nullptr) return 1;
    luaL_traceback(lua, lua, nullptr, 1);
    lua_setfield(lua, LUA_REGISTRYINDEX, k_traceback);
    return 1;
  }

  Host& host_;
  core::Limits limits_;
  lua_State* lua_;
  std::string declared_database_;
  bool writes_ = true;
  bool validates_ = false;
};

// --- the rehearsal --------------------------------------------------------------------------------------------------

// Touches what most scripts do: values both ways, a line, an error that is caught, a result.
constexpr std::string_view k_rehearsed = R"lua(
return {
  description = "rehearsal",
  shouldRun = function() return db.value("select ?", 1) == 1 end,
  execute = function()
    log.info("%s", tostring(pcall(db.exec, nil)))
    return { executed = true, message = ("%d rows"):format(db.exec("", "x", 1)), rows = { 1 } }
  end,
}
)lua";

template <class Message>
std::optional<Message> heard(const os::Frame& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame.body);
}

template <class Message>
void say(os::Channel& channel, const Message& message) {
  channel.send(static_cast<std::uint8_t>(Message::kind), encode(message));
}

}  // namespace

bool rehearse() {
  auto [runner, to_runner] = os::Channel::pair();
  auto [broker, to_broker] = os::Channel::pair();
  core::Load load;
  load.name = "rehearsal";
  load.text = k_rehearsed;
  load.databases = {{"main", "sqlite"}};
  say(runner, load);
  say(runner, core::Ask{"main", "main"});
  say(runner, core::Execute{});
  say(broker, core::Rows{0, {"1"}, {{std::int64_t{1}}}});
  say(broker, core::Affected{1});
  ::shutdown(runner.fd(), SHUT_WR);
  ::shutdown(broker.fd(), SHUT_WR);
  Host host;
  host.runner = std::move(to_runner);
  host.broker = std::move(to_broker);
  const std::unique_ptr<LuaState> state = new_state();
  Worker(host, {}, *state).serve();
  lua_close(state->get());
  host.runner.close();
  bool said_yes = false, succeeded = false;
  while (const std::optional<os::Frame> frame = runner.receive()) {
    if (const auto answer = heard<core::Answer>(*frame)) said_yes = answer->word == core::Answer::Word::yes;
    if (const auto result = heard<core::Result>(*frame)) succeeded = result->word == core::Result::Word::succeeded;
  }
  return said_yes && succeeded;
}

void prepare_workers() {
  static bool done = false;
  if (std::exchange(done, true)) return;
  os::give_memory_back();
  call_filter();
  warm_up();
  rehearse();
  inherited_state();
}

void worker_main(std::string_view settings, std::vector<os::Fd> descriptors) {
  const auto wishes = core::decode<core::WorkerSettings>(settings);
  if (!wishes || descriptors.size() != 2) ::_exit(k_exit_protocol);
  Host host;
  host.runner = os::Channel(std::move(descriptors[0]));
  host.broker = os::Channel(std::move(descriptors[1]));
  host.broker.set_eager();
  prepare_workers();
  LuaState& state = inherited_state();
  draw_seed(state.get());
  state.set_limit(wishes->memory);
  const core::SandboxLevel level = lock_down(*wishes, call_filter(), host);
  if (host.runner.send(static_cast<std::uint8_t>(Kind::worker_ready), encode(core::WorkerReady{level})) !=
      os::SendResult::sent)
    ::_exit(k_exit_protocol);
  Worker(host, wishes->limits, state).serve();
  ::_exit(0);
}

}  // namespace sandbox
