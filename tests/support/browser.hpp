// A real browser: Debian's Chromium, driven by its ChromeDriver in the W3C WebDriver protocol, without a window. Each
// one has a profile of its own and sees nothing but loopback. Its processes end with it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace support {

class Browser {
 public:
  struct Options {
    int width = 1280, height = 900;
    bool dark = false;
    bool scripts = true;  // JavaScript
  };

  static bool is_there();

  // Fails the test where it cannot be started.
  explicit Browser(const Options& options);
  Browser() : Browser(Options{}) {}
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void open(const std::string& url);
  std::string address();
  // Of the first element that fits the selector; those functions that need one wait for it, and fail the test when it
  // does not come.
  std::string text(const std::string& css);
  bool has(const std::string& css);
  void click(const std::string& css);
  void type(const std::string& css, const std::string& keys);
  // Until the page says so somewhere, loaded anew by nobody.
  bool shows(const std::string& text, Seconds limit = Seconds(20));
  nlohmann::json script(const std::string& body);  // "return 1"; works also where the page may have none
  // A PNG file.
  void picture(const std::string& path);
  // What stood in the console as an error since it was asked last.
  std::vector<std::string> console_errors();

 private:
  nlohmann::json command(const std::string& method, const std::string& path, const nlohmann::json& body);
  std::string element(const std::string& css);

  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace support
