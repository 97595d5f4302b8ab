// A fix script as the folder vouches for it, and what it declares of itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

// Which bytes lie under a name, without having read them: whatever changes a file changes its ctime too. Tells also a
// touched file from the one before.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0;     // bytes
  std::int64_t changed = 0;  // ctime, nanoseconds since 1970
  bool operator==(const FileStamp&) const = default;
};

// A .lua file, read whole at one moment. Its identity is its file name, its version the SHA-256 of its bytes.
struct Script {
  std::string name;  // bytes of the file name, not always UTF-8
  std::string sha256;
  std::string text;
};

// What --arg gave a script.
struct Argument {
  std::string name, value;
};

// The optional fields of a script (design section 3), as the worker read them.
struct Declaration {
  std::string description;
  std::string database;  // the one it may write; empty: the first configured
  bool writes = true;    // false: it writes none, and its receipt goes to the coordinator
  bool repeatable = false;
  bool transaction = true;  // false: each statement of execute() is committed by itself
  std::optional<std::chrono::milliseconds> timeout;
  std::string not_before, window;  // as written (core/schedule); empty: none
  std::vector<std::string> depends, tags, environments;
  std::vector<std::string> args;                     // what it takes, for people: "day", "limit = 100"
  std::string args_fault;                            // why it cannot work with what --arg gave; empty: it can
  std::uint64_t retries = 0;                         // further tries, after what may pass by itself
  std::optional<std::chrono::milliseconds> backoff;  // before the second try, doubled before each further one
  std::uint64_t max_rows = 0;                        // that it may change; 0: any number
  bool allow_failure = false;                        // that it fails is no failure of the run
  bool validates = false, rolls_back = false;        // it has the function
};

// Cuts what is longer than a sound worker sends.
inline constexpr std::size_t k_longest_word = std::size_t{4} << 10U;  // bytes of what a script declares of itself
void cap(std::vector<std::string>& texts);
void cap(Declaration& declaration);

// A file in the pending folder that is not a candidate, and why: `status` shows both.
struct Ignored {
  std::string name;
  std::string reason;
};

// "007" of "007_clear_menu.lua", "20261121" of "20261121-x.lua"; empty when the name starts with no digit.
std::string_view number_of(std::string_view name) noexcept;

// "007_clear_menu" of "007_clear_menu.lua".
std::string_view stem_of(std::string_view name) noexcept;

// How a person names a script on the command line: its stem where a shell takes that as it is, else its number, else
// the quoted stem.
std::string command_word(std::string_view name);

// "fix.lua" → "fix.2.lua" for copy 2; the stem is cut, between UTF-8 characters, where the name would pass 255 bytes.
std::string numbered_name(std::string_view name, unsigned copy);

// The other way round: "fix.2.lua" → "fix.lua"; a name without such a number is given back as it is.
std::string unnumbered_name(std::string_view name);

// "failed/NAME.error.txt" stands beside "failed/NAME"; the name is cut where it would pass 255 bytes.
std::string error_note_name(std::string_view name);

}  // namespace core
