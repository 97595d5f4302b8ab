// Random tables on PostgreSQL and MariaDB, and random statements over them: what property tests try. The same seed
// gives the same ones.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/dice.hpp"

namespace support {

struct ColumnType {
  std::string name;
  std::vector<std::string> values;  // literals
  bool adds = false;                // + 1
};

struct RandomTable {
  std::string name;                                       // quoted
  std::vector<std::string> columns;                       // all
  std::vector<std::pair<std::string, ColumnType>> given;  // that a script may give
  std::vector<std::string> key;
  std::string parent;  // that it refers to
  std::string sql;

  std::string bare_name() const { return name.substr(1, name.size() - 2); }
};

// What stands in a database before a script.
struct RandomTables {
  std::vector<RandomTable> tables;
  std::vector<std::string> setup;  // statements of an administrator, in an empty database or one that had other ones
  bool has_triggers = false;
};

struct Dialect {
  const char* name;
  RandomTables (*tables)(Dice& dice);
  std::string (*statement)(Dice& dice, const std::vector<RandomTable>& tables);
  // As one text for the server's own client. What a constraint refuses is left out alone.
  std::string (*script)(const std::vector<std::string>& setup);

  bool is_postgresql() const;
};

const Dialect& postgresql_dialect();
const Dialect& mariadb_dialect();

}  // namespace support
