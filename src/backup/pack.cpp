#include "backup/pack.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace backup {
namespace {

constexpr int k_level = 3;
constexpr int k_largest_window = 27;  // 128 MiB, as any zstd program takes it
constexpr std::size_t k_block = std::size_t{64} << 10U;
constexpr std::size_t k_locked_block = k_block + crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t k_header = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t k_piece = std::size_t{256} << 10U;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw base::Error(base::ErrorKind::io, fmt::format("cannot write {}: {}", base::escape(path), why));
}

}  // namespace

struct Packer::Inside {
  std::string path;
  os::Fd file;
  std::optional<Lock> lock;
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');
  crypto_secretstream_xchacha20poly1305_state cipher{};
  std::string block;  // not locked yet
  base::Sha256 sha256;
  Packed packed;

  ~Inside() { ZSTD_freeCCtx(zstd); }

  void write(std::string_view bytes) {
    sha256.add(bytes);
    packed.packed += bytes.size();
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) base::throw_errno(base::ErrorKind::io, fmt::format("cannot write {}", base::escape(path)));
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }

  void begin_cipher() {
    std::string header(k_header, '\0');
    crypto_secretstream_xchacha20poly1305_init_push(&cipher, bytes_of(header), lock->key.data());
    write(header);
  }

  void write_block(std::string_view plain, unsigned char tag) {
    std::string locked(plain.size() + crypto_secretstream_xchacha20poly1305_ABYTES, '\0');
    crypto_secretstream_xchacha20poly1305_push(&cipher, bytes_of(locked), nullptr, bytes_of(plain), plain.size(),
                                               bytes_of(lock->bound_to), lock->bound_to.size(), tag);
    write(locked);
  }

  // The last block is never an empty one behind a full one that could be taken for the end.
  void put(std::string_view bytes) {
    if (!lock) return write(bytes);
    block += bytes;
    std::size_t done = 0;
    for (; block.size() - done > k_block; done += k_block)
      write_block(std::string_view(block).substr(done, k_block), crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    block.erase(0, done);
  }

  void compress(std::string_view bytes, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (std::size_t left = 1; end == ZSTD_e_end ? left != 0 : in.pos < in.size;) {
      ZSTD_outBuffer piece{out.data(), out.size(), 0};
      left = ZSTD_compressStream2(zstd, &piece, &in, end);
      if (ZSTD_isError(left) != 0) refuse(path, ZSTD_getErrorName(left));
      put(std::string_view(out).substr(0, piece.pos));
    }
  }
};

Packer::Packer(const std::string& path, const std::optional<Lock>& lock) : inside_(std::make_unique<Inside>()) {
  inside_->path = path;
  inside_->lock = lock;
  if (inside_->zstd == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(inside_->zstd, ZSTD_c_compressionLevel, k_level);
  ZSTD_CCtx_setParameter(inside_->zstd, ZSTD_c_checksumFlag, 1);
  inside_->file = os::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!inside_->file) base::throw_errno(base::ErrorKind::io, fmt::format("cannot make {}", base::escape(path)));
  if (lock) inside_->begin_cipher();
}

Packer::~Packer() = default;

void Packer::add(std::string_view bytes) {
  inside_->packed.size += bytes.size();
  inside_->compress(bytes, ZSTD_e_continue);
}

