// Lets a locked-down broker make and remove the rollback journals of its own SQLite files, and nothing else. Landlock
// can allow single files only if they exist; a journal comes and goes, and a right on the whole folder would open
// whatever else lies there, the ledger and the scripts included. So a child, forked before the broker locks itself
// down, opens exactly these names on request and hands back the descriptor. It syncs the folder after making a journal,
// which the broker, not allowed to open folders, could not, and gives it owner and mode, for which the broker has no
// calls: a broker that could change modes could change that of the ledger's folder, whose lock it holds.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "os/fd.hpp"

namespace target {

class JournalKeeper {
 public:
  // Forks the keeper for the journals ("<file>-journal") of these database files, absolute paths. Does nothing when
  // empty.
  explicit JournalKeeper(const std::vector<std::string>& databases);
  JournalKeeper(const JournalKeeper&) = delete;
  JournalKeeper& operator=(const JournalKeeper&) = delete;

  int channel() const noexcept { return channel_.get(); }
  bool keeps(const std::string& path) const noexcept { return index_of(path) >= 0; }

  // Like open(2) and unlink(2) on a journal; errno is set. EACCES: not one of the journals.
  int open_journal(const std::string& path, int flags, mode_t mode) const noexcept;
  int unlink_journal(const std::string& path) const noexcept;

 private:
  int index_of(const std::string& path) const noexcept;

  std::vector<std::string> journals_;
  os::Fd channel_;
};

}  // namespace target
