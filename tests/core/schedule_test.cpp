#include "core/schedule.hpp"

#include <doctest/doctest.h>

#include "os/zone.hpp"
#include "support/skip.hpp"

namespace {

using core::Civil;
using core::next_opening;
using core::parse_point;
using core::parse_window;

class Place : public core::Zone {
 public:
  explicit Place(const std::string& name) : data_(*os::ZoneData::find(name)) {}
  base::Instant instant_of(const Civil& civil) const override {
    return data_.instant_of({civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second});
  }
  Civil civil_of(base::Instant instant) const override {
    const auto fields = data_.fields_of(instant);
    return {fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second};
  }

 private:
  os::ZoneData data_;
};

const std::string k_berlin = "Europe/Berlin";

base::Instant at(const char* text, const std::string& zone = k_berlin) {
  return core::instant_of(*parse_point(text), Place(zone));
}

std::string opening(const char* window, const char* now) {
  const auto parsed = parse_window(window);
  REQUIRE(parsed);
  const auto next = next_opening(*parsed, at(now), Place(parsed->zone.empty() ? k_berlin : parsed->zone));
  return next ? base::iso8601(*next) : "open";
}

bool has_zones() {
  return os::ZoneData::find(k_berlin).has_value();
}

}  // namespace

TEST_CASE("schedule: a point in time is read with and without the place of its clock") {
  if (!has_zones()) return support::skip("no time zone database");
  CHECK(base::iso8601(at("2026-12-01T02:00:00Z")) == "2026-12-01T02:00:00.000Z");
  CHECK(base::iso8601(at("2026-12-01T02:00+01:30")) == "2026-12-01T00:30:00.000Z");
  CHECK(base::iso8601(at("2026-12-01 02:00:05-05:00")) == "2026-12-01T07:00:05.000Z");
  CHECK(base::iso8601(at("2026-12-01")) == "2026-11-30T23:00:00.000Z");        // midnight in Berlin
  CHECK(base::iso8601(at("2026-07-01T02:00")) == "2026-07-01T00:00:00.000Z");  // in summer
  for (const char* wrong : {"", "tomorrow", "2026", "2026-13-01", "2026-02-30", "2026-12-01T", "2026-12-01T25:00",
                            "2026-12-01T02:60", "2026-12-01T02:00:61", "2026-12-01T02:00+1", "2026-12-01T02:00Zx"})
    CHECK_MESSAGE(!parse_point(wrong), wrong);
}

TEST_CASE("schedule: a window is read, or refused") {
  const auto window = parse_window("  Sat,sun 02:00-04:30  Europe/Berlin ");
  REQUIRE(window);
  CHECK(window->days == 0x60);
  CHECK(window->from == 120);
  CHECK(window->to == 270);
  CHECK(window->zone == "Europe/Berlin");
  CHECK(parse_window("Fri-Mon 22:00-06:00")->days == 0x71);
  CHECK(parse_window("00:00-24:00")->to == 1440);
  for (const char* wrong : {"", "Sat", "Sat 2:00-4:00", "02:00", "02:00-02:00", "Xyz 02:00-04:00", "02:00-25:00",
                            "Sat 02:00-04:00 Europe/Berlin extra", "Sat- 02:00-04:00", "24:00-25:00"})
    CHECK_MESSAGE(!parse_window(wrong), wrong);
}

TEST_CASE("schedule: a window tells when it opens next") {
  if (!has_zones()) return support::skip("no time zone database");
  // 2026-11-21 is a Saturday.
  CHECK(opening("Sat 02:00-04:00 Europe/Berlin", "2026-11-21T02:00") == "open");
  CHECK(opening("Sat 02:00-04:00 Europe/Berlin", "2026-11-21T03:59:59") == "open");
  CHECK(opening("Sat 02:00-04:00 Europe/Berlin", "2026-11-21T04:00") == "2026-11-28T01:00:00.000Z");
  CHECK(opening("Sat 02:00-04:00 Europe/Berlin", "2026-11-20T12:00") == "2026-11-21T01:00:00.000Z");
  CHECK(opening("02:00-04:00", "2026-11-21T05:00") == "2026-11-22T01:00:00.000Z");
  CHECK(opening("02:00-04:00 UTC", "2026-11-21T02:30Z") == "open");
}

TEST_CASE("schedule: a window over midnight belongs to the day of its beginning") {
  if (!has_zones()) return support::skip("no time zone database");
  CHECK(opening("Fri 22:00-06:00", "2026-11-21T05:59") == "open");
  CHECK(opening("Fri 22:00-06:00", "2026-11-21T06:00") == "2026-11-27T21:00:00.000Z");
  CHECK(opening("Sat 22:00-06:00", "2026-11-21T05:59") == "2026-11-21T21:00:00.000Z");
}

TEST_CASE("schedule: a window goes by the clocks of its place when they change") {
  if (!has_zones()) return support::skip("no time zone database");
  // On 2026-03-29 clocks in Berlin go from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
  CHECK(opening("04:00-05:00 Europe/Berlin", "2026-03-29T01:00") == "2026-03-29T02:00:00.000Z");
  CHECK(opening("04:00-05:00 Europe/Berlin", "2026-10-25T01:00+02:00") == "2026-10-25T03:00:00.000Z");
}

TEST_CASE("schedule: a place that is not in the database is none") {
  for (const char* name : {"Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "a\nb"})
    CHECK_MESSAGE(!os::ZoneData::find(name), name);
}
