// A place that a ledger can lie in, and the way from one to another. A ledger that fettle works with is a SQLite file;
// the others are for keeping and for reading with other tools. Whatever is written is written beside its place, read
// back, compared by its digest, and put in place at once: whoever is killed leaves nothing, or all of it. Lives in the
// process of the command. Throws base::Error: usage (no such place, not empty, no ledger in it), io, ledger_broken,
// target_unreachable.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "ledger/rows.hpp"

namespace exchange {

struct Place {
  enum class Kind { sqlite, json_lines, json_runs, csv, postgresql };
  Kind kind = Kind::sqlite;
  std::string where;  // a path; of postgresql the URL, with its secrets
  std::string shown;  // the same for people
};

struct PlaceKind {
  Place::Kind kind;
  std::string_view name;   // in a URL, NAME:PATH, and of --format
  std::string_view about;  // for people
  bool is_read = true;     // it can be brought back
};

inline constexpr std::array k_place_kinds = {
    PlaceKind{Place::Kind::sqlite, "sqlite", "the ledger itself, a SQLite file"},
    PlaceKind{Place::Kind::json_lines, "jsonl", "JSON Lines, one file"},
    PlaceKind{Place::Kind::json_runs, "json-runs", "JSON Lines, a file for each run"},
    PlaceKind{Place::Kind::postgresql, "postgresql", "schema fettle_ledger of a database"},
    PlaceKind{Place::Kind::csv, "csv", "CSV, a file for each table; one way", false},
};
const PlaceKind& about(Place::Kind kind) noexcept;

// Of sqlite:PATH, jsonl:PATH, json-runs:DIR, csv:DIR or postgresql://…
Place place_from(std::string_view text);

// Whether nothing is there. Throws Error(usage) for something that is no such ledger and in the way.
bool is_free(const Place& place);

// Copies the whole ledger; what is in `to` afterwards has been read back and compared, unless it is csv. own: the path
// of this folder's ledger, beside which copies lie for a while that have no place of their own. Gives what was copied.
ledger::Digest copy_ledger(const Place& from, const Place& to, const std::string& own);

}  // namespace exchange
