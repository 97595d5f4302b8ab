// Is told what happens while a run goes on. Implemented by the console (cli/console); called in the runner's process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/report.hpp"

namespace core {

enum class LineLevel : std::uint8_t { debug, info, warn, error };
std::string_view name(LineLevel level) noexcept;

// How far a script says that it has come.
struct Progress {
  std::int64_t done = 0, total = 0;  // steps; total 0: it does not know
  std::string label;                 // what the steps are; may be empty
  std::int64_t before = 0;           // of those done, the steps of earlier attempts
};

class Observer {
 public:
  virtual ~Observer() = default;

  virtual void run_started(const RunReport& run, std::size_t scripts) = 0;
  virtual void script_started(std::string_view script, std::size_t index, std::size_t total) = 0;
  // A line that the script logged. text: raw bytes from the script, to be escaped before it is shown.
  virtual void script_line(LineLevel level, std::string_view text) = 0;
  virtual void script_progress(const Progress& progress) { (void)progress; }
  virtual void script_ended(const AttemptReport& attempt) = 0;
  // Something a person should know that is no script's outcome. One line.
  virtual void warning(std::string_view text) = 0;
  virtual void waiting(std::string_view text) = 0;
  virtual void run_ended(const RunReport& run) = 0;
  virtual void hook_started(Hook /*hook*/) {}
  virtual void hook_ended(const HookReport& /*hook*/) {}
  // Telling anything now would have to wait for who reads it.
  virtual bool would_wait() const { return false; }
};

}  // namespace core
