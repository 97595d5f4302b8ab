// What a script changed: tables with their rows before and after, and the schema.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/changed_values.hpp"
#include "cli/changes.hpp"
#include "web/screen_parts.hpp"

namespace web {
namespace {

constexpr std::size_t k_most_sql = 4'000;  // columns of SQL that are not asked for in full

using cli::Piece;

std::string piece_of(const Piece& piece) {
  const std::string text = base::html_entities(piece.text);
  switch (piece.role) {
    case Piece::Role::key:
      return fmt::format("<strong>{}</strong>", text);
    case Piece::Role::name:
      return fmt::format("<span class=\"column\">{}</span>", text);
    case Piece::Role::before:
      return fmt::format("<del>{}</del>", text);
    case Piece::Role::after:
      return fmt::format("<ins>{}</ins>", text);
    case Piece::Role::plain:
      break;
  }
  return text;
}

std::string row_of(const core::TableChanges& table, const core::RowChange& row, cli::Full full) {
  std::string text;
  for (const Piece& piece : cli::row_pieces(table, row, cli::Style{}, full)) text += " " + piece_of(piece);
  return fmt::format("<li class=\"{0}\"><span class=\"sign\" title=\"{0}\">{1}</span>{2}</li>\n", core::name(row.kind),
                     cli::sign(row.kind), text);
}

std::string count_of(std::uint64_t rows, core::RowChange::Kind kind) {
  if (rows == 0) return {};
  return fmt::format(" <span class=\"count {0}\">{1}{2} {0}</span>", core::name(kind), cli::sign(kind),
                     base::format_count(rows));
}

std::string table_of(const core::Changes& changes, std::uint32_t place, const std::vector<core::RowChange>& rows,
                     cli::Full full) {
  const core::TableChanges& table = changes.tables[place];
  std::string out = fmt::format("<h3>{}{}{}{}</h3>\n", base::html_entities(cli::table_text(table)),
                                count_of(table.inserted, core::RowChange::Kind::inserted),
                                count_of(table.updated, core::RowChange::Kind::updated),
                                count_of(table.deleted, core::RowChange::Kind::deleted));
  std::string listed;
  cli::Shown told;
  cli::rows_of(rows)(place, [&](const core::RowChange& row) {
    listed += row_of(table, row, full);
    told.add(row.kind);
  });
  if (!listed.empty()) out += fmt::format("<ul class=\"rows\">\n{}</ul>\n", listed);
  if (const std::string rest = cli::rest_text(table, told); !rest.empty())
    out += fmt::format("<p class=\"soft\">{}</p>\n", shown(rest));
  for (const std::string& remark : cli::remarks_on(table))
    out += fmt::format("<p class=\"remark\">{}</p>\n", shown(remark));
  return out;
}

std::string sql_of(std::string_view look, std::string_view sql, cli::Full full) {
  if (sql.empty()) return {};
  return fmt::format("<pre class=\"sql {}\">{}</pre>\n", look,
                     shown_lines(full == cli::Full::yes ? std::string(sql) : base::cap(sql, k_most_sql)));
}

}  // namespace

std::string changes_of(const core::Changes& changes, const std::vector<core::RowChange>& rows, bool full) {
  const cli::Full wish = full ? cli::Full::yes : cli::Full::no;
  std::string out;
  for (std::uint32_t place = 0; place < changes.tables.size(); ++place) out += table_of(changes, place, rows, wish);
  for (const core::SchemaChange& change : changes.schema)
    out += fmt::format("<h3>{} {} <span class=\"count\">{}</span></h3>\n{}{}", shown(change.type),
                       base::html_entities(cli::name_text(change.name)), core::name(change.kind),
                       sql_of("before", change.before, wish), sql_of("after", change.after, wish));
  return out;
}

}  // namespace web
