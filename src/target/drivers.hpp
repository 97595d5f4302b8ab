// Which engine serves a URL. A new engine is one file and one row of this table.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "target/connection.hpp"

namespace target {

struct Surroundings {
  std::string directory;    // relative paths in URLs are relative to it
  std::string ledger_path;  // absolute; never a target
  bool only_read = false;   // what is opened is never written to, made or recovered: files are left as they are
};

// "sqlite" of "sqlite:app.db"; empty when no engine serves it.
std::string_view engine_of(std::string_view url) noexcept;

// Whether connect() would make it, since it is not there yet. Throws SqlError as connect() does.
bool is_made_by_opening(const std::string& url, const Surroundings& surroundings);

// Whether it is a server that keeps copies of its databases beside them. Then, instead of connect(), drops those that
// wish.alive does not name and makes the copy `name`, unless that is empty (postgresql_copy.hpp). Throws SqlError.
bool keeps_copies(std::string_view url) noexcept;
void keep_copies(const std::string& url, const core::ServerCopies& wish, const std::string& name, int wake);

// Opens it. Throws SqlError: unreachable (missing, not a database, not writable, no such engine) or locked.
std::unique_ptr<Connection> connect(const std::string& url, const Surroundings& surroundings);

}  // namespace target
