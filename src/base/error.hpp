// A broken world: disk, ledger, configuration, connection. Thrown, and caught in few places (src/README.md).
// What a script does wrong is never an Error: it is an Outcome (core/outcome.hpp).
#pragma once

#include <exception>
#include <string>

namespace base {

enum class ErrorKind {
  internal,            // a bug in fettle, or a system call that should not fail
  usage,               // wrong arguments
  config,              // wrong or missing configuration
  lock_held,           // another run holds the lock
  target_unreachable,  // a database cannot be opened
  ledger_broken,       // the audit file cannot be read or written: nothing may run
  io,                  // a file or folder cannot be used
};

// The process exit code of each kind (design section 7).
int exit_code(ErrorKind kind) noexcept;

class Error : public std::exception {
 public:
  // what: what happened. state: in what state the user's data is. next: the next command or step. The last two may be
  // empty.
  Error(ErrorKind kind, std::string what, std::string state = {}, std::string next = {});

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return what_.c_str(); }
  const std::string& state() const noexcept { return state_; }
  const std::string& next() const noexcept { return next_; }

 private:
  ErrorKind kind_;
  std::string what_;
  std::string state_;
  std::string next_;
};

// "what: <text of errno>", as an Error of the given kind. Reads errno first thing.
[[noreturn]] void throw_errno(ErrorKind kind, const std::string& what, std::string state = {}, std::string next = {});

}  // namespace base
