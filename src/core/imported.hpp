// What another tool has recorded of a script before fettle looked after it (`fettle import`), and what follows from it.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/script.hpp"

namespace core {

enum class ImportedState : std::uint8_t {
  applied,
  marked,   // it counts as applied, and was not executed
  skipped,  // it was looked at and left out; the tool would ask again
  failed,
  pending,  // begun, or to be begun: nothing says that it came to its end
  rolled_back,
  unknown,  // the tool itself does not know what became of it
};
inline constexpr ImportedState k_last_imported_state = ImportedState::unknown;

std::string_view name(ImportedState state) noexcept;
std::optional<ImportedState> imported_state_from(std::string_view name) noexcept;
bool counts_as_applied(ImportedState state) noexcept;

// The newest fact that counts for a script.
struct Imported {
  std::int64_t import = 0;  // which import brought it
  std::string tool, source;
  std::string name;  // as the tool has it
  ImportedState state = ImportedState::unknown;
  std::optional<base::Instant> at;  // nullopt: the tool does not know
  base::Instant imported;
  std::string note, checksum;  // empty: none
};

// "imported from knex: applied 2024-05-01 (import 3, state/old.db)"
std::string describe(const Imported& fact);

// What such a fact is told under where only a number or a word is known of its script: "7_*" of "007_clear_menu" and
// "7-x", "ae10_*" of "ae10_create_user"; empty: the name begins with neither.
std::string wild_stem_of(std::string_view stem);
// The same of the number or word itself: "7_*" of "007", "ae10_*" of "ae10".
std::string wild_stem(std::string_view version);

// Where the tool keeps a checksum that is made of a file's bytes, and of these it is another one: what to say of that.
// Empty: it fits, or nobody can tell.
std::string checksum_fault(const Imported& fact, const Script& script);

}  // namespace core
