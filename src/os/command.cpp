#include "os/command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/spawn.hpp"

namespace os {
namespace {

constexpr std::chrono::seconds k_grace{2};                   // between SIGTERM and SIGKILL
constexpr std::chrono::seconds k_to_die{10};                 // after SIGKILL: a disk may have to answer first
constexpr std::size_t k_kept = std::size_t{8} << 10U;        // bytes of the beginning, and of the end of its output
constexpr std::size_t k_at_the_end = std::size_t{1} << 20U;  // that may still lie in the pipe once it has ended

std::vector<std::string> variables_of(const Command& command) {
  std::vector<std::string> variables;
  for (char** each = ::environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    const bool replaced = std::any_of(command.environment.begin(), command.environment.end(), [text](const auto& mine) {
      return text.starts_with(mine.first) && text.substr(mine.first.size()).starts_with('=');
    });
    if (!replaced) variables.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment) variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

// One command from its start to its burial. Its number is not free before that, so no signal can reach a stranger.
class Running {
 public:
  explicit Running(const Command& command) : start_(Steady::now()), deadline_(start_ + command.limit) {
    fault_ = begin(command);
  }
  ~Running() {
    if (pid_ <= 0) return;
    signal_group(SIGKILL);
    bury();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  CommandEnd finish(int stop_fd, const std::function<bool()>& must_stop) {
    CommandEnd end;
    if (fault_ != 0) {
      end.how = CommandEnd::How::not_started;
      end.fault = std::strerror(fault_);
      return end;
    }
    while (!is_over()) wait(stop_fd, must_stop);
    if (how_) signal_group(SIGKILL);  // those of its group who outlived it
    drain();
    end.duration = since(start_);
    end.output = said_.text();
    const int status = bury();
    end.how = how_.value_or(WIFEXITED(status) ? CommandEnd::How::exited : CommandEnd::How::killed);
    if (!how_) end.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return end;
  }

 private:
  enum class Stage { working, told_to_end, killed };

  int begin(const Command& command);
  int open_pidfd() noexcept;
  void wait(int stop_fd, const std::function<bool()>& must_stop);
  void take_output();
  void drain();
  void tell_to_end(CommandEnd::How why);
  void pass_deadline();
  int bury() noexcept;

  // 0 would be everybody of our own group.
  void signal_group(int number) const noexcept {
    if (pid_ > 0) ::kill(-pid_, number);
  }
  // Once it was told to end it is over with all who write where it did.
  bool is_over() const noexcept {
    if (gave_up_) return true;
    return ended_ && (stage_ != Stage::told_to_end || !out_);
  }

  pid_t pid_ = 0;
  int fault_ = 0;
  Fd pidfd_, out_;
  Excerpt said_{k_kept};
  Steady::time_point start_, deadline_;
  Stage stage_ = Stage::working;
  std::optional<CommandEnd::How> how_;  // ended by us
  bool ended_ = false, gave_up_ = false;
};

// 0, or what went wrong.
int Running::begin(const Command& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  out_.reset(ends[0]);
  const Fd there(ends[1]);
  const Fd input = above_streams(file_with(command.input));
  const Fd output = above_streams(there);
  if (!input || !output || ::fcntl(out_.get(), F_SETFL, O_NONBLOCK) != 0) return errno != 0 ? errno : EIO;
  SpawnActions actions;
  ::posix_spawn_file_actions_adddup2(&actions.files, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.files, output.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.files, output.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions.files, STDERR_FILENO + 1);
  ::posix_spawn_file_actions_addchdir_np(&actions.files, command.directory.c_str());
  actions.block_and_ignore_no_signal(POSIX_SPAWN_SETSID);
  const std::vector<std::string> words = {"sh", "-c", command.text};
  const std::vector<std::string> variables = variables_of(command);
  ::signal(SIGCHLD, SIG_DFL);  // a parent that ignores it hands that down, and then nobody learns how a child ended
  const int fault = ::posix_spawn(&pid_, "/bin/sh", &actions.files, &actions.attributes, pointers(words).data(),
                                  pointers(variables).data());
  if (fault != 0) {
    pid_ = 0;
    return fault;
  }
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  return pidfd_ ? 0 : errno;
}

void Running::wait(int stop_fd, const std::function<bool()>& must_stop) {
  std::array<pollfd, 3> wait = {pollfd{ended_ ? -1 : pidfd_.get(), POLLIN, 0}, pollfd{out_.get(), POLLIN, 0},
                                pollfd{stage_ == Stage::working ? stop_fd : -1, POLLIN, 0}};
  if (::poll(wait.data(), wait.size(), poll_timeout(deadline_)) < 0) return;
  if (wait[1].revents != 0) take_output();
  if (wait[0].revents != 0) ended_ = true;
  if (wait[2].revents != 0 && must_stop() && !ended_) tell_to_end(CommandEnd::How::stopped);
  if (!is_over() && Steady::now() >= deadline_) pass_deadline();
}

void Running::tell_to_end(CommandEnd::How why) {
  how_ = why;
  stage_ = Stage::told_to_end;
  deadline_ = in(k_grace);
  signal_group(SIGTERM);
}

void Running::pass_deadline() {
  if (stage_ == Stage::working) return tell_to_end(CommandEnd::How::timed_out);
  if (stage_ == Stage::killed) {
    gave_up_ = true;
    return;
  }
  stage_ = Stage::killed;
  deadline_ = in(k_to_die);
  signal_group(SIGKILL);
}

void Running::take_output() {
  std::array<char, 65536> piece;
  const ssize_t got = ::read(out_.get(), piece.data(), piece.size());
  if (got > 0)
    said_.add({piece.data(), static_cast<std::size_t>(got)});
  else if (got == 0 || (errno != EAGAIN && errno != EINTR))
    out_.reset();
}

// What it had said before it ended; somebody whom it left behind may go on saying more.
void Running::drain() {
  std::array<char, 65536> piece;
  for (std::size_t total = 0; out_ && total < k_at_the_end;) {
    const ssize_t got = ::read(out_.get(), piece.data(), piece.size());
    if (got <= 0) return;
    said_.add({piece.data(), static_cast<std::size_t>(got)});
    total += static_cast<std::size_t>(got);
  }
}

// One that even SIGKILL does not end, since it waits inside the kernel, is left to whoever comes after us.
int Running::bury() noexcept {
  int status = 0;
  while (::waitpid(pid_, &status, gave_up_ ? WNOHANG : 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

}  // namespace

void Excerpt::add(std::string_view piece) {
  total_ += piece.size();
  const std::size_t first = std::min(most_ - head_.size(), piece.size());
  head_ += piece.substr(0, first);
  tail_ += piece.substr(first);
  if (tail_.size() > 4 * most_) tail_.erase(0, tail_.size() - most_);
}

std::string Excerpt::text() const {
  std::string_view head = head_, tail = tail_;
  if (tail.size() > most_) tail.remove_prefix(tail.size() - most_);
  if (head.size() + tail.size() == total_) return head_ + tail_;
  if (const std::size_t end = head.rfind('\n'); end != std::string_view::npos) head = head.substr(0, end + 1);
  if (const std::size_t end = tail.find('\n'); end != std::string_view::npos) tail.remove_prefix(end + 1);
  return fmt::format("{}{}… {} bytes more …\n{}", head, head.ends_with('\n') ? "" : "\n",
                     total_ - head.size() - tail.size(), tail);
}

CommandEnd run_command(const Command& command, int stop_fd, const std::function<bool()>& must_stop) {
  return Running(command).finish(stop_fd, must_stop);
}

}  // namespace os
