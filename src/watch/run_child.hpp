// One `fettle run` as the watcher's child: started beforehand, so that its configuration is read and its processes
// stand ready when a script comes; one run, then it is over. Lives in the watcher; core/message tells what is said.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/message.hpp"
#include "os/program.hpp"

namespace watch {

class RunChild {
 public:
  enum class State {
    starting,
    standing_by,
    running,
    over,  // it said so, or was dismissed; the process is just ending
  };

  // config_file: absolute; config: its text, as it is in force. Throws Error(internal).
  RunChild(const std::string& config_file, std::string_view config);
  ~RunChild();  // a child that still lives is killed: call dismiss() before, or wait for its end
  RunChild(const RunChild&) = delete;
  RunChild& operator=(const RunChild&) = delete;

  State state() const noexcept { return state_; }
  int channel_fd() const noexcept { return heard_all_ ? -1 : program_.channel.fd(); }
  int end_fd() const noexcept { return program_.pidfd.get(); }

  // What it said since. Afterwards state() may be another.
  struct Said {
    std::vector<core::Left> left;
    std::vector<core::LogRecord> records;
  };
  Said take();
  bool says_more() const noexcept;                              // at once
  const core::RunOver& over() const noexcept { return over_; }  // once state() is over

  bool go(const core::Go& wish);                               // once it stands by; false: it cannot be told
  void look(bool all, const std::vector<std::string>& names);  // as soon as it can be told
  void signal(int number) noexcept { os::signal_program(program_, number); }
  // Tells one that stands by to end.
  void dismiss() noexcept {
    state_ = State::over;
    heard_all_ = true;
    program_.channel.close();
  }
  // After end_fd() became readable: its status, as of wait(2).
  int reap() noexcept;

 private:
  void tell_names();
  void hear(const os::Frame& frame, Said& said);

  os::Program program_;
  State state_ = State::starting;
  core::RunOver over_;
  bool heard_all_ = false;
  bool reaped_ = false;
  bool looking_ = false;  // a Look is not answered yet
  core::Look untold_;
  std::size_t untold_bytes_ = 0;
};

}  // namespace watch
