#include "ledger/sql.hpp"

#include <cassert>

namespace ledger {

SQLite::Statement& Kept::statement() {
  if (!statement_) statement_.emplace(database_, sql_);
  return *statement_;
}

Query& Query::text(const std::string& bytes) {
  statement_.bindNoCopy(++parameter_, bytes);
  return *this;
}

Query& Query::text_or_null(const std::string& bytes) {
  return bytes.empty() ? null() : text(bytes);
}

Query& Query::blob(const std::string& bytes) {
  statement_.bindNoCopy(++parameter_, bytes.data(), static_cast<int>(bytes.size()));
  return *this;
}

Query& Query::word(std::string_view word) {
  statement_.bind(++parameter_, std::string(word));
  return *this;
}

Query& Query::number(std::int64_t number) {
  statement_.bind(++parameter_, number);
  return *this;
}

Query& Query::null() {
  statement_.bind(++parameter_);
  return *this;
}

int Query::run() {
  assert(parameter_ == statement_.getBindParameterCount());
  return statement_.exec();
}

bool Query::next() {
  assert(parameter_ == statement_.getBindParameterCount());
  column_ = 0;
  return statement_.executeStep();
}

bool Query::at_null() const {
  return statement_.isColumnNull(column_);
}

std::string Query::take_text() {
  return statement_.getColumn(column_++).getString();
}

std::int64_t Query::take_number() {
  return statement_.getColumn(column_++).getInt64();
}

void Query::take_rest(Canonical& bytes) {
  for (; column_ < statement_.getColumnCount(); ++column_) {
    const SQLite::Column column = statement_.getColumn(column_);
    if (column.isNull())
      bytes.null();
    else if (column.isInteger())
      bytes.number(column.getInt64());
    else
      bytes.text(
          std::string_view(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())));
  }
}

std::uint64_t Query::take_count() {
  return static_cast<std::uint64_t>(take_number());
}

}  // namespace ledger
