// The run's end of the channel to the watcher that started it: waits for Go, hears of new files, tells what it does.
// All that a person would see on the console goes to the operator's log. Lives in the runner process.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/feed.hpp"
#include "core/message.hpp"
#include "core/observer.hpp"
#include "os/channel.hpp"
#include "os/clock.hpp"

namespace watch {

// The text of the configuration that the watcher has in force: every run of it works by the same. Throws Error(usage)
// when there is no watcher.
std::string handed_config();

class Supervised : public core::Observer, public core::Feed {
 public:
  // Takes over the descriptor that the watcher has laid there (os::k_program_channel), and the operator's log. Throws
  // Error(usage) when there is no watcher behind it.
  Supervised();

  // Says that it stands ready, and waits. False: it is not wanted any more.
  bool stand_by();
  void tell_over(const core::RunReport& report);

  core::Arrivals changes() override;
  bool ended() override;
  bool leaves_out(const std::string& script, const core::FileStamp& stamp) const override;
  void untried(const std::string& script, const core::FileStamp& stamp) override;
  void refused(const std::string& script, const core::FileStamp& stamp, const std::string& reason,
               std::optional<base::Instant> until) override;

  void run_started(const core::RunReport& run, std::size_t scripts) override;
  void script_started(std::string_view script, std::size_t index, std::size_t total) override;
  void script_line(core::LineLevel level, std::string_view text) override;
  void script_ended(const core::AttemptReport& attempt) override;
  void warning(std::string_view text) override;
  void waiting(std::string_view text) override;
  void run_ended(const core::RunReport& run) override;
  void hook_ended(const core::HookReport& hook) override;

 private:
  template <class Message>
  void tell(const Message& message);
  void flush();
  void hear();

  os::Channel channel_;
  bool ended_ = false;
  std::int64_t run_ = 0;
  std::map<std::string, core::FileStamp> leave_;
  core::Arrivals changes_;
  std::vector<core::LogRecord> unsent_;
};

}  // namespace watch
