// How changes are told: signs, what differs, widths, hostile names and values.
#include "cli/changes.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <limits>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/changed_values.hpp"

using cli::change_lines;
using cli::Full;
using core::Null;
using core::Row;
using core::RowChange;
using Lines = std::vector<std::string>;

namespace {

RowChange inserted(std::uint32_t table, Row after) {
  return {RowChange::Kind::inserted, table, {}, std::move(after)};
}
RowChange updated(std::uint32_t table, Row before, Row after) {
  return {RowChange::Kind::updated, table, std::move(before), std::move(after)};
}
RowChange deleted(std::uint32_t table, Row before) {
  return {RowChange::Kind::deleted, table, std::move(before), {}};
}

core::Changes menu(std::uint64_t inserted_rows, std::uint64_t updated_rows, std::uint64_t deleted_rows) {
  core::Changes changes;
  changes.tables = {{.table = "menu",
                     .columns = {"id", "name", "page"},
                     .key = {"id"},
                     .inserted = inserted_rows,
                     .updated = updated_rows,
                     .deleted = deleted_rows}};
  return changes;
}

Row row(std::int64_t id, std::string name, core::Value page) {
  return {id, std::move(name), std::move(page)};
}

Lines lines_of(const core::Changes& changes, const std::vector<RowChange>& rows, Full full = Full::no,
               const cli::Style& style = {}) {
  return change_lines(changes, cli::rows_of(rows), style, full);
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

std::string together(const Lines& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

TEST_CASE("changes: each table with its counts, each row with its key and what differs") {
  const Lines lines =
      lines_of(menu(1, 2, 1), {inserted(0, row(4, "new", Null{})),
                               updated(0, row(2, "old", std::int64_t{3}), row(2, "neu", std::int64_t{3})),
                               deleted(0, row(9, "gone", 1.0))});
  CHECK(lines == Lines{"  menu  +1 ~2 -1", "    + id=4 name: 'new' page: NULL", "    ~ id=2 name: 'old' → 'neu'",
                       "    - id=9 name: 'gone' page: 1.0", "    … 1 more updated"});
}

TEST_CASE("changes: a row without a key is told with all of its columns, and what differs among them") {
  core::Changes changes = menu(0, 1, 0);
  changes.tables[0].key.clear();
  CHECK(lines_of(changes, {updated(0, row(2, "a", true), row(2, "b", true))}) ==
        Lines{"  menu  ~1", "    ~ id: 2 name: 'a' → 'b' page: true"});
}

TEST_CASE("changes: a key that changed is told as it was, and as it is") {
  CHECK(lines_of(menu(0, 1, 0), {updated(0, row(2, "a", Null{}), row(7, "a", Null{}))}) ==
        Lines{"  menu  ~1", "    ~ id=2 id: 2 → 7"});
}

TEST_CASE("changes: what is not known is said") {
  core::Changes changes = menu(0, 0, 3);
  changes.tables[0].net = false;
  changes.tables[0].gap = "no key";
  changes.tables.push_back({.table = "", .columns = {}, .key = {}, .updated = 2});
  CHECK(lines_of(changes, {}) == Lines{"  menu  -3", "    counted as often as rows were written, not what came of them",
                                       "    not all rows are known: no key", "  nobody can say which tables  ~2"});
}

TEST_CASE("changes: the schema with its SQL before and behind") {
  core::Changes changes;
  using Kind = core::SchemaChange::Kind;
  changes.schema = {{Kind::created, "index", "by name", "", "CREATE INDEX \"by name\" ON menu (name)"},
                    {Kind::altered, "table", "menu", "CREATE TABLE menu (a)", "CREATE TABLE menu (a, b)"},
                    {Kind::dropped, "view", "v", "", ""}};
  CHECK(lines_of(changes, {}) == Lines{"  schema", "    + index \"by name\" created",
                                       "      + CREATE INDEX \"by name\" ON menu (name)", "    ~ table menu altered",
                                       "      - CREATE TABLE menu (a)", "      + CREATE TABLE menu (a, b)",
                                       "    - view v dropped"});
}

TEST_CASE("changes: long values are cut around what differs, and stand there in full when asked") {
  const std::string alike(300, 'x');
  const std::vector<RowChange> rows = {
      updated(0, row(1, alike + "old end", Null{}), row(1, alike + "new end", Null{}))};
  const std::string brief = together(lines_of(menu(0, 1, 0), rows));
  CHECK(brief.find("old end'") != std::string::npos);
  CHECK(brief.find("new end'") != std::string::npos);
  CHECK(brief.find(std::string(40, 'x')) == std::string::npos);
  std::string full;
  for (const std::string& line : lines_of(menu(0, 1, 0), rows, Full::yes)) full += base::trim(line);
  CHECK(full.find(alike + "old end'") != std::string::npos);
  CHECK(full.find(alike + "new end'") != std::string::npos);
}

TEST_CASE("changes: values of every type are told apart") {
  CHECK(cli::value_text(Null{}) == "NULL");
  CHECK(cli::value_text(std::string("NULL")) == "'NULL'");
  CHECK(cli::value_text(std::int64_t{1}) == "1");
  CHECK(cli::value_text(1.0) == "1.0");
  CHECK(cli::value_text(-0.5) == "-0.5");
  CHECK(cli::value_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(cli::value_text(true) == "true");
  CHECK(cli::value_text(std::string("it's")) == "'it''s'");
  CHECK(cli::value_text(core::Blob{std::string("\0\xff", 2)}) == "x'00ff'");
  CHECK(cli::value_text(std::string("a\nb\x1b[2J")) == "'a\\nb\\x1b[2J'");
  CHECK(cli::short_value_text(core::Blob{std::string(5000, 'a')}, 60).ends_with("…' (4.9 KiB)"));
  CHECK(cli::name_text("menu") == "menu");
  CHECK(cli::name_text("shop.menu") == "shop.menu");
  CHECK(cli::name_text("größe") == "größe");
  CHECK(cli::name_text("a\"b c") == "\"a\"\"b c\"");
  CHECK(cli::name_text("") == "\"\"");
}

TEST_CASE("changes: a table of very many columns does not fill the screen, unless asked") {
  core::Changes changes = menu(1, 0, 0);
  Row wide;
  for (int column = 0; column < 100; ++column) {
    if (column >= 3) changes.tables[0].columns.push_back(fmt::format("c{}", column));
    wide.emplace_back(std::int64_t{column});
  }
  const std::vector<RowChange> rows = {inserted(0, wide)};
  CHECK(together(lines_of(changes, rows)).find("… 87 columns more") != std::string::npos);
  CHECK(together(lines_of(changes, rows, Full::yes)).find("c99: 99") != std::string::npos);
}

TEST_CASE("changes: rows that do not fit their table are told as far as they go, and no other table is blamed") {
  const Lines lines = lines_of(menu(3, 1, 0), {inserted(0, {std::int64_t{1}}), inserted(7, {std::int64_t{1}}),
                                               inserted(0, {std::int64_t{1}, "a", Null{}, "more"}),
                                               updated(0, {std::int64_t{1}}, {std::int64_t{1}, "b"})});
  CHECK(lines == Lines{"  menu  +3 ~1", "    + id=1", "    + id=1 name: 'a' page: NULL column 4: 'more'",
                       "    ~ id=1 name: NULL → 'b'", "    … 1 more inserted"});
}

TEST_CASE("changes: no line is wider than the terminal, and nothing steers it, whatever the names and values") {
  const std::vector<std::string> hostile = {"\x1b[35mviolet",
                                            "line\nerror: forged",
                                            std::string(500, 'y'),
                                            "rtl \xe2\x80\xae"
                                            "x",
                                            "bad \xff\xfe",
                                            "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
                                            "tab\tstop",
                                            "a b c d e f g h i j k"};
  for (const std::size_t width : {40U, 80U})
    for (const Full full : {Full::no, Full::yes})
      for (const std::string& text : hostile) {
        core::Changes changes;
        changes.tables = {
            {.table = text, .columns = {text, "b" + text}, .key = {text}, .inserted = 1, .updated = 1, .gap = text}};
        changes.schema = {{core::SchemaChange::Kind::altered, text, text, text, text + " " + text}};
        cli::Style style;
        style.width = width;
        for (const std::string& line :
             lines_of(changes, {inserted(0, {text, core::Blob{text}}), updated(0, {text, text}, {text, text + "z"})},
                      full, style)) {
          CAPTURE(line);
          CHECK(base::display_width(line) <= width);
          CHECK(base::escape(line) == line);
          CHECK_FALSE(line.starts_with("error"));
        }
      }
}

TEST_CASE("changes: colours stand for kinds, and none is left open") {
  cli::Style style;
  style.colour = true;
  for (const std::string& line :
       lines_of(menu(1, 1, 1), {updated(0, row(2, "old", Null{}), row(2, "neu", Null{}))}, Full::no, style)) {
    CAPTURE(line);
    CHECK(count(line, "\x1b[") == 2 * count(line, "\x1b[0m"));
  }
  const std::string all =
      together(lines_of(menu(1, 1, 1), {updated(0, row(2, "old", Null{}), row(2, "neu", Null{}))}, Full::no, style));
  CHECK(all.find("\x1b[31m'old'\x1b[0m") != std::string::npos);
  CHECK(all.find("\x1b[32m'neu'\x1b[0m") != std::string::npos);
  CHECK(all.find("\x1b[32m+1\x1b[0m") != std::string::npos);
}

TEST_CASE("changes: one line says what was changed in short") {
  core::Changes changes = menu(12, 3, 1);
  changes.schema.emplace_back();
  CHECK(cli::changes_in_short(changes) == "menu +12 ~3 -1, 1 change of the schema");
  CHECK(cli::changes_in_short({}) == "");
}
