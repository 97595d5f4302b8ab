#include "support/program.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace support {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

int make_buffer(const char* name) {
  const int file = memfd_create(name, MFD_CLOEXEC);
  if (file < 0) fail("memfd_create");
  return file;
}

std::string content(int file) {
  std::string text;
  char chunk[65536];
  for (off_t at = 0;;) {
    const ssize_t got = pread(file, chunk, sizeof chunk, at);
    if (got < 0) fail("pread");
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
    at += got;
  }
}

// Inherited, without what would steer fettle from outside the test.
std::vector<std::string> clean_environment(const std::vector<std::string>& added) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("FETTLE_") || text.starts_with("NO_COLOR=") || text.starts_with("LC_") ||
        text.starts_with("LANG") || text.starts_with("TZ="))
      continue;
    environment.emplace_back(text);
  }
  environment.emplace_back("LC_ALL=C.UTF-8");
  environment.insert(environment.end(), added.begin(), added.end());
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

const char* path_in(const std::vector<std::string>& environment) {
  const char* path = "/usr/bin:/bin";
  for (const std::string& entry : environment)
    if (entry.starts_with("PATH=")) path = entry.c_str() + 5;
  return path;
}

int exit_code(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return 128 + WTERMSIG(status);
}

}  // namespace

std::string fettle_binary() {
  const char* chosen = std::getenv("FETTLE_UNDER_TEST");
  return chosen != nullptr && *chosen != '\0' ? chosen : FETTLE_BINARY;
}

Program::Program(const Launch& launch) : out_(make_buffer("out")), err_(make_buffer("err")) {
  std::vector<std::string> command = launch.command;
  std::vector<std::string> environment = clean_environment(launch.environment);
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> variables = pointers(environment);
  pid_ = fork();
  if (pid_ < 0) fail("fork");
  if (pid_ > 0) return;
  setpgid(0, 0);
  setenv("PATH", path_in(environment), 1);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out_, 1) < 0 || dup2(err_, 2) < 0) _exit(125);
  if (!launch.directory.empty() && chdir(launch.directory.c_str()) != 0) _exit(125);
  execvpe(arguments[0], arguments.data(), variables.data());
  _exit(127);
}

Program::~Program() {
  if (!ended_) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(out_);
  close(err_);
}

Ended Program::wait(Seconds limit) {
  if (ended_) return *ended_;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (handle < 0) fail("pidfd_open");
  pollfd watched{handle, POLLIN, 0};
  const int milliseconds = static_cast<int>(limit.count() * 1000);
  Ended ended;
  ended.timed_out = poll(&watched, 1, milliseconds) == 0;
  close(handle);
  if (ended.timed_out) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) fail("waitpid");
  if (!ended.timed_out) ended.status = exit_code(status);
  ended.out = content(out_);
  ended.err = content(err_);
  ended_ = ended;
  return ended;
}

bool Program::is_over() const {
  siginfo_t info{};
  return ended_ ||
         (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0);
}

void Program::signal(int number) const {
  if (kill(pid_, number) != 0) fail("kill");
}

std::string Program::out() const {
  return content(out_);
}
std::string Program::err() const {
  return content(err_);
}

Ended run(const Launch& launch, Seconds limit) {
  return Program(launch).wait(limit);
}

std::vector<pid_t> children_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", process));
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

std::vector<pid_t> descendants_of(pid_t process) {
  std::vector<pid_t> found = children_of(process);
  for (std::size_t at = 0; at < found.size(); ++at) {
    const std::vector<pid_t> more = children_of(found[at]);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

Seconds processor_time(pid_t process) {
  const std::string stat = read_file(fmt::format("/proc/{}/stat", process));
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return Seconds(0);
  unsigned long user = 0, system = 0;
  // Fields 14 and 15 of proc(5); the name is field 2.
  if (std::sscanf(stat.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                  &system) != 2)
    return Seconds(0);
  return Seconds(static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

std::uint64_t peak_memory(pid_t process) {
  const std::string status = read_file(fmt::format("/proc/{}/status", process));
  const std::size_t at = status.find("VmHWM:");
  return at == std::string::npos ? 0 : std::stoull(status.substr(at + 6)) << 10U;
}

bool wait_until(const std::function<bool()>& condition, Seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return true;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace support
