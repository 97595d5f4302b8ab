// Folders, ledger and databases for runs of the real runner in this process, and an observer that remembers.
#pragma once

#include <SQLiteCpp/Database.h>
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "core/config.hpp"
#include "core/observer.hpp"
#include "ledger/history.hpp"
#include "runner/runner.hpp"
#include "support/scratch.hpp"

namespace support {

class Recorder final : public core::Observer {
 public:
  std::vector<std::string> started, lines, warnings, waits;
  std::vector<core::AttemptReport> ended;
  std::size_t scripts = 0;
  int runs_started = 0, runs_ended = 0;
  bool stands_still = false;
  std::function<void(std::string_view)> on_line;  // while the script goes on
  std::function<void(std::string_view)> on_start;
  std::function<void(const core::AttemptReport&)> on_end;
  std::function<void()> on_wait;
  std::function<void(const core::HookReport&)> on_hook;

  void run_started(const core::RunReport&, std::size_t count) override {
    scripts = count;
    ++runs_started;
  }
  void script_started(std::string_view script, std::size_t, std::size_t) override {
    started.emplace_back(script);
    if (on_start) on_start(script);
  }
  void script_line(core::LineLevel, std::string_view text) override {
    lines.emplace_back(text);
    if (on_line) on_line(text);
  }
  void script_ended(const core::AttemptReport& attempt) override {
    ended.push_back(attempt);
    if (on_end) on_end(attempt);
  }
  void warning(std::string_view text) override { warnings.emplace_back(text); }
  void waiting(std::string_view text) override {
    waits.emplace_back(text);
    if (on_wait) on_wait();
  }
  void hook_ended(const core::HookReport& hook) override {
    if (on_hook) on_hook(hook);
  }
  void run_ended(const core::RunReport&) override { ++runs_ended; }
  bool would_wait() const override { return stands_still; }

  bool warned(std::string_view part) const {
    for (const std::string& text : warnings)
      if (text.find(part) != std::string::npos) return true;
    return false;
  }
};

class SignalMask {
 public:
  SignalMask() { ::sigprocmask(SIG_SETMASK, nullptr, &mask_); }
  ~SignalMask() { ::sigprocmask(SIG_SETMASK, &mask_, nullptr); }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

 private:
  sigset_t mask_{};
};

struct Site {
  Scratch scratch;
  core::Config config;
  runner::RunRequest request;
  Recorder seen;

  Site() {
    config.directory = scratch.path();
    config.file = scratch.path("config.toml");
    config.folders = {.scripts = "pending", .succeeded = "done", .failed = "failed"};
    config.databases = {{"main", "sqlite:app.db?busy_timeout=300ms"}};
    config.run.timeout = std::chrono::seconds(30);
    request.by = "anna";
    request.command = "fettle run";
    scratch.make_folder("pending");
    sql("CREATE TABLE ran (script TEXT)");
  }

  std::string sql(const std::string& statement, const std::string& file = "app.db") const {
    SQLite::Database database(scratch.path(file), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.setBusyTimeout(5000);
    SQLite::Statement query(database, statement);
    return query.executeStep() && !query.getColumn(0).isNull() ? query.getColumn(0).getString() : "";
  }

  // A script that writes its name, then does what the body says and succeeds.
  static std::string script(const std::string& body = "", const std::string& should_run = "return true") {
    return "return { shouldRun = function() " + should_run +
           " end,\nexecute = function() db.exec('INSERT INTO ran VALUES (?)', ctx.script)\n" + body +
           "\nreturn { executed = true } end }\n";
  }
  void drop(const std::string& name, const std::string& text) const { scratch.write("pending/" + name, text); }

  // A run blocks SIGINT and SIGTERM for good; the test program keeps its own.
  core::RunReport run() {
    const SignalMask kept;
    return runner::run(config, request, seen);
  }
  std::optional<base::Error> error() {
    try {
      run();
      return std::nullopt;
    } catch (const base::Error& fault) {
      return fault;
    }
  }
  std::string ran() const { return sql("SELECT coalesce(group_concat(script, ' '), '') FROM ran"); }
  ledger::History history() const {
    auto history = ledger::History::open(config.path(config.ledger.path));
    REQUIRE(history);
    return std::move(*history);
  }
};

inline const core::AttemptReport& attempt_of(const core::RunReport& report, std::string_view script) {
  for (const core::AttemptReport& attempt : report.scripts)
    if (attempt.script == script) return attempt;
  FAIL("no attempt of ", script);
  return report.scripts.front();
}

inline bool says(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE("not in it: ", part, "; it is: ", text.substr(0, 500));
  return found;
}

}  // namespace support
