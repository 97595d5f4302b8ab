#include "ledger/import_writer.hpp"

#include <SQLiteCpp/Exception.h>
#include <array>
#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "ledger/chain.hpp"
#include "ledger/connection.hpp"
#include "ledger/log_space.hpp"

namespace ledger {
namespace {

constexpr const char* k_fact = R"sql(
  INSERT INTO imported (id, import, origin, key, name, stem, state, note, at, duration_ms, checksum, batch, further)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13))sql";

constexpr const char* k_import = R"sql(
  INSERT INTO imports (id, tool, source, part, by, host, pid, reason, command, fettle, at, last_attempt, first, rows,
    imported, already, skipped, failed)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, (SELECT coalesce(max(id), 0) FROM attempts), ?12, ?13, ?14,
    ?15, ?16, ?17))sql";

constexpr std::string_view k_guard = "imported_are_in_time";

std::int64_t next_id(SQLite::Database& database, const char* table) {
  return database.execAndGet(std::string("SELECT coalesce(max(id), 0) + 1 FROM ") + table).getInt64();
}

// Kept, since a million rows name it.
const std::string& state_name(core::ImportedState state) {
  static const auto names = [] {
    std::array<std::string, static_cast<std::size_t>(core::k_last_imported_state) + 1> all;
    for (std::size_t at = 0; at < all.size(); ++at) all[at] = core::name(static_cast<core::ImportedState>(at));
    return all;
  }();
  return names[static_cast<std::size_t>(state)];
}

void number_or_null(Query& query, const std::optional<std::int64_t>& number) {
  if (number)
    query.number(*number);
  else
    query.null();
}

}  // namespace

struct ImportWriter::Inside {
  Inside(const std::string& where, ImportStart begun)
      : path(where), start(std::move(begun)), database(connect_to_write(where)) {}

  template <class Work>
  auto guarded(Work work) {
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      never_checkpoint(database);
      throw_broken(path, "the import cannot be recorded", failure, "nothing of it was kept");
    }
  }

  void begin();
  bool add(const ImportedFact& fact);
  std::int64_t finish(const ImportCounts& counts);

  std::string path;
  ImportStart start;
  SQLite::Database database;
  LogSpace log{database};
  Chain chain{database};
  ImportedQueries known{database};
  Kept insert_fact{database, k_fact}, insert_import{database, k_import};
  std::int64_t import = 0, first = 0, next = 0;
  std::int64_t origin = 0;  // an earlier import, or this one
  std::string guard;        // SQL that makes the trigger k_guard
};

// The pages of two indexes and of the table are written to again and again. A trigger that may refuse has SQLite keep a
// journal of each statement by itself, which takes longer than the row: so this one comes back before the commit, and
// whoever dies before that has never taken it away.
void ImportWriter::Inside::begin() {
  database.exec("PRAGMA cache_size = -32768");  // KiB
  database.exec("BEGIN IMMEDIATE");
  {
    Query query(database, fmt::format("SELECT sql FROM sqlite_master WHERE name = '{}'", k_guard));
    if (query.next()) guard = query.take_text();
  }
  database.exec(fmt::format("DROP TRIGGER IF EXISTS {}", k_guard));
  import = next_id(database, "imports");
  first = next = next_id(database, "imported");
  origin = known.origin_of(start.origin);
  if (origin == 0) origin = import;
}

bool ImportWriter::Inside::add(const ImportedFact& fact) {
  if (origin != import && known.is_known(origin, fact.key, fact.state)) return false;
  Query query(insert_fact);
  query.number(next)
      .number(import)
      .number(origin)
      .text(fact.key)
      .text(fact.name)
      .text(fact.stem)
      .text(state_name(fact.state))
      .text_or_null(fact.note);
  number_or_null(query, fact.at ? std::optional(fact.at->milliseconds) : std::nullopt);
  number_or_null(query, fact.duration_ms);
  query.text_or_null(fact.checksum);
  number_or_null(query, fact.batch);
  query.text_or_null(fact.further).run();
  ++next;
  return true;
}

std::int64_t ImportWriter::Inside::finish(const ImportCounts& counts) {
  Query(insert_import)
      .number(import)
      .text(start.origin.tool)
      .text(start.origin.source)
      .text(start.origin.part)
      .text(start.by)
      .text(start.host)
      .number(start.pid)
      .text_or_null(start.reason)
      .text(start.command)
      .word(FETTLE_VERSION)
      .number(start.at.milliseconds)
      .number(first)
      .number(counts.rows)
      .number(next - first)
      .number(counts.already)
      .number(counts.skipped)
      .number(counts.failed)
      .run();
  if (!guard.empty()) database.exec(guard);
  chain.add(Link::import, import);
  log.reserve();
  database.exec("COMMIT");
  log.fold();
  return import;
}

ImportWriter::ImportWriter(const std::string& path, ImportStart start)
    : inside_(std::make_unique<Inside>(path, std::move(start))) {
  inside_->guarded([this] { inside_->begin(); });
}

ImportWriter::~ImportWriter() {
  if (sqlite3_get_autocommit(inside_->database.getHandle()) == 0) inside_->database.tryExec("ROLLBACK");
}

bool ImportWriter::add(const ImportedFact& fact) {
  return inside_->guarded([&] { return inside_->add(fact); });
}

std::int64_t ImportWriter::finish(const ImportCounts& counts) {
  return inside_->guarded([&] { return inside_->finish(counts); });
}

}  // namespace ledger
