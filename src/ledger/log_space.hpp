// The file of the ledger's write-ahead log: how much of it is allocated, and when its content is carried into the
// database file. A commit that makes the log grow has the file system write its own journal as well, which costs
// several times what the sync of an overwritten place does; so the file is made longer ahead of time, by writing zeros
// behind its end. SQLite reads a log up to the first frame that does not carry the salt of its header, and zeros never
// do (sqlite.org/fileformat2.html, "WAL File Format"): to every reader, and after a crash at any point, they are no
// log. Lives in the runner, beside the one writing connection. Throws nothing: where no room can be had, commits append
// as they would without this.
#pragma once

#include <SQLiteCpp/Database.h>
#include <cstdint>

namespace ledger {

class LogSpace {
 public:
  // Takes the place of the connection's own automatic checkpoints, at the same length of log. Stays where it is.
  explicit LogSpace(SQLite::Database& database) noexcept;
  ~LogSpace();
  LogSpace(const LogSpace&) = delete;
  LogSpace& operator=(const LogSpace&) = delete;

  // Within a write transaction, before its commit: nobody else can make the log longer now.
  void reserve() noexcept;
  // Between transactions: lets the next commit begin the log anew when much is in it. Whoever opens the ledger first
  // reads all that its log holds, so a run should leave little behind.
  void fold() noexcept;

 private:
  static int committed(void* self, sqlite3* connection, const char* schema, int frames) noexcept;
  std::int64_t page_size() noexcept;

  SQLite::Database& database_;
  std::int64_t page_size_ = 0;  // bytes; 0: not asked yet
  int frames_ = 0;              // in the log after the newest commit; 0: this connection made none yet
  std::int64_t step_;           // bytes by which the file is made longer next time; 0: no more
};

}  // namespace ledger
