// What fettle knows of another tool's history: how its table is told from others, and what its rows mean. Each tool is
// one file that defines one of these, and one row of tools.cpp. Schemas and their meaning: docs/import.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "exchange/facts.hpp"
#include "exchange/foreign.hpp"

namespace exchange {

// What an importer reads from.
struct Asked {
  const Foreign& database;
  const ForeignTable& table;
  std::string files;  // the folder of the tool's own scripts; empty: not given
};

struct Tool {
  std::string_view name;   // on the command line
  std::string_view title;  // for people
  std::string_view table;  // what its table is called where nobody has renamed it

  // The table is told by its columns, in lower case, blanks between them: all of `columns` are there, and of
  // `but_not` none. only: there are no others than these either; empty: there may be any.
  std::string_view columns = {}, but_not = {}, only = {};
  // What its columns alone do not tell; nullptr: they do.
  bool (*also)(const Foreign& database, const ForeignTable& table) = nullptr;

  void (*read)(const Asked& asked, Facts& facts) = nullptr;              // nullptr: it has no table
  void (*read_file)(const std::string& path, Facts& facts) = nullptr;    // a JSON file; nullptr: none
  void (*read_folder)(const std::string& path, Facts& facts) = nullptr;  // nullptr: none
  bool (*owns)(const std::string& path) = nullptr;  // whether this file or folder looks like its own
  bool takes_files = false;                         // --files tells it more
};

bool fits(const Tool& tool, const Foreign& database, const ForeignTable& table);

// What a row means.
struct Meaning {
  enum class Kind { fact, skipped, failed } kind = Kind::fact;
  std::string_view why = {};  // a literal
};
constexpr Meaning skipped(std::string_view why) noexcept {
  return {Meaning::Kind::skipped, why};
}
constexpr Meaning failed(std::string_view why) noexcept {
  return {Meaning::Kind::failed, why};
}

// Reads these columns (in lower case, blanks between them; one that the table lacks is NULL), in the order of the
// second list, from the rows where `where` holds (SQL; empty: all). fact: its key is set, from the first column, and so
// is its name, from the second; its stem, unless row_of sets it, is that of its name.
struct Reading {
  std::string_view columns, order;
  std::string where = {};
};
using RowOf = std::function<Meaning(const Cells& row, Fact& fact)>;
void read_rows(const Asked& asked, const Reading& reading, const RowOf& row_of, Facts& facts);

// A time that is NULL is unknown; one that cannot be understood spoils the row. false: it is spoilt.
bool take_time(const Cells& row, std::size_t at, Fact& fact);
inline constexpr std::string_view k_no_time = "its time cannot be understood";

// Of columns that are there and not NULL, a JSON object.
void take_further(const Cells& row, std::initializer_list<std::pair<std::size_t, std::string_view>> columns,
                  Fact& fact);

}  // namespace exchange
