// Lines that several commands print alike. Every function escapes what it is given; no line is wider than the style.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "core/guard.hpp"
#include "core/script.hpp"
#include "ledger/history.hpp"

namespace cli {

inline constexpr std::size_t k_most_rows = 20;  // of one list of files; -v shows all

// "label      text", the text wrapped below itself.
void print_field(const Context& context, std::string_view label, std::string_view text);

// "  name      remark"; the remark goes below, wrapped, where both do not fit beside each other.
void print_pair(const Context& context, std::string_view name, std::string_view remark);

// Files that are not candidates, with the reason beside them; nothing for none.
void print_ignored(const Context& context, const std::vector<core::Ignored>& ignored, std::string_view folder);

// What a script declares beside its description, in one line: "depends on 003_x · tags nightly · tried 4 times"; empty:
// nothing worth a line.
std::string declared_text(const Style& style, const core::Declaration& declaration);

// Attempts as a table, in the order given.
void print_attempts(const Context& context, const std::vector<ledger::Attempt>& attempts);

// The indented lines of an error and, where there is one, its traceback.
void print_error(const Context& context, const core::Outcome& outcome);

// "✓ succeeded", in its colour; "… running" where there is no outcome yet.
std::string outcome_text(const Style& style, const std::optional<core::OutcomeKind>& kind, std::size_t width);

// That no run is allowed now, and why.
void print_forbidden(const Context& context, const core::Forbidden& forbidden);

// "fettle run  what it does" under "Next:".
struct Hint {
  std::string command, effect;
};
void print_hints(const Context& context, const std::vector<Hint>& hints);

}  // namespace cli
