#include "ledger/changes.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "ledger/pruning.hpp"

namespace ledger {
namespace {

// ?1 is the attempt or the run, ?2 the number of a preview's script, which attempts have no use for.
struct Statements {
  const char *insert_table, *insert_schema, *insert_rows, *tables, *schema, *rows;
};

constexpr Statements k_of_attempts = {
    R"sql(INSERT INTO changes (attempt, number, name, inserted, updated, deleted, net, gap, columns, key)
          VALUES (?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11))sql",
    R"sql(INSERT INTO schema_changes (attempt, number, kind, type, name, before, after)
          VALUES (?1, ?3, ?4, ?5, ?6, ?7, ?8))sql",
    R"sql(INSERT INTO changed_rows (attempt, part, size, zstd) VALUES (?1, ?3, ?4, ?5))sql",
    R"sql(SELECT name, inserted, updated, deleted, net, gap, columns, key FROM changes
          WHERE attempt = ?1 AND ?2 = 0 ORDER BY number)sql",
    R"sql(SELECT kind, type, name, before, after FROM schema_changes WHERE attempt = ?1 AND ?2 = 0 ORDER BY number)sql",
    R"sql(SELECT size, zstd FROM changed_rows WHERE attempt = ?1 AND ?2 = 0 AND part = ?3)sql"};

constexpr Statements k_of_previews = {
    R"sql(INSERT INTO preview_changes (run, script, number, name, inserted, updated, deleted, net, gap, columns, key)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11))sql",
    R"sql(INSERT INTO preview_schema_changes (run, script, number, kind, type, name, before, after)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))sql",
    R"sql(INSERT INTO preview_rows (run, script, part, size, zstd) VALUES (?1, ?2, ?3, ?4, ?5))sql",
    R"sql(SELECT name, inserted, updated, deleted, net, gap, columns, key FROM preview_changes
          WHERE run = ?1 AND script = ?2 ORDER BY number)sql",
    R"sql(SELECT kind, type, name, before, after FROM preview_schema_changes
          WHERE run = ?1 AND script = ?2 ORDER BY number)sql",
    R"sql(SELECT size, zstd FROM preview_rows WHERE run = ?1 AND script = ?2 AND part = ?3)sql"};

const Statements& statements_of(ChangesOf whose) noexcept {
  return whose == ChangesOf::attempts ? k_of_attempts : k_of_previews;
}

std::int64_t as_number(std::uint64_t count) noexcept {
  return static_cast<std::int64_t>(count);
}

core::SchemaChange::Kind schema_kind_from(std::string_view word) noexcept {
  using Kind = core::SchemaChange::Kind;
  for (const Kind kind : {Kind::created, Kind::dropped})
    if (word == core::name(kind)) return kind;
  return Kind::altered;
}

[[noreturn]] void throw_unreadable(const Changer& changer, std::int64_t part) {
  throw base::Error(base::ErrorKind::ledger_broken,
                    fmt::format("part {} of the rows that {} {} changed cannot be read: it is not as it was recorded",
                                part, changer.script == 0 ? "attempt" : "preview", changer.id),
                    "nothing was changed", "fettle ledger verify");
}

}  // namespace

ChangesIn::ChangesIn(SQLite::Database& database, ChangesOf whose)
    : insert_table_(database, statements_of(whose).insert_table),
      insert_schema_(database, statements_of(whose).insert_schema),
      insert_rows_(database, statements_of(whose).insert_rows),
      tables_(database, statements_of(whose).tables),
      schema_(database, statements_of(whose).schema),
      rows_(database, statements_of(whose).rows),
      texts_(database, "SELECT value FROM json_each(?1) ORDER BY key") {}

PackedPart ChangesIn::pack(std::string_view rows) {
  return {static_cast<std::int64_t>(rows.size()), packer_.pack(rows)};
}

