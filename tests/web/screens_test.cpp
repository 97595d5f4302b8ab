// Every screen over a shop in which everything has happened: what it says, where it leads, and that it is sound HTML.
#include "web/screens.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "web/answers.hpp"
#include "web/assets.hpp"
#include "web/page_checks.hpp"
#include "web/shop.hpp"
#include "web/verbs.hpp"

using core::Scope;
using support::faults_of;
using support::read;
using support::Shop;
using support::values_of;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void check_sound(const std::string& page, const std::string& address) {
  const support::Faults faults = faults_of(page);
  INFO(address);
  INFO(fmt::format("{}", fmt::join(faults, "\n")));
  CHECK(faults.empty());
  CHECK_FALSE(has(page, "<script>"));
  CHECK_FALSE(has(page, "<img"));
  CHECK_FALSE(has(page, "\x1b"));
  CHECK_FALSE(has(page, "\xe2\x80\xae"));
  CHECK_FALSE(has(page, "secret"));
}

bool is_screen(const std::string& address) {
  return address.starts_with("/") && !address.starts_with("/assets/") && !address.starts_with("/api/");
}

// Every address that can be reached from the first one.
std::set<std::string> walk(const Shop& shop, Scope scope) {
  std::set<std::string> seen = {"/"};
  std::vector<std::string> open = {"/"};
  while (!open.empty()) {
    const std::string address = open.back();
    open.pop_back();
    const std::string page = shop.screen(address, scope);
    check_sound(page, address);
    for (std::string next : values_of(page, "href")) {
      next = next.substr(0, next.find('#'));
      if (is_screen(next) && seen.insert(next).second) open.push_back(next);
    }
  }
  return seen;
}

// Of all forms of a page that are sent by POST.
std::set<std::string> verbs_on(const std::string& page) {
  std::set<std::string> verbs;
  for (const std::string& action : values_of(page, "action"))
    if (action != "/history") verbs.insert(action);
  return verbs;
}

web::Pairs fields_of(const std::string& verb) {
  if (verb == "mark") return {{"as", "pending"}};
  if (verb == "scripts") return {{"name", "a.lua"}, {"typed", "x"}};
  return {};
}

}  // namespace

TEST_CASE("every link on every screen leads to a screen, and each is sound HTML that steers nothing") {
  const Shop shop;
  shop.let_everything_happen();
  const std::set<std::string> seen = walk(shop, Scope::admin);
  for (const char* address : {"/runs", "/history", "/system", "/runs/1", "/attempts/1", "/scripts/001_changes.lua"}) {
    CAPTURE(address);
    CHECK(seen.contains(address));
  }
  CHECK(std::count_if(seen.begin(), seen.end(),
                      [](const std::string& each) { return each.starts_with("/scripts/"); }) >= 7);
  CHECK(std::count_if(seen.begin(), seen.end(), [](const std::string& each) { return has(each, "version="); }) >= 1);
}

TEST_CASE("every form goes to a verb that the server knows, with a field that proves whose it is") {
  const Shop shop;
  shop.let_everything_happen();
  std::set<std::string> all;
  for (const std::string& address : walk(shop, Scope::admin)) {
    const std::string page = shop.screen(address);
    const std::set<std::string> verbs = verbs_on(page);
    all.insert(verbs.begin(), verbs.end());
    std::size_t posts = 0;
    for (const std::string& method : values_of(page, "method")) posts += method == "post" ? 1 : 0;
    const std::vector<std::string> values = values_of(page, "value");
    CHECK(posts == std::size_t(std::count(values.begin(), values.end(), "the-token-of-forms")));
  }
  std::set<std::string> kinds;
  for (const std::string& verb : all) {
    CAPTURE(verb);
    const std::vector<std::string> path = web::parts_of_path(verb);
    CHECK((verb == "/sign-out" || web::verb_of(path, fields_of(path.back())).has_value()));
    kinds.insert(path.back());
  }
  for (const char* kind : {"run", "pause", "retry", "rollback", "mark", "verify", "sign-out"}) {
    CAPTURE(kind);
    CHECK(kinds.contains(kind));
  }
}

TEST_CASE("a viewer is shown no button that they may not press") {
  const Shop shop;
  shop.let_everything_happen();
  for (const std::string& address : walk(shop, Scope::read)) {
    CAPTURE(address);
    for (const std::string& verb : verbs_on(shop.screen(address, Scope::read)))
      CHECK((verb == "/sign-out" || verb == "/verify"));
    for (const std::string& verb : verbs_on(shop.screen(address, Scope::run))) CHECK_FALSE(verb.ends_with("/mark"));
  }
}

