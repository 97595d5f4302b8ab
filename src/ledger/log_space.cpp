#include "ledger/log_space.hpp"

#include <algorithm>
#include <array>
#include <sqlite3.h>

namespace ledger {
namespace {

constexpr int k_longest = 1000;  // frames; a longer log is carried into the database file
constexpr int k_much = 64;       // frames that are worth a checkpoint of their own at the end of a run
constexpr std::int64_t k_header = 32;
constexpr std::int64_t k_frame_header = 24;
constexpr std::int64_t k_first_step = 64 * 1024;
constexpr std::int64_t k_largest_step = 1024 * 1024;
constexpr std::int64_t k_one_commit = 40 * 1024;  // what an ordinary one writes
constexpr std::int64_t k_chunk = 64 * 1024;

// The log as SQLite itself holds it: a descriptor of one's own could be closed at the wrong moment.
sqlite3_file* log_of(SQLite::Database& database) noexcept {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK)
    return nullptr;
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

bool write_zeros(sqlite3_file* file, std::int64_t from, std::int64_t to) noexcept {
  static const std::array<char, k_chunk> zeros{};
  for (std::int64_t at = from; at < to; at += k_chunk) {
    const auto size = static_cast<int>(std::min(k_chunk, to - at));
    if (file->pMethods->xWrite(file, zeros.data(), size, at) != SQLITE_OK) return false;
  }
  return true;
}

}  // namespace

LogSpace::LogSpace(SQLite::Database& database) noexcept : database_(database), step_(k_first_step) {
  sqlite3_wal_hook(database_.getHandle(), committed, this);
}

LogSpace::~LogSpace() {
  sqlite3_wal_hook(database_.getHandle(), nullptr, nullptr);
}

// A checkpoint that does not succeed takes nothing from what was committed; the next one tries again.
int LogSpace::committed(void* self, sqlite3* connection, const char* schema, int frames) noexcept {
  static_cast<LogSpace*>(self)->frames_ = frames;
  if (frames >= k_longest) sqlite3_wal_checkpoint_v2(connection, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

std::int64_t LogSpace::page_size() noexcept {
  if (page_size_ != 0) return page_size_;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.getHandle(), "PRAGMA page_size", -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    page_size_ = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return page_size_;
}

void LogSpace::reserve() noexcept {
  if (step_ == 0 || frames_ == 0 || frames_ >= k_longest) return;  // a log of that length begins anew
  const std::int64_t frame = page_size() + k_frame_header;
  const std::int64_t end = k_header + frames_ * frame;
  sqlite3_file* const file = log_of(database_);
  sqlite3_int64 size = 0;
  if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK || size - end >= k_one_commit) return;
  const std::int64_t enough = std::max<std::int64_t>(k_header + k_longest * frame + k_one_commit, size);
  if (write_zeros(file, size, std::min<std::int64_t>(size + step_, enough))) {
    step_ = std::min(2 * step_, k_largest_step);
    return;
  }
  // What little there is left may be needed for the commit, or by others.
  file->pMethods->xTruncate(file, size);
  step_ = 0;
}

void LogSpace::fold() noexcept {
  if (frames_ > k_much)
    sqlite3_wal_checkpoint_v2(database_.getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace ledger
