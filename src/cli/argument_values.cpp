#include "cli/argument_values.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/schedule.hpp"
#include "os/clock.hpp"
#include "runner/timing.hpp"

namespace cli {

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was run or changed.", std::move(next));
}

std::int64_t whole_number(const std::string& text, std::string_view option) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || number < 0)
    refuse(fmt::format("{} needs a whole number, not \"{}\"", option, base::escape(text)), "fettle history --help");
  return number;
}

std::uint64_t percent(const std::string& text) {
  const std::int64_t number =
      whole_number(text.ends_with('%') ? text.substr(0, text.size() - 1) : text, "--allow-drift");
  if (number > 1000) refuse("--allow-drift is at most 1000 percent", "fettle run --help");
  return static_cast<std::uint64_t>(number);
}

std::chrono::milliseconds seconds(const std::string& text) {
  constexpr double k_most = 1e9;
  double count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault == std::errc{} && end == text.data() + text.size() && count >= 0 && count <= k_most)
    return std::chrono::milliseconds(static_cast<std::int64_t>(count * 1000));
  if (const auto duration = base::parse_duration(text)) return *duration;
  refuse(fmt::format("--wait needs a number of seconds, not \"{}\"", base::escape(text)), "fettle run --wait 30");
}

base::Instant point_in_time(const std::string& text, std::string_view option) {
  if (const auto ago = base::parse_duration(text)) return base::Instant{os::now().milliseconds - ago->count()};
  if (const auto point = core::parse_point(text)) return runner::local_instant(*point);
  refuse(fmt::format("{} needs a time such as 2026-11-20T14:00, or how long ago, such as 2h; not \"{}\"", option,
                     base::escape(text)),
         "fettle history --help");
}

core::Argument script_argument(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    refuse(fmt::format("--arg needs NAME=VALUE, not \"{}\"", base::escape(text)), "fettle run 007 --arg limit=100");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

base::Instant point_ahead(const std::string& text, std::string_view option) {
  std::optional<base::Instant> at;
  if (const auto time = base::parse_duration(text)) at = base::Instant{os::now().milliseconds + time->count()};
  if (const auto point = core::parse_point(text); point && !at) at = runner::local_instant(*point);
  if (!at || *at <= os::now())
    refuse(fmt::format("{} needs how long from now, such as 90d, or a time to come, such as 2027-01-01; not \"{}\"",
                       option, base::escape(text)),
           "fettle token add --help");
  return *at;
}

std::string origin_word(const std::string& text) {
  const std::string_view what = std::string_view(text).substr(0, text.find(':'));
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](unsigned char byte) { return byte > ' ' && byte < 0x7f; });
  if (is_plain && text.size() <= 100 && (what == "manual" || what == "web" || what == "schedule")) return text;
  refuse(fmt::format("--via needs manual, web or schedule, and where from if that is known; not \"{}\"",
                     base::escape(text)),
         "Such as --via schedule, or --via web:192.0.2.7");
}

core::OutcomeKind outcome_word(const std::string& text) {
  if (const auto kind = core::outcome_from(text)) return *kind;
  const auto near = base::nearest(text, core::outcome_names());
  refuse(fmt::format("there is no outcome \"{}\"{}", base::escape(text),
                     near ? fmt::format("; did you mean {}?", *near) : std::string()),
         fmt::format("outcomes are {}", fmt::join(core::outcome_names(), ", ")));
}

}  // namespace cli
