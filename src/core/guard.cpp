#include "core/guard.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <fnmatch.h>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::size_t k_shown = 80;  // bytes of a variable's value
constexpr std::array<std::string_view, 7> k_days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

bool is_letter(char letter) noexcept {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

// Every bracket is closed: an open one stands for itself, which no host is called.
bool is_pattern(std::string_view pattern) {
  bool inside = false;
  for (const char letter : pattern) {
    const bool known = is_letter(letter) || std::string_view("-.*?[]!^").find(letter) != std::string_view::npos;
    if (!known || (letter == '[' && inside) || (letter == ']' && !inside)) return false;
    if (letter == '[' || letter == ']') inside = !inside;
  }
  return !pattern.empty() && !inside;
}

bool is_allowed(std::string_view patterns, const std::string& host) {
  const auto parts = base::split(patterns, ',');
  return std::any_of(parts.begin(), parts.end(), [&host](std::string_view part) {
    return ::fnmatch(std::string(base::trim(part)).c_str(), host.c_str(), FNM_CASEFOLD) == 0;
  });
}

// Why the variable is not as it must be; empty: it is.
std::string fault_of_variable(const GuardConfig& guard, const std::optional<std::string>& value) {
  const std::string_view name = variable_of(guard);
  if (!value) return fmt::format("{} is not set", name);
  if (value->empty()) return fmt::format("{} is empty", name);
  const bool any = name.size() == guard.variable.size();
  if (any || *value == std::string_view(guard.variable).substr(name.size() + 1)) return "";
  return fmt::format("{} is \"{}\"", name, base::cap(*value, k_shown));
}

// "Sat 2026-11-21 11:28"
std::string text_of(const Civil& time) {
  return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}", k_days[static_cast<std::size_t>(weekday_of(time))], time.year,
                     time.month, time.day, time.hour, time.minute);
}

std::optional<Forbidden> closed(const GuardConfig& guard, const Surroundings& here) {
  const std::optional<Window> window = parse_window(guard.hours);
  if (!window || here.zone == nullptr)
    return Forbidden{"hours", guard.hours, "this machine does not know that time zone", {}};
  const auto opens = next_opening(*window, here.now, *here.zone);
  if (!opens) return std::nullopt;
  std::string found = fmt::format("it is {}{}; closed until {}", text_of(here.zone->civil_of(here.now)),
                                  window->zone.empty() ? "" : " there", text_of(here.zone->civil_of(*opens)));
  return Forbidden{"hours", guard.hours, std::move(found), opens};
}

}  // namespace

bool is_guard_of_hosts(std::string_view text) {
  if (text.empty()) return true;
  const auto parts = base::split(text, ',');
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) { return is_pattern(base::trim(part)); });
}

bool is_guard_by_variable(std::string_view text) {
  if (text.empty()) return true;
  const std::string_view name = text.substr(0, text.find('='));
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), is_letter) && !text.ends_with('=');
}

std::string_view variable_of(const GuardConfig& guard) noexcept {
  return std::string_view(guard.variable).substr(0, guard.variable.find('='));
}

std::optional<Forbidden> forbidden(const GuardConfig& guard, const Surroundings& here) {
  if (!guard.hosts.empty() && !is_allowed(guard.hosts, here.host))
    return Forbidden{"hosts", guard.hosts, fmt::format("this host is {}", here.host), {}};
  if (!guard.variable.empty())
    if (std::string fault = fault_of_variable(guard, here.variable); !fault.empty())
      return Forbidden{"variable", guard.variable, std::move(fault), {}};
  return guard.hours.empty() ? std::nullopt : closed(guard, here);
}

std::string describe(const Forbidden& forbidden) {
  if (forbidden.guard == k_pause) return fmt::format("paused {}", forbidden.required);
  return fmt::format("[guard] {} is \"{}\", and {}", forbidden.guard, base::escape(forbidden.required),
                     base::escape(forbidden.found));
}

std::string reason(const Forbidden& forbidden) {
  return forbidden.until && forbidden.guard != k_pause
             ? fmt::format("outside of [guard] hours \"{}\"", base::escape(forbidden.required))
             : describe(forbidden);
}

}  // namespace core
