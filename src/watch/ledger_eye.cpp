#include "watch/ledger_eye.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "os/log.hpp"

namespace watch {

// nullptr: there is none yet.
const ledger::History* LedgerEye::history() {
  struct stat status {};
  const bool there = ::stat(path_.c_str(), &status) == 0;
  const std::pair<std::uint64_t, std::uint64_t> file{status.st_dev, status.st_ino};
  if (there && history_ && file == file_) return &*history_;
  history_.reset();
  if (there) history_ = ledger::History::open(path_);
  file_ = file;
  return history_ ? &*history_ : nullptr;
}

template <class Read>
auto LedgerEye::guarded(Read read) {
  try {
    return read(history());
  } catch (const base::Error& error) {
    os::log_warning(error.what());
    history_.reset();
  }
  return decltype(read(history())){};
}

std::optional<std::string> LedgerEye::head() {
  return guarded([](const ledger::History* history) {
    return std::optional(history == nullptr ? std::string() : history->head().hash);
  });
}

std::optional<ledger::Attempt> LedgerEye::in_work() {
  return guarded([](const ledger::History* history) {
    return history == nullptr ? std::optional<ledger::Attempt>() : history->in_work();
  });
}

}  // namespace watch
