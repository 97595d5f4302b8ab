#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace base {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::internal:
    case ErrorKind::ledger_broken:
    case ErrorKind::io:
      return 1;
    case ErrorKind::usage:
    case ErrorKind::config:
      return 2;
    case ErrorKind::lock_held:
      return 5;
    case ErrorKind::target_unreachable:
      return 6;
  }
  return 1;
}

Error::Error(ErrorKind kind, std::string what, std::string state, std::string next)
    : kind_(kind), what_(std::move(what)), state_(std::move(state)), next_(std::move(next)) {}

void throw_errno(ErrorKind kind, const std::string& what, std::string state, std::string next) {
  const int code = errno;
  throw Error(kind, what + ": " + std::strerror(code), std::move(state), std::move(next));
}

}  // namespace base
