#include "ledger/place.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace ledger {
namespace {

constexpr mode_t k_private = 0700;

[[noreturn]] void throw_unmade(const std::string& folder) {
  base::throw_errno(
      base::ErrorKind::ledger_broken, fmt::format("cannot make the ledger's folder {}", base::escape(folder)),
      "nothing was run and nothing was changed", "make it yourself, or set path in [ledger] of config.toml");
}

void make(const std::string& folder) {
  if (::mkdir(folder.c_str(), k_private) == 0) return sync_folder(folder_of(folder));
  if (errno == EEXIST) return;  // what is no folder is refused when the ledger is opened in it
  if (errno != ENOENT) throw_unmade(folder);
  make(folder_of(folder));
  make(folder);
}

}  // namespace

std::string folder_of(const std::string& ledger_path) {
  const std::size_t slash = ledger_path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  const std::size_t end = ledger_path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : ledger_path.substr(0, end + 1);
}

void sync_folder(const std::string& folder) {
  const os::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw_unmade(folder);
}

void make_folder(const std::string& ledger_path) {
  make(folder_of(ledger_path));
}

}  // namespace ledger
