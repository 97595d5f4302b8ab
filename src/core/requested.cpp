#include "core/requested.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::size_t k_digest = 64;
constexpr std::string_view k_digits = "0123456789abcdef";

bool is_plain(char letter) noexcept {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '.' || letter == '_' || letter == '-';
}

// As in addresses: "a%20b.lua".
std::string packed(std::string_view name) {
  std::string text;
  for (const char letter : name)
    text += is_plain(letter) ? std::string(1, letter) : fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  return text;
}

std::optional<std::string> unpacked(std::string_view text) {
  std::string name;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      if (!is_plain(text[at])) return std::nullopt;
      name += text[at];
      continue;
    }
    const std::size_t high = at + 2 < text.size() ? k_digits.find(text[at + 1]) : std::string_view::npos;
    const std::size_t low = at + 2 < text.size() ? k_digits.find(text[at + 2]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    name += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return name.empty() ? std::nullopt : std::optional(name);
}

const Requested::Voice* refusal_of(const Requested& request) {
  const auto found = std::find_if(request.voices.begin(), request.voices.end(),
                                  [](const Requested::Voice& voice) { return !voice.yes; });
  return found == request.voices.end() ? nullptr : &*found;
}

std::string why_it_is_over(const Requested& request, base::Instant now) {
  if (request.used) return fmt::format("a run was begun by it on {}", base::iso8601(*request.used));
  if (const auto* no = refusal_of(request))
    return fmt::format("{} has refused it{}{}", base::escape(no->by), no->reason.empty() ? "" : ": ",
                       base::escape(no->reason));
  if (now.milliseconds - request.at.milliseconds > k_request_holds_ms) return "it is older than seven days";
  return {};
}

}  // namespace

std::size_t approvals(const Requested& request) {
  std::set<std::string> people;
  for (const Requested::Voice& voice : request.voices)
    if (voice.yes && voice.by != request.by) people.insert(voice.by);
  return people.size();
}

std::string why_no_run(const Requested& request, std::size_t needed, base::Instant now) {
  if (std::string over = why_it_is_over(request, now); !over.empty()) return over;
  const std::size_t given = approvals(request);
  if (given >= needed) return {};
  return fmt::format("it needs the yes of {} other{} than {}, and has {}", base::plural(needed, "person"),
                     needed == 1 ? "" : "s", base::escape(request.by), given);
}

std::string why_no_voice(const Requested& request, const std::string& by, base::Instant now) {
  if (by == request.by) return "who asks for a run cannot also say yes or no to it";
  return why_it_is_over(request, now);
}

std::string text_of(const std::vector<RequestedScript>& scripts) {
  std::string text;
  for (const RequestedScript& script : scripts)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", script.sha256, packed(script.name));
  return text;
}

std::optional<std::vector<RequestedScript>> requested_scripts(std::string_view text) {
  std::vector<RequestedScript> scripts;
  for (const std::string_view word : base::split(text, ' ')) {
    if (word.size() <= k_digest + 1 || word[k_digest] != ':') return std::nullopt;
    std::optional<std::string> name = unpacked(word.substr(k_digest + 1));
    if (!name) return std::nullopt;
    scripts.push_back({*std::move(name), std::string(word.substr(0, k_digest))});
  }
  return scripts;
}

}  // namespace core
