// The hostile catalogue: one file of tests/hostile for each case, as tests/hostile/README.md describes, and one run of
// the program under test over several of them, each followed by an honest script. What a run left behind is gathered
// as facts, so that the working folder may go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/scratch.hpp"

namespace support {

struct HostileEnding {
  std::string outcome;  // "failed"; "ignored": it stays where it is and is no candidate
  std::string cause;    // empty: it has none, or any
};

struct HostileBound {
  double most = 0;  // milliseconds or bytes; of a percentage: a share of `over`
  double over = 0;  // the limit that it is measured from; 0: from nothing
  bool share = false;
};

// One file of the catalogue, as its header tells it.
struct HostileCase {
  std::string name;  // "database/no_commit"
  std::vector<HostileEnding> expected;
  std::vector<std::vector<std::string>> error;  // of each line one of its texts must be in the error
  std::string reason, result;                   // text that must be in them; empty: any
  std::string file_name;                        // in the pending folder; NNN stands for its number
  std::string text;                             // what lies in the pending folder
  std::optional<HostileBound> time, memory, ledger;
};

// All of tests/hostile, sorted by name. Throws std::runtime_error with the file for a header that says nothing clear.
const std::vector<HostileCase>& hostile_cases();

// How one script ended.
struct HostileFacts {
  std::string outcome, cause, error, reason, result;
  double milliseconds = 0;         // duration_ms of run --json
  std::uint64_t peak_memory = 0;   // bytes, of the worker
  std::uint64_t ledger_bytes = 0;  // that the attempt took in the ledger: its texts, its lines, its version
  std::string filed;               // the folder that it lies in now
};

struct HostileRun {
  std::vector<HostileFacts> hostile, honest;  // in the order of the cases; each honest one ran right after its case
  std::vector<std::string> damage;            // sentences: what the run did to anything that is not its own
  std::uint64_t base_memory = 0;              // the most that a worker of an honest script held
};

// A working folder with a database of its own, in which every case is followed by an honest script.
class HostilePlace {
 public:
  explicit HostilePlace(std::vector<const HostileCase*> cases);

  const std::string& path() const noexcept { return scratch_.path(); }
  HostileRun run();

 private:
  struct File {
    std::string name, sha256;
  };

  void furnish();
  std::string name_of(std::size_t number, const std::string& pattern) const;
  void gather(const std::string& report, HostileRun& run);
  void look_at_the_databases(HostileRun& run) const;
  void look_at_the_folders(HostileRun& run) const;
  void look_at_the_ledger(HostileRun& run) const;
  void look_at_what_people_see(HostileRun& run) const;

  std::vector<const HostileCase*> cases_;
  Scratch scratch_;
  std::vector<File> hostile_, honest_;
};

// What does not hold of this case; empty: all is well. `slack`: milliseconds that are allowed beyond its time.
std::vector<std::string> compare(const HostileCase& wanted, const HostileFacts& found, std::uint64_t base_memory,
                                 double slack);

// Milliseconds beyond the limit, and bytes beyond it and the base; nullopt: the case has no limit of this kind.
std::optional<double> overshoot_of_time(const HostileCase& wanted, const HostileFacts& found);
std::optional<double> overshoot_of_memory(const HostileCase& wanted, const HostileFacts& found,
                                          std::uint64_t base_memory);

}  // namespace support
