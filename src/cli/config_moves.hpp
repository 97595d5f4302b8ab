// Configuration keys that were once called otherwise, and a config.toml brought up to date: what it says stays, with
// its comments. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct Moved {
  std::string_view from, to;  // "run.settle", "watch.settle"
};
std::span<const Moved> moved_keys() noexcept;

// What a key is called now; empty: it was never called so.
std::string_view name_now(std::string_view key) noexcept;

struct MovedLine {
  std::size_t number = 0;     // of the line in the old text, from 1
  std::string before, after;  // the lines; after with its section where that is another one
};

struct MovedConfig {
  std::string text;
  std::vector<MovedLine> lines;      // what was changed
  std::vector<std::string> by_hand;  // what a person has to do: "line 7: run.settle …"
};
MovedConfig move_keys(std::string_view text);

}  // namespace cli
