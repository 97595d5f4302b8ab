// The clocks of a place of this machine's time zone database, as core/schedule asks for them. Lives in the runner.
#pragma once

#include <utility>

#include "core/schedule.hpp"
#include "os/zone.hpp"

namespace runner {

class Clocks : public core::Zone {
 public:
  explicit Clocks(os::ZoneData data) : data_(std::move(data)) {}

  base::Instant instant_of(const core::Civil& civil) const override {
    return data_.instant_of({civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second});
  }
  core::Civil civil_of(base::Instant instant) const override {
    const os::ZoneData::Fields fields = data_.fields_of(instant);
    return {fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second};
  }

 private:
  os::ZoneData data_;
};

}  // namespace runner
