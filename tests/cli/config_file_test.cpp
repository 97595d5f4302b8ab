#include "cli/config_file.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <set>
#include <string>

#include "base/error.hpp"
#include "cli/config_keys.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"

namespace {

// A config.toml on disk, named as a person in its folder would name it in messages.
struct Written {
  support::Scratch scratch;
  cli::Environment environment;

  explicit Written(std::string_view text) { scratch.write("config.toml", text); }
  std::string file() const { return scratch.path("config.toml"); }
  cli::LoadedConfig load() const { return cli::load_config(file(), environment); }

  // What is said of a broken one, without the folder in front.
  std::string fault() const {
    try {
      load();
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::ErrorKind::config);
      CHECK(!error.state().empty());
      CHECK(!error.next().empty());
      std::string what = error.what();
      for (std::size_t at; (at = what.find(scratch.path() + "/")) != std::string::npos;)
        what.erase(at, scratch.path().size() + 1);
      return what;
    }
    return "no fault";
  }
};

std::string fault_of(std::string_view text) {
  return Written(text).fault();
}

const cli::Setting& setting(const cli::LoadedConfig& loaded, const std::string& key) {
  for (const cli::Setting& each : loaded.settings)
    if (each.key == key) return each;
  FAIL("no setting ", key);
  return loaded.settings.front();
}

}  // namespace

TEST_CASE("config: an empty file gives the defaults, and every one of them can be written back") {
  const Written empty("");
  const cli::LoadedConfig loaded = empty.load();
  CHECK(loaded.config.run.timeout == std::chrono::minutes(5));
  CHECK(loaded.config.folders.scripts == "fix-scripts");
  CHECK(loaded.config.databases.empty());
  std::string text, section;
  for (const cli::Setting& each : loaded.settings) {
    CHECK(each.origin == "default");
    const std::string here = each.key.substr(0, each.key.find('.'));
    if (here != section) text += "[" + (section = here) + "]\n";
    const char* const quote = cli::find_key(each.key)->takes == cli::Takes::boolean ? "" : "\"";
    text += each.key.substr(each.key.find('.') + 1) + " = " + quote + each.value + quote + "\n";
  }
  const cli::LoadedConfig again = Written(text).load();
  REQUIRE(again.settings.size() == loaded.settings.size());
  for (std::size_t index = 0; index < again.settings.size(); ++index) {
    CHECK(again.settings[index].value == loaded.settings[index].value);
    CHECK(again.settings[index].origin != "default");
  }
}

TEST_CASE("config: every key of the table has a type, a help sentence and an environment name of its own") {
  std::set<std::string> names;
  for (const cli::Key& key : cli::keys()) {
    CAPTURE(std::string(key.name));
    CHECK(!key.type.empty());
    CHECK(!key.help.empty());
    CHECK((key.set == nullptr) == (key.database_field != nullptr));
    CHECK((key.set == nullptr) == (key.get == nullptr));
    CHECK(names.insert(cli::environment_name(key.name)).second);
  }
  CHECK(cli::environment_name("run.timeout") == "FETTLE_RUN_TIMEOUT");
}

TEST_CASE("config: values of every type are read") {
  const Written written(R"(
[folders]
scripts = "todo"
order = "natural"
[ledger]
path = "audit/l.db"
[run]
timeout = "1m30s"
memory = 134217728
max_script_size = "64KiB"
on_failure = "stop"
skipped = "keep"
changed = "hold"
environment = "staging"
[limits]
rows = 1_000
bytes = "unlimited"
statements = "unlimited"
database_memory = "64MiB"
log_lines = 10
log_bytes = 4096
result_bytes = "2MiB"
result_depth = 5
[watch]
enabled = false
debounce = "0s"
settle = "0s"
rescan = "1m"
poll = "250ms"
[sandbox]
minimum = "full"
[log]
level = "debug"
file = "fettle.log"
format = "json"
max_size = "1MiB"
keep = 2
)");
  const core::Config config = written.load().config;
  CHECK(config.folders.scripts == "todo");
  CHECK(config.folders.order == core::Order::natural);
  CHECK(config.path(config.ledger.path).ends_with("/audit/l.db"));
  CHECK(config.run.timeout == std::chrono::seconds(90));
  CHECK(config.run.memory == 128ULL << 20U);
  CHECK(config.run.max_script_size == 64U << 10U);
  CHECK(config.run.on_failure == core::OnFailure::stop);
  CHECK(config.run.skipped == core::Skipped::keep);
  CHECK(config.run.changed == core::Changed::hold);
  CHECK(config.run.environment == "staging");
  CHECK(config.watch.settle == std::chrono::milliseconds(0));
  CHECK_FALSE(config.watch.enabled);
  CHECK(config.watch.debounce == std::chrono::milliseconds(0));
  CHECK(config.watch.rescan == std::chrono::minutes(1));
  CHECK(config.watch.poll == std::chrono::milliseconds(250));
  CHECK(config.log.format == core::LogFormat::json);
  CHECK(config.log.max_size == std::uint64_t{1} << 20U);
  CHECK(config.log.keep == 2);
  CHECK((config.limits == core::Limits{1000, core::k_unlimited, core::k_unlimited, std::uint64_t{64} << 20U, 10, 4096,
                                       std::uint64_t{2} << 20U, 5}));
  CHECK(config.sandbox.minimum == core::SandboxMinimum::full);
  CHECK(config.log.level == core::LogLevel::debug);
  CHECK(config.file == written.file());
}

