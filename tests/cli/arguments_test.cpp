#include "cli/arguments.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "captured.hpp"
#include "cli/commands.hpp"

namespace {

cli::Arguments parse(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string_view word : base::split(line, ' '))
    if (!word.empty()) words.emplace_back(word);
  return cli::parse_arguments(words, cli::command_names());
}

std::string fault(const std::string& line) {
  try {
    parse(line);
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::usage);
    CHECK(!error.next().empty());
    return error.what();
  }
  return "no fault";
}

}  // namespace

TEST_CASE("arguments: every command is understood and explains itself with an example") {
  for (const cli::CommandName& name : cli::command_names()) {
    CAPTURE(std::string(name.name));
    std::string word = name.name == "new" || name.name == "add" || name.name == "show" || name.name == "retry" ||
                               name.name == "rollback" || name.name == "backup restore" || name.name == "token add" ||
                               name.name == "token revoke" || name.name == "request approve" ||
                               name.name == "request refuse"
                           ? " 7"
                           : "";
    if (name.name == "mark") word = " 7 succeeded";
    if (name.name == "import") word = " auto --from old.db";
    CHECK(parse(std::string(name.name) + word).command == name.name);
    const std::string help = parse(std::string(name.name) + " --help").help;
    CHECK(help.find(name.summary) != std::string::npos);
    CHECK(help.find(name.example) != std::string::npos);
    CHECK(support::widest_line(help) <= 80);
    // The example is one that works.
    CHECK(parse(std::string(name.example.substr(name.example.find(' ')))).command == name.name);
  }
}

TEST_CASE("arguments: the top help lists every command and the exit codes within 80 columns") {
  const std::string help = parse("--help").help;
  CHECK(help == cli::top_help(cli::command_names()));
  for (const cli::CommandName& name : cli::command_names())
    CHECK(help.find("\n  " + std::string(name.name.substr(0, name.name.find(' '))) + " ") != std::string::npos);
  for (const char* code : {"0  done", "4  a script failed", "143  stopped"})
    CHECK(help.find(code) != std::string::npos);
  CHECK(support::widest_line(help) <= 80);
}

TEST_CASE("arguments: global options stand before or after the command") {
  const cli::Arguments before = parse("-C shop -c other.toml --json -q --no-color status");
  const cli::Arguments after = parse("status -C shop -c other.toml --json -q --no-color");
  for (const cli::Arguments& each : {before, after}) {
    CHECK(each.command == "status");
    CHECK(each.directory == "shop");
    CHECK(each.config_file == "other.toml");
    CHECK(each.json);
    CHECK(each.no_color);
    CHECK(each.talk == cli::Talk::quiet);
  }
  CHECK(parse("config show --json").json);
  CHECK(parse("status").config_file == "config.toml");
}

TEST_CASE("arguments: run takes scripts and says who, why and how long it waits") {
  const cli::Arguments run = parse("run 007 002_x.lua --stop-on-error --force --by anna --reason=ticket --wait 1.5");
  CHECK(run.words == std::vector<std::string>{"007", "002_x.lua"});
  CHECK(run.stop_on_error);
  CHECK(run.force);
  CHECK(run.by == "anna");
  CHECK(run.reason == "ticket");
  CHECK(run.wait == std::chrono::milliseconds(1500));
  CHECK(parse("run --wait 2m").wait == std::chrono::minutes(2));
  CHECK(run.command_line == "fettle run 007 002_x.lua --stop-on-error --force --by anna --reason=ticket --wait 1.5");
}

TEST_CASE("arguments: new takes a template before or behind the words of its title") {
  for (const char* line : {"new -t drop-table old coupons", "new old coupons --template=drop-table"}) {
    CHECK(parse(line).pattern == "drop-table");
    CHECK(parse(line).words == std::vector<std::string>{"old", "coupons"});
  }
  CHECK(parse("new --list").list);
}

TEST_CASE("arguments: a word behind a command is never taken for another command") {
  CHECK(parse("run status").words == std::vector<std::string>{"status"});
  CHECK(parse("new show the config").words == std::vector<std::string>{"show", "the", "config"});
  CHECK(parse("run -- -x.lua").words == std::vector<std::string>{"-x.lua"});
}

