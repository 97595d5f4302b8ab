// The page in a real browser, over the built programs: what people do with it, from the sign-in on.
#include "support/browser.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/served.hpp"
#include "support/skip.hpp"

using support::Browser;
using support::ServedSite;

namespace {

const std::vector<std::string> k_screens = {"/",
                                            "/scripts/001_good.lua",
                                            "/scripts/002_bad.lua",
                                            "/attempts/1",
                                            "/attempts/2",
                                            "/runs",
                                            "/runs/1",
                                            "/runs/2",
                                            "/history",
                                            "/history?outcome=failed",
                                            "/add?from=002_bad.lua",
                                            "/system"};

bool is_missing() {
  if (Browser::is_there()) return false;
  support::skip("there is no Chromium with a ChromeDriver");
  return true;
}

void sign_in(Browser& browser, const ServedSite& site, const std::string& token) {
  browser.open(site.url());
  browser.type("input[name=token]", token + "\n");
  REQUIRE(browser.shows("Sign out"));
}

std::string script_of(const std::string& body) {
  return "return { description = 'A <b>fix</b>', shouldRun = function() return true end, execute = function() " + body +
         " return { executed = true, message = 'it is done' } end }\n";
}

// As a person does it: whole at once.
void drop(const ServedSite& site, const std::string& name, const std::string& text) {
  site.write("fix-scripts/." + name, text);
  std::filesystem::rename(site.path("fix-scripts/." + name), site.path("fix-scripts/" + name));
}

void let_things_happen(const ServedSite& site) {
  drop(site, "001_good.lua", script_of("db.exec(\"insert into ran values ('<i>' || ctx.script)\") log.info('a <b>')"));
  drop(site, "002_bad.lua", script_of("error('no <i>good</i>')"));
  CHECK(site.fettle({"run", "--by", "anna", "--reason", "<u>why</u>"}).status == 4);
  drop(site, "003_more.lua", script_of("db.exec(\"insert into ran values ('x')\")"));
  CHECK(site.fettle({"run", "--dry-run"}).status == 0);
  site.write("fix-scripts/notes.txt", "x");
}

}  // namespace

TEST_CASE("somebody signs in, sees a script come, presses the button, watches it run, and sees it filed") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser;
  browser.open(site.url("/runs"));
  browser.type("input[name=token]", "wrong\n");
  CHECK(browser.shows("no token"));
  sign_in(browser, site, site.token("anna", "run"));
  CHECK(browser.shows("Everything is up to date"));

  drop(site, "001_slow.lua",
       script_of(
           "local bar = progress(3) for i = 1, 3 do log.info('step ' .. i) local t = os.time() + 1 while os.time() "
           "< t do end bar:step(1) end"));
  CHECK(browser.shows("Database updates available"));
  CHECK(browser.shows("001_slow.lua"));
  browser.type("#go input[name=reason]", "ticket 4711");
  browser.click("#go button.main");
  CHECK(browser.shows("fettle run '--reason=ticket 4711' --by=anna --via=web:127.0.0.1"));
  browser.open(site.url());
  CHECK(browser.shows("A run goes on"));
  CHECK(browser.shows("it is done", support::Seconds(30)));  // filed, and nobody loaded the page anew
  CHECK(browser.shows("Everything is up to date"));
  CHECK(site.exists("successfully-ran/001_slow.lua"));
  const auto attempt = site.fettle_json({"show", "1", "--json"});
  CHECK(attempt.at("trigger") == "web");
  CHECK(attempt.at("by") == "anna");
  CHECK(attempt.at("run_reason") == "ticket 4711");
}

TEST_CASE("log lines and progress of the script at work are seen while it works") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  drop(site, "001_slow.lua",
       script_of(
           "local bar = progress(5) for i = 1, 5 do log.warn('step ' .. i) local t = os.time() + 1 while os.time() "
           "< t do end bar:step(1) end"));
  CHECK(browser.shows("Database updates available"));
  browser.click("#go button.main");
  CHECK(browser.shows("fettle run"));  // it was sent
  browser.open(site.url("/attempts/1"));
  CHECK(browser.shows("step 2"));
  CHECK(support::wait_until([&] { return browser.has("progress, [role=progressbar]"); }, support::Seconds(4)));
  CHECK_FALSE(site.exists("successfully-ran/001_slow.lua"));
  CHECK(browser.shows("it is done", support::Seconds(30)));
}

