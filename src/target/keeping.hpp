// What backups do with a database: save it, look whether it still is as it was saved, and put it back. Every engine is
// one table of functions, in one file. Lives in a broker that is not locked down yet, with connections of its own; no
// script is at work anywhere then. Everything here throws SqlError.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "target/drivers.hpp"

namespace target {

// What is to be done, and with which database.
struct KeepingWish {
  const std::string& url;
  const Surroundings& surroundings;
  const core::Keeping& keeping;
  int wake;  // readable once it is not wanted any more
};

struct Keeper {
  // Everything that is committed at one moment, while others go on working. Gives the rows of each table in it, as far
  // as they can be known.
  std::vector<core::Fact> (*save)(const KeepingWish& wish);
  // How it differs now, for people; empty: it does not; k_missing: there is nothing in its place.
  std::string (*compare)(const KeepingWish& wish);
  // Beside the database, checked: whole, and with keeping.rows. Replaces what an interrupted restore has left.
  void (*make)(const KeepingWish& wish);
  // In its place, at once. Facts: k_kept, where what was there is now; or k_restored_as, where what was restored is,
  // because the engine cannot swap.
  std::vector<core::Fact> (*swap)(const KeepingWish& wish);
  // Of what make has left; none: nothing happens.
  void (*drop)(const KeepingWish& wish);
  std::string_view file_ending;                           // of the file that save writes
  std::vector<std::vector<std::string_view>> programs{};  // of each list one must be installed
  std::string_view package{};                             // Debian's, that has them
};

inline constexpr std::string_view k_differs = "differs";
inline constexpr std::string_view k_missing = "missing";
inline constexpr std::string_view k_kept = "kept";
inline constexpr std::string_view k_restored_as = "restored as";

// Of the engine that serves this URL; nullptr: none does.
const Keeper* keeper_of(std::string_view url) noexcept;

// What one of them needs and is not installed, for people; empty: nothing. Touches no database.
std::string missing_program(std::string_view url);

// Whether a run would make it, since it is not there yet: there is nothing to save.
bool is_yet_to_be_made(const std::string& url, const Surroundings& surroundings);

// Does the step of address.keeping; what comes of it is in the status. Throws nothing.
void keep(const core::DatabaseAddress& address, const Surroundings& surroundings, int wake,
          core::DatabaseStatus& status);

// Throws SqlError when a table is missing or has another number of rows.
void check_rows(const std::vector<core::Fact>& expected, const std::vector<core::Fact>& found);

const Keeper& sqlite_keeper();
const Keeper& postgresql_keeper();
const Keeper& mariadb_keeper();

}  // namespace target
