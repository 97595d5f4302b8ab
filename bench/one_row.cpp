// One script after the other, nothing overlapped: a small process, locked down once and with a Lua state made, forks a
// worker for each script; the worker runs it and sends its SQL here. Then one commit of the target, one of the ledger,
// one rename.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "parts.hpp"

namespace bench {
namespace {

constexpr std::size_t k_largest_message = std::size_t{64} << 10U;  // a script, or one statement
constexpr std::uint32_t k_this_machine =
#ifdef __x86_64__
    AUDIT_ARCH_X86_64;
#else
    AUDIT_ARCH_AARCH64;
#endif

// The first byte of a message tells what it is.
enum Word : char { load = 'l', sql = 'q', answer = 'a', done = 'd', broken = 'b' };

std::string framed(Word word, std::string_view text) {
  std::string message(1, word);
  return message.append(text);
}

// ---- the processes ----

void forbid_files() {
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;  // all rights of the first version
  const auto ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
  if (ruleset < 0) return;  // a kernel without it
  need(syscall(SYS_landlock_restrict_self, ruleset, 0) == 0, "landlock_restrict_self");
  close(ruleset);
}

void allow_only(const std::vector<long>& calls) {
  std::vector<sock_filter> code = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k_this_machine, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (std::size_t index = 0; index < calls.size(); ++index)
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(calls[index]),
                            static_cast<std::uint8_t>(calls.size() - index), 0));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0, "seccomp");
}

std::vector<long> calls_of_a_worker() {
  return {SYS_read, SYS_write, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_exit_group};
}

std::vector<long> calls_of_the_zygote() {
  std::vector<long> calls = calls_of_a_worker();
  for (const long call : {SYS_clone, SYS_clone3, SYS_wait4, SYS_seccomp, SYS_set_robust_list, SYS_rseq, SYS_getpid,
                          SYS_gettid, SYS_rt_sigprocmask})
    calls.push_back(call);
  return calls;
}

int to_parent = -1;  // the worker's

// Sends the statement and waits for the number of rows.
int lua_exec(lua_State* lua) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(lua, 1, &length);
  const std::string message = framed(Word::sql, {text, length});
  std::array<char, 64> reply{};
  if (write(to_parent, message.data(), message.size()) < 0 || read(to_parent, reply.data(), reply.size()) < 1 ||
      reply[0] != Word::answer)
    return luaL_error(lua, "the statement failed");
  lua_pushinteger(lua, 1);
  return 1;
}

lua_State* make_lua() {
  lua_State* lua = luaL_newstate();
  luaL_openlibs(lua);
  lua_newtable(lua);
  lua_pushcfunction(lua, lua_exec);
  lua_setfield(lua, -2, "exec");
  lua_setglobal(lua, "db");
  return lua;
}

// The script returns its table; shouldRun() and execute() are called.
bool run_lua(lua_State* lua, std::string_view text) {
  if (luaL_loadbufferx(lua, text.data(), text.size(), "=script", "t") != LUA_OK || lua_pcall(lua, 0, 1, 0) != LUA_OK)
    return false;
  for (const char* function : {"shouldRun", "execute"}) {
    lua_getfield(lua, -1, function);
    if (lua_pcall(lua, 0, 1, 0) != LUA_OK || !lua_toboolean(lua, -1)) return false;
    lua_pop(lua, 1);
  }
  return true;
}

[[noreturn]] void be_a_worker(lua_State* lua) {
  allow_only(calls_of_a_worker());
  std::string text(k_largest_message, '\0');
  const ssize_t length = read(to_parent, text.data(), text.size());
  const bool well = length > 1 && run_lua(lua, std::string_view(text).substr(1, static_cast<std::size_t>(length) - 1));
  const char word = well ? Word::done : Word::broken;
  _exit(write(to_parent, &word, 1) == 1 ? 0 : 1);
}

