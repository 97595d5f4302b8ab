#include "cli/changes.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/changed_values.hpp"

namespace cli {
namespace {

constexpr std::size_t k_value_width = 40;   // columns of one value in a sample
constexpr std::size_t k_most_columns = 12;  // of one row in a sample
constexpr std::size_t k_most_sql_lines = 8;
constexpr std::string_view k_indent = "  ";
constexpr std::string_view k_row_indent = "    ";

using Role = Piece::Role;
using Take = std::function<void(const std::string&)>;

std::string column_name(const core::TableChanges& table, std::size_t column) {
  return column < table.columns.size() ? name_text(table.columns[column]) : fmt::format("column {}", column + 1);
}

bool is_key(const core::TableChanges& table, std::size_t column) {
  return column < table.columns.size() &&
         std::find(table.key.begin(), table.key.end(), table.columns[column]) != table.key.end();
}

std::string told(const core::Value& value, Full full) {
  return full == Full::yes ? value_text(value) : short_value_text(value, k_value_width);
}

// Colour by colour from left to right; a piece that fits on no line is broken.
class Flow {
 public:
  Flow(const Style& style, std::string_view first, std::string_view further, const Take& take)
      : style_(style), further_(further), take_(take), line_(first), used_(base::display_width(first)) {}

  void add(Colour colour, std::string_view text) {
    const std::size_t room = style_.width - std::min(style_.width - 1, further_.size());
    if (used_ > further_.size() && used_ + base::display_width(text) > style_.width) end_line();
    if (base::display_width(text) <= room) return append(colour, text);
    for (const std::string& chunk : chunks(text, room)) {
      if (used_ > further_.size()) end_line();
      append(colour, chunk);
    }
  }
  void end_line() {
    while (line_.ends_with(' ')) line_.pop_back();
    take_(line_);
    line_ = further_;
    used_ = further_.size();
  }

 private:
  void append(Colour colour, std::string_view text) {
    line_ += style_.paint(colour, text);
    used_ += base::display_width(text);
  }

