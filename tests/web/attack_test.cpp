// What somebody may try who should not come in, or not so far, over real sockets at the built program: each is refused,
// nothing is done, and the page goes on serving others.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "support/served.hpp"

using support::Answered;
using support::bearer;
using support::ServedSite;

namespace {

const std::string k_form = "Content-Type: application/x-www-form-urlencoded\r\n";
const std::string k_json = "Content-Type: application/json\r\n";

void drop_script(const ServedSite& site, const std::string& name = "001.lua") {
  site.write("fix-scripts/" + name,
             "return { shouldRun = function() return true end, execute = function() db.exec(\"insert into ran values "
             "('x')\") return { executed = true } end }\n");
}

bool nothing_ran(const ServedSite& site) {
  return site.fettle_json({"history", "--json", "--limit", "0"}).empty() && site.sql("select count(*) from ran") == "0";
}

struct Session {
  std::string cookie;  // a header line
  std::string csrf;
};

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return {};
  return text.substr(at + before.size(), text.find(after, at + before.size()) - at - before.size());
}

Session sign_in(const ServedSite& site, const std::string& token) {
  const Answered answer = site.post("/sign-in", "token=" + token, k_form);
  REQUIRE(answer.status == 303);
  const std::string cookie = answer.header("Set-Cookie");
  Session session{"Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n", {}};
  session.csrf = between(site.get("/", session.cookie).body, "name=\"csrf\" value=\"", "\"");
  REQUIRE(session.csrf.size() == 64);
  return session;
}

}  // namespace

TEST_CASE("without a token nobody sees or does anything") {
  const ServedSite site;
  drop_script(site);
  for (const char* path : {"/", "/runs", "/history", "/system", "/scripts/001.lua", "/attempts/1", "/actions/1"}) {
    CAPTURE(path);
    const Answered answer = site.get(path);
    CHECK(answer.status == 303);
    CHECK(answer.header("Location").starts_with("/sign-in?next=%2F"));
    CHECK(answer.body.empty());
  }
  for (const char* path :
       {"/api/v1/status", "/api/v1/history", "/api/v1/openapi.json", "/api/v1/nothing", "/metrics", "/live"}) {
    CAPTURE(path);
    CHECK(site.get(path).status == 401);
    CHECK(site.get(path, bearer("fettle_" + std::string(64, '0'))).status == 401);
  }
  CHECK(site.post("/api/v1/runs", "{}", k_json).status == 401);
  CHECK(site.post("/run", "", k_form).status == 401);
  CHECK(site.get("/healthz").body == "ok\n");
  CHECK(nothing_ran(site));
}

TEST_CASE("a token does what its scope says, and nothing more") {
  const ServedSite site;
  drop_script(site);
  const std::string reader = bearer(site.token("reader", "read")), runner = bearer(site.token("runner", "run"));
  CHECK(site.get("/api/v1/status", reader).status == 200);
  for (const char* path : {"/api/v1/runs", "/api/v1/pause", "/api/v1/resume", "/api/v1/scripts/001.lua/retry",
                           "/api/v1/scripts/001.lua/rollback"}) {
    CAPTURE(path);
    CHECK(site.post(path, "{}", reader + k_json).status == 403);
  }
  CHECK(site.post("/api/v1/scripts/001.lua/mark", R"({"as": "succeeded"})", runner + k_json).status == 403);
  CHECK(nothing_ran(site));
  CHECK(site.done("/api/v1/runs", "{}", runner + k_json).at("exit_code") == 0);
  CHECK(site.sql("select count(*) from ran") == "1");
}

TEST_CASE("a token that was revoked opens nothing, and ends the sessions that it began") {
  const ServedSite site;
  const std::string token = site.token("anna", "run");
  const Session session = sign_in(site, token);
  CHECK(site.get("/", session.cookie).status == 200);
  CHECK(site.fettle({"token", "revoke", "anna"}).status == 0);
  CHECK(support::wait_until([&] { return site.get("/", session.cookie).status == 303; }, support::Seconds(5)));
  CHECK(site.get("/api/v1/status", bearer(token)).status == 401);
}

