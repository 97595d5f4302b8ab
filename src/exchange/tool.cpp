#include "exchange/tool.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"

namespace exchange {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : base::split(text, ' '))
    if (!word.empty()) words.push_back(word);
  return words;
}

// As the table writes it; NULL for one that it lacks.
std::string column_of(const Asked& asked, std::string_view wanted) {
  for (std::size_t at = 0; at < asked.table.columns.size(); ++at)
    if (lowered(asked.table.columns[at]) == wanted) return asked.database.value_of(asked.table, at);
  return "NULL";
}

std::string select_of(const Asked& asked, const Reading& reading) {
  std::string sql = "SELECT ";
  for (const std::string_view column : words_of(reading.columns))
    sql += fmt::format("{}{}", sql.size() > 7 ? ", " : "", column_of(asked, column));
  sql += " FROM " + asked.database.quoted(asked.table);
  if (!reading.where.empty()) sql += " WHERE " + reading.where;
  std::string order;
  for (const std::string_view word : words_of(reading.order)) {
    const bool down = word.ends_with('-');
    const std::string column = column_of(asked, down ? word.substr(0, word.size() - 1) : word);
    if (column != "NULL") order += fmt::format("{}{}{}", order.empty() ? "" : ", ", column, down ? " DESC" : "");
  }
  return order.empty() ? sql : sql + " ORDER BY " + order;
}

}  // namespace

bool fits(const Tool& tool, const Foreign& database, const ForeignTable& table) {
  if (tool.read == nullptr || tool.columns.empty()) return false;
  for (const std::string_view column : words_of(tool.columns))
    if (!table.has(column)) return false;
  for (const std::string_view column : words_of(tool.but_not))
    if (table.has(column)) return false;
  if (!tool.only.empty()) {
    const std::vector<std::string_view> known = words_of(tool.only);
    for (const std::string& column : table.columns)
      if (std::find(known.begin(), known.end(), lowered(column)) == known.end()) return false;
  }
  return tool.also == nullptr || tool.also(database, table);
}

void read_rows(const Asked& asked, const Reading& reading, const RowOf& row_of, Facts& facts) {
  Fact fact;
  asked.database.each(select_of(asked, reading), [&](const Cells& row) {
    fact.state = State::applied;
    fact.at.reset();
    fact.duration_ms.reset();
    fact.batch.reset();
    for (std::string* text : {&fact.stem, &fact.note, &fact.checksum, &fact.further}) text->clear();
    row.text(0, fact.key);
    row.text(1, fact.name);
    Meaning meaning = row_of(row, fact);
    if (meaning.kind == Meaning::Kind::fact && fact.key.empty()) meaning = failed("nothing tells it apart from others");
    if (meaning.kind == Meaning::Kind::fact && fact.name.empty()) meaning = failed("it has no name");
    if (meaning.kind == Meaning::Kind::skipped) return facts.skip(fact.key, meaning.why);
    if (meaning.kind == Meaning::Kind::failed) return facts.fail(fact.key, meaning.why);
    if (fact.stem.empty()) fact.stem = stem_of(fact.name);
    facts.take(fact);
  });
}

bool take_time(const Cells& row, std::size_t at, Fact& fact) {
  if (row.is_null(at)) return true;
  fact.at = row.time(at);
  return fact.at.has_value();
}

void take_further(const Cells& row, std::initializer_list<std::pair<std::size_t, std::string_view>> columns,
                  Fact& fact) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [at, name] : columns)
    if (std::string text = row.text(at); !text.empty()) members.emplace_back(name, std::move(text));
  fact.further = base::json_texts(members);
}

}  // namespace exchange
