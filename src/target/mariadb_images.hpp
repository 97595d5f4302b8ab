// The rows that a script changed in a MariaDB database, as they were and as they are. The server keeps no account of
// them, so each statement that changes rows is read, and only what is certain from its text is noted: one INSERT,
// UPDATE or DELETE of one table, with functions that are known to change nothing. Before an UPDATE or DELETE its rows
// are selected with the same condition and locked, as the statement itself would do next; an INSERT is asked for the
// keys of its rows (RETURNING). Everything else gives the table a gap. As they are now rows are read by their keys at
// the end. Lives in the broker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "target/change_log.hpp"
#include "target/connection.hpp"
#include "target/mariadb_form.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_statements.hpp"
#include "target/sql_text.hpp"

namespace target {

class MariaImages {
 public:
  explicit MariaImages(MariaLink& link) : link_(link) {}

  void keep(std::uint64_t images) noexcept { log_.keep(images_ = images); }
  bool is_on() const noexcept { return images_ > 0; }
  void begin(const std::string& database, Dialect dialect);

  // A statement is about to be executed: what is to be executed in its place, as a rule the same. It throws only what
  // the statement would have thrown as well: for a lock that could not be had.
  std::string before(const std::string& sql, const core::Values& parameters);
  // One that is executed otherwise.
  void see(const std::string& sql) {
    if (sql != last_sql_) look_at(sql);
  }
  // It was executed, and says to have changed so many rows. asked: the statement, when before() gave another one.
  void after(std::uint64_t rows, MariaStatement* asked);
  // Something else changed rows of it, or not rows alone. name: empty: nobody can say of which.
  void give_up(const std::string& schema, const std::string& name, std::string_view why);
  bool is_read() const noexcept { return form_.kind != MariaForm::Kind::other; }  // of the last before()

  // At the end: why the table's rows are not told; empty: they are.
  std::string gap_of(const std::string& schema, const std::string& name) const;
  // Of the tables without a gap. Throws MariaError.
  core::Changes tell(const Connection::TellRow& tell);

 private:
  struct Table {
    ChangeLog::Table log = 0;
    std::string name;  // quoted, with its schema
    std::vector<std::string> columns, key;
    std::vector<std::size_t> key_at;
    std::uint64_t most_rows = 0;  // that are selected at once
    std::string gap;
  };
  using Name = std::pair<std::string, std::string>;

  void look_at(const std::string& sql);
  Name name_of(const MariaForm& form) const;
  Table& table_of(const Name& name);
  std::string look_at(const Name& name, Table& table);
  void describe(const Name& name, Table& table);
  void give_up(Table& table, std::string_view gap);
  bool select_before(Table& table, const MariaForm& form, const core::Values& parameters);
  std::string key_in(const Table& table, const core::Row& row) const;
  void read_now(const Table& table, ChangeLog::Netting& now);

  MariaLink& link_;
  std::uint64_t images_ = 0;
  std::string database_;
  Dialect dialect_ = Dialect::mariadb;
  ChangeLog log_;
  std::map<Name, Table> tables_;
  std::string doubt_;                // about all tables
  std::set<std::string> functions_;  // that were asked about
  std::string last_sql_;
  MariaForm form_;                         // of it
  std::optional<std::uint64_t> selected_;  // rows that the statement at work is to change; none: it was not looked at
};

}  // namespace target
