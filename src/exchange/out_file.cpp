#include "exchange/out_file.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/fd.hpp"

namespace exchange {
namespace {

constexpr const char* k_unchanged = "Nothing that was there before was changed.";

// whole: with all that was written below it, which takes the file system.
enum class Depth { names, whole };
void sync_folder(const std::string& folder, Depth depth) {
  const os::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || (depth == Depth::whole ? ::syncfs(fd.get()) : ::fsync(fd.get())) != 0)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot write in {}", base::escape(folder)), k_unchanged);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_folder(const std::string& path) noexcept {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return static_cast<bool>(fd);
}

}  // namespace

OutFile::OutFile(std::string path, Opens how) : path_(std::move(path)) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (how == Opens::anew ? O_EXCL : O_APPEND);
  os::Fd fd(::open(path_.c_str(), flags, 0600));
  if (!fd) refuse();
  file_.reset(::fdopen(fd.get(), how == Opens::anew ? "w" : "a"));
  if (!file_) refuse();
  (void)fd.release();
}

void OutFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) refuse();
}

void OutFile::finish() {
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) refuse();
  file_.reset();
}

void OutFile::close() {
  if (std::fclose(file_.release()) != 0) refuse();
}

void make_new_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot make {}", base::escape(path)), k_unchanged,
                      "see to the rights of the folder above it");
}

void OutFile::refuse() const {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot write {}", base::escape(path_)), k_unchanged,
                    "see to the rights of the folder and the space on the disk");
}

namespace {

std::string name_beside(const std::string& place) {
  return fmt::format(".{}.fettle-", place.substr(place.rfind('/') + 1));
}

}  // namespace

std::string beside(const std::string& place) {
  return fmt::format("{}/{}{}", folder_of(place), name_beside(place), ::getpid());
}

void write_new_file(const std::string& path, std::string_view text) {
  remove_dead_beside(path);
  const std::string written = beside(path);
  (void)::unlink(written.c_str());
  try {
    OutFile file(written);
    file.write(text);
    file.finish();
    put_in_place(written, path);
  } catch (const base::Error&) {
    (void)::unlink(written.c_str());
    throw;
  }
}

void remove_dead_beside(const std::string& place) {
  const std::string begin = name_beside(place);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(place), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin)) continue;
    pid_t process = 0;
    const auto read = std::from_chars(name.data() + begin.size(), name.data() + name.size(), process);
    if (read.ec != std::errc() || process <= 0 || ::kill(process, 0) == 0 || errno != ESRCH) continue;
    std::filesystem::remove_all(entry.path(), ignored);
  }
}

void put_in_place(const std::string& from, const std::string& place) {
  if (is_folder(from)) sync_folder(from, Depth::whole);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST)
      throw base::Error(base::ErrorKind::usage, fmt::format("{} is there already", base::escape(place)), k_unchanged,
                        "name another place, or move that away");
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot make {}", base::escape(place)), k_unchanged);
  }
  sync_folder(folder_of(place), Depth::names);
}

}  // namespace exchange
