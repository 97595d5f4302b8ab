#include <algorithm>
#include <fcntl.h>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "os/fd.hpp"
#include "target/journal_keeper.hpp"
#include "target/sqlite.hpp"

namespace target {
namespace {

// SQLite opens, closes and unlinks journals through these, for every connection of this process. See
// journal_keeper.hpp.
const JournalKeeper* g_keeper = nullptr;

// SQLite opens and closes the journal several times a transaction. One that was opened for writing stays open, and is
// given out again as long as its name still means it.
struct KeptJournal {
  std::string path;
  os::Fd fd;
  bool given_out = false;
};

std::vector<KeptJournal> g_kept;

KeptJournal& kept_journal(std::string_view path) {
  const auto found = std::find_if(g_kept.begin(), g_kept.end(), [&](const auto& kept) { return kept.path == path; });
  return found != g_kept.end() ? *found : g_kept.emplace_back(KeptJournal{std::string(path), {}, false});
}

// Another program that writes this database may have removed the journal, or put another in its place.
bool is_still_there(const KeptJournal& journal) noexcept {
  struct stat ours {
  }, there{};
  return journal.fd && ::fstat(journal.fd.get(), &ours) == 0 && ::stat(journal.path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int open_journal(const char* path, int flags, mode_t mode) {
  KeptJournal& journal = kept_journal(path);
  if (journal.given_out) return g_keeper->open_journal(path, flags, mode);
  if (!is_still_there(journal)) {
    journal.fd.reset(g_keeper->open_journal(path, flags, mode));
    if ((flags & O_ACCMODE) != O_RDWR) return journal.fd.release();
  }
  journal.given_out = static_cast<bool>(journal.fd);
  return journal.fd.get();
}

int open_file(const char* path, int flags, int mode) {
  return g_keeper->keeps(path) ? open_journal(path, flags, static_cast<mode_t>(mode)) : ::open(path, flags, mode);
}

int close_file(int fd) {
  const auto kept = std::find_if(g_kept.begin(), g_kept.end(),
                                 [&](const auto& journal) { return journal.given_out && journal.fd.get() == fd; });
  if (kept == g_kept.end()) return ::close(fd);
  kept->given_out = false;
  return 0;
}

int unlink_file(const char* path) {
  return g_keeper->keeps(path) ? g_keeper->unlink_journal(path) : ::unlink(path);
}

}  // namespace

void route_journals_through(const JournalKeeper& keeper) {
  g_keeper = &keeper;
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  vfs->xSetSystemCall(vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_file));
  vfs->xSetSystemCall(vfs, "close", reinterpret_cast<sqlite3_syscall_ptr>(close_file));
  vfs->xSetSystemCall(vfs, "unlink", reinterpret_cast<sqlite3_syscall_ptr>(unlink_file));
}

void use_sqlite_alone() {
  sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
}

void limit_sqlite_memory(std::uint64_t bytes) {
  sqlite3_hard_heap_limit64(static_cast<sqlite3_int64>(bytes));
}

}  // namespace target
