#include "core/guard.hpp"

#include <chrono>
#include <doctest/doctest.h>

namespace {

using core::Civil;
using core::GuardConfig;

// Clocks without a summer time, some hours east.
class Clocks : public core::Zone {
 public:
  explicit Clocks(int hours) : east_(hours) {}
  base::Instant instant_of(const Civil& civil) const override {
    core::PointInTime point{civil, 0};
    return {core::instant_of(point, *this).milliseconds - east_ * std::int64_t{3'600'000}};
  }
  Civil civil_of(base::Instant instant) const override {
    using namespace std::chrono;
    const sys_seconds time{seconds(instant.milliseconds / 1000 + east_ * std::int64_t{3600})};
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return {static_cast<int>(date.year()),
            static_cast<int>(static_cast<unsigned>(date.month())),
            static_cast<int>(static_cast<unsigned>(date.day())),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count())};
  }

 private:
  int east_;
};

// Saturday
const base::Instant k_now = core::instant_of(*core::parse_point("2026-11-21T10:28:00Z"), Clocks(0));

std::string found(const GuardConfig& guard, const std::string& host = "db-1.example.com",
                  std::optional<std::string> variable = {}) {
  const Clocks clocks(1);
  const auto forbidden = core::forbidden(guard, {host, std::move(variable), k_now, &clocks});
  return forbidden ? forbidden->guard + ": " + forbidden->found : "allowed";
}

}  // namespace

TEST_CASE("guard: without one every run is allowed") {
  CHECK_FALSE(core::forbidden({}, {"", {}, {}, nullptr}));
}

TEST_CASE("guard: hosts are allowed by patterns, whatever their case") {
  const GuardConfig guard{.hosts = "db-*.example.com, app-[0-9]", .variable = {}, .hours = {}};
  CHECK(found(guard) == "allowed");
  CHECK(found(guard, "DB-2.Example.com") == "allowed");
  CHECK(found(guard, "app-7") == "allowed");
  CHECK(found(guard, "app-77") == "hosts: this host is app-77");
  CHECK(found(guard, "db-1.example.com.evil.org") == "hosts: this host is db-1.example.com.evil.org");
  CHECK(found(guard, "") == "hosts: this host is ");
}

TEST_CASE("guard: a variable must be set, or hold a certain value") {
  const GuardConfig any{.hosts = {}, .variable = "DEPLOY_OK", .hours = {}};
  CHECK(core::variable_of(any) == "DEPLOY_OK");
  CHECK(found(any) == "variable: DEPLOY_OK is not set");
  CHECK(found(any, "h", "") == "variable: DEPLOY_OK is empty");
  CHECK(found(any, "h", "no") == "allowed");
  const GuardConfig one{.hosts = {}, .variable = "STAGE=prod=eu", .hours = {}};
  CHECK(core::variable_of(one) == "STAGE");
  CHECK(found(one, "h", "prod=eu") == "allowed");
  CHECK(found(one, "h", "prod") == "variable: STAGE is \"prod\"");
  CHECK(found(one, "h", "") == "variable: STAGE is empty");
}

TEST_CASE("guard: outside of the hours it says what time it is there, and when they begin") {
  const GuardConfig office{.hosts = {}, .variable = {}, .hours = "Mon-Fri 08:00-18:00 Europe/Somewhere"};
  CHECK(found(office) == "hours: it is Sat 2026-11-21 11:28 there; closed until Mon 2026-11-23 08:00");
  const Clocks clocks(1);
  const auto closed = core::forbidden(office, {"", {}, k_now, &clocks});
  REQUIRE(closed);
  CHECK(base::iso8601(*closed->until) == "2026-11-23T07:00:00.000Z");
  CHECK_FALSE(core::forbidden(office, {"", {}, *closed->until, &clocks}));
  CHECK(core::forbidden(office, {"", {}, {closed->until->milliseconds - 1}, &clocks}));
  CHECK(core::describe(*closed) ==
        "[guard] hours is \"Mon-Fri 08:00-18:00 Europe/Somewhere\", and it is Sat 2026-11-21 11:28 there; closed until "
        "Mon 2026-11-23 08:00");
  CHECK(core::reason(*closed) == "outside of [guard] hours \"Mon-Fri 08:00-18:00 Europe/Somewhere\"");
  CHECK(found({.hosts = {}, .variable = {}, .hours = "Sat 11:00-12:00"}) == "allowed");
  CHECK(found({.hosts = {}, .variable = {}, .hours = "Sat 11:29-12:00"}) ==
        "hours: it is Sat 2026-11-21 11:28; closed until Sat 2026-11-21 11:29");
}

TEST_CASE("guard: hours of a place that the machine does not know any more are closed") {
  const auto closed =
      core::forbidden({.hosts = {}, .variable = {}, .hours = "00:00-24:00 Mars/Olympus"}, {"", {}, k_now, nullptr});
  REQUIRE(closed);
  CHECK_FALSE(closed->until);
  CHECK(core::reason(*closed) ==
        "[guard] hours is \"00:00-24:00 Mars/Olympus\", and this machine does not know that time zone");
}

TEST_CASE("guard: the one that time does not lift is told of first") {
  const GuardConfig all{.hosts = "db-*", .variable = "OK", .hours = "Mon 08:00-09:00"};
  CHECK(found(all, "web").starts_with("hosts: "));
  CHECK(found(all, "db-1").starts_with("variable: "));
  CHECK(found(all, "db-1", "yes").starts_with("hours: "));
}

TEST_CASE("guard: what was found is safe to print") {
  const auto forbidden = core::forbidden({.hosts = {}, .variable = "STAGE=prod", .hours = {}},
                                         {"", "\x1b[31m" + std::string(1000, 'x'), k_now, nullptr});
  REQUIRE(forbidden);
  const std::string text = core::describe(*forbidden);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\\x1b[31mxxx") != std::string::npos);
  CHECK(text.size() < 250);
}

TEST_CASE("guard: texts that can never be met are no guards") {
  for (const char* good : {"", "db-*", "a, b ,c", "app-[0-9].*", "[!x]?"})
    CHECK_MESSAGE(core::is_guard_of_hosts(good), good);
  for (const char* bad : {",", "a,,b", "a,", " ", "a b", "[a", "a]", "[[a]]", "a;b", "a/b", "{a}"})
    CHECK_MESSAGE(!core::is_guard_of_hosts(bad), bad);
  for (const char* good : {"", "A", "_a9", "A=b", "A=b=c", "A= x"})
    CHECK_MESSAGE(core::is_guard_by_variable(good), good);
  for (const char* bad : {"=", "=a", "A=", "9A", "A-B", "A B", " A"})
    CHECK_MESSAGE(!core::is_guard_by_variable(bad), bad);
}
