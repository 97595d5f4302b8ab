// How far a batch of a script has come: a row in the target, changed in the very commit of each page. Whoever takes the
// script up again goes on behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/outcome.hpp"
#include "core/receipt.hpp"

namespace core {

inline constexpr std::size_t k_longest_batch_name = 200;                 // bytes
inline constexpr std::size_t k_largest_cursor = std::size_t{64} << 10U;  // bytes of JSON
inline constexpr std::size_t k_deepest_cursor = 16;

struct Bookmark {
  Receipt by;                                     // the attempt that left it, and when: script, version, ledger …
  std::string name;                               // of the batch in its script
  std::string cursor;                             // JSON; empty: none yet
  std::uint64_t pages = 0, rows = 0, failed = 0;  // committed so far, by whichever attempts
  bool ended = false;                             // there is no further page
};

// What pages of a script are committed, all its batches together.
struct Paged {
  std::uint64_t pages = 0, rows = 0;
  bool advanced = false;  // the attempt in question has committed some of them
};

// "committed so far and kept: 12 pages (12,000 rows) of its batches; the next try goes on behind them"
std::string what_is_kept(const Paged& paged);
// Whether the outcome's error says so.
bool keeps_pages(const Outcome& outcome) noexcept;

}  // namespace core
