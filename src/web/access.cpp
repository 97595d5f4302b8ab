#include "web/access.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "os/random.hpp"

namespace web {
namespace {

constexpr std::size_t k_random_bytes = 32;
constexpr std::string_view k_bearer = "Bearer ";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

// "Example.org:8017" → "example.org"; "[::1]:8017" → "::1"
std::string name_in(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string() : lower(std::string(host.substr(1, end - 1)));
  }
  return lower(std::string(host.substr(0, host.find(':'))));
}

// The last one is what the proxy itself saw; what stands before it anybody may have written.
std::string last_of_list(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  return std::string(base::trim(comma == std::string_view::npos ? list : list.substr(comma + 1)));
}

std::size_t count_of(const Pairs& pairs, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(pairs.begin(), pairs.end(), [name](const auto& pair) { return pair.first == name; }));
}

bool is_over(const Key& key) {
  return key.expires && key.expires->milliseconds <= os::now().milliseconds;
}

const Refusal k_locked_out{429, "Too many wrong tokens. Try again in a minute."};
const Refusal k_foreign{403, "This request came from another site. Nothing was done."};

}  // namespace

void Access::learn(std::vector<Key> keys) {
  const std::lock_guard lock(mutex_);
  keys_.clear();
  for (Key& key : keys) {
    std::string sha256 = key.sha256;
    keys_.insert_or_assign(std::move(sha256), std::move(key));
  }
  std::erase_if(sessions_, [this](const auto& each) { return !keys_.contains(each.second.key); });
}

bool Access::has_keys() const {
  const std::lock_guard lock(mutex_);
  return !keys_.empty();
}

std::optional<Refusal> Access::refuses(Request& request) const {
  if (count_of(request.headers, "host") != 1) return Refusal{400, "A request names one host."};
  const std::string host = name_in(request.header("host"));
  if (std::find(rules_.hosts.begin(), rules_.hosts.end(), host) == rules_.hosts.end())
    return Refusal{421,
                   fmt::format("This page is not called {}. Names that it goes by stand in config.toml, [web] hosts.",
                               base::escape(host))};
  if (!rules_.behind_proxy) return std::nullopt;
  if (last_of_list(request.header("x-forwarded-proto")) != "https")
    return Refusal{403, "The proxy before this page must speak https, and say so: X-Forwarded-Proto: https."};
  const std::string address = last_of_list(request.header("x-forwarded-for"));
  if (!address.empty()) request.address = base::cap(base::escape(address), 64);
  return std::nullopt;
}

Access::Entry Access::enter(const Request& request) {
  if (const std::string words = request.header("authorization"); !words.empty()) {
    if (is_locked_out(request.address)) return {{}, k_locked_out};
    const std::optional<Key> key =
        words.starts_with(k_bearer) ? key_of(words.substr(k_bearer.size())) : std::optional<Key>();
    if (key) return {Viewer{key->name, key->scope, {}}, {}};
    remember_failure(request.address);
    return {{}, Refusal{401, "No such token, or it has expired or was revoked. fettle token list tells."}};
  }
  const std::string cookie = cookie_of(request);
  if (cookie.empty()) return {};
  const std::lock_guard lock(mutex_);
  const auto session = sessions_.find(base::sha256_hex(cookie));
  if (session == sessions_.end()) return {};
  const auto key = keys_.find(session->second.key);
  if (session->second.end <= os::Steady::now() || key == keys_.end() || is_over(key->second)) {
    sessions_.erase(session);
    return {};
  }
  return {Viewer{key->second.name, key->second.scope, session->second.csrf}, {}};
}

std::optional<Refusal> Access::refuses_origin(const Request& request) const {
  const std::string site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return k_foreign;
  const std::string origin = request.header("origin");
  if (origin.empty()) return std::nullopt;
  const std::string host = lower(request.header("host"));
  if (lower(origin) == "https://" + host) return std::nullopt;
  if (!rules_.behind_proxy && lower(origin) == "http://" + host) return std::nullopt;
  return k_foreign;
}

std::optional<Refusal> Access::refuses_change(const Request& request, const Viewer& viewer) const {
  if (auto refusal = refuses_origin(request)) return refusal;
  if (viewer.csrf.empty()) return std::nullopt;  // a browser sends no token by itself
  const std::string sent =
      request.header("x-csrf-token").empty() ? request.field("csrf") : request.header("x-csrf-token");
  if (base::sha256_hex(sent) == base::sha256_hex(viewer.csrf)) return std::nullopt;
  return Refusal{403, "This page was not sent by this sign-in. Nothing was done. Load the page again."};
}

Access::SignIn Access::sign_in(const Request& request, const std::string& token) {
  if (is_locked_out(request.address)) return {{}, k_locked_out};
  const std::optional<Key> key = key_of(std::string(base::trim(token)));
  if (!key) {
    remember_failure(request.address);
    return {{}, {401, "That is no token of this page, or it has expired or was revoked."}};
  }
  const std::lock_guard lock(mutex_);
  const os::Deadline now = os::Steady::now();
  std::erase_if(sessions_, [now](const auto& each) { return each.second.end <= now; });
  if (sessions_.size() >= rules_.most_sessions)
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& one, const auto& other) {
      return one.second.end < other.second.end;
    }));
  const std::string cookie = os::random_hex(k_random_bytes);
  sessions_[base::sha256_hex(cookie)] = {key->sha256, os::random_hex(k_random_bytes), now + rules_.session};
  return {fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}", cookie_name(), cookie,
                      std::chrono::seconds(rules_.session).count(), rules_.behind_proxy ? "; Secure" : ""),
          {}};
}

std::string Access::sign_out(const Request& request) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(base::sha256_hex(cookie_of(request)));
  return fmt::format("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", cookie_name(),
                     rules_.behind_proxy ? "; Secure" : "");
}

// With that prefix a browser takes it only over https and from this very host.
std::string Access::cookie_name() const {
  return rules_.behind_proxy ? "__Host-fettle" : "fettle";
}

std::string Access::cookie_of(const Request& request) const {
  const std::string wanted = cookie_name() + "=";
  for (const auto& [name, value] : request.headers) {
    if (name != "cookie") continue;
    for (const std::string_view part : base::split(value, ';')) {
      const std::string_view cookie = base::trim(part);
      if (cookie.starts_with(wanted)) return std::string(cookie.substr(wanted.size()));
    }
  }
  return {};
}

bool Access::is_locked_out(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const os::Deadline now = os::Steady::now();
  std::erase_if(failures_, [now](const auto& each) { return each.second.forgotten <= now; });
  const auto found = failures_.find(address);
  return found != failures_.end() && found->second.count >= rules_.most_failures;
}

void Access::remember_failure(const std::string& address) {
  const std::lock_guard lock(mutex_);
  Failures& failures = failures_[address];
  if (failures.count++ == 0) failures.forgotten = os::in(rules_.forgotten);
}

std::optional<Key> Access::known_key(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(base::sha256_hex(token));
  return found == keys_.end() || is_over(found->second) ? std::nullopt : std::optional(found->second);
}

std::optional<Key> Access::key_of(const std::string& token) const {
  if (token.empty()) return std::nullopt;
  if (auto key = known_key(token)) return key;
  if (!look_again_) return std::nullopt;
  look_again_();
  return known_key(token);
}

}  // namespace web
