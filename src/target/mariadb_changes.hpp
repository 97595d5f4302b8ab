// What a script changes in a MariaDB or MySQL database: how many rows of which tables, by what each statement says of
// itself, since the server keeps no account. What triggers, foreign keys and procedures write is not among it, and it
// is said where there may be such. The rows themselves mariadb_images.hpp notes. Lives in the broker.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "target/mariadb_images.hpp"
#include "target/mariadb_link.hpp"
#include "target/sql_text.hpp"

namespace target {

class MariaChanges {
 public:
  explicit MariaChanges(MariaLink& link) : link_(link) {}

  void watch(std::uint64_t images);
  void begin(const std::string& database, Dialect dialect);  // the account starts anew
  // A statement of the script is about to be executed, alone: what is to be executed in its place
  // (MariaImages::before).
  std::string before(const std::string& sql, const core::Values& parameters) {
    return is_on_ && images_.is_on() ? images_.before(sql, parameters) : sql;
  }
  void after(std::uint64_t rows, MariaStatement* asked) {
    if (is_on_ && images_.is_on()) images_.after(rows, asked);
  }
  // A statement of the script was executed; rows: that it says to have changed. is_seen: before() and after() were
  // told.
  void note(const std::string& sql, std::uint64_t rows, bool is_seen);
  // Behind the last statement. Throws MariaError.
  core::Changes tell(const Connection::TellRow& tell);

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
    bool lasts = true, acts = false;  // at the end; acts: by triggers or foreign keys
  };

  static Written written_by(const std::vector<SqlToken>& tokens);
  void note_schema(const std::vector<SqlToken>& tokens, const std::string& sql);
  Table& table_of(const Written& written);
  bool describe(Table& table);  // false: there is no such table that lasts
  std::string gap(const Table& table) const;

  MariaLink& link_;
  MariaImages images_{link_};
  bool is_on_ = false;
  std::string database_;
  Dialect dialect_ = Dialect::mariadb;
  std::string last_sql_;  // most statements come again and again
  Written last_;
  std::vector<Table> tables_;
  std::set<std::string> temporary_;
  std::vector<core::SchemaChange> schema_;
};

// Of CREATE [OR REPLACE] TEMPORARY TABLE: where its name stands; 0: it is no such statement.
std::size_t temporary_table_at(const std::vector<SqlToken>& tokens);

}  // namespace target
