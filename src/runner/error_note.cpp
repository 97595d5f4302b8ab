#include "runner/error_note.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/batch.hpp"
#include "core/script.hpp"
#include "os/clock.hpp"

namespace runner {
namespace {

// Indented, so that no line of a script's text looks like one of fettle's.
std::string indented(std::string_view text) {
  std::string lines;
  for (const std::string_view line : base::split(text, '\n')) lines += fmt::format("  {}\n", base::escape_lines(line));
  return lines;
}

}  // namespace

std::string error_note(const core::AttemptReport& attempt, std::string_view filed_as) {
  const std::string name = base::escape(attempt.script);
  std::string note = fmt::format("{} failed ({}) on {}, attempt {}.\n\n{}", name, core::name(attempt.outcome.cause),
                                 base::iso8601(os::now()), attempt.attempt, indented(attempt.outcome.error));
  if (!attempt.outcome.traceback.empty()) note += "\n" + indented(attempt.outcome.traceback);
  note += core::leaves_something(attempt.outcome)
              ? "\nIt has no transaction: look at the database before you run it again.\n"
          : core::keeps_pages(attempt.outcome)
              ? "\nNothing was kept of what it did behind those pages; a retry goes on there.\n"
              : "\nNothing of it was kept: the database is as it was before this script.\n";
  note += fmt::format("Version (SHA-256): {}\n\nIn full:  fettle show {}\nMend it, then:  fettle retry {}\n",
                      attempt.sha256, attempt.attempt, core::command_word(filed_as));
  return note;
}

}  // namespace runner