TEST_CASE("home says what is pending, blocked, failed, done and ignored, and why") {
  const Shop shop;
  shop.let_everything_happen();
  const std::string page = shop.screen("/");
  const std::string text = read(page);
  CHECK(has(text, "Database updates available"));
  CHECK(has(text, "2 scripts are pending in fix-scripts/. 1 script blocked, 2 scripts failed."));
  CHECK(has(page, "<button class=\"main\">"));
  CHECK(has(text, "Update database"));
  CHECK(has(page, "name=\"dry_run\" value=\"1\""));
  CHECK(has(page, "name=\"scripts\" form=\"go\" value=\"007_new.lua\""));
  CHECK(has(text, "005_again.lua changed since"));
  CHECK(has(text, "it depends on 099_absent"));
  CHECK(has(text, "no <such> thing"));
  CHECK(has(text, "notes <b>.txt name does not end in .lua"));
  CHECK(has(text, "skipped shouldRun() said no"));
  CHECK(has(text, "marked as succeeded"));
  CHECK(has(text, "lock free"));
  CHECK(has(text, "watcher none"));
  CHECK(has(text, "Last runs"));
  CHECK(has(page, "id=\"live\" data-live"));
}

TEST_CASE("home of an empty folder is calm, before there is a ledger, too") {
  const Shop shop;
  const std::string page = shop.screen("/");
  check_sound(page, "/");
  CHECK(has(read(page), "Everything is up to date Nothing is pending."));
  CHECK_FALSE(verbs_on(page).contains("/run"));
  for (const char* address : {"/runs", "/history", "/system"}) check_sound(shop.screen(address), address);
  CHECK_THROWS_AS(shop.screen("/runs/1"), web::NotFound);
  CHECK_THROWS_AS(shop.screen("/attempts/1"), web::NotFound);
  CHECK_THROWS_AS(shop.screen("/scripts/absent.lua"), web::NotFound);
  CHECK_THROWS_AS(shop.screen("/scripts/..%2Fconfig.toml"), web::NotFound);
}

TEST_CASE("while runs are paused home says who paused them and why, and offers to resume instead of running") {
  const Shop shop;
  shop.script("001_x.lua", "return { executed = true }");
  CHECK(shop.site.fettle({"pause", "--by=anna", "--reason=till <monday>"}).status == 0);
  const std::string page = shop.screen("/");
  check_sound(page, "/");
  CHECK(has(read(page), "Runs are paused"));
  CHECK(has(read(page), "till <monday>"));
  CHECK(verbs_on(page).contains("/resume"));
  CHECK_FALSE(has(page, "Update database"));
}

TEST_CASE("a guard that lets no run be is told, and only a preview is offered") {
  const Shop shop("[guard]\nhosts = \"elsewhere.example\"\n");
  shop.script("001_x.lua", "return { executed = true }");
  const std::string page = shop.screen("/");
  check_sound(page, "/");
  CHECK(has(read(page), "Runs are not allowed now"));
  CHECK(has(read(page), "elsewhere.example"));
  CHECK_FALSE(has(page, "Update database"));
}

TEST_CASE("while a script runs, home and its own page show how far it is, what it says, and how to stop it") {
  const Shop shop;
  shop.script("001_long.lua", "log.info('<i>working</i>') local p = progress(40, 'pages') while true do p:set(10) end");
  support::Program run(shop.site.launch({"run", "--by=anna"}));
  const std::string ledger = shop.site.path(".fettle/ledger.db");
  REQUIRE(support::wait_until([&] {
    const auto history = ledger::History::open(ledger);
    return history && history->in_work() && history->progress(1);
  }));
  REQUIRE(support::wait_until([&] { return has(shop.screen("/attempts/1"), "&lt;i&gt;working"); }));
  const std::string home = shop.screen("/");
  check_sound(home, "/");
  CHECK(has(read(home), "A run goes on run 1 by anna on"));
  CHECK(has(read(home), "working on 001_long.lua"));
  CHECK(has(read(home), "10 of 40 (25 %) pages"));
  CHECK(has(home, "<progress max=\"40\" value=\"10\""));
  CHECK(verbs_on(home).contains("/cancel"));
  CHECK_FALSE(verbs_on(home).contains("/run"));
  const std::string attempt = shop.screen("/attempts/1");
  check_sound(attempt, "/attempts/1");
  CHECK(has(read(attempt), "info <i>working</i>"));
  CHECK(verbs_on(attempt).contains("/cancel"));
  CHECK_FALSE(verbs_on(shop.screen("/attempts/1", Scope::read)).contains("/cancel"));
  CHECK(has(read(shop.screen("/scripts/001_long.lua")), "001_long.lua running"));
  CHECK(verbs_on(shop.screen("/runs/1")).contains("/cancel"));
  CHECK(shop.site.fettle({"cancel", "--reason=enough"}).status == 0);
  CHECK_FALSE(run.wait(support::Seconds(60)).timed_out);
  CHECK(has(read(shop.screen("/")), "interrupted"));
}

