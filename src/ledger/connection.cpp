#include "ledger/connection.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Statement.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/place.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"
#include "os/fd.hpp"

namespace ledger {
namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* k_unchanged = "nothing was run and nothing was changed";

// The first bytes of a SQLite file (sqlite.org/fileformat.html, section 1.3).
struct Header {
  bool sqlite = false;
  int version = 0;
  int application_id = 0;
};

constexpr std::size_t k_header_size = 100;
constexpr std::string_view k_magic{"SQLite format 3\0", 16};

void check(SQLite::Database& database, int result) {
  if (result != SQLITE_OK) throw SQLite::Exception(database.getHandle(), result);
}

int big_endian(const std::array<char, k_header_size>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return static_cast<int>(value);
}

// Read through SQLite's own descriptor: opening and closing the file beside it would drop every POSIX lock that another
// connection of this process holds on it.
Header header_of(SQLite::Database& database) {
  sqlite3_file* file = nullptr;
  check(database, sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file));
  std::array<char, k_header_size> bytes{};
  Header header;
  const int result = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0);
  if (result != SQLITE_IOERR_SHORT_READ) check(database, result);
  header.sqlite = std::string_view(bytes.data(), k_magic.size()) == k_magic;
  header.version = big_endian(bytes, 60);
  header.application_id = big_endian(bytes, 68);
  return header;
}

std::string shown(const std::string& path) {
  return base::escape(path);
}

// SQLite would take a relative path that starts with "file:" for a URI.
std::string literal(const std::string& path) {
  return path.starts_with("file:") ? "./" + path : path;
}

enum class Presence { missing, empty, filled };  // an empty file is as good as none

Presence presence_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Presence::missing;
    base::throw_errno(ErrorKind::ledger_broken, fmt::format("{}: the ledger cannot be reached", shown(path)),
                      k_unchanged, fmt::format("see who may read {}", shown(folder_of(path))));
  }
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::ledger_broken, fmt::format("{}: is not a fettle ledger but no file at all", shown(path)),
                k_unchanged, "let path in [ledger] of config.toml name a file");
  return status.st_size == 0 ? Presence::empty : Presence::filled;
}

void refuse_foreign(const std::string& path, const Header& header) {
  if (header.sqlite && header.application_id == k_application_id) return;
  throw Error(ErrorKind::ledger_broken,
              fmt::format("{}: is not a fettle ledger but {}", shown(path),
                          header.sqlite ? "the SQLite file of another program" : "no SQLite file"),
              k_unchanged, "let path in [ledger] of config.toml name another file, or move this one away");
}

void refuse_newer(const std::string& path, int version) {
  if (version <= k_version) return;
  throw Error(
      ErrorKind::ledger_broken,
      fmt::format("{}: was written by a newer fettle (schema {}; this one knows {})", shown(path), version, k_version),
      k_unchanged, "use the newer fettle");
}

// Asked of SQLite and not of the header, where a migration that still lies in the log does not show.
void refuse_older(const std::string& path, int version, int oldest) {
  if (version >= oldest) return;
  throw Error(ErrorKind::ledger_broken,
              fmt::format("{}: has schema {}, too old to be read (oldest: {})", shown(path), version, oldest),
              k_unchanged,
              version >= k_oldest_readable ? "fettle run brings it up to date"
                                           : "let an older fettle bring it up to date first");
}

void refuse_other_version(const std::string& path, int version, int oldest) {
  refuse_newer(path, version);
  refuse_older(path, version, oldest);
}

Header probe(const std::string& path) {
  SQLite::Database database(literal(path), SQLite::OPEN_READONLY);
  return header_of(database);
}

// Without this the last connection deletes the log when it closes: every run would pay for a growing file, and a reader
// that may not write to the folder could not read.
void keep_log_file(SQLite::Database& database) {
  int on = 1;
  check(database, sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_PERSIST_WAL, &on));
}

// Read back, since SQLite answers a setting that it cannot grant with silence.
void demand(SQLite::Database& database, const std::string& path, const std::string& setting, const std::string& value) {
  Query(database, fmt::format("PRAGMA {} = {}", setting, value)).next();
  const std::string got = database.execAndGet("PRAGMA " + setting).getString();
  if (got == value) return;
  throw Error(ErrorKind::ledger_broken,
              fmt::format("{}: SQLite grants {} = {}, not {}", shown(path), setting, got, value), k_unchanged,
              "keep the ledger on a local disk: path in [ledger] of config.toml");
}

void demand_settings(SQLite::Database& database, const std::string& path) {
  demand(database, path, "journal_mode", "wal");
  demand(database, path, "synchronous", "2");  // FULL: the log is synced at every commit
  demand(database, path, "foreign_keys", "1");
}

// SQLite opens a file that may not be written as if only reading had been asked for.
void demand_writable(SQLite::Database& database, const std::string& path) {
  if (sqlite3_db_readonly(database.getHandle(), "main") == 0) return;
  throw Error(ErrorKind::ledger_broken, fmt::format("{}: the ledger may not be written", shown(path)), k_unchanged,
              fmt::format("see who may write {}", shown(path)));
}

