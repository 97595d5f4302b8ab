// Backups of SQLite files: saved by SQLite's own backup, put back by a file that takes the place of another.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/swap.hpp"
#include "target/keeping.hpp"
#include "target/sqlite_address.hpp"
#include "target/sqlite_copy.hpp"

namespace target {
namespace {

using core::Cause;
using core::Fact;

constexpr std::string_view k_made = ".restoring_";
constexpr std::chrono::seconds k_patience{30};
constexpr const char* k_sidecars[] = {"-journal", "-wal", "-shm"};

// What a new connection changes in the first page although nothing of the data does: file change counter, version
// numbers behind it.
constexpr std::size_t k_counter = 24, k_counter_size = 4, k_versions = 92, k_versions_size = 8;

// The file of the database, also where it is missing.
SqliteAddress place_of(const KeepingWish& wish) {
  std::string text = wish.url.substr(wish.url.find(':') + 1);
  const bool has_options = text.find('?') != std::string::npos;
  SqliteAddress address =
      parse_sqlite_address(fmt::format("{}{}mode=rwc", text, has_options ? '&' : '?'), wish.surroundings);
  address.may_create = false;
  return address;
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string made_beside(const KeepingWish& wish, const std::string& path) {
  return fmt::format("{}{}{}", path, k_made, wish.keeping.name);
}

// Without locks, journals or anything beside it: nobody else has it.
SQLite::Database open_alone(const std::string& path) {
  std::string uri = "file:";
  for (const char letter : path)
    uri += letter == '%' || letter == '?' || letter == '#' ? fmt::format("%{:02X}", letter) : std::string(1, letter);
  return {uri + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI};
}

std::vector<Fact> rows_in(SQLite::Database& database) {
  std::vector<Fact> rows;
  SQLite::Statement tables(database,
                           "SELECT name, printf('SELECT count(*) FROM \"%w\"', name) FROM sqlite_master WHERE type = "
                           "'table' AND sql NOT LIKE 'create virtual%' ORDER BY name");
  while (tables.executeStep()) {
    std::string name = tables.getColumn(0).getString();
    if (!base::is_utf8(name)) continue;
    rows.push_back({std::move(name), database.execAndGet(tables.getColumn(1).getString()).getString()});
  }
  return rows;
}

template <class Work>
auto translated(const std::string& path, Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& fault) {
    const int code = fault.getErrorCode() & 0xFF;
    const bool is_locked = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    throw SqlError(is_locked ? Cause::locked : Cause::unreachable,
                   fmt::format("{}: {}", base::escape(path), fault.what()));
  }
}

// A program that writes all the time, without a write-ahead log, leaves moments to read in, which come soon to who asks
// often. What lasts longer is told.
class Patience {
 public:
  Patience(SQLite::Database& database, const SqliteAddress& address, int wake)
      : deadline_(os::in(std::max(address.busy_timeout, std::chrono::milliseconds(k_patience)))),
        wake_(wake),
        handle_(database.getHandle()) {
    sqlite3_busy_handler(handle_, &Patience::wait, this);
  }
  ~Patience() { sqlite3_busy_handler(handle_, nullptr, nullptr); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  static int wait(void* self, int /*tries*/) {
    const auto* const patience = static_cast<Patience*>(self);
    pollfd wake{patience->wake_, POLLIN, 0};
    return os::Steady::now() < patience->deadline_ && ::poll(&wake, 1, 1) == 0 ? 1 : 0;
  }

  os::Deadline deadline_;
  int wake_;
  sqlite3* handle_;
};

std::vector<Fact> save(const KeepingWish& wish) {
  const std::string text = wish.url.substr(wish.url.find(':') + 1);
  const SqliteAddress address = parse_sqlite_address(text, wish.surroundings);
  return translated(address.path, [&] {
    SQLite::Database database = open_file(address);
    const Patience patience(database, address, wish.wake);
    copy_sqlite(database.getHandle(), wish.keeping.file, wish.wake);
    SQLite::Database copy = open_alone(wish.keeping.file);
    return rows_in(copy);
  });
}

// --- as it was -----------------------------------------------------------------------------------------------------

// The next bytes of a file; fewer only at its end.
std::string piece_of(const os::Fd& file, std::size_t size) {
  std::string piece(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::read(file.get(), piece.data() + have, size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  piece.resize(have);
  return piece;
}

bool are_alike(const std::string& one, const std::string& other) {
  const os::Fd left(::open(one.c_str(), O_RDONLY | O_CLOEXEC)), right(::open(other.c_str(), O_RDONLY | O_CLOEXEC));
  if (!left || !right) return false;
  for (bool first = true;; first = false) {
    std::string here = piece_of(left, std::size_t{1} << 20U), there = piece_of(right, std::size_t{1} << 20U);
    if (first && here.size() == there.size() && here.size() > k_versions + k_versions_size)
      for (const auto& [at, size] : {std::pair(k_counter, k_counter_size), std::pair(k_versions, k_versions_size)})
        here.replace(at, size, there, at, size);
    if (here != there) return false;
    if (here.empty()) return true;
  }
}

std::string how_they_differ(const std::string& saved, const std::string& now) {
  SQLite::Database before = open_alone(saved), here = open_alone(now);
  const std::vector<Fact> then = rows_in(before), today = rows_in(here);
  std::string how;
  std::size_t told = 0, more = 0;
  const auto tell = [&](std::string text) {
    constexpr std::size_t k_most_told = 3;
    if (++told > k_most_told) return void(++more);
    how += (how.empty() ? "" : ", ") + std::move(text);
  };
  const auto in = [](const std::vector<Fact>& rows, const std::string& name) {
    return std::find_if(rows.begin(), rows.end(), [&name](const Fact& fact) { return fact.name == name; });
  };
  for (const Fact& table : today) {
    const auto earlier = in(then, table.name);
    if (earlier == then.end())
      tell(fmt::format("the table {} is new", base::escape(table.name)));
    else if (earlier->text != table.text)
      tell(fmt::format("{} has {} rows, then {}", base::escape(table.name), table.text, earlier->text));
  }
  for (const Fact& table : then)
    if (in(today, table.name) == today.end()) tell(fmt::format("the table {} is gone", base::escape(table.name)));
  if (more > 0) how += fmt::format(" and {} more", more);
  return how.empty() ? "rows in it were changed since" : how;
}

std::string compare(const KeepingWish& wish) {
  const SqliteAddress address = place_of(wish);
  if (!is_there(address.path)) return std::string(k_missing);
  const std::string now = wish.keeping.file + ".now";
  ::unlink(now.c_str());
  try {
    SQLite::Database database = open_file(address);
    const Patience patience(database, address, wish.wake);
    copy_sqlite(database.getHandle(), now, wish.wake);
    std::string how = are_alike(wish.keeping.file, now) ? std::string() : how_they_differ(wish.keeping.file, now);
    ::unlink(now.c_str());
    return how;
  } catch (const SQLite::Exception& fault) {
    ::unlink(now.c_str());
    return fmt::format("what is there now cannot be read: {}", fault.what());
  } catch (const SqlError& fault) {
    ::unlink(now.c_str());
    if (fault.cause() == Cause::locked) throw;
    return fmt::format("what is there now cannot be read: {}", fault.what());
  }
}

// --- back ----------------------------------------------------------------------------------------------------------

// Of restores that were interrupted: this one has the run lock.
void remove_made(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string start = file.filename().string() + std::string(k_made);
  std::error_code failed;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator each(file.parent_path(), failed), end; !failed && each != end;
       each.increment(failed))
    if (each->path().filename().string().starts_with(start)) found.push_back(each->path());
  for (const auto& each : found) std::filesystem::remove(each, failed);
}

void check(const std::string& made, const std::vector<Fact>& rows) {
  SQLite::Database database = open_alone(made);
  if (const std::string found = database.execAndGet("PRAGMA integrity_check").getString(); found != "ok")
    throw SqlError(Cause::error, fmt::format("it was not restored whole: {}", base::escape(base::first_line(found))));
  check_rows(rows, rows_in(database));
}

void make(const KeepingWish& wish) {
  const std::string path = place_of(wish).path;
  remove_made(path);
  const std::string made = made_beside(wish, path);
  os::copy_file(wish.keeping.file, made, path);
  translated(made, [&] {
    check(made, wish.keeping.rows);
    return 0;
  });
}

[[noreturn]] void refuse_in_use(const std::string& path) {
  throw SqlError(Cause::locked, fmt::format("{} is open in another program: close it there first", base::escape(path)));
}

// All of it is in the file itself afterwards, and nothing lies beside it. false: it is no database that can be read.
bool gather(const SqliteAddress& address) {
  try {
    SQLite::Database database = open_file(address);
    database.setBusyTimeout(static_cast<int>(address.busy_timeout.count()));
    if (database.execAndGet("PRAGMA journal_mode=DELETE").getString() == "wal") refuse_in_use(address.path);
    database.exec("PRAGMA locking_mode=EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
    database.exec("COMMIT");
    return true;
  } catch (const SQLite::Exception& fault) {
    const int code = fault.getErrorCode() & 0xFF;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) refuse_in_use(address.path);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return false;
    throw;
  }
}

bool has_content(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

// A journal or log without a database that it could be played back into belongs to what is kept.
void move_sidecars(const std::string& path, const std::string& kept) {
  for (const char* ending : k_sidecars)
    if (is_there(path + ending)) ::rename((path + ending).c_str(), (kept + ending).c_str());
}

std::vector<Fact> swap(const KeepingWish& wish) {
  const SqliteAddress address = place_of(wish);
  const std::string& path = address.path;
  const std::string kept = fmt::format("{}.before_restore_{}", path, wish.keeping.name);
  const bool is_there_now = is_there(path);
  const bool is_whole = is_there_now && translated(path, [&] { return gather(address); });
  const auto is_settled = [&] {
    if (is_whole) return !has_content(path + "-journal") && !has_content(path + "-wal");
    move_sidecars(path, kept);
    return true;
  };
  if (os::swap_file(made_beside(wish, path), path, kept, is_settled) == os::Swapped::in_use) refuse_in_use(path);
  if (!is_there_now) return {};
  return {{std::string(k_kept), kept}};
}

void drop(const KeepingWish& wish) {
  remove_made(place_of(wish).path);
}

}  // namespace

const Keeper& sqlite_keeper() {
  static const Keeper keeper{
      .save = save, .compare = compare, .make = make, .swap = swap, .drop = drop, .file_ending = "db"};
  return keeper;
}

}  // namespace target
