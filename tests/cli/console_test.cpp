#include "cli/console.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <string>

#include "base/text.hpp"
#include "captured.hpp"
#include "cli/words.hpp"
#include "core/script.hpp"

namespace {

using core::Cause;
using core::OutcomeKind;

core::AttemptReport attempt(std::int64_t id, std::string script, core::Outcome outcome, std::string moved_to,
                            std::int64_t microseconds) {
  core::AttemptReport report;
  report.attempt = id;
  report.script = std::move(script);
  report.outcome = std::move(outcome);
  report.moved_to = std::move(moved_to);
  report.duration = std::chrono::microseconds(microseconds);
  return report;
}

core::Outcome succeeded(std::string message) {
  core::Outcome outcome;
  outcome.kind = OutcomeKind::succeeded;
  outcome.message = std::move(message);
  return outcome;
}

// A run as the runner would tell it.
struct Told {
  support::Captured out, talk;
  cli::ConsoleSettings settings;
  core::RunReport run;

  Told() {
    settings.out = out.stream();
    settings.talk = talk.stream();
    settings.database = "main (sqlite:app.db)";
    run.run = 12;
  }

  void tell(std::initializer_list<core::AttemptReport> attempts) {
    cli::Console console(settings);
    console.run_started(run, attempts.size());
    std::size_t index = 0;
    for (const core::AttemptReport& each : attempts) {
      console.script_started(each.script, ++index, attempts.size());
      console.script_line(core::LineLevel::info, "looking at " + each.script);
      console.script_line(core::LineLevel::warn, "odd:\n\tthing \x1b[31m");
      console.script_ended(each);
      run.counts.add(each.outcome.kind);
      run.scripts.push_back(each);
    }
    run.duration = std::chrono::microseconds(1'310'000);
    console.run_ended(run);
  }
};

core::AttemptReport failure() {
  return attempt(9, "006_merge_customers.lua",
                 core::failed(Cause::error, "006_merge_customers.lua:12: UNIQUE constraint failed: customer.email"),
                 "failed/006_merge_customers.lua", 1'250'000);
}

}  // namespace