  const Style& style_;
  std::string further_;
  const Take& take_;
  std::string line_;
  std::size_t used_;
};

Colour colour_of_piece(Role role, core::RowChange::Kind kind) noexcept {
  switch (role) {
    case Role::key:
      return Colour::bold;
    case Role::before:
      return Colour::red;
    case Role::after:
      return Colour::green;
    case Role::name:
      return Colour::dim;
    case Role::plain:
      break;
  }
  return kind == core::RowChange::Kind::updated ? Colour::plain : colour_of(kind);
}

void tell_row(const core::TableChanges& table, const core::RowChange& row, const Style& style, Full full,
              const Take& take) {
  Flow flow(style, k_row_indent, "      ", take);
  flow.add(colour_of(row.kind), sign(row.kind));
  for (const Piece& piece : row_pieces(table, row, style, full)) {
    flow.add(Colour::plain, " ");
    flow.add(colour_of_piece(piece.role, row.kind), piece.text);
  }
  flow.end_line();
}

void tell_text(std::string_view text, std::string_view indent, Colour colour, const Style& style, const Take& take) {
  for (const std::string& line : paragraph(text, style.width - indent.size()))
    take(std::string(indent) + style.paint(colour, line));
}

struct Count {
  std::uint64_t rows = 0;
  core::RowChange::Kind kind = core::RowChange::Kind::inserted;
};

// In the order in which they are told.
std::vector<Count> counts_of(const core::TableChanges& table) {
  using Kind = core::RowChange::Kind;
  std::vector<Count> counts = {
      {table.inserted, Kind::inserted}, {table.updated, Kind::updated}, {table.deleted, Kind::deleted}};
  std::erase_if(counts, [](const Count& count) { return count.rows == 0; });
  return counts;
}

std::string count_text(const Count& count) {
  return fmt::format("{}{}", sign(count.kind), base::format_count(count.rows));
}

void tell_table(const core::TableChanges& table, std::uint32_t place, const RowsOf& rows, const Style& style, Full full,
                const Take& take) {
  Flow heading(style, k_indent, k_row_indent, take);
  heading.add(Colour::bold, table_text(table));
  heading.add(Colour::plain, " ");
  for (const Count& count : counts_of(table)) {
    heading.add(Colour::plain, " ");
    heading.add(colour_of(count.kind), count_text(count));
  }
  heading.end_line();
  Shown shown;
  rows(place, [&](const core::RowChange& row) {
    tell_row(table, row, style, full, take);
    shown.add(row.kind);
  });
  if (const std::string rest = rest_text(table, shown); !rest.empty())
    tell_text(rest, k_row_indent, Colour::dim, style, take);
  for (const std::string& remark : remarks_on(table)) tell_text(remark, k_row_indent, Colour::yellow, style, take);
}

Colour colour_of_change(core::SchemaChange::Kind kind) noexcept {
  switch (kind) {
    case core::SchemaChange::Kind::created:
      return Colour::green;
    case core::SchemaChange::Kind::altered:
      return Colour::yellow;
    case core::SchemaChange::Kind::dropped:
      return Colour::red;
  }
  return Colour::plain;
}

void tell_sql(std::string_view sql, std::string_view mark, Colour colour, const Style& style, Full full,
              const Take& take) {
  if (sql.empty()) return;
  const std::string indent = fmt::format("      {} ", mark);
  std::vector<std::string> lines = paragraph(sql, style.width - indent.size());
  if (full == Full::no && lines.size() > k_most_sql_lines) {
    lines.resize(k_most_sql_lines);
    lines.emplace_back("…");
  }
  for (const std::string& line : lines) take(style.paint(colour, indent + line));
}

void tell_schema(const core::SchemaChange& change, const Style& style, Full full, const Take& take) {
  Flow heading(style, k_row_indent, "      ", take);
  heading.add(colour_of_change(change.kind), sign(change.kind));
  heading.add(Colour::plain, " ");
  heading.add(Colour::plain, base::escape(change.type) + " ");
  heading.add(Colour::bold, name_text(change.name));
  heading.add(Colour::plain, fmt::format(" {}", core::name(change.kind)));
  heading.end_line();
  tell_sql(change.before, "-", Colour::red, style, full, take);
  tell_sql(change.after, "+", Colour::green, style, full, take);
}

bool differs(const core::RowChange& row, std::size_t column) {
  return column >= row.before.size() || column >= row.after.size() || row.before[column] != row.after[column];
}

}  // namespace

RowsOf rows_of(const std::vector<core::RowChange>& rows) {
  return [&rows](std::uint32_t table, const std::function<void(const core::RowChange&)>& take) {
    for (const core::RowChange& row : rows)
      if (row.table == table) take(row);
  };
}

std::string_view sign(core::RowChange::Kind kind) noexcept {
  switch (kind) {
    case core::RowChange::Kind::inserted:
      return "+";
    case core::RowChange::Kind::updated:
      return "~";
    case core::RowChange::Kind::deleted:
      return "-";
  }
  return "";
}

std::string_view sign(core::SchemaChange::Kind kind) noexcept {
  switch (kind) {
    case core::SchemaChange::Kind::created:
      return "+";
    case core::SchemaChange::Kind::altered:
      return "~";
    case core::SchemaChange::Kind::dropped:
      return "-";
  }
  return "";
}

Colour colour_of(core::RowChange::Kind kind) noexcept {
  switch (kind) {
    case core::RowChange::Kind::inserted:
      return Colour::green;
    case core::RowChange::Kind::updated:
      return Colour::yellow;
    case core::RowChange::Kind::deleted:
      return Colour::red;
  }
  return Colour::plain;
}

void Shown::add(core::RowChange::Kind kind) noexcept {
  switch (kind) {
    case core::RowChange::Kind::inserted:
      ++inserted;
      return;
    case core::RowChange::Kind::updated:
      ++updated;
      return;
    case core::RowChange::Kind::deleted:
      ++deleted;
      return;
  }
}

std::vector<Piece> row_pieces(const core::TableChanges& table, const core::RowChange& row, const Style& style,
                              Full full) {
  const bool updated = row.kind == core::RowChange::Kind::updated;
  const core::Row& shown = row.kind == core::RowChange::Kind::inserted ? row.after : row.before;
  std::vector<Piece> pieces;
  for (std::size_t column = 0; column < shown.size(); ++column)
    if (is_key(table, column))
      pieces.push_back({Role::key, fmt::format("{}={}", column_name(table, column), told(shown[column], full))});
  std::size_t left_out = 0;
  std::size_t told_columns = 0;
  for (std::size_t column = 0; column < std::max(shown.size(), updated ? row.after.size() : 0); ++column) {
    const bool changed = updated && differs(row, column);
    if (!changed && (is_key(table, column) || (updated && !table.key.empty()))) continue;
    if (full == Full::no && ++told_columns > k_most_columns) {
      ++left_out;
      continue;
    }
    pieces.push_back({Role::name, column_name(table, column) + ":"});
    if (!changed) {
      pieces.push_back({Role::plain, told(shown[column], full)});
      continue;
    }
    const core::Value before = column < row.before.size() ? row.before[column] : core::Value(core::Null{});
    const core::Value after = column < row.after.size() ? row.after[column] : core::Value(core::Null{});
    auto [old_text, new_text] = full == Full::yes ? std::pair(value_text(before), value_text(after))
                                                  : short_value_texts(before, after, k_value_width);
    pieces.push_back({Role::before, std::move(old_text)});
    pieces.push_back({Role::plain, style.utf8 ? "→" : "->"});
    pieces.push_back({Role::after, std::move(new_text)});
  }
  if (left_out > 0) pieces.push_back({Role::name, fmt::format("… {} more", base::plural(left_out, "column"))});
  return pieces;
}

std::string counts_text(const core::TableChanges& table, const Style& style) {
  std::string text;
  for (const Count& count : counts_of(table))
    text += (text.empty() ? "" : " ") + style.paint(colour_of(count.kind), count_text(count));
  return text;
}

std::string table_text(const core::TableChanges& table) {
  return table.table.empty() ? "nobody can say which tables" : name_text(table.table);
}

std::vector<std::string> remarks_on(const core::TableChanges& table) {
  std::vector<std::string> remarks;
  if (!table.net) remarks.emplace_back("counted as often as rows were written, not what came of them");
  if (!table.gap.empty()) remarks.push_back(fmt::format("not all rows are known: {}", table.gap));
  return remarks;
}

std::string rest_text(const core::TableChanges& table, const Shown& shown) {
  std::string text;
  if (shown.inserted + shown.updated + shown.deleted == 0) return text;
  for (const Count& count : counts_of(table)) {
    const std::uint64_t seen = count.kind == core::RowChange::Kind::inserted  ? shown.inserted
                               : count.kind == core::RowChange::Kind::updated ? shown.updated
                                                                              : shown.deleted;
    if (seen < count.rows)
      text += fmt::format("{}{} more {}", text.empty() ? "… " : ", ", base::format_count(count.rows - seen),
                          core::name(count.kind));
  }
  return text;
}

void tell_changes(const core::Changes& changes, const RowsOf& rows, const Style& style, Full full, const Take& take) {
  std::uint32_t place = 0;
  for (const core::TableChanges& table : changes.tables) tell_table(table, place++, rows, style, full, take);
  if (changes.schema.empty()) return;
  take(std::string(k_indent) + style.paint(Colour::bold, "schema"));
  for (const core::SchemaChange& change : changes.schema) tell_schema(change, style, full, take);
}

std::vector<std::string> change_lines(const core::Changes& changes, const RowsOf& rows, const Style& style, Full full) {
  std::vector<std::string> lines;
  tell_changes(changes, rows, style, full, [&lines](const std::string& line) { lines.push_back(line); });
  return lines;
}

std::string changes_in_short(const core::Changes& changes) {
  std::string text;
  for (const core::TableChanges& table : changes.tables)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", table_text(table), counts_text(table, Style{}));
  if (!changes.schema.empty())
    text += fmt::format("{}{} of the schema", text.empty() ? "" : ", ", base::plural(changes.schema.size(), "change"));
  return text;
}

}  // namespace cli
