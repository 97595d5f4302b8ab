#include "core/imported.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/checksum.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace core {
namespace {

constexpr std::array<std::string_view, 7> k_states = {"applied", "marked",      "skipped", "failed",
                                                      "pending", "rolled_back", "unknown"};
constexpr std::size_t k_longest_note = 200;  // bytes, in a reason
constexpr std::string_view k_digits = "0123456789";

// As Flyway has it: of each line without its end, and of the first without a byte-order mark; signed.
std::string flyway_checksum(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::uint32_t sum = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    sum = base::crc32(text.substr(0, end), sum);
    text.remove_prefix(end);
    if (text.starts_with("\r\n"))
      text.remove_prefix(2);
    else if (!text.empty())
      text.remove_prefix(1);
  }
  return fmt::format("{}", static_cast<std::int32_t>(sum));
}

std::string with_line_ends(std::string_view text, std::string_view end) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
    out += text[at] == '\n' ? end : text.substr(at, 1);
  }
  return out;
}

// What it is of these bytes. Some tools take other line ends for the same.
std::string checksum_of(const Imported& fact, const Script& script) {
  if (fact.tool == "flyway") return flyway_checksum(script.text);
  if (fact.tool == "sqitch") return base::sha1_hex(script.text);
  if (fact.tool == "fettle") return script.sha256;
  if (fact.tool != "prisma") return {};
  for (const std::string_view end : {"\n", "\r\n"})
    if (std::string sum = base::sha256_hex(with_line_ends(script.text, end)); sum == fact.checksum) return sum;
  return base::sha256_hex(script.text);
}

}  // namespace

std::string_view name(ImportedState state) noexcept {
  return k_states[static_cast<std::size_t>(state)];
}

std::optional<ImportedState> imported_state_from(std::string_view name) noexcept {
  const auto found = std::find(k_states.begin(), k_states.end(), name);
  if (found == k_states.end()) return std::nullopt;
  return static_cast<ImportedState>(found - k_states.begin());
}

bool counts_as_applied(ImportedState state) noexcept {
  return state == ImportedState::applied || state == ImportedState::marked;
}

std::string describe(const Imported& fact) {
  return fmt::format("imported from {}: {} {} (import {}, {}){}", fact.tool,
                     fact.state == ImportedState::rolled_back ? "rolled back" : name(fact.state),
                     fact.at ? base::iso8601(*fact.at).substr(0, 10) : "at an unknown time", fact.import, fact.source,
                     fact.note.empty() ? "" : "; " + base::cap(base::first_line(fact.note), k_longest_note));
}

std::string wild_stem(std::string_view version) {
  if (version.empty()) return {};
  if (version.find_first_not_of(k_digits) == std::string_view::npos)
    version.remove_prefix(std::min(version.find_first_not_of('0'), version.size() - 1));
  return fmt::format("{}_*", version);
}

std::string wild_stem_of(std::string_view stem) {
  const std::size_t digits = std::min(stem.find_first_not_of(k_digits), stem.size());
  const std::size_t word = stem.find('_');
  const bool is_number =
      digits > 0 && (digits == stem.size() || std::string_view("_-. ").find(stem[digits]) != std::string_view::npos);
  if (is_number) return wild_stem(stem.substr(0, digits));
  return wild_stem(stem.substr(0, std::min(word, stem.size())));
}

std::string checksum_fault(const Imported& fact, const Script& script) {
  if (fact.checksum.empty()) return {};
  const std::string is = checksum_of(fact, script);
  if (is.empty() || is == fact.checksum) return {};
  return fmt::format("these bytes are not what {} has recorded under this name: checksum {} in place of {}", fact.tool,
                     is, fact.checksum);
}

}  // namespace core
