#include "exchange/cells.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <variant>

#include "base/text.hpp"

namespace exchange {
namespace {

constexpr std::int64_t k_first_in_milliseconds = 100'000'000'000;  // as seconds that were the year 5138

base::Instant instant_of(std::int64_t number) noexcept {
  return {number >= k_first_in_milliseconds || number <= -k_first_in_milliseconds ? number : number * 1000};
}

// Days since 1970 in the Gregorian calendar, by Howard Hinnant's method.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// Reads digits and signs from the front of a text.
class Scan {
 public:
  explicit Scan(std::string_view text) noexcept : rest_(text) {}

  std::optional<std::int64_t> digits(std::size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    std::int64_t number = 0;
    for (std::size_t at = 0; at < count; ++at) {
      if (rest_[at] < '0' || rest_[at] > '9') return std::nullopt;
      number = number * 10 + (rest_[at] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  bool sign(std::string_view any) noexcept {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }
  char front() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

  // Of a second, without its point.
  std::int64_t milliseconds() noexcept {
    std::int64_t number = 0;
    int count = 0;
    for (; front() >= '0' && front() <= '9'; rest_.remove_prefix(1), ++count)
      if (count < 3) number = number * 10 + (front() - '0');
    for (; count < 3; ++count) number *= 10;
    return number;
  }

 private:
  std::string_view rest_;
};

// "+02", "+0200", "+02:00", "Z" or nothing, in minutes.
std::optional<std::int64_t> zone(Scan& scan) noexcept {
  if (scan.at_end() || scan.sign("Zz")) return 0;
  scan.sign(" ");
  const bool west = scan.front() == '-';
  if (!scan.sign("+-")) return std::nullopt;
  const auto hours = scan.digits(2);
  if (!hours) return std::nullopt;
  scan.sign(":");
  const std::int64_t minutes = scan.at_end() ? 0 : scan.digits(2).value_or(-1);
  if (minutes < 0) return std::nullopt;
  return (west ? -1 : 1) * (*hours * 60 + minutes);
}

}  // namespace

std::optional<base::Instant> time_in(std::string_view text) noexcept {
  text = base::trim(text);
  if (std::int64_t number = 0; !text.empty()) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault == std::errc() && end == text.data() + text.size()) return instant_of(number);
  }
  Scan scan(text);
  const auto year = scan.digits(4);
  if (!year || !scan.sign("-")) return std::nullopt;
  const auto month = scan.digits(2);
  if (!month || !scan.sign("-")) return std::nullopt;
  const auto day = scan.digits(2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  std::int64_t time = days_of(*year, *month, *day) * 86'400'000;
  if (scan.at_end()) return base::Instant{time};
  if (!scan.sign(" T")) return std::nullopt;
  const auto hour = scan.digits(2);
  if (!hour || !scan.sign(":")) return std::nullopt;
  const auto minute = scan.digits(2);
  if (!minute || *hour > 24 || *minute > 59) return std::nullopt;
  std::int64_t second = 0;
  if (scan.sign(":")) {
    const auto read = scan.digits(2);
    if (!read || *read > 60) return std::nullopt;
    second = *read;
  }
  time += *hour * 3'600'000 + *minute * 60'000 + second * 1000;
  if (scan.sign(".,")) time += scan.milliseconds();
  const auto offset = zone(scan);
  if (!offset || !scan.at_end()) return std::nullopt;
  return base::Instant{time - *offset * 60'000};
}

bool Cells::is_null(std::size_t at) const noexcept {
  return std::holds_alternative<core::Null>(values_[at]);
}

void Cells::text(std::size_t at, std::string& into) const {
  into.clear();
  const core::ValueView& value = values_[at];
  if (const auto* text = std::get_if<std::string_view>(&value))
    into.assign(*text);
  else if (const auto* blob = std::get_if<core::BlobView>(&value))
    into.assign(blob->bytes);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    fmt::format_to(std::back_inserter(into), "{}", *number);
  else if (const auto* real = std::get_if<double>(&value))
    fmt::format_to(std::back_inserter(into), "{}", *real);
  else if (const auto* flag = std::get_if<bool>(&value))
    into.assign(*flag ? "true" : "false");
}

std::string Cells::text(std::size_t at) const {
  std::string into;
  text(at, into);
  return into;
}

std::optional<std::int64_t> Cells::number(std::size_t at) const {
  const core::ValueView& value = values_[at];
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  if (const auto* real = std::get_if<double>(&value); real != nullptr && std::abs(*real) < 9e15)
    return static_cast<std::int64_t>(*real);
  const auto* text = std::get_if<std::string_view>(&value);
  std::int64_t number = 0;
  if (text == nullptr || text->empty()) return std::nullopt;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (fault != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<double> Cells::real(std::size_t at) const {
  if (const auto* real = std::get_if<double>(&values_[at])) return *real;
  if (const auto whole = number(at)) return static_cast<double>(*whole);
  const auto* text = std::get_if<std::string_view>(&values_[at]);
  double read = 0;
  if (text == nullptr || text->empty()) return std::nullopt;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), read);
  if (fault != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return read;
}

std::optional<bool> Cells::flag(std::size_t at) const {
  if (const auto* flag = std::get_if<bool>(&values_[at])) return *flag;
  if (const auto* blob = std::get_if<core::BlobView>(&values_[at]); blob != nullptr && blob->bytes.size() == 1)
    return blob->bytes.front() != '\0' && blob->bytes.front() != '0';
  if (const auto whole = number(at)) return *whole != 0;
  const std::string word = text(at);
  for (const std::string_view yes : {"t", "true", "y", "TRUE", "T", "Y"})
    if (word == yes) return true;
  for (const std::string_view no : {"f", "false", "n", "FALSE", "F", "N"})
    if (word == no) return false;
  return std::nullopt;
}

std::optional<base::Instant> Cells::time(std::size_t at) const {
  const core::ValueView& value = values_[at];
  if (const auto* number = std::get_if<std::int64_t>(&value)) return instant_of(*number);
  if (const auto* real = std::get_if<double>(&value); real != nullptr && std::abs(*real) < 9e15)
    return std::abs(*real) >= static_cast<double>(k_first_in_milliseconds)
               ? base::Instant{static_cast<std::int64_t>(*real)}
               : base::Instant{static_cast<std::int64_t>(std::llround(*real * 1000))};
  const auto* text = std::get_if<std::string_view>(&value);
  return text != nullptr ? time_in(*text) : std::nullopt;
}

}  // namespace exchange
