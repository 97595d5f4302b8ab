#include "ledger/replace.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/connection.hpp"
#include "ledger/history.hpp"
#include "os/swap.hpp"

namespace ledger {
namespace {

constexpr const char* k_sidecars[] = {"-journal", "-wal", "-shm"};

[[noreturn]] void refuse_in_use(const std::string& path) {
  throw base::Error(base::ErrorKind::lock_held,
                    fmt::format("{}: another program has the ledger open", base::escape(path)),
                    "The ledger is as it was.", "Stop fettle watch and whatever else reads it, and try again.");
}

// All of it is in the file itself afterwards, and nothing lies beside it. false: it is no database that can be read.
bool gather(const std::string& path) {
  try {
    SQLite::Database database(path.starts_with("file:") ? "./" + path : path, SQLite::OPEN_READWRITE, k_busy_timeout);
    if (database.execAndGet("PRAGMA journal_mode=DELETE").getString() == "wal") refuse_in_use(path);
    database.exec("PRAGMA locking_mode=EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
    database.exec("COMMIT");
    return true;
  } catch (const SQLite::Exception& failure) {
    const int code = failure.getErrorCode() & 0xFF;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) refuse_in_use(path);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return false;
    throw_broken(path, "the ledger cannot be put aside", failure, "The ledger is as it was.");
  }
}

bool has_content(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

// A log that is empty, and the memory that readers share.
void remove_sidecars(const std::string& path) {
  for (const char* ending : k_sidecars) ::unlink((path + ending).c_str());
}

}  // namespace

void refuse_open_elsewhere(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) (void)gather(path);
}

void replace(const std::string& path, const std::string& with, const std::string& keep_as) {
  const bool is_whole = ::access(path.c_str(), F_OK) == 0 && gather(path);
  const auto is_settled = [&] {
    if (is_whole) return !has_content(path + "-journal") && !has_content(path + "-wal");
    for (const char* ending : k_sidecars)  // of what cannot be read: they belong to it
      if (::access((path + ending).c_str(), F_OK) == 0) ::rename((path + ending).c_str(), (keep_as + ending).c_str());
    return true;
  };
  if (os::swap_file(with, path, keep_as, is_settled) == os::Swapped::in_use) refuse_in_use(path);
}

About about_copy(const std::string& path) {
  About about;
  if (const auto history = History::open(path)) about = history->about();
  remove_sidecars(path);
  return about;
}

std::string check_copy(const std::string& path, const std::string& head) {
  std::string fault;
  {
    const auto history = History::open(path);
    if (!history) return "it is empty";
    const Verdict verdict = history->verify(std::nullopt);
    fault = history->damage();
    if (fault.empty() && !verdict.findings.empty())
      fault = fmt::format("{}: {}", verdict.findings.front().subject, verdict.findings.front().what);
    if (fault.empty() && describe(verdict.head) != head) fault = "it ends with another entry than the backup says";
  }
  remove_sidecars(path);
  return fault;
}

}  // namespace ledger