TEST_CASE("config: an unknown key names the file, the line, the nearest key and what it takes") {
  CHECK(fault_of("[run]\n\ntimeuot = \"5m\"\n") ==
        "config.toml:3:1: unknown key \"timeuot\" in [run]; did you mean \"timeout\"? expected a duration above zero "
        "such as \"30s\" or \"5m\"");
  CHECK(fault_of("[folder]\nscripts = \"x\"\n") == "config.toml:1:2: unknown key \"folder\"; did you mean [folders]?");
  CHECK(fault_of("[ledger]\ntimeout = \"5m\"\n") ==
        "config.toml:2:1: unknown key \"timeout\" in [ledger]; \"timeout\" belongs into [run] or [hooks]");
  CHECK(fault_of("timeout = \"5m\"\n")
            .starts_with("config.toml:1:1: unknown key \"timeout\"; did you mean timeout in [run]?"));
  CHECK(fault_of("[databases.main]\nulr = \"sqlite:a\"\n")
            .starts_with("config.toml:2:1: unknown key \"ulr\" in [databases.main]; did you mean \"url\"?"));
  CHECK(fault_of("[run]\n\"\\u001b[31m\" = 1\n").find('\x1b') == std::string::npos);
}

TEST_CASE("config: a wrong type names the line and what was expected") {
  CHECK(fault_of("[run]\ntimeout = 5\n") ==
        "config.toml:2:11: run.timeout is a whole number; expected a duration above zero such as \"30s\" or \"5m\"");
  CHECK(fault_of("[run]\ntimeout = \"5 minutes\"\n")
            .starts_with("config.toml:2:11: run.timeout is \"5 minutes\"; expected a duration"));
  CHECK(fault_of("[run]\ntimeout = \"0s\"\n").find("expected a duration above zero") != std::string::npos);
  CHECK(
      fault_of("[run]\nmemory = true\n").starts_with("config.toml:2:10: run.memory is true or false; expected a size"));
  CHECK(fault_of("[run]\nmemory = -1\n").starts_with("config.toml:2:10: run.memory is \"-1\""));
  CHECK(fault_of("[run]\non_failure = \"stpo\"\n") ==
        "config.toml:2:14: run.on_failure is \"stpo\"; expected \"continue\" or \"stop\" (did you mean \"stop\"?)");
  CHECK(fault_of("[watch]\nenabled = \"yes\"\n") ==
        "config.toml:2:11: watch.enabled is a text; expected true or false");
  CHECK(fault_of("[watch]\npoll = \"1ms\"\n").find("at least 100ms") != std::string::npos);
  CHECK(fault_of("[folders]\nscripts = \"\"\n").find("not empty") != std::string::npos);
  CHECK(fault_of("[folders]\nscripts = \"a\\u0000b\"\n").find("zero byte") != std::string::npos);
  CHECK(fault_of("run = 5\n").starts_with("config.toml:1:1: run is a section, not a value"));
  CHECK(fault_of("[databases]\nmain = \"sqlite:app.db\"\n").starts_with("config.toml:2:1: each database has a name"));
}

TEST_CASE("config: a syntax error names the line") {
  CHECK(fault_of("[run]\ntimeout = \n").starts_with("config.toml:2:"));
  CHECK(fault_of("[run\n").starts_with("config.toml:1:"));
  CHECK(fault_of("[run]\ntimeout = \"1m\"\ntimeout = \"2m\"\n").starts_with("config.toml:3:"));
}

