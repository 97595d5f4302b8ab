#include "ledger/findings.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace ledger {
namespace {

constexpr std::size_t k_hash_size = 64;

constexpr std::array<std::string_view, 12> k_names = {"edited",        "removed",      "added",        "reordered",
                                                      "lines_changed", "text_changed", "text_missing", "run_missing",
                                                      "misfiled",      "rebuilt",      "unguarded",    "damaged"};

}  // namespace

std::string describe(const Head& head) {
  return fmt::format("{}:{}", head.position, head.hash);
}

std::optional<Head> head_from(std::string_view text) {
  Head head;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), head.position);
  const auto colon = static_cast<std::size_t>(end - text.data());
  if (fault != std::errc{} || head.position < 0 || colon == text.size() || text[colon] != ':') return std::nullopt;
  head.hash = text.substr(colon + 1);
  if (head.hash.size() != k_hash_size) return std::nullopt;
  if (head.hash.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return head;
}

std::string_view name(FindingKind kind) noexcept {
  return k_names[static_cast<std::size_t>(kind)];
}

}  // namespace ledger
