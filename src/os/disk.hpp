// The file system under a path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace os {

enum class Keeps : std::uint8_t {
  safely,     // a disk of this machine
  by_others,  // over a network or through another program: its locks and syncs are only as good as those
  not_long,   // memory: gone after a restart
};

struct Disk {
  std::string type;  // "ext4"; "0x…" where the name is not known
  Keeps keeps = Keeps::safely;
  std::uint64_t free = 0, size = 0;  // bytes; free: for this user
};

// Less is as good as nothing: the ledger's log of a run may need as much.
inline constexpr std::uint64_t k_full = std::uint64_t{4} << 20U;  // bytes

// Of the path or, where that does not exist, of the nearest folder above it. nullopt: the system does not say.
std::optional<Disk> disk_under(const std::string& path);

}  // namespace os
