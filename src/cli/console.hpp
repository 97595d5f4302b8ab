// What a person sees of a run while it goes on: results on stdout, talk on stderr. Lives in the runner's process, owned
// by the command. Never throws because of a stream that is gone. Lines are never wider than the style says.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/changes.hpp"
#include "cli/style.hpp"
#include "core/observer.hpp"
#include "os/clock.hpp"

namespace cli {

// What is left of the run when it is over.
enum class Lasting { everything, nothing_but_copies, nothing };

struct ConsoleSettings {
  std::FILE* out = stdout;  // nullptr: results are not printed (--json prints them at the end)
  std::FILE* talk = stderr;
  Talk talkative = Talk::normal;
  Style style;
  std::string database;  // for the heading: "main (sqlite:app.db)"
  std::string pending_folder = "fix-scripts";
  Lasting lasting = Lasting::everything;
  Full full = Full::no;  // of what would be changed
};

class Console : public core::Observer {
 public:
  explicit Console(ConsoleSettings settings);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void run_started(const core::RunReport& run, std::size_t scripts) override;
  void script_started(std::string_view script, std::size_t index, std::size_t total) override;
  void script_line(core::LineLevel level, std::string_view text) override;
  void script_progress(const core::Progress& progress) override;
  void script_ended(const core::AttemptReport& attempt) override;
  void warning(std::string_view text) override;
  void waiting(std::string_view text) override;
  void run_ended(const core::RunReport& run) override;
  void hook_started(core::Hook hook) override;
  void hook_ended(const core::HookReport& hook) override;
  bool would_wait() const override;

 private:
  enum class Header { not_printed, printed };

  void print(const std::string& line);  // to stdout, with the transient line out of the way
  void say(const std::string& text);    // to stderr
  void show_transient(const std::string& text);
  void erase_transient();
  void print_attempt_line(const core::AttemptReport& attempt);
  void print_failure(const core::AttemptReport& attempt);
  void print_changes(const core::AttemptReport& attempt);
  void print_detail(std::string_view label, std::string_view text, std::size_t most_lines);
  void print_counts(const core::RunReport& run);
  void print_hints(const core::RunReport& run);
  void print_refusal(const core::RunReport& run);
  std::vector<std::string> said_by(const core::HookReport& hook) const;

  ConsoleSettings settings_;
  const Style& style_;
  std::string script_;  // in work; raw bytes
  Header header_ = Header::not_printed;
  bool undoes_ = false;  // it takes scripts back
  bool transient_ = false;
  os::Steady::time_point started_;        // the script in work
  os::Steady::time_point told_progress_;  // last, as a line of its own
};

// "hit the time limit": what a cause means, for people.
std::string_view cause_text(core::Cause cause) noexcept;

}  // namespace cli