Packed Packer::finish() {
  inside_->compress({}, ZSTD_e_end);
  if (inside_->lock) inside_->write_block(inside_->block, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
  if (::fsync(inside_->file.get()) != 0)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot sync {}", base::escape(inside_->path)));
  inside_->packed.sha256 = inside_->sha256.hex();
  return inside_->packed;
}

// --- back ----------------------------------------------------------------------------------------------------------

namespace {

// What stands in the file, unlocked and unpacked as it is read. After the first fault nothing more is handed on.
class Unpacker {
 public:
  Unpacker(const std::optional<Lock>& lock, const std::function<void(std::string_view)>& take)
      : lock_(lock), take_(take) {
    if (zstd_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, k_largest_window);
  }
  ~Unpacker() { ZSTD_freeDCtx(zstd_); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  void add(std::string_view bytes) {
    if (!fault_.empty()) return;
    if (!lock_) return decompress(bytes);
    locked_ += bytes;
    if (!has_header_) {
      if (locked_.size() < k_header) return;
      has_header_ = true;
      if (crypto_secretstream_xchacha20poly1305_init_pull(&cipher_, bytes_of(locked_), lock_->key.data()) != 0)
        fault_ = "it begins with no header";
      locked_.erase(0, k_header);
    }
    std::size_t done = 0;
    for (; fault_.empty() && locked_.size() - done > k_locked_block; done += k_locked_block)
      unlock(std::string_view(locked_).substr(done, k_locked_block));
    locked_.erase(0, done);
  }

  std::string end() {
    if (lock_ && fault_.empty() && !locked_.empty()) unlock(locked_);
    if (fault_.empty() && lock_ && !is_final_) fault_ = "its end is missing";
    if (fault_.empty() && left_ != 0) fault_ = "its end is missing";
    return fault_;
  }

  std::uint64_t size() const noexcept { return size_; }

 private:
  void unlock(std::string_view block) {
    if (is_final_ || block.size() < crypto_secretstream_xchacha20poly1305_ABYTES) {
      fault_ = "it goes on behind its end";
      return;
    }
    std::string plain(block.size() - crypto_secretstream_xchacha20poly1305_ABYTES, '\0');
    unsigned char tag = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(&cipher_, bytes_of(plain), nullptr, &tag, bytes_of(block),
                                                   block.size(), bytes_of(lock_->bound_to),
                                                   lock_->bound_to.size()) != 0)
      fault_ = "it cannot be decrypted: it was altered, or is of another backup";
    is_final_ = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (fault_.empty()) decompress(plain);
  }

  void decompress(std::string_view bytes) {
    if (bytes.empty()) return;  // behind its end zstd would wait for another frame
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool more = true; fault_.empty() && (in.pos < in.size || more);) {
      ZSTD_outBuffer piece{out_.data(), out_.size(), 0};
      left_ = ZSTD_decompressStream(zstd_, &piece, &in);
      if (ZSTD_isError(left_) != 0) {
        fault_ = fmt::format("it cannot be unpacked: {}", ZSTD_getErrorName(left_));
        return;
      }
      size_ += piece.pos;
      if (piece.pos > 0 && take_) take_(std::string_view(out_).substr(0, piece.pos));
      more = piece.pos == piece.size;
      if (left_ == 0 && in.pos < in.size) fault_ = "it goes on behind its end";
      if (left_ == 0) return;
    }
  }

  const std::optional<Lock>& lock_;
  const std::function<void(std::string_view)>& take_;
  ZSTD_DCtx* zstd_ = ZSTD_createDCtx();
  std::string out_ = std::string(ZSTD_DStreamOutSize(), '\0');
  crypto_secretstream_xchacha20poly1305_state cipher_{};
  std::string locked_;
  bool has_header_ = false, is_final_ = false;
  std::size_t left_ = 1;  // that zstd still wants; 0: the frame has ended
  std::uint64_t size_ = 0;
  std::string fault_;
};

}  // namespace

std::string unpack(const std::string& path, const Packed& expected, bool is_locked, const std::optional<Lock>& lock,
                   const std::function<void(std::string_view)>& take) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return "it is missing";
  if (!file) base::throw_errno(base::ErrorKind::io, fmt::format("cannot read {}", base::escape(path)));
  std::optional<Unpacker> unpacker;
  if (!is_locked || lock) unpacker.emplace(lock, take);
  base::Sha256 sha256;
  std::string piece(k_piece, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) base::throw_errno(base::ErrorKind::io, fmt::format("cannot read {}", base::escape(path)));
    if (got == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
    sha256.add(bytes);
    if (unpacker) unpacker->add(bytes);
  }
  if (sha256.hex() != expected.sha256) return "it was altered: it has another SHA-256 than the manifest says";
  if (!unpacker) return {};
  std::string fault = unpacker->end();
  if (fault.empty() && unpacker->size() != expected.size)
    fault = fmt::format("it holds {} bytes, not {}", unpacker->size(), expected.size);
  return fault;
}

}  // namespace backup
