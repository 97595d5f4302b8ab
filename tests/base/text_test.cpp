#include "base/text.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("valid UTF-8 is told from what only looks like it") {
  for (const std::string& good :
       {""s, "abc"s, "\u00e4\u20ac\U0001F600"s, "\0"s, "\xF4\x8F\xBF\xBF"s, "\xEF\xBF\xBF"s}) {
    CAPTURE(good);
    CHECK(base::is_utf8(good));
  }
  const std::vector<std::string> bad = {
      "\xff",              // never a byte of UTF-8
      "\x80",              // a continuation that continues nothing
      "\xC3",              // cut short
      "\xE2\x82",          //
      "\xC0\x80",          // NUL, overlong
      "\xC1\xBF",          //
      "\xE0\x80\x80",      //
      "\xF0\x80\x80\x80",  //
      "\xED\xA0\x80",      // a surrogate
      "\xF4\x90\x80\x80",  // past U+10FFFF
      "\xF8\x88\x80\x80\x80",
      "a\xC3(",
  };
  for (const std::string& text : bad) {
    CAPTURE(base::escape(text));
    CHECK_FALSE(base::is_utf8(text));
    CHECK(base::is_utf8(base::repair_utf8(text)));
  }
}

TEST_CASE("repairing keeps what is valid and replaces each byte that is not") {
  CHECK(base::repair_utf8("a\xffz") == "a\uFFFDz");
  CHECK(base::repair_utf8("\xE2\x82z") == "\uFFFD\uFFFDz");
  CHECK(base::repair_utf8("\u00e4") == "\u00e4");
}

TEST_CASE("nothing that a terminal obeys survives escaping") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"plain \u00e4\u4e16 \\n", "plain \u00e4\u4e16 \\n"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {"\0"s, "\\x00"},
      {"\x7f", "\\x7f"},
      {"\xff", "\\xff"},
      {"\u0085", "\\u{85}"},
      {"\u202egpj.exe", "\\u{202e}gpj.exe"},
      {"\u2066", "\\u{2066}"},
      {"\u200b", "\\u{200b}"},
      {"\u2028", "\\u{2028}"},
      {"\uFEFF", "\\u{feff}"},
  };
  for (const auto& [raw, shown] : rows) CHECK(base::escape(raw) == shown);
  CHECK(base::escape_lines("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b");
}

TEST_CASE("what hides or turns text around is shown as an escape") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"\xd8\x9c", "\\u{61c}"},           {"\xc2\xad", "\\u{ad}"},       {"\xe1\xa0\x8e", "\\u{180e}"},
      {"\xe2\x81\xa0", "\\u{2060}"},      {"\xe2\x81\xaf", "\\u{206f}"}, {"\xef\xbf\xb9", "\\u{fff9}"},
      {"\xf3\xa0\x81\x81", "\\u{e0041}"},
  };
  for (const auto& [raw, shown] : rows) CHECK(base::escape(raw) == shown);
  CHECK(base::escape("\xe2\x80\x94 \xc2\xa0 \xf0\x9f\x99\x82") == "\xe2\x80\x94 \xc2\xa0 \xf0\x9f\x99\x82");
}

TEST_CASE("JSON that is safe on a terminal still says the same") {
  CHECK(base::escape_json("{\"a\": \"\xc2\x9b\x7f\xe2\x80\xae\xf3\xa0\x81\x81 \xc3\xa4\"}\n") ==
        "{\"a\": \"\\u009b\\u007f\\u202e\\udb40\\udc41 \xc3\xa4\"}\n");
}

TEST_CASE("no byte sequence of any two bytes escapes to a control character") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string raw = {static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = base::escape(raw);
      REQUIRE(base::is_utf8(shown));
      for (const char letter : shown) REQUIRE((static_cast<unsigned char>(letter) >= 0x20 && letter != '\x7f'));
    }
  }
}

TEST_CASE("width counts columns, not bytes") {
  CHECK(base::display_width("") == 0);
  CHECK(base::display_width("\u00e4bc") == 3);
  CHECK(base::display_width("\u4e16\u754c") == 4);
  CHECK(base::display_width("\U0001F600") == 2);
  CHECK(base::display_width("e\u0301") == 1);
}

TEST_CASE("a text that does not fit is cut with an ellipsis, never in the middle of a character") {
  CHECK(base::fit("abc", 3) == "abc");
  CHECK(base::fit("abcd", 3) == "ab\u2026");
  CHECK(base::fit("abcd", 1) == "\u2026");
  CHECK(base::fit("abcd", 0).empty());
  CHECK(base::fit("\u4e16\u754c\u4e16", 4) == "\u4e16\u2026");
  for (std::size_t width = 0; width < 12; ++width)
    CHECK(base::display_width(base::fit("a\u4e16\u0301b\U0001F600c\u00e4", width)) <= width);
}

