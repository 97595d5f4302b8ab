// The bytes of one part of a backup: one zstd frame with its checksum, locked where the backup is, in one file. A
// locked file is the header of libsodium's secretstream (XChaCha20-Poly1305) and blocks of 64 KiB, each bound to its
// backup, its part and its place. Whatever size a part has, a few MiB of memory are enough.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backup/secret.hpp"

namespace backup {

struct Packed {
  std::uint64_t size = 0;    // bytes that went in
  std::uint64_t packed = 0;  // of the file
  std::string sha256;        // of the file
};

// What locks a part; nullopt: nothing does.
struct Lock {
  KeyBytes key{};
  std::string bound_to;  // the backup and the part: nobody can put another one in its place
};

class Packer {
 public:
  // Makes the file, which must not exist. Everything here throws Error(io).
  Packer(const std::string& path, const std::optional<Lock>& lock);
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void add(std::string_view bytes);
  Packed finish();  // synced

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// Reads all of a part, hands what was packed to `take` and gives back what is wrong with it; empty: it is what it was.
// What `take` was handed is to be believed only then. Where the part is locked and there is no lock for it, only its
// SHA-256 is looked at. Throws Error(io) when it cannot be read.
std::string unpack(const std::string& path, const Packed& expected, bool is_locked, const std::optional<Lock>& lock,
                   const std::function<void(std::string_view)>& take);

}  // namespace backup
