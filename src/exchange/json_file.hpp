// A file of JSON that another tool has written. Throws base::Error: io, usage (it is no JSON).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace exchange {

nlohmann::ordered_json json_in(const std::string& path);
// The same; discarded where it is none.
nlohmann::ordered_json json_or_not(const std::string& path);

}  // namespace exchange