TEST_CASE("words are wrapped, long ones stand alone") {
  CHECK(base::wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(base::wrap("a verylongword b", 4) == std::vector<std::string>{"a", "verylongword", "b"});
  CHECK(base::wrap("a\n\nb", 10) == std::vector<std::string>{"a", "", "b"});
  CHECK(base::wrap("", 10) == std::vector<std::string>{""});
}

TEST_CASE("trimming, first lines and splitting") {
  CHECK(base::trim(" \t a b\r\n") == "a b");
  CHECK(base::trim(" \n ").empty());
  CHECK(base::first_line("a\nb") == "a");
  CHECK(base::first_line("a") == "a");
  CHECK(base::split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(base::split("", ',') == std::vector<std::string_view>{""});
  CHECK(base::split(",", ',') == std::vector<std::string_view>{"", ""});
}

TEST_CASE("a cap cuts between characters and says how much there was") {
  CHECK(base::cap("abc", 3) == "abc");
  CHECK(base::cap("abcd", 3) == "abc \u2026 [cut: 4 bytes in all]");
  CHECK(base::cap("a\u20acb", 2) == "a \u2026 [cut: 5 bytes in all]");
  CHECK(base::cap("a\u20acb", 3) == "a \u2026 [cut: 5 bytes in all]");
  CHECK(base::cap("a\u20acb", 4) == "a\u20ac \u2026 [cut: 5 bytes in all]");
  CHECK(base::cap(std::string(10, '\x80'), 8).size() > 0);
}

TEST_CASE("edit distance counts edits, with a swap as one and without regard to case") {
  CHECK(base::edit_distance("", "") == 0);
  CHECK(base::edit_distance("abc", "") == 3);
  CHECK(base::edit_distance("kitten", "sitting") == 3);
  CHECK(base::edit_distance("excute", "execute") == 1);
  CHECK(base::edit_distance("exceute", "execute") == 1);
  CHECK(base::edit_distance("EXECUTE", "execute") == 0);
}

TEST_CASE("the nearest word is suggested, and none when nothing is near") {
  const std::vector<std::string_view> words = {"shouldRun", "execute", "tags"};
  CHECK(base::nearest("shouldrun", words) == "shouldRun");
  CHECK(base::nearest("exceute", words) == "execute");
  CHECK(base::nearest("tgas", words) == "tags");
  CHECK_FALSE(base::nearest("banana", words));
  CHECK_FALSE(base::nearest("", words));
  CHECK_FALSE(base::nearest(std::string(1'000'000, 'x'), words));
}

TEST_CASE("durations are read in every unit and combination, and nonsense is none") {
  const std::vector<std::pair<std::string_view, std::chrono::milliseconds>> good = {
      {"250ms", 250ms}, {"30s", 30s}, {"5m", 5min}, {"2h", 2h}, {"1h30m", 90min}, {"1d", 24h}, {"0s", 0ms}};
  for (const auto& [text, expected] : good) CHECK(base::parse_duration(text) == expected);
  for (const std::string_view text :
       {"", "5", "s", "5x", "-5s", "5 s", "1h30", "99999999999999999999s", "9223372036854775807d", "1.5s", "+5s"}) {
    CAPTURE(text);
    CHECK_FALSE(base::parse_duration(text));
  }
}

TEST_CASE("sizes are read in every unit, and nonsense is none") {
  const std::vector<std::pair<std::string_view, std::uint64_t>> good = {
      {"0", 0}, {"4096", 4096}, {"64KiB", 65536}, {"64 kb", 65536}, {"256M", 268435456}, {"2GiB", 2147483648},
      {"7b", 7}};
  for (const auto& [text, expected] : good) CHECK(base::parse_size(text) == expected);
  for (const std::string_view text :
       {"", "KiB", "-1", "1.5M", "1T", "1 2", "18446744073709551615G", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(base::parse_size(text));
  }
}

TEST_CASE("durations and sizes read well") {
  CHECK(base::format_duration(400us) == "0.4 ms");
  CHECK(base::format_duration(12ms) == "12 ms");
  CHECK(base::format_duration(1250ms) == "1.25 s");
  CHECK(base::format_duration(200s) == "3 m 20 s");
  CHECK(base::format_duration(125min) == "2 h 05 m");
  CHECK(base::format_duration(-5s) == "0.0 ms");
  CHECK(base::format_size(812) == "812 B");
  CHECK(base::format_size(64 << 10) == "64 KiB");
  CHECK(base::format_size(3 << 19) == "1.5 MiB");
  CHECK(base::format_size(std::uint64_t{5} << 40) == "5120 GiB");
  CHECK(base::plural(1, "script") == "1 script");
  CHECK(base::plural(0, "script") == "0 scripts");
}

TEST_CASE("a duration just below the next unit is not rounded past it") {
  CHECK(base::format_duration(59'999'999us) == "1 m 00 s");
  CHECK(base::format_duration(3599'900ms) == "1 h 00 m");
  CHECK(base::format_duration(9'999us) == "10 ms");
  CHECK(base::format_duration(999'999us) == "1.00 s");
}

TEST_CASE("a size just below the next unit is not written as 1024 of the smaller one") {
  CHECK(base::format_size((1 << 20) - 1) == "1 MiB");
  CHECK(base::format_size((10 << 10) - 1) == "10 KiB");
}