// One byte on `orders`: fork a worker; answers with one when that has ended.
[[noreturn]] void be_the_zygote(int orders, int work) {
  to_parent = work;
  lua_State* lua = make_lua();
  const rlimit memory{std::size_t{1} << 30U, std::size_t{1} << 30U};
  need(setrlimit(RLIMIT_AS, &memory) == 0, "setrlimit");
  need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  forbid_files();
  allow_only(calls_of_the_zygote());
  char order = 0;
  while (read(orders, &order, 1) == 1) {
    const pid_t worker = fork();
    if (worker == 0) be_a_worker(lua);
    int status = 0;
    if (worker < 0 || waitpid(worker, &status, 0) != worker || status != 0) order = Word::broken;
    if (write(orders, &order, 1) != 1) break;
  }
  _exit(0);
}

class Zygote {
 public:
  Zygote() {
    std::array<int, 2> orders{}, work{};
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, orders.data()) == 0, "socketpair");
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, work.data()) == 0, "socketpair");
    const pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
      close(orders[0]);
      close(work[0]);
      be_the_zygote(orders[1], work[1]);
    }
    close(orders[1]);
    close(work[1]);
    orders_ = orders[0];
    work_ = work[0];
  }
  ~Zygote() {
    close(orders_);
    while (wait(nullptr) < 0 && errno == EINTR) {
    }
  }
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  int work() const noexcept { return work_; }
  void fork_worker() const { need(write(orders_, "f", 1) == 1, "the zygote is gone"); }
  void await_worker() const {
    char told = 0;
    need(read(orders_, &told, 1) == 1 && told == 'f', "the worker died");
  }

 private:
  int orders_ = -1, work_ = -1;
};

// ---- one script ----

std::string read_script(int folder, const std::string& name) {
  const int file = openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  need(file >= 0, "open script");
  struct stat facts {};
  need(fstat(file, &facts) == 0, "stat script");
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  need(read(file, text.data(), text.size()) == facts.st_size, "read script");
  close(file);
  return text;
}

void run_in_worker(const Zygote& zygote, const Database& target, const std::string& text) {
  zygote.fork_worker();
  const std::string message = framed(Word::load, text);
  need(write(zygote.work(), message.data(), message.size()) >= 0, "send script");
  std::string said(k_largest_message, '\0');
  for (;;) {
    const ssize_t length = read(zygote.work(), said.data(), said.size() - 1);
    need(length >= 1 && said[0] != Word::broken, "the script failed");
    if (said[0] == Word::done) break;
    said[static_cast<std::size_t>(length)] = '\0';
    target.execute(said.c_str() + 1);
    const char word = Word::answer;
    need(write(zygote.work(), &word, 1) == 1, "answer");
  }
  zygote.await_worker();
}

std::vector<std::string> sorted_names(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) fail("cannot open " + path);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

int open_folder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) fail("cannot open " + path);
  return folder;
}

void prepare_ledger(const Database& ledger) {
  ledger.execute("PRAGMA journal_mode=WAL");
  ledger.execute("PRAGMA synchronous=FULL");
  ledger.execute("CREATE TABLE IF NOT EXISTS attempt (id INTEGER PRIMARY KEY, script TEXT, outcome TEXT)");
}

}  // namespace

void run_scripts(const std::string& directory) {
  const Zygote zygote;
  const int pending = open_folder(directory + "/fix-scripts");
  const int filed = open_folder(directory + "/successfully-ran");
  const Database target(directory + "/app.db");
  prepare_target(target);
  const Database ledger(directory + "/floor.db");
  prepare_ledger(ledger);
  const Statement record(ledger, "INSERT INTO attempt (script, outcome) VALUES (?, 'succeeded')");
  for (const std::string& name : sorted_names(directory + "/fix-scripts")) {
    const std::string text = read_script(pending, name);
    target.execute("BEGIN IMMEDIATE");
    run_in_worker(zygote, target, text);
    target.execute("COMMIT");
    sqlite3_bind_text(record.get(), 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    record.run_once();
    need(renameat(pending, name.c_str(), filed, name.c_str()) == 0, "rename");
  }
  fsync(filed);
  fsync(pending);
}

}  // namespace bench