TEST_CASE("arguments: history filters are checked") {
  const cli::Arguments history = parse("history --script 007 --outcome failed --run 3 --limit 0");
  CHECK(history.script == "007");
  CHECK(history.outcome == core::OutcomeKind::failed);
  CHECK(history.run == 3);
  CHECK(history.limit == 0);
  CHECK(parse("history").limit == 20);
  CHECK(parse("history --since 2026-01-02T03:04Z --until 2026-01-02T03:05Z").since->milliseconds == 1'767'323'040'000);
  CHECK(parse("history --since 2026-01-02T03:04Z --until 2026-01-02T03:05Z").up_to->milliseconds == 1'767'323'100'000);
  CHECK(parse("history --by anna --csv").by == "anna");
  CHECK(parse("history --text 100%").text == "100%");
  CHECK(fault("history --csv --json") == "say --csv or --json, not both");
  CHECK(fault("history --csv --fleet") == "--csv excludes --fleet");
  CHECK(fault("history --until soon").starts_with("--until needs a time"));
  CHECK(fault("history --outcome faild") == "there is no outcome \"faild\"; did you mean failed?");
  CHECK(fault("run --request 0") == "requests count from 1");
  CHECK(fault("run --request=00") == "requests count from 1");
  CHECK(fault("history --limit -1") == "--limit needs a whole number, not \"-1\"");
  CHECK(fault("history --run 99999999999999999999").starts_with("--run needs a whole number"));
}

TEST_CASE("arguments: an unknown command or option is an error with the nearest one") {
  CHECK(fault("rnu") == "there is no command \"rnu\"; did you mean run?");
  CHECK(fault("config shwo") == "there is no command \"config shwo\"; did you mean show?");
  CHECK(fault("run --stop-on-eror") == "there is no option --stop-on-eror; did you mean --stop-on-error?");
  CHECK(fault("status --jsno") == "there is no option --jsno; did you mean --json?");
  CHECK(fault("status --by anna") == "there is no option --by");
  CHECK(fault("version now") == "fettle version has no use for \"now\"");
  CHECK(fault("zzzzzzzzz") == "there is no command \"zzzzzzzzz\"");
}

TEST_CASE("arguments: what is missing or too much is said") {
  CHECK(fault("") == "no command was given");
  CHECK(fault("config") == "config needs one of: show, check, migrate");
  CHECK(fault("new") == "fettle new needs a title");
  CHECK(fault("new --list old coupons") == "fettle new --list takes no title");
  CHECK(fault("new --list -t drop-table").find("excludes") != std::string::npos);
  CHECK(fault("new --template") != "no fault");
  CHECK(fault("show") == "fettle show needs the number of an attempt, or a script");
  CHECK(fault("show 1 2") == "fettle show takes one word, not 2");
  CHECK(fault("retry") == "say which scripts to retry, or --all");
  CHECK(fault("retry 1 --all") == "name scripts or say --all, not both");
  CHECK(fault("run --wait soon") == "--wait needs a number of seconds, not \"soon\"");
  CHECK(fault("run --by").find("--by") != std::string::npos);
  CHECK(fault("-q -v run").find("excludes") != std::string::npos);
}

TEST_CASE("arguments: words are quoted for a shell only where they must be") {
  CHECK(base::shell_quote("007_x.lua") == "007_x.lua");
  CHECK(base::shell_quote("ticket 4711") == "'ticket 4711'");
  CHECK(base::shell_quote("it's") == "'it'\\''s'");
  CHECK(base::shell_quote("") == "''");
}

TEST_CASE("version: names fettle and the kernel, as text and as JSON") {
  CHECK(support::fettle("/", {"version"}).out.starts_with("fettle " FETTLE_VERSION "\nkernel Linux"));
  CHECK(support::fettle("/", {"--version", "--json"}).out.starts_with("{\n  \"fettle\": \"" FETTLE_VERSION "\""));
}
