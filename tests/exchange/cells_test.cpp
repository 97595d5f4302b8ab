#include "exchange/cells.hpp"

#include <doctest/doctest.h>

#include "base/checksum.hpp"
#include "core/imported.hpp"
#include "exchange/facts.hpp"

using exchange::time_in;

namespace {

std::string iso(std::string_view text) {
  const auto time = time_in(text);
  return time ? base::iso8601(*time) : "none";
}

}  // namespace

TEST_CASE("times are understood as databases and tools write them, in UTC where they name no zone") {
  CHECK(iso("2024-02-29 23:59:59") == "2024-02-29T23:59:59.000Z");
  CHECK(iso("2024-02-29T23:59:59.123456Z") == "2024-02-29T23:59:59.123Z");
  CHECK(iso("2024-02-29 23:59:59.1+02") == "2024-02-29T21:59:59.100Z");
  CHECK(iso("2024-02-29 23:59:59-0530") == "2024-03-01T05:29:59.000Z");
  CHECK(iso("2024-02-29 23:59:59 +05:30") == "2024-02-29T18:29:59.000Z");
  CHECK(iso("2026-12-01 07:01:27.251975539+00:00") == "2026-12-01T07:01:27.251Z");
  CHECK(iso("2024-02-29 23:59") == "2024-02-29T23:59:00.000Z");
  CHECK(iso("2024-02-29") == "2024-02-29T00:00:00.000Z");
  CHECK(iso("1969-12-31 23:59:59") == "1969-12-31T23:59:59.000Z");
  CHECK(iso("1704103200123") == "2024-01-01T10:00:00.123Z");
  CHECK(iso("1704103200") == "2024-01-01T10:00:00.000Z");
}

TEST_CASE("what is no time is none") {
  for (const char* text :
       {"", " ", "yesterday", "2024", "2024-13-01", "2024-01-32", "2024-1-1", "2024-01-01 25:00:00", "2024-01-01 10:61",
        "2024-01-01 10:00:00 CET", "2024-01-01 10:00:00+", "0000-00-00 00:00:00"}) {
    CAPTURE(text);
    const bool is_number = std::string_view(text) == "2024";  // seconds since 1970
    CHECK(time_in(text).has_value() == is_number);
  }
}

TEST_CASE("checksums are those that other programs compute") {
  CHECK(base::crc32("123456789") == 0xCBF43926U);
  CHECK(base::crc32("6789", base::crc32("12345")) == 0xCBF43926U);
  CHECK(base::sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(base::sha1_hex("SELECT 1;\nSELECT 2;\n") == "02e462c27d80ad2bae3c1bb1aba905e20474960c");
  CHECK(base::sha1_hex(std::string(119, 'a')) == "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
  const auto fault = [](std::string tool, std::string checksum, std::string text) {
    core::Imported fact;
    fact.tool = std::move(tool);
    fact.checksum = std::move(checksum);
    return core::checksum_fault(fact, {"x.lua", std::string(64, '0'), std::move(text)});
  };
  CHECK(fault("flyway", "1681129483", "CREATE TABLE a(id INT);\n").empty());
  CHECK(fault("flyway", "-1665099012", "\xEF\xBB\xBFSELECT 1;\rSELECT 2;").empty());
  CHECK_FALSE(fault("flyway", "-1665099012", "SELECT 1;\nSELECT 3;").empty());
  CHECK(fault("liquibase", "9:abc", "any").empty());
  CHECK(fault("sqitch", "", "any").empty());
}

TEST_CASE("a script is found by its number, or its first word, where a tool knows no more") {
  CHECK(core::wild_stem("007") == "7_*");
  CHECK(core::wild_stem("000") == "0_*");
  CHECK(core::wild_stem("ae10") == "ae10_*");
  CHECK(core::wild_stem_of("007_clear_menu") == "7_*");
  CHECK(core::wild_stem_of("7-x") == "7_*");
  CHECK(core::wild_stem_of("20240101120000") == "20240101120000_*");
  CHECK(core::wild_stem_of("1975ea83b712_create") == "1975ea83b712_*");
  CHECK(core::wild_stem_of("") == "");
  CHECK(exchange::stem_of("sub/2024_a.php") == "2024_a");
  CHECK(exchange::stem_of("V1__init.sql") == "V1__init");
  CHECK(exchange::stem_of(".js") == ".js");
  CHECK(exchange::stem_of("auth.0001_initial") == "auth.0001_initial");
}
