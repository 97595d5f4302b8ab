// A journey: shell commands and what must be seen after each, as tests/journeys/README.md describes. Read from a file
// named `journey`, walked in a scratch copy of its folder. Every expectation answers with an empty text (it holds) or
// with a sentence that says what was found instead.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"

namespace support {

struct Expectation {
  std::size_t line = 0;
  std::string verb;  // "exit", "out", "err", "json", "file", "no", "sql", "tree"
  std::string rest;
  std::vector<std::string> block;  // the indented lines below it
};

struct JourneyStep {
  std::size_t line = 0;
  std::string command;
  Seconds limit{60};
  std::vector<Expectation> expectations;
};

// Throws std::runtime_error with the line for what it does not understand, and for a journey that expects nothing.
std::vector<JourneyStep> parse_journey(std::string_view text);

// directory: where the command ran. Throws std::runtime_error for an expectation that cannot be read.
std::string check(const Expectation& expectation, const Ended& ended, const std::string& directory);

// What differs, one sentence for each expectation that does not hold. A command without `exit` must end with 0.
std::vector<std::string> walk(const JourneyStep& step, const std::string& directory,
                              const std::vector<std::string>& environment);

// The sorted content of the three folders, as `tree` lists it.
std::vector<std::string> tree_of(const std::string& directory);

}  // namespace support