TEST_CASE("a script of which nobody knows whether it was committed is a question to people") {
  const Shop shop;
  shop.script("001_x.lua", "return { executed = true }");
  CHECK(shop.site.fettle({"run"}).status == 0);
  {
    ledger::Ledger ledger = ledger::Ledger::open(shop.site.path(".fettle/ledger.db"));
    const std::int64_t run = ledger.begin_run(
        {.trigger = "manual", .by = "anna", .host = "h", .reason = "", .command = "", .pid = 1, .at = {1}});
    const std::int64_t attempt = ledger.begin_attempt(
        {.run = run, .script = {"002_y.lua", base::sha256_hex("return"), "return"}, .state = "new", .at = {1000}});
    ledger::Finished finished;
    finished.outcome.kind = core::OutcomeKind::unknown;
    finished.outcome.reason = "the line was cut during the commit";
    finished.at = {2000};
    ledger.finish_attempt(attempt, finished);
    ledger.end_run(run, {.at = {3000}, .scripts = 1, .exit_code = 10});
  }
  const std::string page = shop.screen("/");
  check_sound(page, "/");
  CHECK(has(read(page), "1 script needs your word"));
  CHECK(has(read(page), "the line was cut during the commit"));
  CHECK(verbs_on(shop.screen("/scripts/002_y.lua")).contains("/scripts/002_y.lua/mark"));
}

TEST_CASE("an attempt tells its outcome, error, log, rows before and after, schema, measures and origin") {
  const Shop shop;
  shop.let_everything_happen();
  const std::string done = shop.screen("/attempts/1");
  const std::string text = read(done);
  CHECK(has(text, "Attempt 1 001_changes.lua succeeded"));
  CHECK(has(text, "message changed two rows"));
  CHECK(has(text, "file successfully-ran/001_changes.lua"));
  CHECK(has(text, "\"note\": \"<i>\""));
  CHECK(has(done, "<del>&#39;one&#39;</del> → <ins>&#39;&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&#39;</ins>"));
  CHECK(has(text, "-1 deleted"));
  CHECK(has(text, "table made created"));
  CHECK(has(text, "warn take care"));
  CHECK(has(text, "</p><script>alert(1)</script><img src=x onerror=alert(2)>\\x1b[31m\\u{202e}"));
  CHECK(has(text, "by anna"));
  CHECK(has(text, "why ticket <4711>"));
  CHECK(has(text, "command fettle run --by=anna"));
  CHECK(has(text, "its sandbox"));
  CHECK(has(done, "id=\"L1\""));
  const std::string failed = read(shop.screen("/attempts/3"));
  CHECK(has(failed, "cause raised an error"));
  CHECK(has(failed, "no <such> thing"));
  CHECK(has(failed, "Traceback"));
  CHECK(has(failed, "file failed/003_fails.lua"));
}

TEST_CASE("a text that somebody altered in the ledger is said to be, and the rest is shown all the same") {
  const Shop shop;
  shop.script("001_x.lua", "return { executed = true, message = 'well' }");
  CHECK(shop.site.fettle({"run"}).status == 0);
  shop.site.sql("drop trigger versions_are_final; update versions set size = size + 1", ".fettle/ledger.db");
  for (const char* address : {"/attempts/1", "/scripts/001_x.lua"}) {
    const std::string page = shop.screen(address);
    check_sound(page, address);
    CHECK(has(read(page), "well"));
    CHECK(has(page, "class=\"wrong\""));
  }
}

