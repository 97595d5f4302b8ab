#include "runner/mark.hpp"

#include <array>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"

namespace cli {
namespace {

struct Word {
  std::string_view word;
  ledger::Declared as;
  std::string_view then;  // what follows from it, for people
};

constexpr std::array k_words = {
    Word{"succeeded", ledger::Declared::succeeded, "counts as applied; a pending file of it is filed by the next run"},
    Word{"failed", ledger::Declared::failed, "counts as failed; a pending file of it goes to the failed ones"},
    Word{"pending", ledger::Declared::pending, "runs again when it is pending"},
};

const Word& word_of(const std::string& typed) {
  for (const Word& word : k_words)
    if (word.word == typed) return word;
  throw base::Error(
      base::ErrorKind::usage,
      fmt::format("a script cannot be marked {}; it is succeeded, failed or pending", base::escape(typed)),
      "Nothing was marked.", "fettle mark --help");
}

}  // namespace

int mark_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  const Word& word = word_of(arguments.words.at(1));
  const runner::Marked marked = runner::mark(context.config(), {.script = arguments.words.at(0),
                                                                .as = word.as,
                                                                .by = arguments.by,
                                                                .reason = arguments.reason,
                                                                .command = arguments.command_line});
  if (arguments.json)
    context.print(marked_json(marked, word.word) + "\n");
  else
    context.print(fmt::format("{} is marked as {} (attempt {}): it {}\n", base::escape(marked.script), word.word,
                              marked.attempt, word.then));
  return 0;
}

}  // namespace cli