TEST_CASE("somebody reads why a script failed, mends it and has it run again") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  drop(site, "001_bad.lua", script_of("db.exec('insert into nowhere values (1)')"));
  CHECK(browser.shows("Database updates available"));
  browser.click("#go button.main");
  CHECK(browser.shows("fettle run"));
  CHECK(support::wait_until([&] { return site.exists("failed/001_bad.lua"); }));
  browser.open(site.url("/scripts/001_bad.lua"));
  CHECK(browser.shows("no such table: nowhere"));
  site.write("failed/001_bad.lua", script_of("db.exec(\"insert into ran values ('mended')\")"));
  browser.open(site.url());
  browser.click("#lane-failed form[action$='/retry'] button");
  CHECK(browser.shows("fettle retry"));
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/001_bad.lua"); }));
  browser.open(site.url("/scripts/001_bad.lua"));
  CHECK(browser.shows("it is done"));
  CHECK(site.sql("select script from ran") == "mended");
}

TEST_CASE("somebody without a shell adds a script, reads why it failed, mends it on the page and runs it") {
  if (is_missing()) return;
  for (const bool scripts : {true, false}) {
    CAPTURE(scripts);
    const ServedSite site("[web]\nupload = true\n");
    Browser browser({.scripts = scripts});
    sign_in(browser, site, site.token("anna", "admin"));
    site.write("001_bad.lua", script_of("db.exec('insert into nowhere values (1)')"));
    browser.click("#lane-pending a[href='/add']");
    browser.type("input[name=file]", site.path("001_bad.lua"));
    browser.type("input[name=reason]", "ticket 4711\n");
    CHECK(browser.shows("001_bad.lua"));
    CHECK(support::wait_until([&] { return site.exists("fix-scripts/001_bad.lua"); }));
    CHECK(support::read_file(site.path("fix-scripts/001_bad.lua")) == support::read_file(site.path("001_bad.lua")));
    browser.open(site.url());
    browser.click("#go button.main");
    CHECK(browser.shows("fettle run"));
    CHECK(support::wait_until([&] { return site.exists("failed/001_bad.lua.error.txt"); }));
    browser.open(site.url("/scripts/001_bad.lua"));
    CHECK(browser.shows("no such table: nowhere"));
    browser.click("a[href^='/add?from=']");
    CHECK(browser.shows("Mend 001_bad.lua"));
    browser.type("textarea[name=typed]", "(");
    browser.click("#add button.main");
    CHECK(browser.shows("has a fault"));
    browser.type("textarea[name=typed]", "\uE003");  // takes the last letter away
    browser.click("#add button.main");
    CHECK(support::wait_until([&] { return site.exists("fix-scripts/001_bad.lua"); }));
    CHECK(site.sql("create table nowhere (x)").empty());
    browser.open(site.url());
    browser.click("#go button.main");
    CHECK(browser.shows("fettle run"));
    CHECK(support::wait_until([&] { return site.exists("successfully-ran/001_bad.lua"); }));
    CHECK(site.sql("select x from nowhere") == "1");
    CHECK_FALSE(site.exists("failed/001_bad.lua"));
  }
}

TEST_CASE("what one browser does another one sees, and two who press at once start one run") {
  if (is_missing()) return;
  const ServedSite site;
  Browser one, other;
  sign_in(one, site, site.token("anna", "run"));
  sign_in(other, site, site.token("bert", "run"));
  drop(site, "001_slow.lua", script_of("local t = os.time() + 3 while os.time() < t do end"));
  CHECK(one.shows("Database updates available"));
  CHECK(other.shows("Database updates available"));
  one.click("#go button.main");
  CHECK(other.shows("A run goes on"));
  const std::string csrf = other.script("return document.querySelector('input[name=csrf]').value");
  CHECK(other.shows("Everything is up to date", support::Seconds(30)));
  CHECK(site.fettle_json({"history", "--json"}).size() == 1);
  CHECK_FALSE(csrf.empty());
}

TEST_CASE("without JavaScript everything can be read, and the main button works") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser({.scripts = false});
  sign_in(browser, site, site.token("anna", "run"));
  let_things_happen(site);
  for (const std::string& screen : k_screens) {
    CAPTURE(screen);
    browser.open(site.url(screen));
    CHECK(browser.has("main h1"));
  }
  browser.open(site.url());
  browser.click("#go button.main");
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/003_more.lua"); }));
  browser.open(site.url());
  CHECK(browser.text("#lane-done").find("003_more.lua") != std::string::npos);
}

