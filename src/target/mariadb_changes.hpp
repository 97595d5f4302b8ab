// What a script changes in a MariaDB or MySQL database: how many rows of which tables, by what each statement says of
// itself, since the server keeps no account. What triggers, foreign keys and procedures write is not among it, and it
// is said where there may be such. Rows themselves are not kept. Lives in the broker.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "target/mariadb_link.hpp"
#include "target/sql_text.hpp"

namespace target {

class MariaChanges {
 public:
  explicit MariaChanges(MariaLink& link) : link_(link) {}

  void watch(std::uint64_t images);
  void begin(const std::string& database, Dialect dialect);  // the account starts anew
  // A statement of the script was executed; rows: that it says to have changed.
  void note(const std::string& sql, std::uint64_t rows);
  // Behind the last statement. Throws MariaError.
  core::Changes tell();

 private:
  enum class Kind { other, inserted, updated, deleted, replaced };
  // Of a statement: which table it changes; empty: nobody can say so from its text.
  struct Written {
    Kind kind = Kind::other;
    std::string schema, table;
  };
  struct Table {
    std::string schema, name;
    core::TableChanges said;
  };

  static Written written_by(const std::vector<SqlToken>& tokens);
  void note_schema(const std::vector<SqlToken>& tokens, const std::string& sql);
  Table& table_of(const Written& written);
  bool describe(Table& table);  // false: there is no such table that lasts
  std::string gap() const;

  MariaLink& link_;
  std::uint64_t images_ = 0;
  bool is_on_ = false;
  std::string database_;
  Dialect dialect_ = Dialect::mariadb;
  std::string last_sql_;  // most statements come again and again
  Written last_;
  std::vector<Table> tables_;
  std::set<std::string> temporary_;
  std::vector<core::SchemaChange> schema_;
};

// The name of a table at this token, without its quotes, and behind which token it ends.
struct SqlName {
  std::string schema, name;
  std::size_t end = 0;
};
SqlName name_at(const std::vector<SqlToken>& tokens, std::size_t at);
// Of CREATE [OR REPLACE] TEMPORARY TABLE: where its name stands; 0: it is no such statement.
std::size_t temporary_table_at(const std::vector<SqlToken>& tokens);

}  // namespace target
