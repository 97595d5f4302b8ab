#include "sandbox/zygote.hpp"

#include <array>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "os/lockdown.hpp"
#include "os/process.hpp"
#include "os/signals.hpp"

namespace sandbox {
namespace {

using core::Kind;
using os::in;

constexpr std::chrono::seconds k_patience{10};  // for an answer of the zygote, which never works long

// Inside the zygote process.
class Nursery {
 public:
  Nursery(os::Channel channel, const Roles& roles) : channel_(std::move(channel)), roles_(roles) {
    channel_.set_nonblocking();
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    children_.reset(::signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC));
    if (roles_.prepare) roles_.prepare();
  }

  void serve() {
    for (;;) {
      std::array<pollfd, 2> wait = {pollfd{channel_.fd(), POLLIN, 0}, pollfd{children_.get(), POLLIN, 0}};
      if (::poll(wait.data(), wait.size(), -1) < 0) continue;
      if (wait[1].revents != 0 && !bury()) return;
      if (wait[0].revents == 0) continue;
      if (channel_.fill() != os::FillResult::open) return;
      while (std::optional<os::Frame> frame = channel_.next())
        if (!spawn(std::move(*frame))) return;
    }
  }

 private:
  bool tell(Kind kind, const std::string& body, const std::vector<int>& descriptors = {}) {
    return channel_.send(static_cast<std::uint8_t>(kind), body, in(k_patience), descriptors) == os::SendResult::sent;
  }

  bool spawn(os::Frame frame) {
    const auto wish = core::decode<core::Spawn>(frame.body);
    if (!wish || frame.kind != static_cast<std::uint8_t>(Kind::spawn)) return false;
    const pid_t zygote = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) grow_up(zygote, *wish, std::move(frame.descriptors));
    core::Spawned spawned;
    if (pid < 0) return tell(Kind::spawned, encode(spawned));
    spawned.pid = pid;
    const os::Fd pidfd = os::open_pidfd(pid);  // not waited for yet, so the number is still this child's
    return tell(Kind::spawned, encode(spawned), {pidfd.get()});
  }

  [[noreturn]] void grow_up(pid_t zygote, const core::Spawn& wish, std::vector<os::Fd> descriptors) {
    os::die_with_parent(zygote);
    os::reset_signals_in_helper();
    channel_.close();
    children_.reset();
    (wish.role == core::Role::worker ? roles_.worker : roles_.broker)(wish.settings, std::move(descriptors));
    ::_exit(0);
  }

  // Waits for every child that has ended and reports it.
  bool bury() {
    signalfd_siginfo info{};
    while (::read(children_.get(), &info, sizeof info) > 0) {
    }
    int status = 0;
    rusage used{};
    for (pid_t pid = ::wait4(-1, &status, WNOHANG, &used); pid > 0; pid = ::wait4(-1, &status, WNOHANG, &used)) {
      core::Ended ended;
      ended.pid = pid;
      ended.status = status;
      ended.cpu_microseconds =
          (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
      ended.peak_memory = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
      if (!tell(Kind::ended, encode(ended))) return false;
    }
    return true;
  }

  os::Channel channel_;
  Roles roles_;
  os::Fd children_;
};

[[noreturn]] void no_child() {
  throw base::Error(base::ErrorKind::internal, "cannot start a helper process",
                    "What was committed stays committed and recorded; the rest was not run.",
                    "Look at the limits of processes and memory, then run fettle run again.");
}

// noexcept: this process and its children are copies of the runner; what a role throws must end them, never unwind into
// the runner's own code.
[[noreturn]] void be_zygote(os::Channel channel, const Roles& roles) noexcept {
  Nursery(std::move(channel), roles).serve();
  ::_exit(0);
}

}  // namespace

Zygote::Zygote(const Roles& roles) {
  auto [here, there] = os::Channel::pair();
  const pid_t runner = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) base::throw_errno(base::ErrorKind::internal, "cannot fork", "Nothing was run.");
  if (pid == 0) {
    os::die_with_parent(runner);
    os::reset_signals_in_helper();
    here.close();
    os::close_all_but({0, 1, 2, there.fd()});
    be_zygote(std::move(there), roles);
  }
  pid_ = pid;
  channel_ = std::move(here);
  channel_.set_nonblocking();
}

Zygote::~Zygote() {
  channel_.close();
  ::waitpid(static_cast<pid_t>(pid_), nullptr, 0);
}

bool Zygote::receive(os::Deadline deadline) {
  for (;;) {
    if (std::optional<os::Frame> frame = channel_.next()) {
      if (const auto ended = core::decode<core::Ended>(frame->body);
          ended && frame->kind == static_cast<std::uint8_t>(Kind::ended))
        ended_.emplace(ended->pid, *ended);
      else if (const auto born = core::decode<core::Spawned>(frame->body); born)
        spawned_.push_back({born->pid, frame->descriptors.empty() ? os::Fd() : std::move(frame->descriptors[0])});
      return true;
    }
    pollfd wait{channel_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, os::poll_timeout(deadline)) == 0) return false;
    if (channel_.fill() != os::FillResult::open)
      throw base::Error(base::ErrorKind::internal, "the process that forks workers has died",
                        "What was committed stays committed and recorded; the rest was not run.",
                        "Run fettle run again.");
  }
}

Child Zygote::spawn(core::Role role, std::string settings, const std::vector<int>& descriptors) {
  order(role, std::move(settings), descriptors);
  return take_child();
}

void Zygote::order(core::Role role, std::string settings, const std::vector<int>& descriptors) {
  const core::Spawn wish{role, std::move(settings)};
  if (channel_.send(static_cast<std::uint8_t>(Kind::spawn), encode(wish), in(k_patience), descriptors) !=
      os::SendResult::sent)
    no_child();
}

Child Zygote::take_child() {
  const os::Deadline deadline = in(k_patience);
  while (spawned_.empty() && receive(deadline)) {
  }
  if (spawned_.empty()) no_child();
  Child child = std::move(spawned_.front());
  spawned_.pop_front();
  if (child.pid == 0 || !child.pidfd) no_child();
  return child;
}

std::optional<core::Ended> Zygote::wait(const Child& child, std::chrono::milliseconds most) {
  const os::Deadline deadline = in(most);
  while (!ended_.contains(child.pid))
    if (!receive(deadline)) return std::nullopt;
  return ended_.extract(child.pid).mapped();
}

}  // namespace sandbox