bool ChangesIn::insert(const Changer& changer, const core::RecordedChanges& changes,
                       const std::vector<PackedPart>& packed) {
  std::int64_t number = 0;
  for (const core::TableChanges& table : changes.changes.tables) insert(changer, ++number, table);
  number = 0;
  for (const core::SchemaChange& change : changes.changes.schema) insert(changer, ++number, change);
  number = 0;
  for (const PackedPart& part : packed) insert(changer, ++number, part);
  for (std::size_t at = 0; at < changes.rows.size() && packed.empty(); ++at)
    if (!changes.rows[at].empty()) insert(changer, ++number, pack(changes.rows[at]));
  return !changes.changes.empty() || number > 0;
}

void ChangesIn::insert(const Changer& changer, std::int64_t number, const core::TableChanges& table) {
  const std::string columns = base::json_list(table.columns);
  const std::string key = base::json_list(table.key);
  Query(insert_table_)
      .number(changer.id)
      .number(changer.script)
      .number(number)
      .text(table.table)
      .number(as_number(table.inserted))
      .number(as_number(table.updated))
      .number(as_number(table.deleted))
      .number(table.net ? 1 : 0)
      .text_or_null(table.gap)
      .text_or_null(columns)
      .text_or_null(key)
      .run();
}

void ChangesIn::insert(const Changer& changer, std::int64_t number, const core::SchemaChange& change) {
  Query(insert_schema_)
      .number(changer.id)
      .number(changer.script)
      .number(number)
      .word(core::name(change.kind))
      .text(change.type)
      .text(change.name)
      .text_or_null(change.before)
      .text_or_null(change.after)
      .run();
}

void ChangesIn::insert(const Changer& changer, std::int64_t number, const PackedPart& part) {
  Query(insert_rows_).number(changer.id).number(changer.script).number(number).number(part.size).blob(part.zstd).run();
}

std::vector<std::string> ChangesIn::texts_in(const std::string& list) {
  std::vector<std::string> texts;
  if (list.empty()) return texts;
  Query query(texts_);
  query.text(list);
  while (query.next()) texts.push_back(query.take_text());
  return texts;
}

core::Changes ChangesIn::find(const Changer& changer) {
  core::Changes changes;
  Query tables(tables_);
  tables.number(changer.id).number(changer.script);
  while (tables.next()) {
    core::TableChanges& table = changes.tables.emplace_back();
    table.table = tables.take_text();
    table.inserted = tables.take_count();
    table.updated = tables.take_count();
    table.deleted = tables.take_count();
    table.net = tables.take_number() != 0;
    table.gap = tables.take_text();
    table.columns = texts_in(tables.take_text());
    table.key = texts_in(tables.take_text());
  }
  Query schema(schema_);
  schema.number(changer.id).number(changer.script);
  while (schema.next()) {
    core::SchemaChange& change = changes.schema.emplace_back();
    change.kind = schema_kind_from(schema.take_text());
    change.type = schema.take_text();
    change.name = schema.take_text();
    change.before = schema.take_text();
    change.after = schema.take_text();
  }
  return changes;
}

std::string ChangesIn::find_packed_rows(const Changer& changer, std::int64_t part) {
  Query query(rows_);
  if (!query.number(changer.id).number(changer.script).number(part).next()) return {};
  const std::int64_t size = query.take_number();
  const std::string stored = query.take_text();
  if (digest_in_mark(stored)) return {};  // they were pruned
  std::optional<std::string> rows = unpack(stored, size);
  if (!rows || rows->empty()) throw_unreadable(changer, part);
  return *std::move(rows);
}

std::optional<core::ChangedRows> ChangesIn::find_rows(const Changer& changer, std::int64_t part, std::size_t tables) {
  const std::string packed = find_packed_rows(changer, part);
  if (packed.empty()) return std::nullopt;
  std::optional<core::ChangedRows> rows = core::decode<core::ChangedRows>(packed);
  if (!rows) throw_unreadable(changer, part);
  for (const core::RowChange& row : rows->rows)
    if (row.table >= tables) throw_unreadable(changer, part);
  return rows;
}

}  // namespace ledger
