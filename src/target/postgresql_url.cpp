#include "target/postgresql_url.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"

namespace target {
namespace {

struct Parts {
  std::string_view scheme;    // with its slashes
  std::string_view user;      // with its password and the @; may be empty
  std::string_view hosts;     // up to the path
  std::string_view database;  // with its slash; may be empty
  std::string_view options;   // with the question mark; may be empty
};

// A question mark before the @ belongs to the password, as libpq has it.
Parts split(std::string_view url) {
  Parts parts;
  const auto take = [&url](std::size_t length) {
    const std::string_view taken = url.substr(0, length);
    url.remove_prefix(taken.size());
    return taken;
  };
  const std::size_t slashes = url.find("://");
  parts.scheme = take(slashes == std::string_view::npos ? 0 : slashes + 3);
  const std::size_t end_of_user = url.find_first_of("@/");
  if (end_of_user != std::string_view::npos && url[end_of_user] == '@') parts.user = take(end_of_user + 1);
  parts.hosts = take(url.find_first_of("/?"));
  parts.database = take(url.find('?'));
  parts.options = url;
  return parts;
}

bool is_option(std::string_view option, std::string_view name) {
  return option.substr(0, option.find('=')) == name;
}

}  // namespace

// An option of this name outweighs the path, the last one all others.
std::string with_database(std::string_view url, std::string_view name) {
  const Parts parts = split(url);
  std::string options(parts.options);
  if (options.find("dbname") != std::string::npos) options += fmt::format("&dbname={}", name);
  return fmt::format("{}{}{}/{}{}", parts.scheme, parts.user, parts.hosts, name, options);
}

std::string without_password(std::string_view url) {
  const Parts parts = split(url);
  std::string user(parts.user.substr(0, parts.user.find(':')));
  if (!parts.user.empty() && !user.ends_with('@')) user += '@';
  std::string options;
  for (const std::string_view option : base::split(parts.options.substr(parts.options.empty() ? 0 : 1), '&')) {
    if (option.empty() || is_option(option, "password") || is_option(option, "sslpassword")) continue;
    options += fmt::format("{}{}", options.empty() ? "?" : "&", option);
  }
  return fmt::format("{}{}{}{}{}", parts.scheme, user, parts.hosts, parts.database, options);
}

}  // namespace target
