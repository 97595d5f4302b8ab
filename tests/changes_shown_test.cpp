// What attempts changed and previews found, as people and programs read it: over a ledger that was filled by hand, by
// the shipped program.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "core/message.hpp"
#include "ledger/ledger_fixture.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

core::RecordedChanges changes_named(const std::string& name) {
  core::RecordedChanges recorded;
  recorded.changes.tables = {
      {.table = name, .columns = {"id", name}, .key = {"id"}, .inserted = 5, .updated = 1, .gap = ""}};
  recorded.changes.schema = {{core::SchemaChange::Kind::created, "index", name, "", "CREATE INDEX " + name}};
  core::ChangedRows rows;
  for (std::int64_t id = 1; id <= 5; ++id)
    rows.rows.push_back({core::RowChange::Kind::inserted, 0, {}, {id, fmt::format("{} {}", name, id)}});
  rows.rows.push_back(
      {core::RowChange::Kind::updated, 0, {std::int64_t{9}, name + " old"}, {std::int64_t{9}, name + " new"}});
  recorded.rows = {core::encode(rows)};
  return recorded;
}

ledger::Preview preview_named(const std::string& name) {
  ledger::Preview preview;
  preview.start = support::run_of("vera");
  preview.end = {.at = {6000}, .scripts = 1, .exit_code = 0};
  ledger::Previewed& script = preview.scripts.emplace_back();
  script.script = "002_next.lua";
  script.sha256 = std::string(64, 'b');
  script.outcome.kind = core::OutcomeKind::succeeded;
  script.outcome.message = "would do " + name;
  script.statements = 3;
  script.changes = changes_named(name);
  return preview;
}

// Attempt 1 changed something in a table of this name; run 2 was a preview.
struct Site {
  support::Scratch scratch;

  explicit Site(const std::string& name) {
    scratch.write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n[ledger]\npath = \"ledger.db\"\n");
    ledger::Ledger ledger = ledger::Ledger::open(scratch.path("ledger.db"));
    const std::int64_t run = ledger.begin_run(support::run_of("anna"));
    ledger::Finished finished = support::ended(core::OutcomeKind::succeeded);
    finished.changes = changes_named(name);
    support::LedgerFixture::attempt(ledger, run, support::script_of("001_a.lua", "return {}"), finished);
    ledger.end_run(run, {.at = {3000}, .scripts = 1, .exit_code = 0});
    CHECK(ledger.record_preview(preview_named(name)) == 2);
  }

  support::Ended type(Strings words, const std::string& before = "") const {
    words.insert(words.begin(), support::fettle_binary());
    if (!before.empty()) words.insert(words.begin() + 1, before);
    return support::run({.command = words, .directory = scratch.path(), .environment = {"LC_ALL=C.UTF-8"}});
  }
  std::string out(const Strings& words) const {
    const support::Ended ended = type(words);
    CHECK_MESSAGE(ended.status == 0, ended.err);
    return ended.out;
  }
  json told(const Strings& words) const { return json::parse(type(words, "--json").out); }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("fettle show tells what an attempt changed: counts, a sample, and with --full every row") {
  const Site site("menu");
  const std::string brief = site.out({"show", "1"});
  CHECK(has(brief, "\nChanges\n  menu  +5 ~1\n    + id=1 menu: 'menu 1'\n"));
  CHECK(has(brief, "    + id=3 "));
  CHECK_FALSE(has(brief, "+ id=4 "));
  CHECK(has(brief, "    ~ id=9 menu: 'menu old' → 'menu new'\n"));
  CHECK(has(brief, "    … 2 more inserted\n"));
  CHECK(has(brief, "  schema\n    + index menu created\n      + CREATE INDEX menu\n"));
  CHECK(has(brief, "fettle show 1 --full"));
  const std::string full = site.out({"show", "001_a", "--full"});
  CHECK(has(full, "    + id=5 menu: 'menu 5'\n"));
  CHECK_FALSE(has(full, "more inserted"));
}

TEST_CASE("JSON tells changes: a sample in show, all with --full, counts alone in history") {
  const Site site("menu");
  const json sample = site.told({"show", "1"})["changes"]["tables"][0];
  CHECK(sample["table"] == "menu");
  CHECK(sample["rows"].size() == 4);
  CHECK(sample["rows"][3]["before"] == json::parse(R"([9, "menu old"])"));
  CHECK(site.told({"show", "1", "--full"})["changes"]["tables"][0]["rows"].size() == 6);
  const json counts = site.told({"history"})[0]["changes"];
  CHECK(counts["tables"][0]["inserted"] == 5);
  CHECK_FALSE(counts["tables"][0].contains("rows"));
  CHECK(counts["schema"][0]["name"] == "menu");
}