TEST_CASE("console: a run reads like this at 80 columns") {
  Told told;
  cli::Console console(told.settings);
  core::RunReport& run = told.run;
  console.run_started(run, 4);
  console.script_ended(
      attempt(7, "001_seed_setting.lua", succeeded("seeded 3 rows"), "successfully-ran/001_seed_setting.lua", 1'200));
  console.script_ended(attempt(8, "002_drop_legacy.lua", core::skipped("shouldRun() returned false"),
                               "successfully-ran/002_drop_legacy.lua", 400));
  console.script_ended(failure());
  console.script_ended(attempt(0, "007_later.lua", core::blocked(Cause::none, "waits for 006"), "", 0));
  run.counts = {.succeeded = 1, .failed = 1, .skipped = 1, .blocked = 1};
  run.duration = std::chrono::microseconds(1'310'000);
  console.run_ended(run);
  CHECK(told.out.text() ==
        "fettle run 12 · 4 scripts pending · main (sqlite:app.db)\n"
        "\n"
        "  ✓ 001_seed_setting.lua               seeded 3 rows                      1.2 ms\n"
        "  – 002_drop_legacy.lua                skipped: shouldRun() returned …    0.4 ms\n"
        "  ✗ 006_merge_customers.lua            raised an error                    1.25 s\n"
        "      error     006_merge_customers.lua:12: UNIQUE constraint failed:\n"
        "                customer.email\n"
        "      state     rolled back; the database is as it was before this script\n"
        "      file      failed/006_merge_customers.lua\n"
        "      why       failed/006_merge_customers.lua.error.txt\n"
        "      next      fettle show 9\n"
        "                fettle retry 006_merge_customers   when it is mended\n"
        "  ■ 007_later.lua                      blocked                            0.0 ms\n"
        "      because   waits for 006\n"
        "\n"
        "1 succeeded, 1 skipped, 1 failed, 1 blocked in 1.31 s\n"
        "What is blocked stays in fix-scripts. See: fettle plan\n");
  CHECK(told.talk.text().empty());
}

TEST_CASE("console: nothing pending is one line") {
  Told told;
  told.tell({});
  CHECK(told.out.text() == "Nothing to do: no script is pending in fix-scripts.\n");
}

TEST_CASE("console: no line is wider than the terminal and no escape code of a script gets through") {
  for (const std::size_t width : {40U, 60U, 80U, 132U}) {
    CAPTURE(width);
    Told told;
    told.settings.style.width = width;
    told.settings.talkative = cli::Talk::verbose;
    told.settings.database = std::string(300, 'd');
    core::AttemptReport wide =
        attempt(1'000'000, std::string(251, 'x') + ".lua",
                core::failed(Cause::timeout, std::string(500, 'e') + "\n\tat 日本語 " + std::string(200, 'f')),
                "failed/" + std::string(251, 'x') + ".lua", 200'000'000);
    wide.note =
        "changed since it was applied in attempt 3, and this is a long note that goes on for more than eighty columns";
    told.tell({wide,
               attempt(2, "002_\x1b[31mred\n.lua", succeeded("\x1b]0;title\x07 日本語 " + std::string(200, 'm')),
                       "successfully-ran/x.lua", 1),
               attempt(3, "\xff.lua", core::skipped("\xff\u202e" + std::string(100, 's')), "", 1)});
    told.run.counts = {.succeeded = 100000,
                       .failed = 100000,
                       .skipped = 100000,
                       .blocked = 100000,
                       .interrupted = 100000,
                       .unknown = 100000};
    cli::Console(told.settings).run_ended(told.run);
    cli::Console(told.settings).warning("\x1b[31m" + std::string(500, 'w'));
    cli::Console(told.settings).waiting("run 12 by " + std::string(100, 'b'));
    CHECK(support::widest_line(told.out.text()) <= width);
    CHECK(support::widest_line(told.talk.text()) <= width);
    for (const std::string& text : {told.out.text(), told.talk.text()}) {
      CHECK(text.find('\x1b') == std::string::npos);
      CHECK(text.find('\xff') == std::string::npos);
      CHECK(text.find("\u202e") == std::string::npos);
    }
    // The whole file name can be read although it is wider than the terminal.
    std::string letters;
    for (const char letter : told.out.text())
      if (letter != '\n' && letter != ' ') letters += letter;
    CHECK(letters.find(std::string(251, 'x') + ".lua") != std::string::npos);
  }
}

TEST_CASE("console: quiet shows only failures and the summary") {
  Told told;
  told.settings.talkative = cli::Talk::quiet;
  told.tell({attempt(7, "001_a.lua", succeeded("fine"), "successfully-ran/001_a.lua", 1), failure()});
  const std::string text = told.out.text();
  CHECK(text.starts_with("  ✗ 006_merge_customers.lua"));
  CHECK(text.ends_with("1 succeeded, 1 failed in 1.31 s\n"));
  CHECK(text.find("001_a.lua") == std::string::npos);
  CHECK(told.talk.text().empty());
}

TEST_CASE("console: warnings of a script are always shown under its name, the rest with -v") {
  Told told;
  told.tell({attempt(7, "001_a.lua", succeeded(""), "successfully-ran/001_a.lua", 1)});
  CHECK(told.out.text().find("  ▸ 001_a.lua\n      warn  odd:\n                thing \\x1b[31m\n  ✓ 001_a.lua") !=
        std::string::npos);
  CHECK(told.out.text().find("looking at") == std::string::npos);
  Told verbose;
  verbose.settings.talkative = cli::Talk::verbose;
  verbose.tell({attempt(7, "001_a.lua", succeeded(""), "successfully-ran/001_a.lua", 1)});
  CHECK(verbose.out.text().find("  ▸ 001_a.lua\n      info  looking at 001_a.lua\n      warn  odd:") !=
        std::string::npos);
}

TEST_CASE("console: with --json nothing of it goes to stdout, and warnings still reach stderr") {
  Told told;
  told.settings.out = nullptr;
  told.tell({failure()});
  cli::Console(told.settings).warning("2 scripts have number 1");
  CHECK(told.out.text().empty());
  CHECK(told.talk.text() == "warning: 2 scripts have number 1\n");
}

TEST_CASE("console: the script in work is shown on a terminal and taken back before anything else is printed") {
  Told told;
  told.settings.style.live = true;
  told.settings.style.width = 30;
  cli::Console console(told.settings);
  console.script_started("001_" + std::string(100, 'a') + ".lua", 1, 3);
  CHECK(told.talk.text() == "\r  1/3 001_aaaaaaaaaaaaaaaaaa…\x1b[K");
  CHECK(told.out.text().empty());
  console.script_ended(attempt(7, "001_a.lua", succeeded(""), "", 1));
  CHECK(told.talk.text().ends_with("\x1b[K\r\x1b[K"));
}

TEST_CASE("console: the word for a retry is one that a shell takes and that fits one file") {
  CHECK(core::command_word("006_b.2.lua") == "006_b.2");
  CHECK(core::command_word("006_b c.lua") == "006");
  CHECK(core::command_word("b c.lua") == "'b c'");
  CHECK(core::command_word("006_\x1b[31m.lua") == "006");
}

TEST_CASE("console: colour marks the outcome and changes no column") {
  Told plain, coloured;
  coloured.settings.style.colour = true;
  for (Told* told : {&plain, &coloured}) told->tell({failure()});
  std::string stripped;
  const std::string text = coloured.out.text();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b')
      at = text.find('m', at);
    else
      stripped += text[at];
  }
  CHECK(text.find("\x1b[31m✗\x1b[0m") != std::string::npos);
  CHECK(stripped == plain.out.text());
}

TEST_CASE("console: where only ASCII is safe, words stand for the symbols") {
  Told told;
  told.settings.style.utf8 = false;
  told.tell({attempt(7, "001_a.lua", core::skipped("no"), "", 1), failure()});
  CHECK(told.out.text().find("  skip 001_a.lua") != std::string::npos);
  CHECK(told.out.text().find("  FAIL 006_merge") != std::string::npos);
  for (const char letter : told.out.text()) REQUIRE(static_cast<unsigned char>(letter) < 0x80);
}

TEST_CASE("console: a stop, an unreachable database and an unknown outcome say what comes next") {
  Told told;
  told.run.stopped_by_signal = 15;
  told.run.target_unreachable = true;
  core::Outcome unknown;
  unknown.kind = OutcomeKind::unknown;
  unknown.reason = "nobody can say whether it was committed: the server is gone";
  told.tell({attempt(7, "001_a.lua", unknown, "", 1)});
  const std::string text = told.out.text();
  for (const char* part :
       {"Stopped by SIGTERM", "cannot be reached", "fettle status", "stays in fix-scripts", "nobody can say whether"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("rolled back") == std::string::npos);
}

TEST_CASE("console: a refused run and a hook that failed fit a narrow terminal, and print nothing raw") {
  core::HookReport hook;
  hook.code = 3;
  hook.output = "\x1b[31m" + std::string(500, 'x') + "\nthe last line\n";
  hook.duration = std::chrono::microseconds(12'000);
  for (const std::size_t width : {40UL, 80UL}) {
    Told by_hook, by_guard, after;
    for (Told* each : {&by_hook, &by_guard, &after}) {
      each->settings.style.width = width;
      each->settings.talkative = cli::Talk::verbose;
      each->run.counts.blocked = 2;
    }
    by_hook.run.hooks = {hook};
    cli::Console(by_hook.settings).run_ended(by_hook.run);
    by_guard.run.forbidden = core::Forbidden{"hosts", "db-*", "this host is \x1b[31m" + std::string(100, 'y'), {}};
    cli::Console(by_guard.settings).run_ended(by_guard.run);
    cli::Console console(after.settings);
    for (const core::HookEnd end : {core::HookEnd::exited, core::HookEnd::timed_out, core::HookEnd::not_started}) {
      core::HookReport failed = hook;
      failed.hook = core::Hook::after_run;
      failed.end = end;
      failed.fault = "No such file or directory";
      console.hook_ended(failed);
    }
    core::HookReport good;
    good.hook = core::Hook::on_failure;
    console.hook_ended(good);
    const std::string all = by_hook.out.text() + by_guard.out.text() + after.talk.text();
    for (const std::string_view line : base::split(all, '\n')) {
      CAPTURE(line);
      CHECK(base::display_width(line) <= width);
    }
    CHECK(all.find('\x1b') == std::string::npos);
    CHECK(by_hook.out.text().find("the last line\n") != std::string::npos);
    CHECK(by_hook.out.text().find("exit code 3") != std::string::npos);
    CHECK(by_guard.out.text().find("config.toml") != std::string::npos);
    CHECK(after.talk.text().find("on_failure: exit code 0") != std::string::npos);
  }
}

TEST_CASE("console: a stream that fails does not end the run") {
  std::FILE* full = std::fopen("/dev/full", "w");
  REQUIRE(full != nullptr);
  Told told;
  told.settings.out = full;
  CHECK_NOTHROW(told.tell({failure()}));
  CHECK(std::ferror(full) != 0);
  std::fclose(full);
}

TEST_CASE("errors: what happened, the state and the next step are told apart and wrapped") {
  cli::Style style;
  style.width = 40;
  const base::Error error(base::ErrorKind::io, "cannot read a\x1b file with quite a long name indeed",
                          "Nothing was run.", "fettle status");
  CHECK(cli::error_text(error, style) ==
        "error: cannot read a\\x1b file with quite\n"
        "       a long name indeed\n"
        "state: Nothing was run.\n"
        "next:  fettle status\n");
}
