#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "target/journal_keeper.hpp"
#include "target/sqlite.hpp"

namespace target {
namespace {

// SQLite opens and unlinks journals through these, for every connection of this process. See journal_keeper.hpp.
const JournalKeeper* g_keeper = nullptr;

int open_file(const char* path, int flags, int mode) {
  const int fd = ::open(path, flags, mode);
  if (fd >= 0 || errno != EACCES || g_keeper == nullptr) return fd;
  return g_keeper->open_journal(path, flags, static_cast<mode_t>(mode));
}

int unlink_file(const char* path) {
  if (::unlink(path) == 0) return 0;
  if (errno != EACCES || g_keeper == nullptr) return -1;
  return g_keeper->unlink_journal(path);
}

}  // namespace

void route_journals_through(const JournalKeeper& keeper) {
  g_keeper = &keeper;
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_file));
  vfs->xSetSystemCall(vfs, "unlink", reinterpret_cast<sqlite3_syscall_ptr>(unlink_file));
}

}  // namespace target