TEST_CASE("a form that another site sends is refused, whoever is signed in") {
  const ServedSite site;
  drop_script(site);
  const Session session = sign_in(site, site.token("anna", "run"));
  const std::string good = "csrf=" + session.csrf;
  const auto status = [&](const std::string& body, const std::string& lines) {
    return site.post("/run", body, session.cookie + k_form + lines).status;
  };
  CHECK(status("", "") == 403);
  CHECK(status("csrf=", "") == 403);
  CHECK(status("csrf=" + std::string(64, 'a'), "") == 403);
  CHECK(status(good, "Origin: http://evil.example\r\n") == 403);
  CHECK(status(good, "Origin: null\r\n") == 403);
  CHECK(status(good, fmt::format("Origin: http://127.0.0.1:{}\r\n", site.port() + 1)) == 403);
  CHECK(status(good, "Sec-Fetch-Site: cross-site\r\n") == 403);
  CHECK(site.post("/api/v1/runs", "{}", session.cookie + k_json).status == 403);
  CHECK(site.post("/sign-in", "token=x", k_form + "Origin: http://evil.example\r\n").status == 403);
  CHECK(site.get("/run?" + good, session.cookie).status == 404);
  CHECK(nothing_ran(site));
  CHECK(status(good, fmt::format("Origin: http://127.0.0.1:{}\r\nSec-Fetch-Site: same-origin\r\n", site.port())) ==
        303);
  CHECK(support::wait_until([&] { return site.sql("select count(*) from ran") == "1"; }));
}

TEST_CASE("a secret of one sign-in is of no use to another") {
  const ServedSite site;
  const Session anna = sign_in(site, site.token("anna", "run")), bert = sign_in(site, site.token("bert", "run"));
  CHECK(site.post("/pause", "csrf=" + bert.csrf, anna.cookie + k_form).status == 403);
  CHECK(site.post("/pause", "csrf=" + anna.csrf, anna.cookie + k_form).status == 303);
}

TEST_CASE("a name that was bound to this address is not answered") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "run"));
  const auto asked_as = [&](const std::string& host) {
    return site.send("GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n" + host + token + "\r\n").status;
  };
  CHECK(asked_as("Host: evil.example\r\n") == 421);
  CHECK(asked_as(fmt::format("Host: evil.example:{}\r\n", site.port())) == 421);
  CHECK(asked_as("Host: 127.0.0.1.evil.example\r\n") == 421);
  CHECK(asked_as("") == 400);
  CHECK(asked_as("Host: 127.0.0.1\r\nHost: evil.example\r\n") == 400);
  CHECK(asked_as("Host: localhost\r\n") == 200);
}

TEST_CASE("no path leads out of what there is") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "admin"));
  for (const std::string path :
       {"/assets/../config.toml", "/assets/%2e%2e/config.toml", "/assets/..%2f..%2fconfig.toml", "/assets//etc/passwd",
        "/assets/page.css%00.lua", "/../../etc/passwd", "/scripts/..%2f..%2fetc%2fpasswd", "/scripts/%00",
        "/api/v1/scripts/..%2fconfig.toml", "/attempts/../1", "/attempts/99999999999999999999", "/attempts/-1",
        "/runs/1;2"}) {
    CAPTURE(path);
    const Answered answer = site.get(path, token);
    CHECK(answer.status >= 400);
    CHECK(answer.status < 500);
    CHECK(answer.body.find("root:") == std::string::npos);
    CHECK(answer.body.find("sqlite:app.db") == std::string::npos);
  }
}

