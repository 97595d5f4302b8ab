#include "core/schedule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <vector>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::array<std::string_view, 7> k_days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int k_minutes_of_day = 24 * 60;

// Takes a number of so many digits from the front; -1: it is not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int number = 0;
  for (const char letter : text.substr(0, digits)) {
    if (letter < '0' || letter > '9') return -1;
    number = number * 10 + (letter - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

// "02:00" → 120; -1: no time of day.
int take_time(std::string_view& text, int most) {
  const int hour = take_number(text, 2);
  if (hour < 0 || !take(text, ":")) return -1;
  const int minute = take_number(text, 2);
  const int total = hour * 60 + minute;
  return minute < 0 || minute > 59 || total > most ? -1 : total;
}

std::optional<unsigned> day_of(std::string_view text) {
  std::string name(text.substr(0, 3));
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const auto found = std::find(k_days.begin(), k_days.end(), name);
  if (text.size() != 3 || found == k_days.end()) return std::nullopt;
  return static_cast<unsigned>(found - k_days.begin());
}

// "Sat,Sun", "Mon-Fri".
std::optional<unsigned> days_of(std::string_view text) {
  unsigned days = 0;
  for (const std::string_view part : base::split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto first = day_of(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_of(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (unsigned day = *first;; day = (day + 1) % 7) {
      days |= 1U << day;
      if (day == *last) break;
    }
  }
  return days;
}

bool take_span(std::string_view text, Window& window) {
  window.from = take_time(text, k_minutes_of_day - 1);
  if (window.from < 0 || !take(text, "-")) return false;
  window.to = take_time(text, k_minutes_of_day);
  return window.to >= 0 && text.empty() && window.from != window.to;
}

bool is_date(const Civil& civil) {
  return std::chrono::year_month_day(std::chrono::year(civil.year),
                                     std::chrono::month(static_cast<unsigned>(civil.month)),
                                     std::chrono::day(static_cast<unsigned>(civil.day)))
      .ok();
}

// Behind the time: nothing, "Z" or "+01:00". False: something else.
bool take_offset(std::string_view text, std::optional<int>& offset) {
  if (text.empty()) return true;
  if (text == "Z" || text == "z") {
    offset = 0;
    return true;
  }
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return false;
  text.remove_prefix(1);
  const int minutes = take_time(text, k_minutes_of_day - 1);
  offset = west ? -minutes : minutes;
  return minutes >= 0 && text.empty();
}

}  // namespace

std::optional<PointInTime> parse_point(std::string_view text) {
  PointInTime point;
  point.civil.year = take_number(text, 4);
  if (point.civil.year < 1970 || !take(text, "-")) return std::nullopt;
  point.civil.month = take_number(text, 2);
  if (point.civil.month < 1 || !take(text, "-")) return std::nullopt;
  point.civil.day = take_number(text, 2);
  if (point.civil.day < 1 || !is_date(point.civil)) return std::nullopt;
  if (text.empty()) return point;
  if (!take(text, "T") && !take(text, " ")) return std::nullopt;
  const int time = take_time(text, k_minutes_of_day - 1);
  if (time < 0) return std::nullopt;
  point.civil.hour = time / 60;
  point.civil.minute = time % 60;
  if (take(text, ":")) point.civil.second = take_number(text, 2);
  if (point.civil.second < 0 || point.civil.second > 59) return std::nullopt;
  if (!take_offset(text, point.offset)) return std::nullopt;
  return point;
}

base::Instant instant_of(const PointInTime& point, const Zone& local) {
  if (!point.offset) return local.instant_of(point.civil);
  using namespace std::chrono;
  const Civil& civil = point.civil;
  const sys_days day = year_month_day(year(civil.year), month(static_cast<unsigned>(civil.month)),
                                      std::chrono::day(static_cast<unsigned>(civil.day)));
  const auto time = day.time_since_epoch() + hours(civil.hour) + minutes(civil.minute) + seconds(civil.second) -
                    minutes(*point.offset);
  return {duration_cast<milliseconds>(time).count()};
}

std::optional<Window> parse_window(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : base::split(base::trim(text), ' '))
    if (!word.empty()) words.push_back(word);
  Window window;
  std::size_t at = 0;
  if (at < words.size() && std::isalpha(static_cast<unsigned char>(words[at].front())) != 0) {
    const auto days = days_of(words[at++]);
    if (!days) return std::nullopt;
    window.days = *days;
  }
  if (at == words.size() || !take_span(words[at++], window)) return std::nullopt;
  if (at < words.size()) window.zone = words[at++];
  if (at != words.size()) return std::nullopt;
  return window;
}

std::optional<base::Instant> next_opening(const Window& window, base::Instant now, const Zone& zone) {
  const Civil today = zone.civil_of(now);
  std::optional<base::Instant> next;
  // Yesterday's may still be open; the same weekday comes again after seven days.
  for (int ahead = -1; ahead <= 7; ++ahead) {
    const int weekday = (weekday_of(today) + ahead + 7) % 7;
    if ((window.days & (1U << static_cast<unsigned>(weekday))) == 0) continue;
    const int next_day = window.to <= window.from ? 1 : 0;
    const base::Instant opens = zone.instant_of({today.year, today.month, today.day + ahead, 0, window.from, 0});
    const base::Instant closes =
        zone.instant_of({today.year, today.month, today.day + ahead + next_day, 0, window.to, 0});
    if (opens <= now && now < closes) return std::nullopt;
    if (opens > now && (!next || opens < *next)) next = opens;
  }
  return next;
}

int weekday_of(const Civil& civil) noexcept {
  using namespace std::chrono;
  const sys_days day = year_month_day(year(civil.year), month(static_cast<unsigned>(civil.month)),
                                      std::chrono::day(static_cast<unsigned>(civil.day)));
  return static_cast<int>(weekday(day).iso_encoding()) - 1;
}

}  // namespace core
