// Flyway: a row for each script that was run, and further ones that take rows back: DELETE after a repair, UNDO.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t {
  rank,
  script,
  version,
  description,
  type,
  checksum,
  installed_by,
  installed_on,
  execution_time,
  success
};

bool takes_back(std::string_view type) {
  return type == "DELETE" || type.starts_with("UNDO");
}

// The newest row that takes a version back, by version.
using TakenBack = std::map<std::string, std::int64_t, std::less<>>;

TakenBack taken_back_in(const Asked& asked) {
  TakenBack newest;
  const Foreign& database = asked.database;
  database.each("SELECT version, type, installed_rank FROM " + database.quoted(asked.table) +
                    " WHERE version IS NOT NULL AND (type = 'DELETE' OR type LIKE 'UNDO%')",
                [&newest](const Cells& row) {
                  std::int64_t& rank_of = newest[row.text(0)];
                  rank_of = std::max(rank_of, row.number(2).value_or(0));
                });
  return newest;
}

Meaning row_of(const Cells& row, Fact& fact, const TakenBack& taken_back) {
  const std::string kind = row.text(type);
  if (kind == "SCHEMA") return skipped("it says that Flyway made the schema");
  if (takes_back(kind)) return skipped("it takes another row back");
  const auto worked = row.flag(success);
  if (!worked || !row.number(rank)) return failed("its rank or its success is no such thing");
  if (!take_time(row, installed_on, fact)) return failed(k_no_time);
  const auto taken = taken_back.find(row.text(version));
  if (kind == "BASELINE") {
    fact.state = State::marked;
    fact.note = "a baseline: what comes before it was not executed by Flyway";
    fact.stem = fmt::format("V{}", row.text(version));
  } else if (taken != taken_back.end() && taken->second > *row.number(rank)) {
    fact.state = State::rolled_back;
  } else if (!*worked) {
    fact.state = State::failed;
  }
  if (fact.name.empty()) fact.name = row.text(description);
  fact.duration_ms = row.number(execution_time);
  fact.checksum = row.text(checksum);
  take_further(row, {{version, "version"}, {description, "description"}, {type, "type"}, {installed_by, "by"}}, fact);
  return {};
}

}  // namespace

const Tool k_flyway{
    .name = "flyway",
    .title = "Flyway",
    .table = "flyway_schema_history",
    .columns = "installed_rank version description type script checksum installed_on success",
    .read = [](const Asked& asked, Facts& facts) {
      const TakenBack taken_back = taken_back_in(asked);
      read_rows(
          asked,
          {"installed_rank script version description type checksum installed_by installed_on execution_time "
           "success",
           "installed_rank"},
          [&taken_back](const Cells& row, Fact& fact) { return row_of(row, fact, taken_back); }, facts);
    }};

}  // namespace exchange