TEST_CASE("a script tells its attempts, what differs between its versions, and what lies in the folder") {
  const Shop shop;
  shop.let_everything_happen();
  const std::string page = shop.screen("/scripts/005_again.lua");
  const std::string text = read(page);
  CHECK(has(text, "005_again.lua pending"));
  CHECK(has(text, "rolled back"));
  CHECK(has(text, "In fix-scripts/"));
  CHECK(has(text, "It is not the text of attempt"));
  CHECK(has(text, "- db.exec(\"insert into ran values ('five')\")"));
  CHECK(has(text, "+ db.exec(\"insert into ran values ('5 once more')\")"));
  CHECK(has(text, "What differs from the version before"));
  CHECK(has(page, "<span class=\"s\">&quot;insert into ran values (&#39;five&#39;)&quot;</span>"));
  CHECK(has(page, "name=\"scripts\" value=\"005_again.lua\""));
  CHECK_THROWS_AS(shop.screen("/scripts/005_again.lua?version=abc"), web::NotFound);
}

TEST_CASE("a preview tells what would come of it, and offers to run exactly that") {
  const Shop shop;
  shop.let_everything_happen();
  const auto history = ledger::History::open(shop.site.path(".fettle/ledger.db"));
  const std::int64_t run = history->previews(1).front().id;
  const std::string page = shop.screen("/runs/" + std::to_string(run));
  CHECK(has(read(page), "Preview " + std::to_string(run) + " nothing was changed"));
  CHECK(has(read(page), "would succeed"));
  CHECK(has(read(page), "'three' → 'new'"));
  CHECK(has(page, "name=\"plan\" value=\"" + std::to_string(run) + "\""));
  CHECK_FALSE(verbs_on(shop.screen("/runs/" + std::to_string(run), Scope::read)).contains("/run"));
}

TEST_CASE("the history is filtered, searched and handed on as CSV and JSON with the same filter") {
  const Shop shop;
  shop.let_everything_happen();
  const auto rows = [&](const std::string& query) {
    const std::string page = shop.screen("/history" + query);
    check_sound(page, query);
    std::size_t count = 0;
    for (std::size_t at = page.find("<td class=\"id\"><a href=\"/attempts/"); at != std::string::npos;
         at = page.find("<td class=\"id\"><a href=\"/attempts/", at + 1))
      ++count;
    return count;
  };
  const std::size_t all = rows("");
  CHECK(all >= 9);
  CHECK(rows("?outcome=failed") == 2);
  CHECK(rows("?script=001") == 1);
  CHECK(rows("?by=bert") == 2);
  CHECK(rows("?run=1") == 5);
  CHECK(rows("?since=1h") == all);
  CHECK(rows("?until=2020-01-01") == 0);
  CHECK(rows("?outcome=failed&by=anna&run=1") == 2);
  CHECK(rows("?q=SUCH%3E+thing") >= 1);
  CHECK(rows("?q=%25%3Cscript") == 0);
  CHECK(has(shop.screen("/history?q=such+thing"), "/api/v1/history?format=csv&amp;q=such%20thing"));
  CHECK(has(shop.screen("/history?q=CHANGES"), "href=\"/scripts/001_changes.lua\""));
  const std::string filtered = shop.screen("/history?outcome=failed&by=anna");
  CHECK(has(filtered, "href=\"/api/v1/history?format=csv&amp;outcome=failed&amp;by=anna\""));
  CHECK(has(filtered, "<option value=\"failed\" selected>"));
  const std::string wrong = shop.screen("/history?since=yesterday%3Cb%3E");
  check_sound(wrong, "wrong");
  CHECK(has(wrong, "role=\"alert\""));
  CHECK(has(wrong, "value=\"yesterday&lt;b&gt;\""));
  CHECK(has(read(shop.screen("/history?script=absent")), "knows no script"));
}

TEST_CASE("what people did beside running scripts is told, with who and why") {
  const Shop shop;
  shop.let_everything_happen();
  CHECK(shop.site.fettle({"pause", "--by=anna", "--reason=freeze <b>"}).status == 0);
  CHECK(shop.site.fettle({"resume", "--by=bert"}).status == 0);
  const std::string page = shop.screen("/history?show=events");
  check_sound(page, "/history?show=events");
  const std::string text = read(page);
  CHECK(has(text, "mark 003_fails.lua"));
  CHECK(has(text, "looked"));
  CHECK(has(text, "anna freeze <b>"));
  CHECK(has(text, "resume"));
  CHECK(has(page, "aria-current=\"page\">Other events"));
}