TEST_CASE("what is no request, or too much of one, is refused, and others are served") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "read"));
  const std::string host = fmt::format("Host: 127.0.0.1:{}\r\n", site.port());
  CHECK(site.send("POST /run HTTP/1.1\r\n" + host + "Content-Length: 1073741824\r\n\r\n").status == 413);
  CHECK(site.send("POST /run HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status == 411);
  CHECK(site.send("POST /run HTTP/1.1\r\n" + host + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd").status ==
        400);
  CHECK(site.send("GET / HTTP/1.1\r\n" + host + "X: " + std::string(20'000, 'a') + "\r\n\r\n").status == 431);
  CHECK(site.send("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n").status == 431);
  CHECK(site.send("GET / HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n").status == 400);
  CHECK(site.send("GET / HTTP/1.1\r\n" + host + std::string("X: a\0b\r\n\r\n", 10)).status == 400);
  CHECK(site.send("HELLO\r\n\r\n").status == 400);
  CHECK(site.send("DELETE / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n").status == 405);
  CHECK(site.get("/api/v1/version", token).status == 200);
}

TEST_CASE("nothing that is sent becomes another line of an answer") {
  const ServedSite site;
  const Answered asked = site.get("/runs?x=%0d%0aSet-Cookie:%20a=b");
  CHECK(asked.status == 303);
  CHECK(asked.header("Set-Cookie").empty());
  for (const std::string next : {"//evil.example", "http://evil.example/", "/\\evil.example", "/a%0d%0aSet-Cookie: x=y",
                                 "javascript:alert(1)"}) {
    CAPTURE(next);
    const Answered answer = site.post(
        "/sign-in", "token=" + site.token(fmt::format("t{}", std::hash<std::string>()(next)), "read") + "&next=" + next,
        k_form);
    CHECK(answer.status == 303);
    CHECK(answer.header("Location") == "/");
  }
}

TEST_CASE("what scripts are called and say is shown and steers nothing, on every screen and in every document") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "admin"));
  const std::string name = "001_<img src=x onerror=alert(1)>\"'&\x1b[31m\xe2\x80\xae.lua";
  site.write(
      "fix-scripts/" + name,
      "return { description = '</title><script>alert(1)</script>', shouldRun = function() return true end, execute "
      "= function() log.info('<script>alert(2)</script>\\27[2J') error('<svg onload=alert(3)>\\27[31m') end }\n");
  CHECK(site.fettle({"run", "--reason", "<iframe src=//evil>", "--by", "<b>"}).status == 4);
  for (const std::string path : {"/", "/attempts/1", "/runs", "/runs/1", "/history", "/system", "/api/v1/status",
                                 "/api/v1/attempts/1", "/api/v1/history?format=csv"}) {
    CAPTURE(path);
    const Answered answer = site.get(path, token);
    CHECK(answer.status == 200);
    CHECK(answer.body.find('\x1b') == std::string::npos);
    CHECK(answer.body.find("\xe2\x80\xae") == std::string::npos);
    if (path.starts_with("/api")) continue;
    for (const char* tag : {"<img", "<script>alert", "<svg onload", "<iframe"})
      CHECK(answer.body.find(tag) == std::string::npos);
    CHECK(answer.header("Content-Security-Policy").find("script-src 'self'") != std::string::npos);
  }
}

TEST_CASE("scripts come in from the page only where it is allowed, from an administrator, and under a name of one") {
  const std::string script = R"({"name": "NAME", "text": "return { shouldRun = function() return true end, execute = )"
                             R"(function() return { executed = true } end }"})";
  const auto named = [&script](const std::string& name) {
    std::string text = script;
    return text.replace(text.find("NAME"), 4, name);
  };
  const auto files = [](const ServedSite& site) {
    return std::distance(std::filesystem::directory_iterator(site.path("fix-scripts")), {});
  };
  {
    const ServedSite site;
    const std::string admin = bearer(site.token("root", "admin"));
    CHECK(site.post("/api/v1/scripts", named("a.lua"), admin + k_json).status == 422);
    CHECK(site.get("/add", admin).status == 422);
    CHECK(site.get("/", admin).body.find("/add") == std::string::npos);
    CHECK(files(site) == 0);
  }
  const ServedSite site("[web]\nupload = true\n");
  const std::string token = site.token("root", "admin"), admin = bearer(token);
  const std::string runner = bearer(site.token("anna", "run"));
  CHECK(site.post("/api/v1/scripts", named("a.lua"), k_json).status == 401);
  CHECK(site.post("/api/v1/scripts", named("a.lua"), runner + k_json).status == 403);
  CHECK(site.get("/add", runner).status == 422);
  const Session session = sign_in(site, token);
  const std::string parts = "Content-Type: multipart/form-data; boundary=b\r\n";
  const auto part = [](const std::string& name, const std::string& value) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  };
  const std::string form = part("name", "a.lua") + part("typed", "return 1");
  CHECK(site.post("/scripts", form + "--b--\r\n", session.cookie + parts).status == 403);
  CHECK(site.post("/scripts", form + part("csrf", std::string(64, '0')) + "--b--\r\n", session.cookie + parts).status ==
        403);
  CHECK(site.post("/scripts", form, session.cookie + parts).status == 400);
  const Answered refused =
      site.post("/scripts", form + part("csrf", session.csrf) + "--b--\r\n", session.cookie + parts);
  CHECK(refused.status == 422);
  CHECK(refused.body.find("a.lua has a fault") != std::string::npos);
  CHECK(refused.body.find(">\nreturn 1</textarea>") != std::string::npos);  // what was typed is not lost
  for (const char* name :
       {"../a.lua", "/tmp/a.lua", ".a.lua", "a.txt", "a.lua/", "a\\u0000.lua", "a\\n.lua", "", "--force"}) {
    CAPTURE(name);
    CHECK(site.post("/api/v1/scripts", named(name), admin + k_json).status == 422);
  }
  CHECK(site.post("/api/v1/scripts", R"({"name": "a.lua"})", admin + k_json).status == 422);
  CHECK(site.post("/api/v1/scripts", R"({"name": "a.lua", "text": "while true do"})", admin + k_json).status == 422);
  CHECK(files(site) == 0);
  const Answered added = site.post("/api/v1/scripts", named("a.lua"), admin + k_json);
  CHECK(added.status == 200);
  CHECK(added.json().at("result").at("path") == "fix-scripts/a.lua");
  CHECK(site.post("/api/v1/scripts", named("a.lua"), admin + k_json).status == 422);
  CHECK(files(site) == 1);
  CHECK(site.sql("select by || ' ' || detail from events where verb = 'add'", ".fettle/ledger.db")
            .ends_with(", via web:127.0.0.1"));
}

