#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {

std::string new_json(const std::vector<std::pair<std::string, std::string>>& made, const EditorHelp& help) {
  Json json = Json::object();
  for (const auto& [name, text] : made) json[name] = text;
  json["editor"] = {{"created", help.created}, {"updated", help.updated}, {"kept", help.kept}};
  json["warnings"] = help.warnings;
  return dump(json);
}

std::string added_json(const runner::AddedScript& added) {
  return dump({{"script", added.name},
               {"path", added.path},
               {"sha256", added.sha256},
               {"description", or_null(added.declaration.description)},
               {"replaced", or_null(added.replaced)},
               {"warnings", added.warnings}});
}

std::string templates_json(std::span<const Template> templates, std::string_view plain) {
  Json list = Json::array();
  for (const Template& each : templates)
    list.push_back({{"name", each.name}, {"summary", summary_of(each)}, {"default", each.name == plain}});
  return dump(list);
}

}  // namespace cli
