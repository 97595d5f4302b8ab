#include "program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crash {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds k_patience{60};  // far beyond every limit that fettle itself has here

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::string joined(const std::vector<std::string>& roots) {
  std::string text;
  for (const std::string& root : roots) text += (text.empty() ? "" : ":") + root;
  return text;
}

std::vector<std::string> environment_of(const SharedPage* page, const std::vector<std::string>& roots) {
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "NO_COLOR=1"};
  if (page == nullptr) return environment;
  environment.push_back(fmt::format("LD_PRELOAD={}", FETTLE_CRASH_SHIM));
  environment.push_back(fmt::format("{}={}", k_page_variable, page->path()));
  environment.push_back(fmt::format("{}={}", k_roots_variable, joined(roots)));
  environment.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
  return environment;
}

// Wakes at once when the fault strikes, and now and then to see whether the program has ended.
void doze(Page& page) {
  const timespec most{0, 500'000};
  ::syscall(SYS_futex, &page.reached, FUTEX_WAIT, 0, &most, nullptr, 0);
}

void nap() {
  const timespec time{0, 200'000};
  ::nanosleep(&time, nullptr);
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

SharedPage::SharedPage(const std::string& path) : path_(path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(Page)) != 0) fail("cannot make " + path);
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) fail("cannot map " + path);
  page_ = new (memory) Page{};
}

SharedPage::~SharedPage() {
  ::munmap(page_, sizeof(Page));
  ::unlink(path_.c_str());
}

void SharedPage::clear() noexcept {
  new (page_) Page{};
}

Program::Program(const std::string& fettle, const std::string& directory, const std::vector<std::string>& arguments,
                 const SharedPage* page, const std::vector<std::string>& roots)
    : output_(::memfd_create("output", MFD_CLOEXEC)), page_(page) {
  std::vector<std::string> command = {fettle};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_of(page, roots);
  const std::vector<char*> words = pointers(command);
  const std::vector<char*> variables = pointers(environment);
  const pid_t driver = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0 || output_ < 0) fail("cannot start fettle");
  if (pid_ > 0) {
    ::setpgid(pid_, pid_);
    return;
  }
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != driver) ::_exit(125);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(output_, 1) < 0 || ::dup2(output_, 2) < 0) ::_exit(125);
  if (::chdir(directory.c_str()) != 0) ::_exit(125);
  ::execve(words[0], words.data(), variables.data());
  ::_exit(127);
}

Program::~Program() {
  kill_all();
  ::close(output_);
}

// Every child that has ended is waited for, adopted ones too. true: the program itself has.
bool Program::reap() {
  int status = 0;
  for (pid_t ended = ::waitpid(-1, &status, WNOHANG); ended > 0; ended = ::waitpid(-1, &status, WNOHANG)) {
    if (ended != pid_) continue;
    status_ = status;
    gone_ = true;
  }
  return gone_;
}

void Program::kill_all() noexcept {
  if (cleared_) return;  // the number may be another group's by now
  while (::kill(-pid_, SIGKILL) == 0 || !gone_) {
    reap();
    nap();
  }
  cleared_ = true;
}

bool Program::wait_for(std::chrono::microseconds most) {
  const auto end = Clock::now() + most;
  while (!reap() && Clock::now() < end) nap();
  return gone_;
}

Ended Program::wait(Strike strike, const std::function<void()>& at_strike) {
  const auto end = Clock::now() + k_patience;
  Ended ended;
  bool struck = strike == Strike::nothing;
  while (!reap()) {
    if (!struck && (**page_).reached.load() != 0) {
      struck = true;
      if (at_strike) at_strike();
      if (strike == Strike::kill_caller) ::kill((**page_).victim.load(), SIGKILL);
      if (strike == Strike::kill_all) break;
    }
    if (Clock::now() > end) {
      ended.hung = true;
      break;
    }
    if (struck)
      nap();
    else
      doze(**page_);
  }
  kill_all();
  ended.status = exit_code(status_);
  ended.said = said();
  return ended;
}

std::string Program::said() const {
  std::string text(static_cast<std::size_t>(::lseek(output_, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(output_, text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

Ended run_fettle(const std::string& fettle, const std::string& directory, const std::vector<std::string>& arguments) {
  return Program(fettle, directory, arguments, nullptr, {}).wait();
}

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace crash
