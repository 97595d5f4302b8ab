#include "core/limits.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace core {

std::string too_many_rows(const Limits& limits) {
  return fmt::format(
      "more than {} rows were read (limits.rows); let the database count and select, or raise it in config.toml",
      base::format_count(limits.rows));
}

std::string too_many_bytes(const Limits& limits) {
  return fmt::format(
      "more than {} were read (limits.bytes); select only the columns that are needed, or raise it in config.toml",
      base::format_size(limits.bytes));
}

std::string too_many_statements(const Limits& limits) {
  return fmt::format(
      "more than {} statements were sent (limits.statements); change many rows with one statement, or raise it in "
      "config.toml",
      base::format_count(limits.statements));
}

std::string too_much_database_memory(const Limits& limits) {
  return fmt::format(
      "the database needed more than {} of memory (limits.database_memory); work in smaller steps, or raise it in "
      "config.toml",
      base::format_size(limits.database_memory));
}

std::string result_too_large(const Limits& limits) {
  return fmt::format("the result is larger than {} (limits.result_bytes); return less, or raise it in config.toml",
                     base::format_size(limits.result_bytes));
}

std::string too_many_changed(std::uint64_t rows, std::uint64_t most) {
  return fmt::format("it changed {} rows, which is more than its maxRows = {}", rows, most);
}

std::string log_is_full(const Limits& limits) {
  return fmt::format(
      "[the log is full: no more than {} lines (limits.log_lines) and {} (limits.log_bytes) are kept of one attempt; "
      "config.toml raises them]",
      base::format_count(limits.log_lines), base::format_size(limits.log_bytes));
}

}  // namespace core