TEST_CASE("the pages of a long history hold every attempt once") {
  const Shop shop;
  {
    ledger::Ledger ledger = ledger::Ledger::open(shop.site.path(".fettle/ledger.db"));
    const std::int64_t run = ledger.begin_run(
        {.trigger = "manual", .by = "anna", .host = "h", .reason = "", .command = "", .pid = 1, .at = {1}});
    for (int number = 0; number < 230; ++number) {
      const std::int64_t attempt = ledger.begin_attempt(
          {.run = run, .script = {"x.lua", std::string(64, 'a'), "return"}, .state = "new", .at = {1000}});
      ledger::Finished finished;
      finished.outcome.kind = core::OutcomeKind::succeeded;
      finished.at = {2000};
      ledger.finish_attempt(attempt, finished);
    }
    ledger.end_run(run, {.at = {3000}, .scripts = 230, .exit_code = 0});
  }
  const auto ids_from = [&](std::string address) {
    std::vector<std::string> ids;
    while (!address.empty()) {
      const std::string page = shop.screen(address);
      std::string next;
      std::set<std::string> here;
      for (const std::string& href : values_of(page, "href")) {
        if (href.starts_with("/attempts/")) here.insert(href);
        if (has(href, "before=")) next = href;
      }
      ids.insert(ids.end(), here.begin(), here.end());
      address = next;
    }
    return ids;
  };
  for (const char* address : {"/history", "/history?by=anna", "/runs/1"}) {
    CAPTURE(address);
    const std::vector<std::string> ids = ids_from(address);
    CHECK(ids.size() == 230);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 230);
  }
}

TEST_CASE("the system tells its databases without their secrets, the ledger, the sandbox and what is ignored") {
  const Shop shop;
  shop.let_everything_happen();
  const std::string text = read(shop.screen("/system"));
  CHECK(has(text, "main sqlite:app.db"));
  CHECK(has(text, "postgresql://me:***@db/x"));
  CHECK(has(text, "head of the chain"));
  CHECK(has(text, "at least seccomp"));
  CHECK(has(text, "notes <b>.txt name does not end in .lua"));
  CHECK(has(text, "Verify it now"));
}

TEST_CASE("signing in, a command and a fault are told on pages that are as sound") {
  const std::string sign_in = web::sign_in_screen("no such <token>", "/runs?x=\"1");
  CHECK(faults_of(sign_in).empty());
  CHECK(has(sign_in, "name=\"token\" type=\"password\" required"));
  CHECK(has(sign_in, "name=\"next\" value=\"/runs?x=&quot;1\""));
  CHECK(has(read(sign_in), "no such <token>"));
  const std::string fault = web::fault_screen("Not <found>", "it is\ngone", "fettle status");
  CHECK(faults_of(fault).empty());
  CHECK(has(read(fault), "Not <found> It is gone Next: fettle status"));

  const Shop shop;
  const cli::LoadedConfig loaded = cli::load_config(shop.site.path("config.toml"), {});
  const std::optional<ledger::History> none;
  const web::Viewer viewer{"anna", Scope::run, "t"};
  const web::Request request = support::request_of("/actions/1");
  const web::Look look{loaded, none, viewer, request};
  const std::string working = web::action_screen(look, {.command = "fettle run --reason='<b>'",
                                                        .output = "a\x1b[1m\nb <i>\n",
                                                        .running = true,
                                                        .exit_code = 0,
                                                        .run = 7});
  CHECK(faults_of(working).empty());
  CHECK(has(read(working), "At work running"));
  CHECK(has(read(working), "fettle run --reason='<b>'"));
  CHECK(has(working, "a\\x1b[1m\nb &lt;i&gt;"));
  CHECK(has(working, "href=\"/runs/7\""));
  CHECK(has(working, "http-equiv=\"refresh\""));
  const std::string over =
      web::action_screen(look, {.command = "fettle run", .output = "", .running = false, .exit_code = 4, .run = 0});
  CHECK(has(read(over), "a script failed"));
  CHECK_FALSE(has(over, "http-equiv=\"refresh\""));
}

TEST_CASE("style, module and pictures are small and ask nobody for anything") {
  std::size_t bytes = 0;
  for (const web::Asset& asset : web::assets()) {
    CAPTURE(asset.name);
    bytes += asset.text.size();
    const std::string text(asset.text);
    CHECK_FALSE(has(text, "@import"));
    CHECK_FALSE(has(text, "url("));
    CHECK_FALSE(has(text, "innerHTML"));
    CHECK_FALSE(has(text, "eval("));
    for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1))
      CHECK(text.substr(at).starts_with("://www.w3.org/2000/svg"));
  }
  CHECK(bytes < 60'000);
  CHECK(bytes > 10'000);
}
