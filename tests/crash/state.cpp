#include "state.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "base/hash.hpp"

namespace crash {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Filed> list(const Site& site, const std::string& folder, State& state) {
  std::vector<Filed> files;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(site.home() + "/" + folder)) paths.push_back(entry);
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const std::string name = folder + "/" + path.filename().string();
    const std::string sha256 = base::sha256_hex(content(path));
    // What the error note says is free; a note that comes and goes would not be.
    state.dump += fmt::format("{} {}\n", name, path.extension() == ".lua" ? sha256 : "");
    if (path.extension() == ".lua") files.push_back({name, sha256});
  }
  return files;
}

// The file and what SQLite keeps beside it, under the same names.
fs::path copy_database(const Site& site, const std::string& path) {
  const fs::path folder = site.scratch() + "/looked-at";
  fs::create_directories(folder);
  const fs::path copy = folder / fs::path(path).filename();
  for (const char* ending : {"", "-wal", "-journal", "-shm"}) {
    fs::remove(copy.string() + ending);
    if (fs::exists(path + ending) && std::string(ending) != "-shm")
      fs::copy_file(path + ending, copy.string() + ending);
  }
  return copy;
}

std::string text_of(const SQLite::Column& value) {
  if (value.isNull()) return "NULL";
  if (value.isBlob()) return fmt::format("blob:{}", base::sha256_hex(value.getString()));
  return value.getString();
}

void dump_table(SQLite::Database& database, const std::string& table, std::string& text) {
  SQLite::Statement rows(database, fmt::format("SELECT * FROM \"{}\"", table));
  while (rows.executeStep()) {
    text += table;
    for (int column = 0; column < rows.getColumnCount(); ++column) text += "|" + text_of(rows.getColumn(column));
    text += "\n";
  }
}

bool tells_of_runs(const std::string& table) {
  return table == "runs" || table == "chain" || table == "sqlite_sequence";
}

void dump(SQLite::Database& database, State& state) {
  SQLite::Statement tables(database, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  while (tables.executeStep()) {
    const std::string table = tables.getColumn(0).getString();
    state.dump += tables.getColumn(1).getString() + "\n";
    dump_table(database, table, tells_of_runs(table) ? state.runs : state.dump);
  }
}

void check_integrity(SQLite::Database& database, const std::string& name, State& state) {
  const std::string found = database.execAndGet("PRAGMA integrity_check").getString();
  if (found != "ok") state.broken += fmt::format("{}: {}; ", name, found);
}

void read_attempts(SQLite::Database& ledger, State& state) {
  SQLite::Statement rows(ledger,
                         "SELECT id, script, sha256, coalesce(outcome, ''), coalesce(moved_to, '') FROM attempts");
  while (rows.executeStep())
    state.attempts.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getString(),
                              rows.getColumn(2).getString(), rows.getColumn(3).getString(),
                              rows.getColumn(4).getString()});
}

void read_marks(SQLite::Database& target, State& state) {
  SQLite::Statement rows(target, "SELECT tag, script, attempt FROM applied ORDER BY rowid");
  while (rows.executeStep())
    state.marks.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getString(), rows.getColumn(2).getInt64()});
}

void read_receipts(SQLite::Database& target, State& state) {
  state.has_receipts = target.tableExists("fettle_receipts");
  if (!state.has_receipts) return;
  SQLite::Statement rows(target, "SELECT script, sha256, ledger, attempt FROM fettle_receipts");
  while (rows.executeStep())
    state.receipts.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getString(),
                              rows.getColumn(2).getString(), rows.getColumn(3).getInt64()});
}

std::size_t count_missing_notes(const Site& site, const State& state) {
  return static_cast<std::size_t>(std::count_if(state.failed.begin(), state.failed.end(), [&](const Filed& file) {
    return !fs::exists(site.home() + "/" + file.path + ".error.txt");
  }));
}

}  // namespace

State look_at(const Site& site) {
  State state;
  state.pending = list(site, "fix-scripts", state);
  state.succeeded = list(site, "successfully-ran", state);
  state.failed = list(site, "failed", state);
  state.missing_notes = count_missing_notes(site, state);
  // A copy with a hot journal is rolled back when it is opened, so writing must be allowed.
  if (fs::exists(site.ledger())) {
    SQLite::Database ledger(copy_database(site, site.ledger()).string(), SQLite::OPEN_READWRITE);
    check_integrity(ledger, "ledger", state);
    dump(ledger, state);
    if (ledger.tableExists("attempts")) read_attempts(ledger, state);
  }
  SQLite::Database target(copy_database(site, site.target()).string(), SQLite::OPEN_READWRITE);
  check_integrity(target, "target", state);
  dump(target, state);
  read_marks(target, state);
  read_receipts(target, state);
  return state;
}

}  // namespace crash