TEST_CASE("config: a missing file says how to make one; a folder is no file") {
  const support::Scratch scratch;
  for (const char* name : {"config.toml", "nowhere/config.toml", "."}) {
    CAPTURE(name);
    CHECK_THROWS_AS(cli::load_config(scratch.path(name), {}), base::Error);
  }
  try {
    cli::load_config(scratch.path("config.toml"), {});
  } catch (const base::Error& error) {
    CHECK(error.next().find("fettle init") != std::string::npos);
  }
}

TEST_CASE("config: the environment wins over the file, the file over the default, and each value knows its origin") {
  Written written("[run]\ntimeout = \"1m\"\nskipped = \"keep\"\n");
  written.environment = {{"FETTLE_RUN_TIMEOUT", "10s"}, {"HOME", "/"}};
  const cli::LoadedConfig loaded = written.load();
  CHECK(loaded.config.run.timeout == std::chrono::seconds(10));
  CHECK(setting(loaded, "run.timeout").origin == "FETTLE_RUN_TIMEOUT");
  CHECK(setting(loaded, "run.timeout").value == "10s");
  CHECK(setting(loaded, "run.skipped").origin == written.file() + ":3");
  CHECK(setting(loaded, "run.changed").origin == "default");
}

TEST_CASE("config: a bad variable is named, and one that means nothing is a warning") {
  Written written("");
  written.environment = {{"FETTLE_RUN_TIMEOUT", "never"}};
  CHECK(written.fault().starts_with("FETTLE_RUN_TIMEOUT is \"never\"; expected a duration"));
  written.environment = {{"FETTLE_RUN_TIMEUOT", "5m"}};
  REQUIRE(written.load().warnings.size() == 1);
  CHECK(written.load().warnings.front().find("FETTLE_RUN_TIMEUOT") != std::string::npos);
}

TEST_CASE("config: databases keep the order of the file, with main first") {
  const Written written(
      "[databases.zoo]\nurl = \"sqlite:z.db\"\n[databases.main]\nurl = \"sqlite:m.db\"\n[databases.ant]\nurl = "
      "\"sqlite:a.db\"\n");
  const auto databases = written.load().config.databases;
  REQUIRE(databases.size() == 3);
  CHECK(databases[0].name == "main");
  CHECK(databases[1].name == "zoo");
  CHECK(databases[2].name == "ant");
  CHECK(databases[0].url == "sqlite:m.db");
}

TEST_CASE("config: a database has exactly one of url and url_file, a plain name and a kind that can be opened") {
  CHECK(fault_of("[databases.main]\n").find("neither url nor url_file") != std::string::npos);
  CHECK(fault_of("[databases.main]\nurl = \"sqlite:a\"\nurl_file = \"b\"\n").find("both url and url_file") !=
        std::string::npos);
  CHECK(fault_of("[databases.Main]\nurl = \"sqlite:a\"\n")
            .starts_with("config.toml:1:12: a database cannot be called \"Main\""));
  const std::string oracle = fault_of("[databases.main]\nurl = \"oracle://u:geheim@h/d\"\n");
  CHECK(oracle == "config.toml:2:7: databases.main.url: oracle databases are not supported by this version");
  const std::string nowhere = fault_of("[databases.main]\nurl = \"postgresql:geheim\"\n");
  CHECK(nowhere == "config.toml:2:7: databases.main.url: this URL names no server");
  for (const std::string scheme : {"mariadb", "mysql"}) {
    CHECK(fault_of("[databases.main]\nurl = \"" + scheme + ":geheim\"\n").ends_with("this URL names no server"));
    const Written written("[databases.main]\nurl = \"" + scheme + "://anna:geheim@host/db\"\n");
    CHECK(written.load().config.databases.size() == 1);
  }
  CHECK(fault_of("[databases.main]\nurl = \"geheim:x\"\n").find("geheim") == std::string::npos);
  CHECK(fault_of("[databases.main]\nurl = \"sqlite:\"\n").find("names no file") != std::string::npos);
}

TEST_CASE("config: the ledger can never be a target, however its path is written") {
  CHECK(fault_of("[databases.main]\nurl = \"sqlite:./.fettle/x/../ledger.db\"\n").find("is the ledger") !=
        std::string::npos);
}

TEST_CASE("config: secrets come from the environment or a file and are never shown") {
  Written written("[databases.main]\nurl = \"sqlite:${SECRET_FILE}\"\n[databases.other]\nurl_file = \"url.txt\"\n");
  written.scratch.write("url.txt", "\n  sqlite:hidden.db  \n");
  written.environment = {{"SECRET_FILE", "geheim.db"}};
  const cli::LoadedConfig loaded = written.load();
  CHECK(loaded.config.databases[0].url == "sqlite:geheim.db");
  CHECK(loaded.config.databases[1].url == "sqlite:hidden.db");
  for (const cli::Setting& each : loaded.settings) {
    CHECK(each.value.find("geheim") == std::string::npos);
    CHECK(each.value.find("hidden") == std::string::npos);
  }
  CHECK(cli::shown_url(loaded, "main") == "sqlite:${SECRET_FILE}");
  CHECK(cli::shown_url(loaded, "other") == "URL from a file");
}

