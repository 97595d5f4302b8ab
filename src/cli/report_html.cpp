// One page without scripts, pictures or addresses: its own policy forbids them, and every text becomes text.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/changed_values.hpp"
#include "cli/report_parts.hpp"

namespace cli {
namespace {

constexpr std::size_t k_most_sql = 4000;  // columns of SQL in a sample

std::string html(std::string_view raw) {
  return base::html_entities(base::escape(raw));
}

// Its line ends are seen on the page, and make no lines in the file.
std::string html_lines(std::string_view raw) {
  std::string out;
  for (const char letter : base::html_entities(base::escape_lines(base::trim(raw)))) {
    if (letter == '\n')
      out += "&#10;";
    else
      out += letter;
  }
  return out;
}

void add_fact(std::string& out, std::string_view label, std::string_view text) {
  if (!text.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html(label), html_lines(text));
}

std::string_view badge_of(const ReportedScript& script) noexcept {
  switch (script.outcome ? colour_of(script.outcome->kind) : Colour::plain) {
    case Colour::green:
      return "badge green";
    case Colour::red:
      return "badge red";
    case Colour::yellow:
      return "badge yellow";
    case Colour::plain:
    case Colour::bold:
    case Colour::dim:
    case Colour::cyan:
      break;
  }
  return "badge";
}

std::string piece_html(const Piece& piece) {
  const std::string text = base::html_entities(piece.text);
  switch (piece.role) {
    case Piece::Role::key:
      return fmt::format("<b>{}</b>", text);
    case Piece::Role::name:
      return fmt::format("<span class=\"name\">{}</span>", text);
    case Piece::Role::before:
      return fmt::format("<del>{}</del>", text);
    case Piece::Role::after:
      return fmt::format("<ins>{}</ins>", text);
    case Piece::Role::plain:
      break;
  }
  return text;
}

std::string row_html(const core::TableChanges& table, const core::RowChange& row, Full full) {
  std::string text;
  for (const Piece& piece : row_pieces(table, row, Style{}, full)) text += " " + piece_html(piece);
  return fmt::format("<li class=\"row-{0}\"><b class=\"{0}\">{1}</b>{2}</li>\n", core::name(row.kind), sign(row.kind),
                     text);
}

std::string count_html(std::uint64_t rows, core::RowChange::Kind kind) {
  if (rows == 0) return {};
  return fmt::format(" <span class=\"counts {}\">{}{}</span>", core::name(kind), sign(kind), base::format_count(rows));
}

void add_table(std::string& out, const ReportedScript& script, std::uint32_t place, Full full) {
  const core::TableChanges& table = script.changes.tables[place];
  out += fmt::format("<h3>{}{}{}{}</h3>\n", base::html_entities(table_text(table)),
                     count_html(table.inserted, core::RowChange::Kind::inserted),
                     count_html(table.updated, core::RowChange::Kind::updated),
                     count_html(table.deleted, core::RowChange::Kind::deleted));
  std::string rows;
  Shown shown;
  rows_of(script.rows)(place, [&](const core::RowChange& row) {
    rows += row_html(table, row, full);
    shown.add(row.kind);
  });
  if (!rows.empty()) out += fmt::format("<ol>\n{}</ol>\n", rows);
  if (const std::string rest = rest_text(table, shown); !rest.empty())
    out += fmt::format("<p class=\"remark\">{}</p>\n", html(rest));
  for (const std::string& remark : remarks_on(table))
    out += fmt::format("<p class=\"remark warn\">{}</p>\n", html(remark));
}

void add_sql(std::string& out, std::string_view look, std::string_view sql, Full full) {
  if (sql.empty()) return;
  const std::string shown = full == Full::yes ? std::string(sql) : base::cap(sql, k_most_sql);
  out += fmt::format("<pre class=\"{}\">{}</pre>\n", look, html_lines(shown));
}

void add_schema(std::string& out, const core::Changes& changes, Full full) {
  for (const core::SchemaChange& change : changes.schema) {
    out += fmt::format("<h3>{} {} {}</h3>\n", html(change.type), base::html_entities(name_text(change.name)),
                       core::name(change.kind));
    add_sql(out, "old", change.before, full);
    add_sql(out, "new", change.after, full);
  }
}

void add_script(std::string& out, const ReportedScript& script, Full full) {
  out += fmt::format("<section>\n<header><h2>{}</h2><span class=\"{}\">{}</span></header>\n<dl>\n", html(script.script),
                     badge_of(script), html(outcome_of(script)));
  if (script.outcome) {
    add_fact(out, "message", script.outcome->message);
    add_fact(out, "reason", script.outcome->reason);
  }
  add_fact(out, "took", measures_of(script));
  add_fact(out, "version", script.sha256);
  out += "</dl>\n";
  if (script.outcome && !script.outcome->error.empty())
    out += fmt::format("<pre class=\"error\">{}</pre>\n", html_lines(script.outcome->error));
  if (script.changes.empty()) out += "<p class=\"remark\">No changes were recorded.</p>\n";
  for (std::uint32_t place = 0; place < script.changes.tables.size(); ++place) add_table(out, script, place, full);
  add_schema(out, script.changes, full);
  if (!script.text.empty())
    out += fmt::format("<details><summary>The script</summary>\n<pre>{}</pre>\n</details>\n",
                       base::html_entities(base::escape_lines(script.text)));
  out += "</section>\n";
}

std::string filled(std::string_view frame, std::string_view title, std::string_view body) {
  constexpr std::string_view k_title = "%TITLE%";
  constexpr std::string_view k_body = "%BODY%";
  const std::size_t title_at = frame.find(k_title);
  const std::size_t body_at = frame.find(k_body);
  std::string page(frame.substr(0, title_at));
  page += title;
  page += frame.substr(title_at + k_title.size(), body_at - title_at - k_title.size());
  page += body;
  page += frame.substr(body_at + k_body.size());
  return page;
}

}  // namespace

std::string report_as_html(const ReportFacts& facts, std::span<const ReportedScript> scripts) {
  std::string body = fmt::format("<h1>{}</h1>\n", html(facts.title));
  if (!facts.note.empty()) body += fmt::format("<p class=\"note\">{}</p>\n", html(facts.note));
  body += "<dl>\n";
  add_fact(body, "scripts", summary_of(scripts));
  for (const auto& [label, text] : facts.facts) add_fact(body, label, text);
  body += "</dl>\n";
  for (const ReportedScript& script : scripts) add_script(body, script, facts.full);
  body += fmt::format("<footer>Written by fettle {}.</footer>\n", FETTLE_VERSION);
  return filled(report_frame(), html(facts.title), body);
}

}  // namespace cli
