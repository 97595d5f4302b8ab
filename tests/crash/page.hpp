// What the driver and the shim share: one page of a file, mapped by the driver and by every process of one fettle run.
// The driver fills in the fault before the run starts; the shim, in whichever process makes a call that changes the
// disk, counts it and does what the fault says. Only memory: the processes in question may not talk to anybody else.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace crash {

inline constexpr const char* k_page_variable = "FETTLE_CRASH_PAGE";    // path of the file
inline constexpr const char* k_roots_variable = "FETTLE_CRASH_ROOTS";  // what lies below one of these counts; "A:B"
inline constexpr std::uint32_t k_most_entries = 4096;

enum class Fault : std::uint32_t {
  none,
  hold_all,  // the caller and everybody who comes after it stop before their call, and wait to be killed
  hold_one,  // only the caller does
  refuse,    // the call is not made and answers -1 with `error`
};

// One counted call. `name` is complete once `written` is 1.
struct Entry {
  std::atomic<std::uint32_t> written;
  std::uint32_t depth;  // forks since the start of the program: 0 runner, 1 zygote, 2 broker, 3 keeper
  std::array<char, 16> call;
  std::array<char, 104> file;  // the end of its path
};

struct Page {
  Fault fault;
  std::uint32_t at;       // number of the call, from 1
  std::uint32_t lasting;  // refuse: 1: every call from `at` on, as a full disk does
  std::int32_t error;
  std::atomic<std::uint32_t> calls;
  std::atomic<std::uint32_t> reached;  // 1: the fault has struck; a futex that the driver waits on
  std::atomic<std::int32_t> victim;    // process that made the call
  std::array<Entry, k_most_entries> entries;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace crash