TEST_CASE("what a preview found is read again by its run, and it is no attempt and not the last run") {
  const Site site("menu");
  const std::string shown = site.out({"show", "--preview", "2"});
  CHECK(has(shown, "preview 2"));
  CHECK(has(shown, "002_next.lua"));
  CHECK(has(shown, "would do menu"));
  CHECK(has(shown, "    ~ id=9 menu: 'menu old' → 'menu new'\n"));
  CHECK(has(shown, "nothing was changed"));
  CHECK(has(site.out({"history", "--preview"}), "vera"));
  const json preview = site.told({"show", "--preview", "2"});
  CHECK(preview["run"] == 2);
  CHECK(preview["dry_run"] == true);
  CHECK(preview["trigger"] == "preview");
  CHECK(preview["counts"]["succeeded"] == 1);
  CHECK(preview["scripts"][0]["changes"]["tables"][0]["rows"].size() == 6);
  CHECK(preview["scripts"][0]["attempt"].is_null());
  const json list = site.told({"history", "--preview"});
  REQUIRE(list.size() == 1);
  CHECK(list[0]["run"] == 2);
  CHECK(list[0]["scripts"] == 1);
  CHECK(site.told({"history"}).size() == 1);
  CHECK(site.told({"status"})["last_run"]["run"] == 1);
  for (const Strings& words : {Strings{"show", "--preview", "1"}, Strings{"show", "--preview", "9"},
                               Strings{"show", "1", "--preview", "2"}, Strings{"show"}})
    CHECK(site.type(words).status == 2);
  CHECK(site.type({"ledger", "verify"}).status == 0);
}

TEST_CASE("a report of an attempt or a preview is a new file, whole, in the form that its name asks for") {
  const Site site("menu");
  CHECK(has(site.out({"show", "1", "--output", "a.html"}), "a.html"));
  CHECK(has(site.scratch.read("a.html"), "<ins>&#39;menu new&#39;</ins>"));
  CHECK(has(site.scratch.read("a.html"), "return {}"));
  site.out({"show", "1", "--output", "a.md", "--full"});
  CHECK(has(site.scratch.read("a.md"), "\n+ id=5 menu: 'menu 5'\n"));
  site.out({"show", "--preview", "2", "-o", "p.md"});
  CHECK(has(site.scratch.read("p.md"), "# `Preview 2`"));
  CHECK(has(site.scratch.read("p.md"), "rolled back"));
  const support::Ended again = site.type({"show", "1", "--output", "a.html"});
  CHECK(again.status == 2);
  CHECK(has(again.err, "is there already"));
  const support::Ended other = site.type({"show", "1", "--output", "a.txt"});
  CHECK(other.status == 2);
  CHECK(has(other.err, ".html"));
  CHECK_FALSE(has(fmt::format("{}", fmt::join(site.scratch.list(), " ")), "a.txt"));
}

TEST_CASE("printing: no name of a table or column, no value and no SQL steers a terminal or forges a line") {
  const Strings hostile = {"\x1b[35mviolet",
                           "\x1b]8;;http://evil\x1b\\link",
                           "line\nerror: forged",
                           "over\rwritten",
                           "c1 \xc2\x9b\x33\x35m",
                           "raw \x9b\x33\x35m",
                           "bad \xff\xfe\xc3",
                           "rtl \xe2\x80\xae"
                           "aul",
                           "separator \xe2\x80\xa8",
                           "nothing \xe2\x80\x8b\xc2\xad",
                           "tag \xf3\xa0\x81\x81",
                           "quote \" ' \\ </script> {\"a\":1} %s ${HOME} `id`",
                           "null\x01\x02"};
  for (const std::string& text : hostile) {
    CAPTURE(base::escape(text));
    const Site site(text);
    for (const Strings& words :
         {Strings{"show", "1"}, Strings{"show", "1", "--full"}, Strings{"show", "--preview", "2"}, Strings{"history"},
          Strings{"history", "--preview"}}) {
      for (const std::string& form : {std::string(), std::string("--json")}) {
        const support::Ended ended = site.type(words, form);
        CHECK(ended.status == 0);
        CHECK(base::escape_lines(ended.out) == ended.out);
        CHECK_FALSE(has(ended.out, "\nerror: forged"));
        if (!form.empty()) CHECK(json::accept(ended.out));
        if (form.empty() && words.front() == "show")
          for (const std::string_view line : base::split(ended.out, '\n')) CHECK(base::display_width(line) <= 80);
      }
    }
    site.out({"show", "1", "--output", "r.html"});
    site.out({"show", "--preview", "2", "--output", "r.md"});
    for (const char* file : {"r.html", "r.md"}) {
      const std::string report = site.scratch.read(file);
      CHECK(base::escape_lines(report) == report);
      CHECK_FALSE(has(report, "\nerror: forged"));
    }
  }
}
