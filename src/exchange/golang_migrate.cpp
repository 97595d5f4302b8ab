// golang-migrate: one row, the version at which the database is, and whether its migration was cut off. What came
// before it stands in no table: the folder of its files tells it (--files).
#include <charconv>
#include <vector>

#include "exchange/files.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

struct Position {
  std::int64_t version = 0;
  bool dirty = false;
};

// "000003_add_users" of "000003_add_users.up.sql"; empty: it is no such file.
std::string name_of(const std::string& file) {
  const std::size_t up = file.rfind(".up.");
  return up == std::string::npos ? std::string() : file.substr(0, up);
}

Fact fact_of(std::int64_t version, const Position& at) {
  Fact fact;
  fact.key = std::to_string(version);
  fact.name = fact.key;
  fact.stem = core::wild_stem(fact.key);
  if (version == at.version && at.dirty) {
    fact.state = State::failed;
    fact.note = "dirty: it failed, or was cut off";
  }
  return fact;
}

void read_files(const std::string& folder, const Position& at, Facts& facts) {
  for (const std::string& file : files_in(folder)) {
    const std::string name = name_of(file);
    std::int64_t version = 0;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), version);
    if (name.empty() || fault != std::errc() || version > at.version) continue;
    Fact fact = fact_of(version, at);
    fact.name = file;
    fact.stem = name;
    facts.take(fact);
  }
}

void read(const Asked& asked, Facts& facts) {
  std::vector<Position> positions;
  const Foreign& database = asked.database;
  database.each("SELECT version, dirty FROM " + database.quoted(asked.table), [&](const Cells& row) {
    const auto version = row.number(0);
    const auto dirty = row.flag(1);
    if (!version || !dirty) return facts.fail(row.text(0), "its version or dirty is no such thing");
    if (*version < 0) return facts.skip(row.text(0), "no migration is applied");
    positions.push_back({*version, *dirty});
  });
  for (const Position& at : positions) {
    if (!asked.files.empty()) {
      read_files(asked.files, at, facts);
      continue;
    }
    Fact fact = fact_of(at.version, at);
    fact.note += fact.note.empty() ? "" : "; ";
    fact.note += "those before it: --files FOLDER";
    facts.take(fact);
  }
}

}  // namespace

const Tool k_golang_migrate{.name = "golang-migrate",
                            .title = "golang-migrate",
                            .table = "schema_migrations",
                            .columns = "version dirty",
                            .read = read,
                            .takes_files = true};

}  // namespace exchange
