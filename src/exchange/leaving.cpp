#include "exchange/leaving.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/json.hpp"
#include "base/time.hpp"

namespace exchange {
namespace {

// A literal of standard SQL.
std::string literal(std::string_view text) {
  std::string quoted = "'";
  for (const char sign : text) quoted += sign == '\'' ? std::string("''") : std::string(1, sign);
  return quoted + '\'';
}

std::string stem_of(const std::string& script) {
  return script.ends_with(".lua") ? script.substr(0, script.size() - 4) : script;
}

// As it is written; empty: it begins with none.
std::string number_of(const std::string& script) {
  return script.substr(0, std::min(script.find_first_not_of("0123456789"), script.size()));
}

std::string without_zeros(const std::string& number) {
  const std::size_t first = number.find_first_not_of('0');
  return first == std::string::npos ? "0" : number.substr(first);
}

// YYYY-MM-DD HH:MM:SS, UTC.
std::string sql_time(base::Instant instant) {
  std::string text = base::iso8601(instant).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string row_of(std::string_view format, const ledger::Applied& each) {
  const std::string number = number_of(each.script);
  if (format == "laravel")
    return fmt::format("INSERT INTO migrations (migration, batch) VALUES ({}, {});\n", literal(stem_of(each.script)),
                       each.run);
  if (format == "goose")
    return fmt::format("INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES ({}, TRUE, '{}');\n",
                       without_zeros(number), sql_time(each.finished));
  // Rails reads the digits as a number, dbmate as they are.
  return fmt::format("INSERT INTO schema_migrations (version) VALUES ('{}');\n",
                     format == "rails" ? without_zeros(number) : number);
}

std::string json_of(const std::vector<ledger::Applied>& all) {
  std::string text = "[";
  for (const ledger::Applied& each : all)
    text += fmt::format("{}\n  {}", text.size() == 1 ? "" : ",", base::json_quote(each.script));
  return text + (all.empty() ? "]" : "\n]");
}

}  // namespace

bool is_leaving_format(std::string_view format) noexcept {
  return std::any_of(k_leaving_formats.begin(), k_leaving_formats.end(),
                     [format](const LeavingFormat& each) { return each.name == format; });
}

Leaving leave_to(std::string_view format, const std::vector<ledger::Applied>& applied) {
  const bool by_number = format != "laravel" && format != "umzug";
  Leaving leaving;
  std::vector<ledger::Applied> all;
  std::set<std::string> known;
  for (const ledger::Applied& each : applied) {  // newest first
    const std::string identity = !by_number           ? each.script
                                 : format == "dbmate" ? number_of(each.script)
                                                      : without_zeros(number_of(each.script));
    // MariaDB and MySQL take a backslash in a text for more than itself.
    if ((by_number && number_of(each.script).empty()) ||
        (format == "laravel" && each.script.find('\\') != std::string::npos))
      leaving.left_out.push_back(each.script);
    else if (known.insert(identity).second)
      all.push_back(each);
  }
  std::reverse(all.begin(), all.end());
  if (format == "umzug") {
    leaving.text = json_of(all) + "\n";
    return leaving;
  }
  leaving.text = "BEGIN;\n";
  for (const ledger::Applied& each : all) leaving.text += row_of(format, each);
  leaving.text += "COMMIT;\n";
  return leaving;
}

}  // namespace exchange
