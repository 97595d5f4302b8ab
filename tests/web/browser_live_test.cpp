// What a person has begun on a page stays when the page changes by itself, and a page that nobody answers any more says
// so: in a real browser, over the built programs.
#include <doctest/doctest.h>
#include <string>

#include "support/browser.hpp"
#include "support/served.hpp"
#include "support/skip.hpp"

using support::Browser;
using support::ServedSite;

namespace {

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

void drop(const ServedSite& site, const std::string& name, const std::string& body) {
  site.write("fix-scripts/." + name, "return { shouldRun = function() return true end, execute = function() " + body +
                                         " return { executed = true, message = 'it is done' } end }\n");
  std::filesystem::rename(site.path("fix-scripts/." + name), site.path("fix-scripts/" + name));
}

const std::string k_slow = "while true do end";  // until it is cancelled

}  // namespace

TEST_CASE("what somebody has written, ticked, selected and opened stays when the page changes") {
  if (is_missing()) return;
  const ServedSite site;
  drop(site, "001_a.lua", "");
  drop(site, "003_c.lua", "");
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  CHECK(browser.shows("003_c.lua"));
  browser.click(".says details.verb summary");
  browser.type("#go input[name=reason]", "half a rea");
  (void)browser.script(
      "const field = document.querySelector('#go input[name=reason]'); field.setSelectionRange(2, 4); "
      "document.querySelector('input[value=\"003_c.lua\"]').checked = true; "
      "window.kept = document.querySelector('.item[data-id=\"003_c.lua\"]'); "
      "document.querySelector('.says details.verb').open = true");
  drop(site, "002_b.lua", "");
  CHECK(browser.shows("002_b.lua"));
  CHECK(browser.shows("3 scripts are pending"));
  CHECK(browser.script("return document.querySelector('#go input[name=reason]').value") == "half a rea");
  CHECK(browser.script("return document.activeElement.name") == "reason");
  CHECK(browser.script("return document.activeElement.selectionStart") == 2);
  CHECK(browser.script("return document.activeElement.selectionEnd") == 4);
  CHECK(browser.script("return document.querySelector('input[value=\"003_c.lua\"]').checked"));
  CHECK_FALSE(browser.script("return document.querySelector('input[value=\"002_b.lua\"]').checked"));
  CHECK(browser.script("return document.querySelector('.says details.verb').open"));
  CHECK(browser.script("return window.kept.isConnected"));  // the same element, in its place behind the new one
  CHECK(browser.script("return document.querySelector('#lane-pending .item:last-child') === window.kept"));
}

TEST_CASE("only the scripts that were ticked are run") {
  if (is_missing()) return;
  const ServedSite site;
  drop(site, "001_a.lua", "");
  drop(site, "002_b.lua", "");
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  browser.click("input[value='002_b.lua']");
  browser.click("#go button.main");
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/002_b.lua"); }));
  CHECK(site.exists("fix-scripts/001_a.lua"));
}

TEST_CASE("a fold that was opened to pause is not one that cancels when a run has begun meanwhile") {
  if (is_missing()) return;
  const ServedSite site;
  drop(site, "001_slow.lua", k_slow);
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  CHECK(browser.shows("Database updates available"));
  browser.click(".says details[data-id='/pause'] summary");
  CHECK(browser.script("return document.querySelector(\".says details[data-id='/pause']\").open"));
  support::Program run(site.launch({"run"}));
  CHECK(browser.shows("A run goes on"));
  CHECK(browser.has(".says details[data-id='/cancel']"));
  CHECK_FALSE(browser.script("return document.querySelector(\".says details[data-id='/cancel']\").open"));
  CHECK(browser.script("return document.querySelector(\".says details[data-id='/pause']\").open"));
  CHECK(site.fettle({"cancel"}).status == 0);
  CHECK_FALSE(run.wait(support::Seconds(60)).timed_out);
}

TEST_CASE("a page says when nobody answers, and when whoever looks is signed out") {
  if (is_missing()) return;
  ServedSite site;
  Browser browser;
  sign_in(browser, site, site.token("anna", "run"));
  CHECK(browser.script("return document.getElementById('toast').hidden"));
  (void)site.stop();
  CHECK(browser.shows("Connection lost"));
  site.start();
  CHECK(browser.shows("You are signed out", support::Seconds(60)));  // sessions do not outlive the program
  CHECK(browser.script("return document.querySelector('#toast a').pathname") == "/sign-in");
}

TEST_CASE("keys lead to the search, to other screens and to the list of keys") {
  if (is_missing()) return;
  const ServedSite site;
  Browser browser;
  sign_in(browser, site, site.token("anna", "read"));
  browser.type("body", "?");
  CHECK(browser.shows("Close what is open"));
  browser.click("dialog.help button");
  browser.type("body", "/");
  CHECK(browser.script("return document.activeElement.id") == "find");
  (void)browser.script("document.activeElement.blur()");
  browser.type("body", "gr");
  CHECK(support::wait_until([&] { return browser.address() == site.url("/runs"); }));
  browser.type("#find", "g?h");  // letters in a field are letters
  CHECK(browser.address() == site.url("/runs"));
  CHECK_FALSE(browser.has("dialog[open]"));
}
