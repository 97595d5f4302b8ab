#include "runner/error_note.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/script.hpp"
#include "os/clock.hpp"

namespace runner {

std::string error_note(const core::AttemptReport& attempt, std::string_view filed_as) {
  const std::string name = base::escape(attempt.script);
  std::string note = fmt::format("{} failed ({}) on {}, attempt {}.\n\n{}\n", name, core::name(attempt.outcome.cause),
                                 base::iso8601(os::now()), attempt.attempt, base::escape_lines(attempt.outcome.error));
  if (!attempt.outcome.traceback.empty()) note += fmt::format("\n{}\n", base::escape_lines(attempt.outcome.traceback));
  note += fmt::format(
      "\nNothing of it was kept: the database is as it was before this script.\n"
      "Version (SHA-256): {}\n\nIn full:  fettle show {}\nMend it, then:  fettle retry {}\n",
      attempt.sha256, attempt.attempt, core::command_word(filed_as));
  return note;
}

}  // namespace runner
