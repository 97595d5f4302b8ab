// umzug: the names of what is applied, in a table of one column (Sequelize's) or in a JSON file; down removes them.
#include "exchange/json_file.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

Meaning row_of(const Cells& row, Fact& fact) {
  return take_time(row, 2, fact) ? Meaning{} : failed(k_no_time);
}

void read_json(const std::string& path, Facts& facts) {
  const nlohmann::ordered_json names = json_in(path);
  if (!names.is_array()) return facts.fail({}, "the file is no list of names");
  for (const auto& each : names) {
    Fact fact;
    if (each.is_string()) fact.name = each.get<std::string>();
    if (fact.name.empty()) {
      facts.fail(each.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), "it is no name");
      continue;
    }
    fact.key = fact.name;
    fact.stem = stem_of(fact.name);
    facts.take(fact);
  }
}

bool is_list_of_names(const std::string& path) {
  const nlohmann::ordered_json json = json_or_not(path);
  return json.is_array() && (json.empty() || json.front().is_string());
}

}  // namespace

const Tool k_umzug{.name = "umzug",
                   .title = "umzug",
                   .table = "SequelizeMeta",
                   .columns = "name",
                   .only = "name createdat updatedat",
                   .read =
                       [](const Asked& asked, Facts& facts) {
                         read_rows(asked, {"name name createdat", "name"}, row_of, facts);
                       },
                   .read_file = read_json,
                   .owns = is_list_of_names};

}  // namespace exchange
