#include "os/zone.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <sys/stat.h>

namespace os {
namespace {

// TZ for as long as it lives.
class Place {
 public:
  explicit Place(const std::string& name) {
    if (name.empty()) return;
    const char* const before = std::getenv("TZ");
    if (before != nullptr) before_ = before;
    changed_ = true;
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
  }
  ~Place() {
    if (!changed_) return;
    if (before_)
      ::setenv("TZ", before_->c_str(), 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  bool changed_ = false;
  std::optional<std::string> before_;
};

bool is_plain(const std::string& name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '/' || letter == '_' || letter == '-' ||
           letter == '+';
  });
  return letters && !name.starts_with('/');
}

}  // namespace

std::optional<ZoneData> ZoneData::find(const std::string& name) {
  if (name.empty()) return ZoneData(name);
  struct stat status {};
  const std::string file = "/usr/share/zoneinfo/" + name;
  if (!is_plain(name) || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return ZoneData(name);
}

base::Instant ZoneData::instant_of(const Fields& fields) const {
  const Place place(name_);
  std::tm parts{};
  parts.tm_year = fields.year - 1900;
  parts.tm_mon = fields.month - 1;
  parts.tm_mday = fields.day;
  parts.tm_hour = fields.hour;
  parts.tm_min = fields.minute;
  parts.tm_sec = fields.second;
  parts.tm_isdst = -1;
  return {static_cast<std::int64_t>(::mktime(&parts)) * 1000};
}

ZoneData::Fields ZoneData::fields_of(base::Instant instant) const {
  const Place place(name_);
  const auto seconds = static_cast<std::time_t>(instant.milliseconds / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
}

}  // namespace os
