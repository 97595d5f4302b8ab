#include "os/swap.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace os {
namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot {} {}", what, base::escape(path)));
}

// false: somebody else has it open. Where the system grants no leases (of other people's files, on some file systems)
// nobody can be seen.
bool lease(const Fd& file) {
  return !file || ::fcntl(file.get(), F_SETLEASE, F_WRLCK) == 0 || errno != EAGAIN;
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat left {};
  struct stat right {};
  return ::stat(one.c_str(), &left) == 0 && ::stat(other.c_str(), &right) == 0 && left.st_dev == right.st_dev &&
         left.st_ino == right.st_ino;
}

void copy_bytes(const Fd& from, const Fd& to, const std::string& path) {
  std::string piece(k_piece, '\0');
  for (;;) {
    const ssize_t got = ::read(from.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path);
    if (got == 0) return;
    for (std::string_view rest(piece.data(), static_cast<std::size_t>(got)); !rest.empty();) {
      const ssize_t put = ::write(to.get(), rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail("write", path);
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
}

}  // namespace

void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail("sync", folder);
}

// The old one gets a second name first, so there is no moment without a file.
Swapped swap_file(const std::string& with, const std::string& path, const std::string& keep_as,
                  const std::function<bool()>& is_settled) {
  const Fd old(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!old && errno != ENOENT) fail("open", path);
  if (!lease(old) || !is_settled()) return Swapped::in_use;
  if (old && ::link(path.c_str(), keep_as.c_str()) != 0 && !(errno == EEXIST && is_same_file(path, keep_as)))
    fail("keep what was there as", keep_as);
  if (old) sync_folder_of(path);
  if (::rename(with.c_str(), path.c_str()) != 0) {
    const int fault = errno;
    if (old) ::unlink(keep_as.c_str());
    errno = fault;
    fail("put the restored file in the place of", path);
  }
  sync_folder_of(path);
  return Swapped::done;
}

void copy_file(const std::string& from, const std::string& to, const std::string& like) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) fail("read", from);
  struct stat status {};
  const bool is_like = ::stat(like.c_str(), &status) == 0;
  const Fd made(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_like ? 0600 : 0666));
  if (!made) fail("make", to);
  struct Remover {
    const std::string& path;
    bool keeps = false;
    ~Remover() {
      if (!keeps) ::unlink(path.c_str());
    }
  } remover{to};
  copy_bytes(source, made, to);
  if (is_like && (::fchown(made.get(), status.st_uid, status.st_gid) != 0 && ::geteuid() == 0))
    fail("give its owner to", to);
  if (is_like && ::fchmod(made.get(), status.st_mode & 07777U) != 0) fail("give its mode to", to);
  if (::fsync(made.get()) != 0) fail("sync", to);
  remover.keeps = true;
}

}  // namespace os
