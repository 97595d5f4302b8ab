// The CSV of `fettle history`, read again as RFC 4180 says.
#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json_output.hpp"

namespace {

using Row = std::vector<std::string>;

std::vector<Row> read_csv(std::string_view text) {
  std::vector<Row> rows(1, Row(1));
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    std::string& cell = rows.back().back();
    if (quoted && letter == '"' && at + 1 < text.size() && text[at + 1] == '"') {
      cell += '"';
      ++at;
    } else if (letter == '"') {
      quoted = !quoted;
    } else if (!quoted && letter == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.substr(at).starts_with("\r\n")) {
      rows.emplace_back(1);
      ++at;
    } else {
      cell += letter;
    }
  }
  CHECK_FALSE(quoted);
  CHECK(rows.back() == Row(1));  // the last line has its end
  rows.pop_back();
  return rows;
}

ledger::Attempt an_attempt() {
  ledger::Attempt attempt;
  attempt.id = 9;
  attempt.run = 3;
  attempt.script = "002, the \"second\".lua";
  attempt.sha256 = std::string(64, 'b');
  attempt.ended_as = core::OutcomeKind::failed;
  attempt.outcome = core::failed(core::Cause::error, "first line\nsecond, \"line\"");
  attempt.outcome.message = "plain";
  attempt.started.milliseconds = 1'763'720'940'123;
  attempt.measures.total = std::chrono::microseconds(2500);
  attempt.by = "anna";
  return attempt;
}

std::map<std::string, std::string> read_one(const ledger::Attempt& attempt) {
  const std::vector<Row> rows = read_csv(cli::history_csv_header() + cli::history_csv_row(attempt));
  REQUIRE(rows.size() == 2);
  REQUIRE(rows[0].size() == rows[1].size());
  std::map<std::string, std::string> cells;
  for (std::size_t column = 0; column < rows[0].size(); ++column) cells[rows[0][column]] = rows[1][column];
  return cells;
}

}  // namespace

TEST_CASE("csv: commas, quotes and line ends come back as they were") {
  const auto cells = read_one(an_attempt());
  CHECK(cells.at("script") == "002, the \"second\".lua");
  CHECK(cells.at("error") == "first line\nsecond, \"line\"");
  CHECK(cells.at("message") == "plain");
  CHECK(cells.at("attempt") == "9");
  CHECK(cells.at("duration_ms") == "2.5");
  CHECK(cells.at("started_at") == "2025-11-21T10:29:00.123Z");
  CHECK(cells.at("reason").empty());
  CHECK(cells.at("will_retry") == "false");
}

TEST_CASE("csv: only what needs quotes has them, and lines end as RFC 4180 says") {
  CHECK(cli::history_csv_header().starts_with("attempt,run,script,"));
  const std::string row = cli::history_csv_row(an_attempt());
  CHECK(row.starts_with("9,3,\"002, the \"\"second\"\".lua\",failed,error,"));
  CHECK(row.find(",plain,") != std::string::npos);
  CHECK(row.ends_with("\r\n"));
}

TEST_CASE("csv: an attempt that goes on has empty cells for what is not known yet") {
  ledger::Attempt running = an_attempt();
  running.ended_as.reset();
  const auto cells = read_one(running);
  CHECK(cells.at("outcome").empty());
  CHECK(cells.at("duration_ms").empty());
  CHECK(cells.at("finished_at").empty());
}

TEST_CASE("csv: nothing that a script said reaches the terminal as a control character") {
  ledger::Attempt attempt = an_attempt();
  attempt.outcome.message = "\x1b[2Jgone\r\xff";
  const std::string row = cli::history_csv_row(attempt);
  CHECK(row.find('\x1b') == std::string::npos);
  CHECK(row.find("\\x1b[2Jgone\\r\uFFFD") != std::string::npos);
}

TEST_CASE("csv: every column is a field of the JSON, with its value, and no scalar field is left out") {
  const ledger::Attempt attempt = an_attempt();
  const auto json = nlohmann::ordered_json::parse(cli::history_json_row(attempt, {}));
  const auto cells = read_one(attempt);
  for (const auto& [name, text] : cells) {
    CAPTURE(name);
    REQUIRE(json.contains(name));
    const auto& value = json.at(name);
    CHECK(text == (value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump()));
  }
  for (const auto& [name, value] : json.items()) {
    CAPTURE(name);
    const bool list =
        name == "result" || name == "changes" || name == "args" || name == "data" || value.is_structured();
    CHECK(cells.contains(name) != list);
  }
}
