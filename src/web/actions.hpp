// The commands that people press: each is the very line that a person would type, run by the fettle beside this
// program, with the one who pressed it as its actor. The ledger keeps the line. A command goes on when `fettle serve`
// ends. Called by several threads at once; owns the list of what was started, the newest hundred.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "web/look.hpp"

namespace web {

// One of them, as it is now.
struct Action {
  std::int64_t id = 0;
  std::string actor;
  std::string command;  // as a person would type it
  std::int64_t pid = 0;
  base::Instant started;
  std::string output, talk;      // stdout and stderr, so far
  std::optional<int> exit_code;  // nullopt: it is at work
};

// What is to be started.
struct Order {
  std::vector<std::string> words;  // command and arguments, such as {"run", "--reason=ticket"}
  Viewer viewer;                   // whose word it is
  std::string address;             // from where
  bool json = false;               // it prints JSON
  bool audited = true;             // the command is told whose word it is
  std::string input = {};          // what it reads on stdin
  std::string key = {};            // that tells one press of a button from another; empty: there is none
};

class Actions {
 public:
  // program: path of fettle. config_file: as -c has it.
  Actions(std::string program, std::string config_file);
  ~Actions();

  // Gives its id. One that was started with the same key by the same viewer is not started again: a second press of a
  // button does nothing. Throws Error: internal; usage where too many are at work.
  std::int64_t start(const Order& order);
  std::optional<Action> find(std::int64_t id);
  // As find, once it has ended, or the time is over.
  std::optional<Action> wait(std::int64_t id, std::chrono::milliseconds most);

 private:
  struct One;
  std::string program_, config_file_;
  mutable std::mutex mutex_;
  std::int64_t last_ = 0;
  std::map<std::int64_t, std::unique_ptr<One>> all_;
  std::map<std::string, std::int64_t> keys_;  // by viewer and key
};

// The program beside the one that runs here. Throws Error(internal).
std::string program_beside(const std::string& name);

}  // namespace web
