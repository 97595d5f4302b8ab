#include "cli/database_url.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

extern char** environ;

namespace cli {
namespace {

constexpr std::size_t k_longest_secret_file = 64U << 10U;

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::config, std::move(what), "Nothing was run or changed.", std::move(next));
}

// Only schemes that are known by name are repeated in a message: a URL without one may begin with a password.
std::string_view known_scheme(std::string_view url) noexcept {
  static constexpr std::array<std::string_view, 8> k_schemes = {"sqlite",  "sqlite3", "postgresql", "postgres",
                                                                "mariadb", "mysql",   "sqlserver",  "oracle"};
  const std::string_view before = url.substr(0, url.find(':'));
  const auto found = std::find(k_schemes.begin(), k_schemes.end(), before);
  return found == k_schemes.end() || before.size() == url.size() ? std::string_view() : *found;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

// "?password=x&…" and its kin; what is no option at all may be anything.
std::string mask_parameters(std::string url) {
  for (std::size_t at = url.find('?'); at != std::string::npos && at + 1 < url.size(); at = url.find('&', at + 1)) {
    const std::size_t end = std::min(url.find('&', at + 1), url.size());
    if (url.find('=', at) >= end) url.replace(at + 1, end - at - 1, "***");
  }
  for (const std::string_view word : {"password=", "passwd=", "secret=", "token=", "key="}) {
    std::size_t from = 0;
    while ((from = lowered(url).find(word, from)) != std::string::npos) {
      const std::size_t value = from + word.size();
      const std::size_t end = std::min(url.find_first_of("&;# ", value), url.size());
      url.replace(value, end - value, "***");
      from = value;
    }
  }
  return url;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string fill_variables(std::string_view url, const Environment& environment, const std::string& place) {
  std::string filled;
  for (;;) {
    const std::size_t start = url.find("${");
    filled += url.substr(0, start);
    if (start == std::string_view::npos) return filled;
    const std::size_t end = url.find('}', start);
    if (end == std::string_view::npos) refuse(fmt::format("{}: a ${{ is never closed", place), "Write it as ${NAME}.");
    const std::string name(url.substr(start + 2, end - start - 2));
    const auto found = environment.find(name);
    if (found == environment.end())
      refuse(fmt::format("{}: the environment variable {} is not set", place, base::escape(name)),
             fmt::format("Set {} and try again.", base::escape(name)));
    filled += found->second;
    url.remove_prefix(end + 1);
  }
}

std::string secret_in(const std::string& path, const std::string& place, std::string_view key, std::string_view what) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  std::string text(k_longest_secret_file, '\0');
  const ssize_t count = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (count < 0)
    base::throw_errno(base::ErrorKind::config, fmt::format("{}: cannot read {}", place, base::escape(path)),
                      "Nothing was run or changed.",
                      fmt::format("Make the file readable for this user, or mend {}.", key));
  text.resize(static_cast<std::size_t>(count));
  const std::string secret(base::trim(base::first_line(base::trim(text))));
  if (secret.empty())
    refuse(fmt::format("{}: {} is empty", place, base::escape(path)),
           fmt::format("Write {} into its first line.", what));
  return secret;
}

void check_scheme(std::string_view url, const std::string& place) {
  const std::string_view scheme = known_scheme(url);
  const std::string_view rest = url.substr(std::min(url.size(), scheme.size() + 1));
  if (scheme == "sqlite") {
    if (!rest.empty()) return;
    refuse(fmt::format("{}: this URL names no file", place), "Write the path behind the colon: \"sqlite:app.db\".");
  }
  if (scheme == "postgresql" || scheme == "postgres" || scheme == "mariadb" || scheme == "mysql") {
    if (rest.starts_with("//")) return;
    refuse(
        fmt::format("{}: this URL names no server", place),
        fmt::format("Write {}://USER:PASSWORD@HOST:PORT/NAME; ${{NAME}} takes a part from the environment.", scheme));
  }
  refuse(scheme.empty() ? fmt::format("{}: this URL begins with no kind of database that fettle knows", place)
                        : fmt::format("{}: {} databases are not supported by this version", place, scheme),
         "Write sqlite:FILE, postgresql://USER:PASSWORD@HOST:PORT/NAME or mariadb://USER:PASSWORD@HOST:PORT/NAME.");
}

std::string mask_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme)
    return mask_parameters(std::string(url));
  const std::size_t colon = url.find(':', scheme + 3);
  if (colon == std::string_view::npos || colon > at) return mask_parameters(std::string(url));
  return mask_parameters(fmt::format("{}:***{}", url.substr(0, colon), url.substr(at)));
}

}  // namespace cli
