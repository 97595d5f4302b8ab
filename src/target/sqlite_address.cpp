#include "target/sqlite_address.hpp"

#include <array>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "os/fd.hpp"
#include "target/sqlite.hpp"

namespace target {
namespace {

void read_option(SqliteAddress& address, std::string_view option) {
  const std::size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : option.substr(equals + 1);
  if (name == "mode" && (value == "rw" || value == "rwc")) {
    address.may_create = value == "rwc";
  } else if (name == "foreign_keys" && (value == "on" || value == "off")) {
    address.foreign_keys = value == "on";
  } else if (const auto time = base::parse_duration(value); name == "busy_timeout" && time) {
    address.busy_timeout = *time;
  } else {
    refuse_target(fmt::format(
        "the URL has an option that sqlite: does not know, \"{}\" (known: mode=rw|rwc, foreign_keys=on|off, "
        "busy_timeout=5s)",
        base::escape(option)));
  }
}

// Links resolved; where only the file itself is missing, those of its folder. nullopt: the folder is missing too.
std::optional<std::string> resolved(const std::string& path) {
  std::array<char, PATH_MAX> real{};
  if (::realpath(path.c_str(), real.data()) != nullptr) return real.data();
  const std::size_t slash = path.rfind('/');
  if (::realpath(path.substr(0, slash + 1).c_str(), real.data()) == nullptr) return std::nullopt;
  return std::string(real.data()) + path.substr(slash);
}

std::string resolve(const std::string& path, bool may_create) {
  const auto real = resolved(path);
  if (real && (may_create || ::access(real->c_str(), F_OK) == 0)) return *real;
  refuse_target(fmt::format("there is no database file {}", base::escape(path)));
}

// The audit trail must not be within the reach of scripts, under whatever name.
void refuse_ledger(const std::string& path, const std::string& ledger_path) {
  struct stat target {};
  struct stat ledger {};
  const bool both = ::stat(path.c_str(), &target) == 0 && ::stat(ledger_path.c_str(), &ledger) == 0;
  const bool same_file = both && target.st_dev == ledger.st_dev && target.st_ino == ledger.st_ino;
  if (same_file || path == resolved(ledger_path).value_or(ledger_path))
    refuse_target("this file is the ledger, which can never be a target");
}

}  // namespace

void refuse_target(const std::string& why) {
  throw SqlError(core::Cause::unreachable, why);
}

SqliteAddress parse_sqlite_address(std::string_view text, const Surroundings& surroundings) {
  SqliteAddress address;
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos)
    for (const std::string_view option : base::split(text.substr(question + 1), '&')) read_option(address, option);
  std::string path(text.substr(0, question));
  if (path.starts_with("//")) path.erase(0, 2);  // sqlite:///absolute/path
  if (path.empty()) refuse_target("the URL names no file: write sqlite:app.db");
  if (!path.starts_with('/')) path = surroundings.directory + "/" + path;
  address.path = resolve(path, address.may_create);
  refuse_ledger(address.path, surroundings.ledger_path);
  address.only_read = surroundings.only_read;
  if (address.only_read && address.may_create && ::access(address.path.c_str(), F_OK) != 0)
    refuse_target(fmt::format("there is no database file {}", base::escape(address.path)));
  return address;
}

bool is_made_by_opening_sqlite(std::string_view address, const Surroundings& surroundings) {
  return ::access(parse_sqlite_address(address, surroundings).path.c_str(), F_OK) != 0;
}

namespace {

// The log of a database in WAL mode, unless it is empty; a reader would make one, and leave it behind.
bool has_log(const std::string& path) {
  struct stat log {};
  return ::stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0;
}

bool is_in_wal_mode(const std::string& path) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 20> header{};
  constexpr char k_wal = 2;  // sqlite.org/fileformat.html, section 1.3.3
  return file && ::read(file.get(), header.data(), header.size()) == static_cast<ssize_t>(header.size()) &&
         header[18] == k_wal;
}

std::string uri_of(const std::string& path) {
  std::string encoded = "file:";
  for (const char letter : path)
    encoded +=
        letter == '%' || letter == '?' || letter == '#' ? fmt::format("%{:02X}", letter) : std::string(1, letter);
  return encoded;
}

// Where nobody is at work with a log, the file alone is the whole truth.
SQLite::Database open_to_read(const std::string& path) {
  if (is_in_wal_mode(path) && !has_log(path))
    return {uri_of(path) + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI};
  return {path, SQLite::OPEN_READONLY};
}

}  // namespace

SQLite::Database open_file(const SqliteAddress& address) {
  const int mode = SQLite::OPEN_READWRITE | (address.may_create ? SQLite::OPEN_CREATE : 0);
  try {
    if (address.only_read) return open_to_read(address.path);
    return {address.path, mode};
  } catch (const SQLite::Exception& fault) {
    refuse_target(fmt::format("cannot open {}: {}", base::escape(address.path), fault.what()));
  }
}

}  // namespace target
