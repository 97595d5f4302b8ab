// `fettle watch` at work in a place, stopped at the end of the test.
#pragma once

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <signal.h>
#include <string>
#include <vector>

#include "support/site.hpp"

namespace support {

class Watching {
 public:
  // Returns once it watches. command: what stands before the program (setpriv, strace); may be empty.
  explicit Watching(const Site& site, const std::vector<std::string>& before = {},
                    const std::vector<std::string>& environment = {})
      : site_(site), program_(launch(site, before, environment)) {
    if (!wait_until([&] { return std::filesystem::exists(site.path(".fettle/watch/status.json")); }))
      FAIL("the watcher does not come up: ", program_.err());
  }

  Program& program() noexcept { return program_; }
  std::string log() const { return program_.err(); }
  Ended stop(int signal = SIGTERM) {
    program_.signal(signal);
    return program_.wait(Seconds(60));
  }
  // Whether the scripts of the table ran come to be these, in this order, separated by blanks.
  bool ran(const std::string& scripts, Seconds limit = Seconds(30)) const {
    const bool came = wait_until([&] { return site_.sql("select script from ran order by rowid") == scripts; }, limit);
    if (!came) MESSAGE("ran: ", site_.sql("select script from ran order by rowid"), "\n", log());
    return came;
  }
  bool filed(const std::string& path) const {
    return wait_until([&] { return site_.exists(path); });
  }
  // Whether this script, the only one, comes to be applied and filed: its name is free again.
  bool done(const std::string& script) const { return ran(script) && filed("successfully-ran/" + script); }
  nlohmann::json status() const { return site_.fettle_json({"status", "--json"}); }

 private:
  static Launch launch(const Site& site, std::vector<std::string> before, const std::vector<std::string>& environment) {
    before.insert(before.end(), {fettle_binary(), "watch"});
    Launch launch = site.launch({});
    launch.command = std::move(before);
    launch.environment = environment;
    return launch;
  }

  const Site& site_;
  Program program_;
};

// Puts a script where a person would: written elsewhere on the same file system, renamed in.
inline void drop(const Site& site, const std::string& name, const std::string& text = k_good) {
  site.write("staged", text);
  std::filesystem::rename(site.path("staged"), site.path("fix-scripts/" + name));
}

}  // namespace support