TEST_CASE("who may only look is shown no button that would be refused") {
  if (is_missing()) return;
  const ServedSite site;
  let_things_happen(site);
  Browser browser;
  sign_in(browser, site, site.token("reader", "read"));
  for (const std::string& screen : k_screens) {
    CAPTURE(screen);
    browser.open(site.url(screen));
    CHECK_FALSE(
        browser.has("form[action='/run'], form[action$='/retry'], form[action$='/mark'], form[action$='/rollback']"));
  }
}

TEST_CASE(
    "every screen fits a phone, loads nothing from elsewhere and leaves no error in the console, light and dark") {
  if (is_missing()) return;
  const ServedSite site("[web]\nupload = true\n");
  let_things_happen(site);
  const std::string token = site.token("anna", "admin");
  for (const bool dark : {false, true}) {
    Browser browser({.width = 390, .height = 844, .dark = dark});
    sign_in(browser, site, token);
    std::string background;
    for (const std::string& screen : k_screens) {
      CAPTURE(screen);
      browser.open(site.url(screen));
      CHECK(browser.has("main h1"));
      CHECK(browser.script("return document.documentElement.scrollWidth <= window.innerWidth"));
      CHECK(browser.script(
          "return performance.getEntriesByType('resource').every(e => e.name.startsWith(location.origin))"));
      CHECK(browser.script("return document.querySelectorAll('b, i, u').length === 0"));  // of what scripts said
      background = browser.script("return getComputedStyle(document.body).backgroundColor");
    }
    const int brightness = std::atoi(background.c_str() + background.find('(') + 1);
    CHECK((dark ? brightness < 80 : brightness > 200));
    for (const std::string& error : browser.console_errors()) CHECK_MESSAGE(false, error);
  }
}

TEST_CASE("all that a page loads is at most a hundred thousand bytes") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser;
  sign_in(browser, site, site.token("anna", "admin"));
  browser.open(site.url());
  const std::int64_t bytes = browser.script(
      "return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((sum, "
      "e) => sum + e.decodedBodySize, 0)");
  CHECK(bytes > 1000);
  CHECK(bytes <= 100'000);
}

TEST_CASE("a checker of accessibility finds no fault on any screen, light and dark") {
  if (is_missing()) return;
  const std::string checker = FETTLE_SOURCE_DIR "/.cache/axe/node_modules/axe-core/axe.min.js";
  if (!std::filesystem::exists(checker)) return support::skip("axe-core is not installed (tools/bootstrap, CI=true)");
  const std::string axe = support::read_file(checker);
  const ServedSite site("[web]\nupload = true\n");
  let_things_happen(site);
  const std::string token = site.token("anna", "admin");
  for (const bool dark : {false, true}) {
    Browser browser({.dark = dark});
    browser.open(site.url("/sign-in"));
    const auto faults = [&] {
      return browser
          .script(
              axe +
              "; return axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(r => "
              "r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')).join('\\n'))")
          .get<std::string>();
    };
    CHECK(faults() == "");
    sign_in(browser, site, token);
    for (const std::string& screen : k_screens) {
      CAPTURE(screen);
      browser.open(site.url(screen));
      CHECK(faults() == "");
    }
  }
}

TEST_CASE("with approvals one person asks for a run, another one looks and says yes, and then it is pressed") {
  if (is_missing()) return;
  const ServedSite site("[web]\napprovals = 1\n");
  drop(site, "001_good.lua", script_of("db.exec(\"insert into ran values ('x')\")"));
  Browser anna, bert;
  sign_in(anna, site, site.token("anna", "run"));
  sign_in(bert, site, site.token("bert", "run"));
  anna.type("#go input[name=reason]", "release 12");
  anna.click("#go button.main");
  CHECK(bert.shows("release 12"));
  anna.open(site.url());
  CHECK(anna.shows("It needs the yes of 1 person other than anna"));
  CHECK_FALSE(anna.has("form[action$='/approve']"));
  bert.click("#requests summary");
  bert.click("form[action$='/approve'] button");
  CHECK(bert.shows("fettle request approve"));
  CHECK(anna.shows("It may run."));
  CHECK(site.sql("select count(*) from ran") == "0");
  anna.click("#requests form[action='/run'] button");
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/001_good.lua"); }));
  anna.open(site.url());
  CHECK(anna.shows("Everything is up to date"));
  CHECK_FALSE(anna.has("#requests"));
}