// Within the transaction that brings it up to date, before anything is changed; under a name that is free.
void keep_before_upgrade(SQLite::Database& database, const std::string& path) {
  const std::string name = path_before_upgrade(path, version_of(database));
  const std::string beside = fmt::format("{}.{}", name, ::getpid());
  (void)::unlink(beside.c_str());  // of a process that had this number and died
  {
    SQLite::Database reader(literal(path), SQLite::OPEN_READONLY, k_busy_timeout);  // who writes may copy nothing
    copy_whole(reader, beside);
  }
  sync_file(beside);
  std::string kept = name;
  int renamed = -1;
  for (int number = 2;
       (renamed = ::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, kept.c_str(), RENAME_NOREPLACE)) != 0 &&
       errno == EEXIST;
       ++number)
    kept = fmt::format("{}.{}", name, number);
  if (renamed != 0)
    base::throw_errno(ErrorKind::ledger_broken, fmt::format("cannot keep the ledger as it is as {}", shown(kept)),
                      k_unchanged, fmt::format("see who may write in {}", shown(folder_of(path))));
  sync_folder(folder_of(path));
}

void create_or_migrate(SQLite::Database& database, const std::string& path) {
  if (database.execAndGet("PRAGMA page_count").getInt() == 0) create(database);
  refuse_other_version(path, version_of(database), k_oldest_readable);
  migrate(database, migration_steps(), [&] { keep_before_upgrade(database, path); });
}

SQLite::Database open_to_write(const std::string& path) {
  if (presence_of(path) == Presence::filled) {
    const Header header = probe(path);
    refuse_foreign(path, header);
    refuse_newer(path, header.version);
  }
  SQLite::Database database(literal(path), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, k_busy_timeout);
  demand_writable(database, path);
  create_or_migrate(database, path);
  demand_settings(database, path);
  keep_log_file(database);
  return database;
}

std::string uri(const std::string& path) {
  std::string encoded = "file:";
  for (const char letter : path)
    encoded +=
        letter == '%' || letter == '?' || letter == '#' ? fmt::format("%{:02X}", letter) : std::string(1, letter);
  return encoded;
}

// Where the folder may not be written, SQLite cannot make its shared memory. The file alone is the whole truth when no
// log lies beside it.
SQLite::Database open_unshared(const std::string& path) {
  if (::access((path + "-wal").c_str(), F_OK) == 0)
    throw Error(
        ErrorKind::ledger_broken,
        fmt::format("{}: cannot be read without permission to write to its folder, since changes wait in {}-wal",
                    shown(path), shown(path)),
        k_unchanged, fmt::format("ask as the owner of {}", shown(folder_of(path))));
  return {uri(path) + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI};
}

SQLite::Database with_first_read(const std::string& path, SQLite::Database database) {
  try {
    refuse_other_version(path, version_of(database), k_oldest_shown);
    return database;
  } catch (const SQLite::Exception& failure) {
    const int code = failure.getErrorCode() & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) throw;
  }
  SQLite::Database unshared = open_unshared(path);
  refuse_other_version(path, version_of(unshared), k_oldest_shown);
  return unshared;
}

std::string next_step(const std::string& path, int code) {
  const std::string folder = shown(folder_of(path));
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fmt::format("free space on the disk of {} and run again", folder);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program holds the ledger: close it and run again";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return fmt::format("see who may read and write {}", folder);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fmt::format("put a backup of the ledger in its place: {}", shown(path));
    default:
      return fmt::format("see to the disk of {} and run again", folder);
  }
}

}  // namespace

SQLite::Database connect_to_write(const std::string& path) {
  make_folder(path);
  try {
    return open_to_write(path);
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be opened", failure, k_unchanged);
  }
}

std::optional<SQLite::Database> connect_to_read(const std::string& path) {
  if (presence_of(path) != Presence::filled) return std::nullopt;
  try {
    SQLite::Database database(literal(path), SQLite::OPEN_READONLY, k_busy_timeout);
    const Header header = header_of(database);
    refuse_foreign(path, header);
    refuse_newer(path, header.version);
    return with_first_read(path, std::move(database));
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be read", failure, k_unchanged);
  }
}

void make_private_file(const std::string& path) {
  const os::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    base::throw_errno(ErrorKind::ledger_broken, fmt::format("cannot make {}", shown(path)), k_unchanged,
                      fmt::format("see who may write in {}", shown(folder_of(path))));
}

void copy_whole(SQLite::Database& database, const std::string& path) {
  make_private_file(path);
  SQLite::Database copy(literal(path), SQLite::OPEN_READWRITE);
  const int code = SQLite::Backup(copy, database).executeStep();
  if (code != SQLITE_DONE) throw SQLite::Exception(database.getHandle(), code);
}

void sync_file(const std::string& path) {
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0)
    base::throw_errno(ErrorKind::ledger_broken, fmt::format("cannot write {}", shown(path)), k_unchanged);
}

std::string path_before_upgrade(const std::string& path, int schema) {
  return fmt::format("{}.schema-{}", path, schema);
}

void never_checkpoint(SQLite::Database& database) noexcept {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void throw_broken(const std::string& path, std::string_view doing, const SQLite::Exception& failure,
                  std::string state) {
  throw Error(ErrorKind::ledger_broken, fmt::format("{}: {}: {}", shown(path), doing, failure.what()), std::move(state),
              next_step(path, failure.getErrorCode()));
}

}  // namespace ledger
