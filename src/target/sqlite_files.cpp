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
  if (g_keeper->keeps(path)) return g_keeper->open_journal(path, flags, static_cast<mode_t>(mode));
  return ::open(path, flags, mode);
}

int unlink_file(const char* path) {
  return g_keeper->keeps(path) ? g_keeper->unlink_journal(path) : ::unlink(path);
}

}  // namespace

void route_journals_through(const JournalKeeper& keeper) {
  g_keeper = &keeper;
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_file));
  vfs->xSetSystemCall(vfs, "unlink", reinterpret_cast<sqlite3_syscall_ptr>(unlink_file));
}

}  // namespace target
