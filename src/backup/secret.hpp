// The key that the parts of a backup are locked with, and where it comes from: a passphrase (Argon2id), or a file of 32
// random bytes. Never on a command line, never printed, never in a backup. The only header of the room that knows of
// libsodium is secret.cpp and pack.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace backup {

inline constexpr std::size_t k_key_size = 32;
using KeyBytes = std::array<unsigned char, k_key_size>;

// How the key of one backup is made; stands in its manifest.
struct Locked {
  core::Encrypt by = core::Encrypt::none;
  std::string salt;                      // of a passphrase: 32 hexadecimal digits
  std::uint64_t passes = 0, memory = 0;  // Argon2id's work: passes over so many bytes
};

class Secret {
 public:
  // What the configuration names for `by`. Throws Error(config) when it is missing or no such thing.
  static Secret of(const core::Config& config, core::Encrypt by);
  ~Secret();  // wiped
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept = default;

  // For a new backup: with a salt of its own.
  Locked lock() const;
  // The key of that backup. Throws Error(config) for numbers that no backup of ours has.
  KeyBytes key_for(const Locked& locked) const;

 private:
  Secret() = default;
  core::Encrypt by_ = core::Encrypt::none;
  std::string text_;  // passphrase, or the 32 bytes
};

// Whether the secret for this is configured at all.
bool has_secret(const core::Config& config, core::Encrypt by);

// A tag of the text under this key, 64 hexadecimal digits.
std::string tag_of(std::string_view text, const KeyBytes& key);

// So many random bytes as hexadecimal digits.
std::string random_hex(std::size_t bytes);

}  // namespace backup
