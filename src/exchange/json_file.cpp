#include "exchange/json_file.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "exchange/files.hpp"

namespace exchange {

nlohmann::ordered_json json_or_not(const std::string& path) {
  return nlohmann::ordered_json::parse(read_whole(path), nullptr, false);
}

nlohmann::ordered_json json_in(const std::string& path) {
  nlohmann::ordered_json json = json_or_not(path);
  if (json.is_discarded())
    throw base::Error(base::ErrorKind::usage, fmt::format("{} is no JSON", base::escape(path)),
                      "Nothing was imported.");
  return json;
}

}  // namespace exchange
