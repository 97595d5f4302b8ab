// The audit file, read only: for status, history, show, plan and the page. Never makes or changes anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/report.hpp"
#include "ledger/ledger.hpp"

namespace ledger {

// One attempt in full.
struct Attempt {
  std::int64_t id = 0;
  std::int64_t run = 0;
  std::string script, sha256, state;
  std::optional<core::OutcomeKind> ended_as;  // nullopt: still running, or its runner died
  core::Outcome outcome;                      // meaningful when ended_as is set
  std::string moved_to, database, description;
  bool repeatable = false;
  base::Instant started, finished;
  Measures measures;
  std::string trigger, by, host, run_reason, command;  // of its run
};

struct Run {
  std::int64_t id = 0;
  std::string trigger, by, host, reason, command;
  std::int64_t pid = 0;
  base::Instant started;
  std::optional<base::Instant> finished;  // nullopt: still going on, or its process died
  std::optional<int> exit_code;
  std::int64_t scripts = 0;  // that it had to deal with; 0 while it goes on
  core::Counts counts;       // up to now
};

struct Filter {
  std::string script;                        // exact name; empty: any
  std::optional<core::OutcomeKind> outcome;  // nullopt: any
  std::int64_t run = 0;                      // 0: any
  std::int64_t limit = 20;                   // newest first; 0: no limit
};

class History {
 public:
  // nullopt: there is no ledger yet. Throws Error(ledger_broken) when it cannot be read.
  static std::optional<History> open(const std::string& path);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  // Newest first.
  std::vector<Attempt> attempts(const Filter& filter) const;
  std::optional<Attempt> attempt(std::int64_t id) const;
  std::optional<Attempt> latest(const std::string& script) const;
  std::vector<LogLine> lines(std::int64_t attempt) const;
  // The exact bytes of a version that ran. Throws Error(ledger_broken) when there is none, or they were altered.
  std::string text(const std::string& sha256) const;
  std::optional<Run> last_run() const;
  std::optional<Attempt> in_work() const;  // newest attempt that has not ended
  core::Known known(const std::string& name, const std::string& sha256) const;
  // Names of scripts whose name or stem or number is `word`, for people who type "007". Sorted. Where there is none,
  // those whose number has the same value: "7" finds "007_x.lua".
  std::vector<std::string> names_like(const std::string& word) const;

 private:
  struct Inside;
  explicit History(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace ledger
