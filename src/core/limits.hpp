// What one attempt may use up, beside its time, memory and size ([run]), as the user configured it in [limits]. The
// runner hands it to the process that enforces each: the broker what the database gives and takes, the runner what the
// worker tells. Texts for people name the key that raises a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace core {

inline constexpr std::uint64_t k_unlimited = std::numeric_limits<std::uint64_t>::max();

struct Limits {
  std::uint64_t rows = 100'000'000;                         // read from databases; or k_unlimited
  std::uint64_t bytes = std::uint64_t{16} << 30U;           // of those rows; or k_unlimited
  std::uint64_t statements = 100'000'000;                   // each row of executemany is one; or k_unlimited
  std::uint64_t database_memory = std::uint64_t{1} << 30U;  // bytes that the broker's database clients may hold
  std::uint64_t log_lines = 10'000;                         // kept; further ones are dropped
  std::uint64_t log_bytes = std::uint64_t{1} << 20U;        // kept
  std::uint64_t result_bytes = std::uint64_t{1} << 20U;     // of the result as JSON
  std::uint64_t result_depth = 64;                          // tables inside tables

  bool operator==(const Limits&) const = default;
};

// "more than 1,000 rows were read (limits.rows); raise it in config.toml, or …"
std::string too_many_rows(const Limits& limits);
std::string too_many_bytes(const Limits& limits);
std::string too_many_statements(const Limits& limits);
std::string too_much_database_memory(const Limits& limits);
std::string result_too_large(const Limits& limits);
std::string too_many_changed(std::uint64_t rows, std::uint64_t most);  // maxRows of the script
std::string log_is_full(const Limits& limits);

}  // namespace core
