#include "backup/secret.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace backup {
namespace {

static_assert(k_key_size == crypto_secretstream_xchacha20poly1305_KEYBYTES && k_key_size == crypto_auth_KEYBYTES);

constexpr std::size_t k_longest_passphrase = 4096;
constexpr std::uint64_t k_passes = crypto_pwhash_OPSLIMIT_MODERATE, k_memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
constexpr std::uint64_t k_most_passes = 100, k_most_memory = std::uint64_t{1} << 30U;  // that are believed
constexpr const char* k_untouched = "Nothing was saved, restored or removed.";

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::config, std::move(what), k_untouched, std::move(next));
}

std::string read_secret(const std::string& path, std::string_view what) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::string text(k_longest_passphrase + 1, '\0');
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (got < 0)
    base::throw_errno(base::ErrorKind::config, fmt::format("cannot read the {} in {}", what, base::escape(path)),
                      k_untouched, "Name it in [backup] of config.toml, readable for this user.");
  text.resize(static_cast<std::size_t>(got));
  return text;
}

std::string hex_of(const unsigned char* bytes, std::size_t size) {
  std::string hex(size * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes, size);
  hex.pop_back();
  return hex;
}

std::string passphrase_of(const core::Config& config) {
  if (!config.backup.passphrase.empty()) return config.backup.passphrase;
  if (config.backup.passphrase_file.empty())
    refuse("no passphrase for backups is given",
           "Put it into FETTLE_BACKUP_PASSPHRASE in the environment, or into the file that [backup] passphrase_file "
           "names.");
  const std::string path = config.path(config.backup.passphrase_file);
  std::string text(base::first_line(read_secret(path, "passphrase")));
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) refuse(fmt::format("{} has no passphrase in its first line", base::escape(path)), "Write one.");
  return text;
}

std::string key_of(const core::Config& config) {
  if (config.backup.key_file.empty())
    refuse("no key for backups is given",
           "Make one: head -c 32 /dev/urandom > backup.key   and name it: key_file in [backup] of config.toml");
  const std::string path = config.path(config.backup.key_file);
  std::string text = read_secret(path, "key");
  if (text.size() != k_key_size)
    refuse(fmt::format("{} is no key: it has {} bytes, not {}", base::escape(path),
                       text.size() > k_longest_passphrase ? "too many" : fmt::format("{}", text.size()), k_key_size),
           "Make one: head -c 32 /dev/urandom > backup.key");
  return text;
}

}  // namespace

Secret Secret::of(const core::Config& config, core::Encrypt by) {
  if (sodium_init() < 0) throw base::Error(base::ErrorKind::internal, "libsodium does not start", k_untouched);
  Secret secret;
  secret.by_ = by;
  if (by == core::Encrypt::passphrase) secret.text_ = passphrase_of(config);
  if (by == core::Encrypt::key) secret.text_ = key_of(config);
  if (secret.text_.size() > k_longest_passphrase) refuse("the passphrase is too long", "At most 4096 bytes.");
  return secret;
}

Secret::~Secret() {
  sodium_memzero(text_.data(), text_.size());
}

Locked Secret::lock() const {
  Locked locked;
  locked.by = by_;
  if (by_ != core::Encrypt::passphrase) return locked;
  locked.salt = random_hex(crypto_pwhash_SALTBYTES);
  locked.passes = k_passes;
  locked.memory = k_memory;
  return locked;
}

KeyBytes Secret::key_for(const Locked& locked) const {
  KeyBytes key{};
  if (by_ == core::Encrypt::key) {
    std::copy(text_.begin(), text_.end(), key.begin());
    return key;
  }
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::size_t length = 0;
  const bool is_salt = sodium_hex2bin(salt.data(), salt.size(), locked.salt.data(), locked.salt.size(), nullptr,
                                      &length, nullptr) == 0 &&
                       length == salt.size();
  if (!is_salt || locked.passes < 1 || locked.passes > k_most_passes || locked.memory > k_most_memory)
    refuse("the manifest asks for another key than fettle makes", "Restore another backup.");
  if (crypto_pwhash(key.data(), key.size(), text_.data(), text_.size(), salt.data(), locked.passes,
                    static_cast<std::size_t>(locked.memory), crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw base::Error(
        base::ErrorKind::internal,
        fmt::format("there is not enough memory for the key: it takes {}", base::format_size(locked.memory)),
        k_untouched, "Give the process more memory.");
  return key;
}

bool has_secret(const core::Config& config, core::Encrypt by) {
  if (by == core::Encrypt::passphrase)
    return !config.backup.passphrase.empty() || !config.backup.passphrase_file.empty();
  return by == core::Encrypt::key && !config.backup.key_file.empty();
}

std::string tag_of(std::string_view text, const KeyBytes& key) {
  std::array<unsigned char, crypto_auth_BYTES> tag{};
  crypto_auth(tag.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data());
  return hex_of(tag.data(), tag.size());
}

std::string random_hex(std::size_t bytes) {
  if (sodium_init() < 0) throw base::Error(base::ErrorKind::internal, "libsodium does not start", k_untouched);
  std::vector<unsigned char> random(bytes);
  randombytes_buf(random.data(), random.size());
  return hex_of(random.data(), random.size());
}

}  // namespace backup