TEST_CASE("config: a variable that is not set and a URL file that is not there are named") {
  CHECK(fault_of("[databases.main]\nurl = \"sqlite:${NOT_SET}\"\n") ==
        "config.toml:2:7: databases.main.url: the environment variable NOT_SET is not set");
  CHECK(fault_of("[databases.main]\nurl = \"sqlite:${OPEN\"\n").find("never closed") != std::string::npos);
  CHECK(fault_of("[databases.main]\nurl_file = \"nowhere\"\n").find("cannot read nowhere") != std::string::npos);
}

TEST_CASE("config: a variable can name a database and its file") {
  Written written("[databases.main]\nurl_file = \"nowhere\"\n");
  written.environment = {{"FETTLE_DATABASES_MAIN_URL", "sqlite:env.db"},
                         {"FETTLE_DATABASES_SECOND_ONE_URL", "sqlite:b.db"}};
  const cli::LoadedConfig loaded = written.load();
  REQUIRE(loaded.config.databases.size() == 2);
  CHECK(loaded.config.databases[0].url == "sqlite:env.db");
  CHECK(loaded.config.databases[1].name == "second_one");
  CHECK(setting(loaded, "databases.main.url").origin == "FETTLE_DATABASES_MAIN_URL");
  written.environment["FETTLE_DATABASES_MAIN_URL_FILE"] = "x";
  CHECK(written.fault().find("are both set") != std::string::npos);
}

TEST_CASE("config: commands that touch a database say how to name one") {
  const Written written("");
  try {
    cli::require_database(written.load());
    FAIL("no error");
  } catch (const base::Error& error) {
    CHECK(error.next().find("[databases.main]") != std::string::npos);
  }
}

TEST_CASE("urls: passwords are masked, whatever letters they have") {
  CHECK(cli::mask_url("postgresql://anna:secret@host/db") == "postgresql://anna:***@host/db");
  CHECK(cli::mask_url("postgresql://anna:p@ss:w/rd@host/db") == "postgresql://anna:***@host/db");
  CHECK(cli::mask_url("mariadb://h/d?user=a&PassWord=secret&x=1") == "mariadb://h/d?user=a&PassWord=***&x=1");
  CHECK(cli::mask_url("postgresql://anna@host/db") == "postgresql://anna@host/db");
  CHECK(cli::mask_url("sqlite:app.db") == "sqlite:app.db");
}

TEST_CASE("config: a limit is a number above zero or the word unlimited, and nothing that could mean either") {
  for (const char* wrong :
       {"rows = 0", "rows = -1", "rows = \"many\"", "rows = \"\"", "rows = \"10 \"", "bytes = 0",
        "statements = \"none\"", "database_memory = \"1MiB\"", "log_lines = \"unlimited\"", "log_lines = 1000001",
        "log_bytes = \"1GiB\"", "result_bytes = \"9MiB\"", "result_depth = 201", "result_depth = 0"}) {
    CAPTURE(wrong);
    const std::string fault = fault_of(std::string("[limits]\n") + wrong + "\n");
    CHECK(fault.starts_with("config.toml:2:"));
    CHECK(fault.find("; expected a ") != std::string::npos);
  }
  CHECK(fault_of("[limits]\nrows = 0\n").find("a number above zero such as 1000000, or \"unlimited\"") !=
        std::string::npos);
  CHECK(fault_of("[limits]\nrow = 5\n").find("did you mean \"rows\"?") != std::string::npos);
}

TEST_CASE("config: the manual's table of limits names every limit with its default") {
  const std::string manual = support::read_file(FETTLE_SOURCE_DIR "/docs/scripts.md");
  std::size_t limits = 0;
  for (const cli::Key& key : cli::keys()) {
    const bool is_limit = key.section() == "limits" || key.name == "run.timeout" || key.name == "run.memory" ||
                          key.name == "run.max_script_size" || key.name == "run.images";
    if (!is_limit) continue;
    ++limits;
    CAPTURE(key.name);
    const std::string row = "| `" + std::string(key.name) + "` | " + cli::default_text(key) + " |";
    CHECK(manual.find(row) != std::string::npos);
  }
  CHECK(limits == 12);
}
