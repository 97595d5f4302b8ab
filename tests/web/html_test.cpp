// What is shown can be nothing but text, whoever said it.
#include "web/html.hpp"

#include <doctest/doctest.h>
#include <string>

#include "web/diff.hpp"
#include "web/highlight.hpp"

using web::DiffLine;
using web::LuaPiece;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The text of a page as a reader copies it: tags away, entities back.
std::string plain(const std::string& html) {
  std::string out;
  bool in_tag = false;
  for (const char letter : html) {
    if (letter == '<') in_tag = true;
    if (!in_tag) out += letter;
    if (letter == '>') in_tag = false;
  }
  const std::pair<std::string_view, std::string_view> all[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, letter] : all)
    for (std::size_t at = out.find(entity); at != std::string::npos; at = out.find(entity, at + 1))
      out.replace(at, entity.size(), letter);
  return out;
}

}  // namespace

TEST_CASE("no text ends an element or an attribute") {
  CHECK(web::shown("<script>alert(\"1\")</script>&'") == "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
  CHECK(web::shown_lines("a<b\n\tc") == "a&lt;b\n\tc");
  CHECK(web::sent("\"><input name='x'>") == "&quot;&gt;&lt;input name=&#39;x&#39;&gt;");
}

TEST_CASE("control characters, escape codes, changes of direction and bytes that are no text are made visible") {
  CHECK(web::shown("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(web::shown("a\nb\x07") == "a\\nb\\x07");
  CHECK(web::shown("evil\u202egnp.exe") == "evil\\u{202e}gnp.exe");
  CHECK(web::shown("zero\u200bwidth") == "zero\\u{200b}width");
  CHECK(web::shown("bad\xff") == "bad\\xff");
  CHECK(web::shown("Grüße 漢字 🙂") == "Grüße 漢字 🙂");
}

TEST_CASE("an address takes every byte of a name, and a query leaves empty fields out") {
  CHECK(web::script_address("a b/../c?x#y\"<\xff.lua") == "/scripts/a%20b%2F..%2Fc%3Fx%23y%22%3C%FF.lua");
  CHECK(web::query_of({{"script", "a&b=c.lua"}, {"by", ""}, {"until", "2026-11-20"}}) ==
        "?script=a%26b%3Dc.lua&amp;until=2026-11-20");
  CHECK(web::query_of({{"by", ""}}).empty());
}

TEST_CASE("only what a browser sends back byte for byte is put into a field") {
  CHECK(web::is_sendable("007_x.lua"));
  CHECK(web::is_sendable("Grüße \u202e.lua"));
  CHECK_FALSE(web::is_sendable("a\nb.lua"));
  CHECK_FALSE(web::is_sendable("a\x7f.lua"));
  CHECK_FALSE(web::is_sendable("a\xff.lua"));
}

TEST_CASE("a name as a link shows what it is and leads to it") {
  CHECK(web::script_link("7_a_b.lua") == "<a class=\"name\" href=\"/scripts/7_a_b.lua\">7_<wbr>a_<wbr>b.lua</a>");
  CHECK(web::script_link("<b>\".lua") == "<a class=\"name\" href=\"/scripts/%3Cb%3E%22.lua\">&lt;b&gt;&quot;.lua</a>");
  CHECK(web::attempt_link(7) == "<a href=\"/attempts/7\">attempt 7</a>");
}

TEST_CASE("facts without a text are left out, and none at all are no list") {
  web::Facts facts;
  CHECK(facts.text("reason", " \n").empty());
  CHECK(facts.take().empty());
  CHECK(facts.text("reason", "a <b>").take() ==
        "<dl class=\"facts \">\n<div><dt>reason</dt><dd>a &lt;b&gt;</dd></div>\n</dl>\n");
}

TEST_CASE("each outcome has a word and a picture of its own beside its colour") {
  CHECK(has(web::badge(core::OutcomeKind::skipped), "skipped"));
  CHECK(has(web::badge(core::OutcomeKind::rolled_back), "rolled back"));
  CHECK(has(web::badge(std::nullopt), "running"));
  CHECK(web::badge(core::OutcomeKind::skipped) != web::badge(core::OutcomeKind::succeeded));
}

// ---- Lua ----

TEST_CASE("the words of Lua are told apart") {
  const std::string text =
      "local n = 0x1F -- count\nreturn { shouldRun = function() return \"it's\" end, x.shouldRun }";
  std::string told;
  for (const LuaPiece& piece : web::lua_pieces(text)) {
    if (piece.kind == LuaPiece::Kind::keyword) told += "k:" + std::string(piece.text) + " ";
    if (piece.kind == LuaPiece::Kind::number) told += "n:" + std::string(piece.text) + " ";
    if (piece.kind == LuaPiece::Kind::comment) told += "c:" + std::string(piece.text) + " ";
    if (piece.kind == LuaPiece::Kind::text) told += "s:" + std::string(piece.text) + " ";
    if (piece.kind == LuaPiece::Kind::known) told += "f:" + std::string(piece.text) + " ";
  }
  CHECK(told == "k:local n:0x1F c:-- count k:return f:shouldRun k:function k:return s:\"it's\" k:end ");
}

TEST_CASE("what is coloured is the text, byte for byte, also where it is no Lua or ends in the middle") {
  for (const char* text :
       {"", "\n", "x", "a\n\nb", "\"open", "--[[ long\ncomment ]] x", "[==[ a ]] b ]==] 'x\\'y' 1..2 0x.1p-3 .5",
        "--[==[", "if a<b and c>d then e=\"&amp;\" end", "'a\\z  \n  b'", "[=x", "\\", "3..'x'"}) {
    CAPTURE(text);
    std::string all;
    for (const LuaPiece& piece : web::lua_pieces(text)) all += piece.text;
    CHECK(all == text);
    std::string lines;
    for (const std::string& line : web::highlighted_lines(text)) lines += line + "\n";
    const std::string whole = std::string(text).ends_with('\n') ? std::string(text) : std::string(text) + "\n";
    CHECK(plain(lines) == whole);
  }
}

TEST_CASE("a piece over several lines is closed and opened again in each") {
  const std::vector<std::string> lines = web::highlighted_lines("x = [[a<\nb]]\ny");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "x = <span class=\"s\">[[a&lt;</span>");
  CHECK(lines[1] == "<span class=\"s\">b]]</span>");
  CHECK(lines[2] == "y");
}

TEST_CASE("a script's text steers nothing on its page") {
  const std::string page = web::highlighted("</code></pre><script>x</script>\x1b[2J\u202e");
  CHECK_FALSE(has(page, "<script>"));
  CHECK(has(page, "&lt;/code&gt;"));
  CHECK(has(page, "\\x1b"));
  CHECK(has(page, "\\u{202e}"));
}

// ---- differences ----

namespace {

std::string told(std::string_view before, std::string_view after) {
  std::string out;
  for (const DiffLine& line : web::diff(before, after)) {
    out += line.kind == DiffLine::Kind::same ? ' ' : line.kind == DiffLine::Kind::added ? '+' : '-';
    out += std::string(line.text) + ";";
  }
  return out;
}

std::string side(std::string_view before, std::string_view after, DiffLine::Kind without) {
  std::string out;
  for (const DiffLine& line : web::diff(before, after))
    if (line.kind != without) out += std::string(line.text) + "\n";
  return out;
}

}  // namespace

TEST_CASE("as few lines as there can be are told as different") {
  CHECK(told("a\nb\nc\n", "a\nx\nc\n") == " a;-b;+x; c;");
  CHECK(told("", "a\n") == "+a;");
  CHECK(told("a\n", "") == "-a;");
  CHECK(told("a\nb\n", "a\nb\n") == " a; b;");
  CHECK(told("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n") == "-a;-b; c;+b; a; b;-b; a;+c;");
}

TEST_CASE("both versions can be told from their differences, whatever they are") {
  std::uint32_t seed = 7;
  const auto next = [&seed](std::uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 16U) % below;
  };
  for (int round = 0; round < 400; ++round) {
    std::string before;
    std::string after;
    for (std::uint32_t at = next(30); at > 0; --at) before += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    for (std::uint32_t at = next(30); at > 0; --at) after += std::string(1, static_cast<char>('a' + next(4))) + "\n";
    CAPTURE(before);
    CAPTURE(after);
    CHECK(side(before, after, DiffLine::Kind::added) == before);
    CHECK(side(before, after, DiffLine::Kind::removed) == after);
  }
}

TEST_CASE("two texts that have nothing in common are told at once, one after the other") {
  std::string before;
  std::string after;
  for (int line = 0; line < 5'000; ++line) {
    before += "old " + std::to_string(line) + "\n";
    after += "new " + std::to_string(line) + "\n";
  }
  CHECK(side(before, after, DiffLine::Kind::added) == before);
  CHECK(side(before, after, DiffLine::Kind::removed) == after);
}

TEST_CASE("what is alike is left out of the picture, but for some lines around") {
  std::string before;
  for (int line = 1; line <= 30; ++line) before += "line " + std::to_string(line) + "\n";
  std::string after = before;
  after.replace(after.find("line 15\n"), 8, "<b>other</b>\n");
  const std::string shown = web::shown_diff(before, after);
  CHECK(has(shown, "line 12<"));
  CHECK(has(shown, "line 18<"));
  CHECK_FALSE(has(shown, "line 11<"));
  CHECK(has(shown, "11 lines alike"));
  CHECK(has(shown, "12 lines alike"));
  CHECK(has(shown, "&lt;b&gt;other&lt;/b&gt;"));
  CHECK(web::shown_diff(before, before).empty());
}
