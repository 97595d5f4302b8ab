// What a script changed, told to people: by `show`, by previews and in reports (cli/report). Names and values come from
// databases: everything here is escaped, and no line is wider than the style. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/style.hpp"
#include "core/changes.hpp"

namespace cli {

// no: a sample of rows, in which long values are cut around what differs.
enum class Full : std::uint8_t { no, yes };

// Gives the rows of one table, by its place in Changes::tables; asked once for each, in order.
using RowsOf = std::function<void(std::uint32_t table, const std::function<void(const core::RowChange&)>& take)>;

// Of rows that are held; they must outlive what is given back.
RowsOf rows_of(const std::vector<core::RowChange>& rows);

inline constexpr std::size_t k_sample = 3;  // rows of each table and kind

// A part of a row as it is shown, escaped. Between two of them a line may be broken.
struct Piece {
  enum class Role : std::uint8_t { plain, key, name, before, after } role = Role::plain;
  std::string text;
  bool operator==(const Piece&) const = default;
};

// "id=4  name: 'old' → 'new'", and of a row that was inserted or deleted all of its columns.
std::vector<Piece> row_pieces(const core::TableChanges& table, const core::RowChange& row, const Style& style,
                              Full full);

// "+12 ~3 -1", coloured; empty: no row was counted.
std::string counts_text(const core::TableChanges& table, const Style& style);

// "menu", "\"odd name\"", or what is said where nobody knows the table.
std::string table_text(const core::TableChanges& table);

// What is to be said beside the counts of a table: that they are not net, and why not all rows are known.
std::vector<std::string> remarks_on(const core::TableChanges& table);

// "… 9 more inserted, 1 more updated"; empty: all that were counted were shown, or none, when the counts say it all.
struct Shown {
  std::uint64_t inserted = 0, updated = 0, deleted = 0;
  void add(core::RowChange::Kind kind) noexcept;
};
std::string rest_text(const core::TableChanges& table, const Shown& shown);

// "+", "~" and "-".
std::string_view sign(core::RowChange::Kind kind) noexcept;
std::string_view sign(core::SchemaChange::Kind kind) noexcept;
Colour colour_of(core::RowChange::Kind kind) noexcept;

// All of it, line by line without line ends: each table with its counts and rows, then the schema.
void tell_changes(const core::Changes& changes, const RowsOf& rows, const Style& style, Full full,
                  const std::function<void(const std::string& line)>& take);
std::vector<std::string> change_lines(const core::Changes& changes, const RowsOf& rows, const Style& style, Full full);

// "menu +12 ~3 -1, page ~3, 1 change of the schema" in one line, not coloured; empty: nothing was changed.
std::string changes_in_short(const core::Changes& changes);

}  // namespace cli
