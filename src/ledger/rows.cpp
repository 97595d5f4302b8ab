#include "ledger/rows.hpp"

#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <sqlite3.h>
#include <variant>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "ledger/canonical.hpp"
#include "ledger/connection.hpp"
#include "ledger/schema.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* k_unchanged = "Nothing was changed.";

Shape::Type type_of(std::string_view declared) noexcept {
  if (declared == "INTEGER") return Shape::Type::number;
  return declared == "BLOB" ? Shape::Type::bytes : Shape::Type::text;
}

Shape shape_of(SQLite::Database& database, const std::string& table) {
  Shape shape{.table = table, .columns = {}};
  Query columns(database, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid");
  columns.text(table);
  while (columns.next()) {
    Shape::Column& column = shape.columns.emplace_back();
    column.name = columns.take_text();
    column.type = type_of(columns.take_text());
    column.is_key = columns.take_number() != 0;
  }
  return shape;
}

std::vector<Shape> make_shapes() {
  SQLite::Database pristine(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  pristine.exec(std::string(schema_text()));
  std::vector<std::string> tables;
  for (Query query(pristine, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"); query.next();)
    tables.push_back(query.take_text());
  std::vector<Shape> all;
  for (const std::string& table : tables) all.push_back(shape_of(pristine, table));
  return all;
}

std::string quoted(const std::string& name) {
  return '"' + name + '"';  // those of schema.sql have no quotes in them
}

std::string names_in(const Shape& shape, bool of_key) {
  std::vector<std::string> names;
  for (const Shape::Column& column : shape.columns)
    if (!of_key || column.is_key) names.push_back(quoted(column.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

core::Value value_of(const SQLite::Column& column) {
  if (column.isNull()) return core::Null{};
  if (column.isInteger()) return column.getInt64();
  std::string bytes(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes()));
  if (column.isBlob()) return core::Blob{std::move(bytes)};
  return bytes;
}

// Which kind a column has is known, so a blob is told as a text is.
void add(Canonical& bytes, const core::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    bytes.number(*number);
  else if (const auto* text = std::get_if<std::string>(&value))
    bytes.text(*text);
  else if (const auto* blob = std::get_if<core::Blob>(&value))
    bytes.text(blob->bytes);
  else
    bytes.null();
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = make_shapes();
  return all;
}

const Shape* find_shape(std::string_view table) {
  const auto found =
      std::find_if(shapes().begin(), shapes().end(), [&](const Shape& shape) { return shape.table == table; });
  return found == shapes().end() ? nullptr : &*found;
}

std::int64_t Digest::rows() const noexcept {
  std::int64_t sum = 0;
  for (const auto& [table, count] : counts) sum += count;
  return sum;
}

// --- reading -------------------------------------------------------------------------------------------------------

struct RowReader::Inside {
  template <class Work>
  auto guard(Work&& work) const {
    try {
      return work();
    } catch (const SQLite::Exception& failure) {
      throw_broken(path, "the ledger cannot be read", failure, k_unchanged);
    }
  }

  explicit Inside(const std::string& where) : path(where), database(connect_to_read(where)) {
    if (!database)
      throw Error(ErrorKind::usage, fmt::format("there is no ledger: {}", base::escape(path)), k_unchanged,
                  "fettle run   makes it");
    guard([&] { state.emplace(*database); });
    guard([&] { version_of(*database); });  // the state begins with the first read
  }

  std::string path;
  mutable std::optional<SQLite::Database> database;
  std::optional<SQLite::Transaction> state;
};

RowReader::RowReader(const std::string& path) : inside_(std::make_unique<Inside>(path)) {}
RowReader::~RowReader() = default;

void RowReader::each(const Shape& shape, const std::function<void(const core::Row&)>& take) const {
  inside_->guard([&] {
    SQLite::Statement statement(*inside_->database, fmt::format("SELECT {} FROM {} ORDER BY {}", names_in(shape, false),
                                                                quoted(shape.table), names_in(shape, true)));
    core::Row row(shape.columns.size());
    while (statement.executeStep()) {
      for (std::size_t at = 0; at < row.size(); ++at) row[at] = value_of(statement.getColumn(static_cast<int>(at)));
      take(row);
    }
  });
}

Digest RowReader::digest() const {
  Digest digest;
  base::Sha256 sum;
  Canonical bytes;
  for (const Shape& shape : shapes()) {
    std::int64_t count = 0;
    bytes.text(shape.table);
    each(shape, [&](const core::Row& row) {
      ++count;
      for (const core::Value& value : row) add(bytes, value);
      sum.add(bytes.bytes());
      bytes.clear();
    });
    bytes.null();
    digest.counts.emplace_back(shape.table, count);
  }
  sum.add(bytes.bytes());
  digest.sha256 = sum.hex();
  return digest;
}

void RowReader::copy_to(const std::string& path) const {
  inside_->guard([&] { copy_whole(*inside_->database, path); });
  sync_file(path);
}

// --- writing -------------------------------------------------------------------------------------------------------

struct RowWriter::Inside {
  explicit Inside(const std::string& where)
      : path((make_private_file(where), where)), database(where, SQLite::OPEN_READWRITE) {}

  template <class Work>
  void guard(Work&& work) const {
    try {
      work();
    } catch (const SQLite::Exception& failure) {
      const int code = failure.getErrorCode() & 0xff;
      if (code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH)
        throw Error(ErrorKind::usage, fmt::format("this is no whole ledger: {}", failure.what()), k_unchanged);
      throw_broken(path, "the ledger cannot be written", failure, k_unchanged);
    }
  }

  void begin();
  void check();

  std::string path;
  SQLite::Database database;
  std::vector<std::string> triggers;                 // SQL that makes them
  std::map<std::string, SQLite::Statement> inserts;  // by table
};

// Nobody else knows of the file, and it is synced when it is whole. Its triggers would refuse what tells of attempts
// that have ended.
void RowWriter::Inside::begin() {
  create(database);
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN IMMEDIATE");
  std::vector<std::string> names;
  for (Query query(database, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid");
       query.next();) {
    names.push_back(query.take_text());
    triggers.push_back(query.take_text());
  }
  for (const std::string& name : names) database.exec("DROP TRIGGER " + quoted(name));
  database.exec("DELETE FROM ledger");
}

RowWriter::RowWriter(const std::string& path) {
  try {
    inside_ = std::make_unique<Inside>(path);
  } catch (const SQLite::Exception& failure) {
    throw_broken(path, "the ledger cannot be made", failure, k_unchanged);
  }
  inside_->guard([this] { inside_->begin(); });
}

RowWriter::~RowWriter() = default;

void RowWriter::add(const Shape& shape, const core::Row& row) {
  if (row.size() != shape.columns.size())
    throw Error(ErrorKind::usage,
                fmt::format("a row of {} has {} in place of {}", shape.table, base::plural(row.size(), "value"),
                            shape.columns.size()),
                k_unchanged);
  inside_->guard([&] {
    auto found = inside_->inserts.find(shape.table);
    if (found == inside_->inserts.end()) {
      const std::string marks = fmt::format("{}", fmt::join(std::vector<std::string>(row.size(), "?"), ", "));
      const std::string sql =
          fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted(shape.table), names_in(shape, false), marks);
      found = inside_->inserts.try_emplace(shape.table, inside_->database, sql).first;
    }
    SQLite::Statement& insert = found->second;
    int at = 0;
    for (const core::Value& value : row) {
      ++at;
      if (const auto* number = std::get_if<std::int64_t>(&value))
        insert.bind(at, *number);
      else if (const auto* text = std::get_if<std::string>(&value))
        insert.bindNoCopy(at, *text);
      else if (const auto* blob = std::get_if<core::Blob>(&value))
        insert.bindNoCopy(at, blob->bytes.data(), static_cast<int>(blob->bytes.size()));
      else
        insert.bind(at);
    }
    insert.exec();
    insert.reset();
  });
}

void RowWriter::Inside::check() {
  if (database.execAndGet("SELECT count(*) FROM ledger").getInt() != 1)
    throw Error(ErrorKind::usage, "this is no whole ledger: its id is not in it", k_unchanged);
  Query query(database, "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1");
  if (!query.next()) return;
  const std::string table = query.take_text();
  throw Error(ErrorKind::usage,
              fmt::format("this is no whole ledger: a row of {} belongs to one of {} that is not in it", table,
                          query.take_text()),
              k_unchanged);
}

void RowWriter::finish() {
  inside_->guard([this] {
    inside_->inserts.clear();
    inside_->check();
    for (const std::string& trigger : inside_->triggers) inside_->database.exec(trigger);
    inside_->database.exec("COMMIT");
  });
  sync_file(inside_->path);
}

}  // namespace ledger
