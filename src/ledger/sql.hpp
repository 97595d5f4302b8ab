// The few words in which this room writes its statements, over SQLiteCpp. Everything here throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/canonical.hpp"

namespace ledger {

// A statement that is prepared at its first use and kept for the life of the connection, which it must not outlive.
class Kept {
 public:
  Kept(SQLite::Database& database, const char* sql) noexcept : database_(database), sql_(sql) {}
  SQLite::Statement& statement();

 private:
  SQLite::Database& database_;
  const char* sql_;
  std::optional<SQLite::Statement> statement_;
};

// One execution of a statement: its parameters in order, then run(), or next() and the columns in order.
class Query {
 public:
  explicit Query(Kept& kept) : statement_(kept.statement()) {}
  Query(SQLite::Database& database, const std::string& sql) : own_(std::in_place, database, sql), statement_(*own_) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Bytes are not copied: they must stay where they are until the query is over.
  Query& text(const std::string& bytes);
  Query& text(std::string&&) = delete;
  Query& text_or_null(const std::string& bytes);  // empty: NULL
  Query& text_or_null(std::string&&) = delete;
  Query& blob(const std::string& bytes);
  Query& blob(std::string&&) = delete;
  Query& word(std::string_view word);  // copied
  Query& number(std::int64_t number);
  Query& null();

  int run();    // rows changed
  bool next();  // false: no further row

  bool at_null() const;     // whether the next column is NULL
  std::string take_text();  // NULL: empty
  std::int64_t take_number();
  std::uint64_t take_count();        // a number that is never negative
  void take_rest(Canonical& bytes);  // all further columns

 private:
  std::optional<SQLite::Statement> own_;
  SQLite::Statement& statement_;
  int parameter_ = 0;
  int column_ = 0;
};

}  // namespace ledger