TEST_CASE("what is sent to the API is JSON, also where its sender calls it a form, and nothing of it is left out") {
  const ServedSite site;
  drop_script(site);
  const std::string token = bearer(site.token("anna", "run"));
  const auto preview = site.done("/api/v1/runs", R"({"dry_run": true, "reason": "a=b&c"})", token + k_form);
  CHECK(preview.at("result").at("dry_run") == true);
  CHECK(preview.at("result").at("reason") == "a=b&c");
  CHECK(site.post("/api/v1/runs", "dry_run=1", token + k_form).status == 422);
  const Answered misspelt = site.post("/api/v1/runs", R"({"dry-run": true})", token + k_json);
  CHECK(misspelt.status == 422);
  CHECK(misspelt.json().at("detail") == "there is no field \"dry-run\" here; did you mean dry_run?");
  CHECK(nothing_ran(site));
}

TEST_CASE("no name and no reason that is sent becomes an option of a command") {
  const ServedSite site;
  drop_script(site);
  const std::string token = bearer(site.token("anna", "run"));
  CHECK(site.done("/api/v1/runs", R"({"scripts": ["--force"]})", token + k_json).at("exit_code") == 2);
  CHECK(site.done("/api/v1/runs", R"({"scripts": ["-C", "/tmp"]})", token + k_json).at("exit_code") == 2);
  CHECK(site.done("/api/v1/scripts/--all/retry", "{}", token + k_json).at("exit_code") == 2);
  CHECK(site.post("/api/v1/runs", R"({"scripts": ["001.lua\u0000x"]})", token + k_json).status == 422);
  CHECK(nothing_ran(site));
  const auto run = site.done("/api/v1/runs", R"({"reason": "--dry-run $(touch x) `touch y`"})", token + k_json);
  CHECK(run.at("result").at("reason") == "--dry-run $(touch x) `touch y`");
  CHECK_FALSE(site.exists("x"));
  CHECK_FALSE(site.exists("y"));
}

