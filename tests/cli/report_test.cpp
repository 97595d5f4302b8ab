// Reports: everything that is to be known is in them, and nothing in them does anything.
#include "cli/report.hpp"

#include <doctest/doctest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "support/scratch.hpp"

using cli::ReportedScript;
using cli::ReportFacts;
using cli::ReportFormat;

namespace {

ReportedScript a_script(const std::string& text) {
  ReportedScript script;
  script.script = "007_" + text + ".lua";
  script.sha256 = "abc";
  script.outcome = core::Outcome{};
  script.outcome->kind = core::OutcomeKind::failed;
  script.outcome->cause = core::Cause::error;
  script.outcome->message = text;
  script.outcome->error = text;
  script.database = text;
  script.changes.tables = {
      {.table = text, .columns = {"id", text}, .key = {"id"}, .inserted = 1, .updated = 5, .gap = text}};
  script.changes.schema = {{core::SchemaChange::Kind::altered, text, text, text, text}};
  script.rows = {{core::RowChange::Kind::updated, 0, {std::int64_t{1}, text}, {std::int64_t{1}, text + "!"}},
                 {core::RowChange::Kind::inserted, 0, {}, {std::int64_t{2}, text}}};
  script.text = text;
  return script;
}

std::string report_of(ReportFormat format, const std::string& text) {
  ReportFacts facts;
  facts.title = "Run " + text;
  facts.note = "Nothing was changed.";
  facts.facts = {{"by", text}, {"reason", ""}};
  const std::vector<ReportedScript> scripts = {a_script(text)};
  return cli::report(format, facts, scripts);
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("report: both forms tell outcome, message, counts, rows, what is missing, the schema and the script") {
  for (const ReportFormat format : {ReportFormat::markdown, ReportFormat::html}) {
    const std::string text = report_of(format, "word");
    for (const char* wanted :
         {"Run word", "Nothing was changed.", "007_word.lua", "failed: raised an error",
          "1 script, 1 failed; in 1 table: 1 inserted, 5 updated, 0 deleted; 1 change of the schema", "+1", "~5",
          "id=1", "id=2", "4 more updated", "not all rows are known: word", "altered"}) {
      CAPTURE(wanted);
      CHECK(text.find(wanted) != std::string::npos);
    }
    CHECK(text.find("reason") == std::string::npos);
  }
}

TEST_CASE("report: a page holds no more elements than fettle wrote, whatever the texts, and asks for nothing") {
  const std::vector<std::string> hostile = {"<script>alert(1)</script>",
                                            "\"><img src=x onerror=alert(1)>",
                                            "'><a href='javascript:alert(1)'>",
                                            "</pre></section></main><iframe src=//evil>",
                                            "<!-- ",
                                            "&lt;b&gt; &#60;",
                                            "%BODY% %TITLE%",
                                            "\x1b[35m \xe2\x80\xae rtl \xff",
                                            "url(http://evil) @import"};
  const std::string plain = report_of(ReportFormat::html, "word");
  for (const std::string& text : hostile) {
    CAPTURE(text);
    const std::string page = report_of(ReportFormat::html, text);
    CHECK(count(page, "<") == count(plain, "<"));
    CHECK(count(page, ">") == count(plain, ">"));
    CHECK(base::is_utf8(page));
    CHECK(base::escape_lines(page) == page);
  }
  for (const char* never : {"<script", "<link", "<img", "src=", "href=", "url(", "@import", "http:", "https:"})
    CHECK_MESSAGE(plain.find(never) == std::string::npos, never);
  CHECK(plain.find("default-src 'none'") != std::string::npos);
  CHECK(plain.find("prefers-color-scheme: dark") != std::string::npos);
}

TEST_CASE("report: in Markdown no text leaves the code that it stands in") {
  for (const std::string text :
       {"```\n# forged", "`a` <img src=x>", "``` ```` `", "\n\n# forged\n", "~~~", "</details>"}) {
    CAPTURE(text);
    const std::string report = report_of(ReportFormat::markdown, text);
    // What viewers see outside of code: fences and spans taken away.
    std::string outside;
    std::string fence;
    for (const std::string_view line : base::split(report, '\n')) {
      const std::size_t ticks = std::min(line.find_first_not_of('`'), line.size());
      if (fence.empty() && ticks >= 3)
        fence = std::string(ticks, '`');
      else if (!fence.empty() && line == fence)
        fence.clear();
      else if (fence.empty())
        outside += std::string(line) + "\n";
    }
    CHECK(fence.empty());
    CHECK(outside.find("\n# forged") == std::string::npos);
    std::string without_spans;
    for (std::size_t at = 0; at < outside.size();) {
      if (outside[at] != '`') {
        without_spans += outside[at++];
        continue;
      }
      std::size_t end = outside.find_first_not_of('`', at);
      const std::string ticks = outside.substr(at, end - at);
      // A span ends with as many.
      for (std::size_t next = outside.find('`', end); next != std::string::npos; next = outside.find('`', end)) {
        end = std::min(outside.find_first_not_of('`', next), outside.size());
        if (end - next == ticks.size()) break;
      }
      at = end;
    }
    CHECK(without_spans.find("<img") == std::string::npos);
    CHECK(count(without_spans, "</details>") == 1);
  }
}

TEST_CASE("report: the end of the file's name says which form it has") {
  CHECK(cli::report_format("a.md") == ReportFormat::markdown);
  CHECK(cli::report_format("x/a.html") == ReportFormat::html);
  for (const char* other : {"a.txt", "html", "a.md.gz", ""}) CHECK_THROWS_AS(cli::report_format(other), base::Error);
}

TEST_CASE("report: a file that is there is not overwritten, and one that cannot be written leaves nothing behind") {
  const support::Scratch scratch;
  const std::vector<ReportedScript> scripts = {a_script("word")};
  const std::string file = scratch.path("report.html");
  cli::write_report(file, {}, scripts);
  const std::string first = scratch.read("report.html");
  CHECK(first.find("007_word.lua") != std::string::npos);
  CHECK_THROWS_WITH_AS(cli::write_report(file, {}, {}), doctest::Contains("is there already"), base::Error);
  CHECK(scratch.read("report.html") == first);
  ::symlink("nowhere", scratch.path("link.html").c_str());
  CHECK_THROWS_AS(cli::write_report(scratch.path("link.html"), {}, {}), base::Error);
  CHECK_THROWS_AS(cli::write_report(scratch.path("no/such/folder.md"), {}, {}), base::Error);
  CHECK(scratch.list(".").size() == 2);
}
