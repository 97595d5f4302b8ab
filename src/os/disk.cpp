#include "os/disk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <string_view>
#include <sys/vfs.h>

namespace os {
namespace {

struct Kind {
  std::uint64_t magic;
  std::string_view name;
  Keeps keeps;
};

constexpr std::array k_kinds = {
    Kind{0xEF53, "ext4", Keeps::safely},        Kind{0x58465342, "xfs", Keeps::safely},
    Kind{0x9123683E, "btrfs", Keeps::safely},   Kind{0x2FC12FC1, "zfs", Keeps::safely},
    Kind{0xF2F52010, "f2fs", Keeps::safely},    Kind{0xCA451A4E, "bcachefs", Keeps::safely},
    Kind{0x794C7630, "overlay", Keeps::safely}, Kind{0x01021994, "tmpfs", Keeps::not_long},
    Kind{0x858458F6, "ramfs", Keeps::not_long}, Kind{0x6969, "nfs", Keeps::by_others},
    Kind{0xFF534D42, "cifs", Keeps::by_others}, Kind{0xFE534D42, "smb", Keeps::by_others},
    Kind{0x65735546, "fuse", Keeps::by_others}, Kind{0x01021997, "9p", Keeps::by_others},
    Kind{0x00C36400, "ceph", Keeps::by_others}, Kind{0x5346414F, "afs", Keeps::by_others},
    Kind{0x2011BAB0, "exfat", Keeps::safely},   Kind{0x4D44, "vfat", Keeps::safely},
    Kind{0x7366746E, "ntfs3", Keeps::safely},   Kind{0x3153464A, "jfs", Keeps::safely},
    Kind{0x3434, "nilfs2", Keeps::safely},      Kind{0x52654973, "reiserfs", Keeps::safely},
};

// errno says why not.
bool ask(const std::string& path, struct statfs& facts) noexcept {
  return ::statfs(path.empty() ? "/" : path.c_str(), &facts) == 0;
}

}  // namespace

std::optional<Disk> disk_under(const std::string& path) {
  struct statfs facts {};
  std::string asked = path;
  while (!ask(asked, facts)) {
    if (errno != ENOENT || asked.find('/') == std::string::npos || asked.empty()) return std::nullopt;
    asked.resize(asked.rfind('/'));
  }
  const auto magic = static_cast<std::uint64_t>(facts.f_type) & 0xFFFFFFFFU;
  const auto* kind =
      std::find_if(k_kinds.begin(), k_kinds.end(), [magic](const Kind& each) { return each.magic == magic; });
  const auto block = static_cast<std::uint64_t>(facts.f_frsize != 0 ? facts.f_frsize : facts.f_bsize);
  Disk disk{fmt::format("{:#x}", magic), Keeps::by_others, facts.f_bavail * block, facts.f_blocks * block};
  if (kind == k_kinds.end()) return disk;
  disk.type = kind->name;
  disk.keeps = kind->keeps;
  return disk;
}

}  // namespace os
