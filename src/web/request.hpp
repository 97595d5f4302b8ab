// One request and its answer, as the handlers of this room see them: plain data, no socket. web/http turns bytes into
// the one and the other into bytes, within its limits. Lives in the process of `fettle serve`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // decoded; in the order given, names may repeat

// The first of that name; nullopt: there is none.
inline std::optional<std::string> find(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

struct Request {
  std::string method;  // "GET", "POST"; HEAD comes as GET
  std::string path;    // decoded, begins with a slash
  std::string target;  // as it was sent: path and query
  Pairs query;         // of the address
  // Of a body that is application/x-www-form-urlencoded; or of one that is multipart/form-data, sent to /scripts: a
  // file is a field "file" with its bytes, and one "file.filename".
  Pairs form;
  std::string body;
  Pairs headers;        // names in lower case
  std::string address;  // whose it is: an IP address, or "unix"

  std::string header(std::string_view name) const { return find(headers, name).value_or(std::string()); }
  std::string field(std::string_view name) const { return find(form, name).value_or(std::string()); }
  std::string parameter(std::string_view name) const { return find(query, name).value_or(std::string()); }
};

struct Response {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  Pairs headers;
  // The connection is kept, and told what changes: web/live.
  bool live = false;
};

}  // namespace web