TEST_CASE("wrong tokens are counted, and then their sender is not heard for a while") {
  const ServedSite site;
  const std::string token = site.token("anna", "run");
  int refused = 0;
  for (int count = 0; count < 30; ++count) refused += site.post("/sign-in", "token=x", k_form).status == 429 ? 1 : 0;
  CHECK(refused >= 20);
  CHECK(site.post("/sign-in", "token=" + token, k_form).status == 429);
  CHECK(site.get("/healthz").status == 200);
}

TEST_CASE("a thousand idle connections and fifty that drip keep nobody waiting") {
  const ServedSite site;
  const std::string token = bearer(site.token("anna", "read"));
  std::vector<os::Fd> held;
  for (int count = 0; count < 1000; ++count) held.push_back(site.connect());
  for (std::size_t each = 0; each < 50; ++each) support::say(held[each], "GET / HTTP/1.1\r\nHost: ");
  for (int round = 0; round < 5; ++round) {
    for (std::size_t each = 0; each < 50; ++each) support::say(held[each], "a");
    CHECK(site.get("/api/v1/status", token).status == 200);
  }
}

TEST_CASE("a second press with the same key starts nothing and is answered like the first") {
  const ServedSite site;
  drop_script(site);
  const std::string token = bearer(site.token("anna", "run"));
  const auto first = site.done("/api/v1/runs", "{}", token + k_json + "Idempotency-Key: k1\r\n");
  drop_script(site, "002.lua");
  const auto second = site.post("/api/v1/runs", "{}", token + k_json + "Idempotency-Key: k1\r\n");
  CHECK(first.at("exit_code") == 0);
  CHECK(second.json().at("action") == first.at("action"));
  CHECK(site.fettle_json({"history", "--json"}).size() == 1);
  CHECK(site.done("/api/v1/runs", "{}", token + k_json + "Idempotency-Key: k2\r\n").at("run") == 2);
}

TEST_CASE(
    "an address that others can reach is refused without a proxy that ends TLS, and nobody serves without a token") {
  const support::Site site;
  support::Launch launch = site.launch({"serve"});
  const support::Ended without_token = support::run(launch);
  CHECK(without_token.status == 2);
  CHECK(without_token.err.find("fettle token add") != std::string::npos);
  CHECK(site.fettle({"token", "add", "anna"}).status == 0);
  launch.environment = {"FETTLE_WEB_LISTEN=0.0.0.0:0"};
  const support::Ended open = support::run(launch);
  CHECK(open.status == 2);
  CHECK(open.err.find("behind_proxy") != std::string::npos);
}

TEST_CASE("behind a proxy only https is answered, and who pressed is recorded with the address that the proxy saw") {
  const ServedSite site("[web]\nbehind_proxy = true\nhosts = \"fettle.example.org\"\n");
  drop_script(site);
  const std::string token = bearer(site.token("anna", "run"));
  CHECK(site.get("/api/v1/status", token).status == 403);
  const std::string lines = token + "X-Forwarded-Proto: https\r\nX-Forwarded-For: 10.9.9.9, 203.0.113.7\r\n";
  CHECK(site.get("/api/v1/status", lines).status == 200);
  CHECK(site.send("GET /api/v1/status HTTP/1.1\r\nHost: fettle.example.org\r\nConnection: close\r\n" + lines + "\r\n")
            .status == 200);
  CHECK(site.done("/api/v1/runs", "{}", lines + k_json).at("exit_code") == 0);
  CHECK(site.fettle_json({"show", "1", "--json"}).at("command") == "fettle --json run --by=anna --via=web:203.0.113.7");
}

TEST_CASE("what was pressed goes on when the page is stopped, and the page ends with 143") {
  ServedSite site;
  site.write("fix-scripts/001.lua", support::k_slow);
  const std::string token = bearer(site.token("anna", "run"));
  CHECK(site.post("/api/v1/runs", "{}", token + k_json).status == 202);
  CHECK(site.stop().status == 143);
  CHECK(support::wait_until([&] { return site.exists("successfully-ran/001.lua"); }));
  site.start();
  CHECK(site.get("/api/v1/attempts/1", token).json().at("outcome") == "succeeded");
}
