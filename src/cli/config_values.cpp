#include "cli/config_values.hpp"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"
#include "core/guard.hpp"
#include "core/limits.hpp"
#include "os/zone.hpp"

namespace cli {
namespace {

constexpr std::string_view k_no_limit = "unlimited";
constexpr std::uint64_t k_most_count = std::uint64_t{1} << 62U;

}  // namespace

bool set_path(std::string& member, std::string_view text) {
  if (text.empty()) return false;
  member = text;
  return true;
}

bool set_text(std::string& member, std::string_view text) {
  member = text;
  return true;
}

bool set_duration(std::chrono::milliseconds& member, std::string_view text, std::chrono::milliseconds least) {
  const auto parsed = base::parse_duration(text);
  if (!parsed || *parsed < least) return false;
  member = *parsed;
  return true;
}

bool set_poll(std::optional<std::chrono::milliseconds>& member, std::string_view text,
              std::chrono::milliseconds least) {
  member.reset();
  return text == "auto" || set_duration(member.emplace(), text, least);
}

bool set_size(std::uint64_t& member, std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto parsed = base::parse_size(text);
  if (!parsed || *parsed < least || *parsed > most) return false;
  member = *parsed;
  return true;
}

bool set_count(std::uint64_t& member, std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number < 1 || number > most) return false;
  member = number;
  return true;
}

bool set_count_or_unlimited(std::uint64_t& member, std::string_view text) {
  if (text != k_no_limit) return set_count(member, text, k_most_count);
  member = core::k_unlimited;
  return true;
}

bool set_size_or_unlimited(std::uint64_t& member, std::string_view text, std::uint64_t least) {
  if (text != k_no_limit) return set_size(member, text, least, k_most_size);
  member = core::k_unlimited;
  return true;
}

std::string count_text(std::uint64_t count) {
  return count == core::k_unlimited ? std::string(k_no_limit) : fmt::format("{}", count);
}

// The shortest text that parses to the same duration.
std::string duration_text(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  std::string text;
  const auto take = [&](std::int64_t unit, std::string_view name) {
    if (rest < unit) return;
    text += fmt::format("{}{}", rest / unit, name);
    rest %= unit;
  };
  take(3'600'000, "h");
  take(60'000, "m");
  take(1'000, "s");
  take(1, "ms");
  return text.empty() ? "0s" : text;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes == core::k_unlimited) return std::string(k_no_limit);
  for (const auto& [shift, unit] : {std::pair{30U, "GiB"}, std::pair{20U, "MiB"}, std::pair{10U, "KiB"}})
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) return fmt::format("{}{}", bytes >> shift, unit);
  return fmt::format("{}", bytes);
}

bool set_checked(std::string& member, std::string_view text, bool (*is_good)(std::string_view)) {
  return is_good(text) && set_text(member, text);
}

bool are_hours(std::string_view text) {
  const auto window = core::parse_window(text);
  return text.empty() || (window && os::ZoneData::find(window->zone));
}

}  // namespace cli
