// How an attempt ended. A script's failure is this value and is never thrown.
// Created only after the worker is gone and the broker has answered; told, stored and exported as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace core {

// The closed list of design section 4. The ledger's schema checks the same names.
enum class OutcomeKind {
  succeeded,
  skipped,
  failed,
  blocked,
  interrupted,
  unknown,
  rolled_back,
  marked,
  imported,
};

// Why an attempt failed, why it is blocked, or what interrupted it. `none` for the other outcomes.
enum class Cause : std::uint8_t {
  none,
  error,        // the script or a statement of it raised an error, or it returned executed = false
  syntax,       // not Lua
  contract,     // not a fix script, or a result outside the contract
  timeout,      // the time limit was hit
  memory,       // the memory limit was hit
  crash,        // the worker died, or spoke out of turn
  locked,       // another process held the database locked for too long
  unreachable,  // the database could not be opened, or its connection was lost
  validation,   // its validate() said no
  rule,         // rolled back by a rule: more rows than its maxRows, or others than somebody agreed to
  dependency,   // what it depends on is not applied, or the scripts depend on each other in a circle
};

// Where a script's file belongs once its attempt has ended.
enum class Filing { stays, to_succeeded, to_failed };

struct Outcome {
  OutcomeKind kind = OutcomeKind::failed;
  Cause cause = Cause::none;
  std::string reason;                  // why it was skipped, blocked or interrupted; empty otherwise
  std::string message;                 // what the script says of itself
  std::string result;                  // further fields that execute() returned, as a JSON object; empty: none
  std::string error;                   // one or a few lines; empty: no error
  std::string traceback;               // Lua's stack; empty: none
  std::optional<base::Instant> until;  // blocked: from then on it may run
};

std::string_view name(OutcomeKind kind) noexcept;
std::string_view name(Cause cause) noexcept;
std::optional<OutcomeKind> outcome_from(std::string_view name) noexcept;
std::optional<Cause> cause_from(std::string_view name) noexcept;

// All names, in the order of the list above: for help, checks and suggestions.
std::span<const std::string_view> outcome_names() noexcept;

enum class Skipped { move, keep };  // [run] skipped: what becomes of a skipped script's file

Filing filing(OutcomeKind kind, Skipped skipped) noexcept;

// The last line of the error of an attempt that failed without a transaction.
inline constexpr std::string_view k_what_stays =
    "what it did until then stays in the database: the script says transaction = false";
bool leaves_something(const Outcome& outcome) noexcept;

Outcome skipped(std::string reason);
Outcome blocked(Cause cause, std::string reason);
Outcome failed(Cause cause, std::string error, std::string traceback = {});

}  // namespace core
