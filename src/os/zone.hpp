// Clocks of a place, as the machine's time zone database has them (tzdata). Uses the process's TZ for the time of each
// call: for a process with one thread. Lives in the runner.
#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"

namespace os {

class ZoneData {
 public:
  // name: "Europe/Berlin"; empty: this machine's. nullopt: the database has no such place.
  static std::optional<ZoneData> find(const std::string& name);

  struct Fields {
    int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  };
  base::Instant instant_of(const Fields& fields) const;
  Fields fields_of(base::Instant instant) const;

 private:
  explicit ZoneData(std::string name) : name_(std::move(name)) {}

  std::string name_;
};

}  // namespace os
