#include "ledger/upkeep.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sys/stat.h>

#include "ledger/connection.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

std::int64_t size_of(const std::string& path) {
  std::int64_t bytes = 0;
  for (const char* tail : {"", "-wal"}) {
    struct stat status {};
    if (::stat((path + tail).c_str(), &status) == 0) bytes += status.st_size;
  }
  return bytes;
}

}  // namespace

Optimized optimize(const std::string& path) {
  Optimized done{size_of(path), 0};
  SQLite::Database database = connect_to_write(path);
  try {
    database.exec("VACUUM");
    Query(database, "PRAGMA wal_checkpoint(TRUNCATE)").next();
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be written anew", failure, "It holds what it held before.");
  }
  done.after = size_of(path);
  return done;
}

}  // namespace ledger
