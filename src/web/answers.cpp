#include "web/answers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/json_parts.hpp"
#include "cli/words.hpp"
#include "web/assets.hpp"

namespace web {
namespace {

using cli::Json;

constexpr std::string_view k_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

struct Kind {
  std::string_view ending, type;
};
constexpr Kind k_kinds[] = {{".css", "text/css; charset=utf-8"},
                            {".js", "text/javascript; charset=utf-8"},
                            {".svg", "image/svg+xml"},
                            {".webmanifest", "application/manifest+json"}};

std::string_view type_of(std::string_view name) noexcept {
  for (const Kind& kind : k_kinds)
    if (name.ends_with(kind.ending)) return kind.type;
  return "application/octet-stream";
}

// By name.
const std::map<std::string, std::string, std::less<>>& digests() {
  constexpr std::size_t k_enough = 16;
  static const auto all = [] {
    std::map<std::string, std::string, std::less<>> made;
    for (const Asset& asset : assets()) made.emplace(asset.name, base::sha256_hex(asset.text).substr(0, k_enough));
    return made;
  }();
  return all;
}

std::string_view title_of(int status) noexcept {
  switch (status) {
    case 400:
      return "Not understood";
    case 401:
      return "Not signed in";
    case 403:
      return "Not allowed";
    case 404:
      return "Not found";
    case 409:
      return "Not possible now";
    case 422:
      return "Cannot be done";
    case 503:
      return "Not reachable";
    default:
      return "Failed";
  }
}

// By the exit code of a command that has ended (design section 7): those after which a run has taken place are answers.
int status_of_exit(int code) noexcept {
  switch (code) {
    case 0:
    case 4:
    case 8:
    case 10:
      return 200;
    case 2:
      return 422;
    case 5:
    case 7:
      return 409;
    case 6:
      return 503;
    default:
      return 500;
  }
}

Json json_of(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(nullptr) : value;
}

}  // namespace

void protect(Response& response) {
  response.headers.emplace_back("Content-Security-Policy", k_policy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  if (!find(response.headers, "Cache-Control")) response.headers.emplace_back("Cache-Control", "no-store");
}

Response problem(int status, std::string_view title, std::string_view detail) {
  const Json json = {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  Response response = json_answer(cli::dump(json) + "\n", status);
  response.type = "application/problem+json";
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"fettle\"");
  return response;
}

Response problem_of(const base::Error& error) {
  const int status = status_of(error.kind());
  const Json json = {{"type", "about:blank"},
                     {"title", title_of(status)},
                     {"status", status},
                     {"detail", error.what()},
                     {"kind", cli::kind_name(error.kind())},
                     {"state", cli::or_null(error.state())},
                     {"next", cli::or_null(error.next())}};
  Response response = json_answer(cli::dump(json) + "\n", status);
  response.type = "application/problem+json";
  return response;
}

int status_of(base::ErrorKind kind) noexcept {
  switch (kind) {
    case base::ErrorKind::usage:
    case base::ErrorKind::config:
      return 422;
    case base::ErrorKind::lock_held:
      return 409;
    case base::ErrorKind::target_unreachable:
      return 503;
    case base::ErrorKind::internal:
    case base::ErrorKind::ledger_broken:
    case base::ErrorKind::io:
      return 500;
  }
  return 500;
}

Response json_answer(std::string text, int status) {
  return {.status = status, .type = "application/json", .body = std::move(text), .headers = {}};
}

Response text_answer(std::string text, std::string_view type) {
  return {.status = 200, .type = std::string(type), .body = std::move(text), .headers = {}};
}

Response go_to(const std::string& path) {
  return {.status = 303, .type = {}, .body = {}, .headers = {{"Location", path}}};
}

Response action_answer(const Action& action, std::int64_t run) {
  Json json;
  int status = 202;
  if (action.exit_code) status = status_of_exit(*action.exit_code);
  const Json printed = action.exit_code ? json_of(action.output) : Json(nullptr);
  if (status >= 400) {
    const Json error = printed.is_object() && printed.contains("error") ? printed["error"] : Json(nullptr);
    const bool told = error.is_object() && error.contains("message");
    json = {{"type", "about:blank"},
            {"title", title_of(status)},
            {"status", status},
            {"detail", told ? error["message"] : Json(base::trim(action.talk))}};
  }
  json["action"] = action.id;
  json["command"] = action.command;
  json["by"] = action.actor;
  json["running"] = !action.exit_code.has_value();
  json["exit_code"] = action.exit_code ? Json(*action.exit_code) : Json(nullptr);
  json["run"] = cli::id_or_null(run);
  json["result"] = printed;
  json["href"] = fmt::format("/api/v1/actions/{}", action.id);
  Response response = json_answer(cli::dump(json) + "\n", status);
  if (status >= 400) response.type = "application/problem+json";
  if (status == 202) response.headers.emplace_back("Location", fmt::format("/api/v1/actions/{}", action.id));
  return response;
}

std::optional<Response> asset_answer(std::string_view name, std::string_view if_none_match) {
  const auto digest = digests().find(name);
  if (digest == digests().end()) return std::nullopt;
  const std::string tag = fmt::format("\"{}\"", digest->second);
  Response response;
  response.type = type_of(name);
  response.headers = {{"Cache-Control", "public, max-age=31536000, immutable"}, {"ETag", tag}};
  if (if_none_match == tag) {
    response.status = 304;
    response.type.clear();
    return response;
  }
  for (const Asset& asset : assets())
    if (asset.name == name) response.body = asset.text;
  return response;
}

std::string asset_path(std::string_view name) {
  const auto digest = digests().find(name);
  return fmt::format("/assets/{}{}", name, digest == digests().end() ? "" : "?v=" + digest->second);
}

}  // namespace web
