#include "support/browser.hpp"

#include <array>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sodium.h>
#include <thread>
#include <unistd.h>

#include "support/scratch.hpp"

namespace support {
namespace {

using nlohmann::json;

constexpr const char* k_browser = "/usr/bin/chromium";
constexpr const char* k_driver = "/usr/bin/chromedriver";
constexpr const char* k_element = "element-6066-11e4-a52e-4f735466cecf";  // the protocol's name for a reference

// "… started successfully on port 38291."
int port_in(const std::string& text) {
  const std::string before = "successfully on port ";
  const std::size_t at = text.find(before);
  return at == std::string::npos || text.find('.', at) == std::string::npos
             ? 0
             : std::atoi(text.c_str() + at + before.size());
}

std::string decoded(const std::string& base64) {
  std::string bytes(base64.size(), '\0');
  std::size_t size = 0;
  REQUIRE(::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), base64.data(),
                              base64.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL) == 0);
  bytes.resize(size);
  return bytes;
}

}  // namespace

struct Browser::Inside {
  Scratch scratch;
  std::optional<Program> driver;
  std::unique_ptr<httplib::Client> client;
  std::string session;
};

bool Browser::is_there() {
  return ::access(k_browser, X_OK) == 0 && ::access(k_driver, X_OK) == 0;
}

Browser::Browser(const Options& options) : inside_(std::make_unique<Inside>()) {
  Inside& in = *inside_;
  in.driver.emplace(Launch{.command = {k_driver, "--port=0"}, .directory = in.scratch.path(), .environment = {}});
  int port = 0;
  REQUIRE(wait_until([&] { return (port = port_in(in.driver->out())) != 0; }));
  in.client = std::make_unique<httplib::Client>("127.0.0.1", port);
  in.client->set_read_timeout(60);
  json arguments = {"--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-dev-shm-usage",
                    "--force-device-scale-factor=1",
                    "--user-data-dir=" + in.scratch.path("profile"),
                    fmt::format("--window-size={},{}", options.width, options.height)};
  json chrome = {{"binary", k_browser}, {"args", arguments}};
  if (!options.scripts) chrome["prefs"]["profile.managed_default_content_settings.javascript"] = 2;
  const json made = command(
      "POST", "/session",
      {{"capabilities",
        {{"alwaysMatch",
          {{"browserName", "chrome"}, {"goog:chromeOptions", chrome}, {"goog:loggingPrefs", {{"browser", "ALL"}}}}}}}});
  in.session = "/session/" + made.at("sessionId").get<std::string>();
  // A window of that width is narrower inside than phones are.
  command("POST", in.session + "/goog/cdp/execute",
          {{"cmd", "Emulation.setDeviceMetricsOverride"},
           {"params",
            {{"width", options.width}, {"height", options.height}, {"deviceScaleFactor", 1}, {"mobile", false}}}});
  command("POST", in.session + "/goog/cdp/execute",
          {{"cmd", "Emulation.setEmulatedMedia"},
           {"params",
            {{"features",
              {{{"name", "prefers-color-scheme"}, {"value", options.dark ? "dark" : "light"}},
               {{"name", "prefers-reduced-motion"}, {"value", "reduce"}}}}}}});
}

Browser::~Browser() {
  if (!inside_->session.empty()) inside_->client->Delete(inside_->session);
}

json Browser::command(const std::string& method, const std::string& path, const json& body) {
  httplib::Result result =
      method == "GET" ? inside_->client->Get(path) : inside_->client->Post(path, body.dump(), "application/json");
  REQUIRE_MESSAGE(result, "the browser's driver does not answer");
  json value = json::parse(result->body, nullptr, false);
  if (result->status != 200) FAIL("the browser says of ", path, ": ", result->body.substr(0, 600));
  return value.at("value");
}

void Browser::open(const std::string& url) {
  command("POST", inside_->session + "/url", {{"url", url}});
}

std::string Browser::address() {
  return command("GET", inside_->session + "/url", {});
}

bool Browser::has(const std::string& css) {
  return !command("POST", inside_->session + "/elements", {{"using", "css selector"}, {"value", css}}).empty();
}

std::string Browser::element(const std::string& css) {
  if (!wait_until([&] { return has(css); }, Seconds(20))) {
    FAIL("no element fits ", css, " at ", address(), ": ",
         script("return document.body.innerText").dump().substr(0, 2000));
  }
  return command("POST", inside_->session + "/element", {{"using", "css selector"}, {"value", css}})
      .at(k_element)
      .get<std::string>();
}

std::string Browser::text(const std::string& css) {
  return command("GET", inside_->session + "/element/" + element(css) + "/text", {});
}

void Browser::click(const std::string& css) {
  command("POST", inside_->session + "/element/" + element(css) + "/click", json::object());
}

void Browser::type(const std::string& css, const std::string& keys) {
  command("POST", inside_->session + "/element/" + element(css) + "/value", {{"text", keys}});
}

// While one page gives way to another there may be no body, or one that is gone a moment later.
bool Browser::shows(const std::string& wanted, Seconds limit) {
  const auto tried = [this](const std::string& path, const json& body) {
    const httplib::Result result =
        body.is_null() ? inside_->client->Get(inside_->session + path)
                       : inside_->client->Post(inside_->session + path, body.dump(), "application/json");
    const json value = result && result->status == 200 ? json::parse(result->body, nullptr, false) : json();
    return value.is_object() ? value.at("value") : json();
  };
  return wait_until(
      [&] {
        const json body = tried("/element", {{"using", "css selector"}, {"value", "body"}});
        if (!body.is_object()) return false;
        const json text = tried("/element/" + body.at(k_element).get<std::string>() + "/text", nullptr);
        return text.is_string() && text.get<std::string>().find(wanted) != std::string::npos;
      },
      limit);
}

json Browser::script(const std::string& body) {
  return command("POST", inside_->session + "/execute/sync", {{"script", body}, {"args", json::array()}});
}

void Browser::picture(const std::string& path) {
  const json shot = command("POST", inside_->session + "/goog/cdp/execute",
                            {{"cmd", "Page.captureScreenshot"}, {"params", {{"captureBeyondViewport", true}}}});
  write_file(path, decoded(shot.at("data").get<std::string>()));
}

std::vector<std::string> Browser::console_errors() {
  std::vector<std::string> errors;
  for (const json& line : command("POST", inside_->session + "/se/log", {{"type", "browser"}}))
    if (line.at("level") == "SEVERE") errors.push_back(line.at("message"));
  return errors;
}

}  // namespace support
