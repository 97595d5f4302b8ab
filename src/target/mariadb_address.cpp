#include "target/mariadb_address.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/text.hpp"
#include "target/connection.hpp"

namespace target {
namespace {

using Encryption = MariaAddress::Encryption;

constexpr std::size_t k_longest_name = 64;  // of an option that is shown
constexpr const char* k_options = "ssl-mode, ssl-ca, socket, connect_timeout, lock_timeout";

[[noreturn]] void refuse(std::string_view what) {
  throw SqlError(core::Cause::unreachable,
                 fmt::format("{}; write mariadb://USER:PASSWORD@HOST:PORT/NAME?ssl-mode=required, with %40 and the "
                             "like for signs in the password",
                             what));
}

int digit(char letter) noexcept {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? digit(text[at + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0) refuse("a % in the URL is not followed by two digits (%25 is a %)");
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

unsigned number(std::string_view text, unsigned least, unsigned most, std::string_view what) {
  unsigned found = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), found);
  if (fault != std::errc() || end != text.data() + text.size() || found < least || found > most)
    refuse(fmt::format("{} in the URL is not a number from {} to {}", what, least, most));
  return found;
}

Encryption encryption_of(std::string_view word) {
  if (word == "disabled") return Encryption::disabled;
  if (word == "preferred") return Encryption::preferred;
  if (word == "required") return Encryption::required;
  if (word == "verify-ca") return Encryption::verify_ca;
  if (word == "verify-full") return Encryption::verify_full;
  refuse("ssl-mode in the URL is not one of disabled, preferred, required, verify-ca, verify-full");
}

void set_option(MariaAddress& address, const std::string& name, std::string value) {
  if (name == "ssl-mode")
    address.encryption = encryption_of(value);
  else if (name == "ssl-ca")
    address.ca_file = std::move(value);
  else if (name == "socket")
    address.socket = std::move(value);
  else if (name == "connect_timeout")
    address.connect_timeout = number(value, 1, 600, name);
  else if (name == "lock_timeout")
    address.lock_timeout = number(value, 1, 86'400, name);
  else
    refuse(fmt::format("the URL has an option that is not known: {} (known: {})",
                       base::escape(base::cap(name, k_longest_name)), k_options));
}

void set_place(MariaAddress& address, std::string_view place) {
  std::string_view port;
  if (place.starts_with('[')) {
    const std::size_t close = place.find(']');
    if (close == std::string_view::npos) refuse("a [ in the URL is never closed");
    port = place.substr(close + 1);
    place = place.substr(1, close - 1);
    if (!port.empty() && !port.starts_with(':')) refuse("something other than a port follows the ] in the URL");
  } else if (const std::size_t colon = place.find(':'); colon != std::string_view::npos) {
    port = place.substr(colon);
    place = place.substr(0, colon);
  }
  if (!place.empty()) address.host = decoded(place);
  if (port.size() > 1) address.port = number(port.substr(1), 1, 65'535, "the port");
}

}  // namespace

MariaAddress read_mariadb_address(std::string_view text) {
  if (!text.starts_with("//")) refuse("the URL names no server");
  text.remove_prefix(2);
  MariaAddress address;
  const std::size_t question = text.find('?');
  std::string_view options = question == std::string_view::npos ? std::string_view() : text.substr(question + 1);
  if (options.find('@') != std::string_view::npos) refuse("an @ stands behind a ? in the URL (%3F is a ?)");
  text = text.substr(0, question);
  const std::size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  address.database = decoded(slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1));
  const std::size_t at = authority.rfind('@');
  const std::string_view who = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
  const std::size_t colon = who.find(':');
  address.user = decoded(who.substr(0, colon));
  if (colon != std::string_view::npos) address.password = decoded(who.substr(colon + 1));
  set_place(address, at == std::string_view::npos ? authority : authority.substr(at + 1));
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find('&'));
    options.remove_prefix(std::min(options.size(), option.size() + 1));
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) refuse("an option in the URL has no value");
    set_option(address, decoded(option.substr(0, equals)), decoded(option.substr(equals + 1)));
  }
  if (address.user.empty()) refuse("the URL names no user");
  if (address.database.empty()) refuse("the URL names no database");
  if (address.encryption == Encryption::verify_ca && address.ca_file.empty())
    refuse("ssl-mode=verify-ca in the URL needs ssl-ca=FILE");
  return address;
}

}  // namespace target
