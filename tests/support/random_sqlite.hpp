// Random SQLite tables and random statements on them: all kinds of keys, or none, triggers, foreign keys that act,
// generated columns, values that are told apart badly. And what is told of their changes against what changed. A case
// is its seed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "support/dice.hpp"
#include "target/connection.hpp"

namespace support {

struct Table {
  std::string name;
  std::vector<std::string> columns;  // that a row has: no virtual ones
  std::vector<std::string> given;    // that a script may give
  std::vector<std::string> key;
  std::string sql;
};

std::string random_statement(Dice& dice, const std::vector<Table>& tables);

// Tables, what fills them, triggers: what could be executed of it, in order.
struct RandomDatabase {
  std::vector<Table> tables;
  std::vector<std::string> statements;
};
// Makes the file.
RandomDatabase random_database(Dice& dice, const std::string& path);

using Dump = std::map<std::string, std::vector<std::string>>;  // packed rows, sorted
Dump dump(target::Connection& connection, const std::vector<Table>& tables);

struct Told {
  core::RowChange::Kind kind;
  std::string before, after;  // packed as Writer::put(Row) does; empty: there was none, there is none
};

struct Account {
  core::Changes changes;
  std::map<std::string, std::vector<Told>> rows;  // by table
};

// Fails the test where what is told of a table is not what changed in it.
void check_table(const Table& table, const Account& account, const std::vector<std::string>& before,
                 const std::vector<std::string>& after);

}  // namespace support
