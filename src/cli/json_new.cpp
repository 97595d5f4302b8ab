#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {

std::string templates_json(std::span<const Template> templates, std::string_view plain) {
  Json list = Json::array();
  for (const Template& each : templates)
    list.push_back({{"name", each.name}, {"summary", summary_of(each)}, {"default", each.name == plain}});
  return dump(list);
}

}  // namespace cli
