// A place where the built program is used as a person would: a folder with a configuration and a database.
#pragma once

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/journey.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace support {

// Writes its own name into the table ran.
inline const std::string k_good = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) return { executed = true } end
}
)lua";

// Writes a row, then computes until its time limit or a signal ends it.
inline const std::string k_endless = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) while true do end end
}
)lua";

// Computes for two to three seconds: long enough for the test to do something meanwhile.
inline const std::string k_slow = R"lua(
return { shouldRun = function() return true end,
         execute = function()
           db.exec("insert into ran (script) values (?)", ctx.script)
           local start = os.time()
           while os.time() - start < 3 do end
           return { executed = true }
         end
}
)lua";

// A folder with a configuration and an empty app.db that has the table ran.
class Site {
 public:
  // more: further lines of config.toml.
  explicit Site(const std::string& more = "") {
    write("config.toml", "[databases.main]\nurl = \"sqlite:app.db\"\n[run]\ntimeout = \"60s\"\n" + more);
    std::filesystem::create_directories(path("fix-scripts"));
    REQUIRE(sql("create table ran (script text)").empty());
  }

  std::string path(const std::string& name) const { return scratch_.path(name); }
  void write(const std::string& name, const std::string& text) const { support::write_file(path(name), text); }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
  std::vector<std::string> tree() const { return tree_of(scratch_.path()); }

  Launch launch(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), fettle_binary());
    return {.command = std::move(arguments), .directory = scratch_.path(), .environment = {}};
  }
  Ended fettle(const std::vector<std::string>& arguments, Seconds limit = Seconds(120)) const {
    return run(launch(arguments), limit);
  }
  nlohmann::json fettle_json(const std::vector<std::string>& arguments) const {
    const Ended ended = fettle(arguments);
    const auto document = nlohmann::json::parse(ended.out, nullptr, false);
    if (document.is_discarded()) FAIL("no JSON: ", ended.out, ended.err);
    return document;
  }
  std::string sql(const std::string& query, const std::string& database = "app.db") const {
    const Ended ended =
        run({.command = {"sqlite3", "-batch", "-bail", "-newline", " ", "-cmd", ".timeout 20000", database, query},
             .directory = scratch_.path(),
             .environment = {}});
    if (ended.status != 0) FAIL(query, ": ", ended.err);
    return ended.out.substr(0, ended.out.find_last_not_of(' ') + 1);
  }

 private:
  Scratch scratch_;
};

}  // namespace support
