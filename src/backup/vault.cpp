#include "backup/vault.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/clock.hpp"
#include "os/lock.hpp"
#include "os/log.hpp"

namespace backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_making = ".making-", k_removing = ".removing-";
constexpr std::chrono::seconds k_for_others{10};
constexpr std::size_t k_largest_manifest = std::size_t{16} << 20U;
constexpr std::size_t k_largest_text = std::size_t{1} << 30U;
constexpr const char* k_others_untouched = "No backup was made; those that are there are as they were.";

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot {} {}", what, base::escape(path)), k_others_untouched,
                    "Look at the rights and the space of [backup] folder.");
}

void sync_folder(const std::string& path) {
  const os::Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) fail("sync", path);
}

std::string read_small(const std::string& path, std::optional<Fault>& fault) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) {
    fault = Fault{std::string(k_manifest), "it is missing"};
    return {};
  }
  std::string text, piece(std::size_t{64} << 10U, '\0');
  ssize_t got = file ? 1 : -1;
  while (file && text.size() <= k_largest_manifest && (got = ::read(file.get(), piece.data(), piece.size())) > 0)
    text.append(piece, 0, static_cast<std::size_t>(got));
  if (got < 0) fault = Fault{std::string(k_manifest), fmt::format("it cannot be read: {}", std::strerror(errno))};
  return text;
}

// Of "2026-11-21T102900Z", for one whose manifest cannot be believed.
std::int64_t time_in(const std::string& name) {
  std::tm parts{};
  int year = 0, month = 0;
  if (std::sscanf(name.c_str(), "%4d-%2d-%2dT%2d%2d%2dZ", &year, &month, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
                  &parts.tm_sec) != 6)
    return 0;
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1000;
}

std::string name_for(base::Instant made) {
  std::string name = base::iso8601(made).substr(0, 19);
  std::erase(name, ':');
  return name + "Z";
}

Entry read_entry(const Vault& vault, const std::string& name) {
  Entry entry;
  entry.name = name;
  const std::string text = read_small(fmt::format("{}/{}", vault.path_of(name), k_manifest), entry.fault);
  if (!entry.fault) {
    ReadManifest read = read_manifest(text);
    if (read.fault.empty())
      entry.manifest = std::move(read.manifest);
    else
      entry.fault = Fault{std::string(k_manifest), std::move(read.fault)};
  }
  if (entry.fault) entry.manifest.made.milliseconds = time_in(name);
  return entry;
}

void drop(const std::string& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed) os::log_warning(fmt::format("cannot remove {}: {}", base::escape(path), failed.message()));
}

std::vector<std::string> folders_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator each(path, failed), end; !failed && each != end; each.increment(failed))
    if (each->symlink_status(failed).type() == fs::file_type::directory) names.push_back(each->path().filename());
  if (failed && failed != std::errc::no_such_file_or_directory)
    throw base::Error(base::ErrorKind::io, fmt::format("cannot look into {}: {}", base::escape(path), failed.message()),
                      "Nothing was changed.", "Look at the rights of [backup] folder.");
  return names;
}

}  // namespace

std::vector<Entry> Vault::list() const {
  std::vector<Entry> entries;
  for (const std::string& name : folders_in(path_))
    if (!name.starts_with('.')) entries.push_back(read_entry(*this, name));
  std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
    return std::pair(left.manifest.made, left.name) > std::pair(right.manifest.made, right.name);
  });
  return entries;
}

Entry Vault::find(const std::string& name) const {
  struct stat status {};
  const bool is_name = !name.empty() && name.find('/') == std::string::npos && !name.starts_with('.');
  if (is_name && ::lstat(path_of(name).c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return read_entry(*this, name);
  throw base::Error(base::ErrorKind::usage, fmt::format("there is no backup {}", base::escape(base::cap(name, 80))),
                    "Nothing was changed.", "fettle backup list");
}

std::vector<Fault> Vault::verify(const Entry& entry, const std::optional<KeyBytes>& key) const {
  if (entry.fault) return {*entry.fault};
  std::vector<Fault> faults;
  if (key && !is_of_key(entry.manifest, *key))
    return {{std::string(k_manifest), "it was altered by somebody without the key"}};
  const bool is_locked = entry.manifest.locked.by != core::Encrypt::none;
  for (const Part& part : entry.manifest.parts) {
    std::string what =
        unpack(path_of(entry.name, part), part.packed, is_locked, lock_of(entry.manifest, part, key), {});
    if (!what.empty()) faults.push_back({part.file, std::move(what)});
  }
  return faults;
}

os::Fd Vault::lock() const {
  std::error_code failed;
  fs::create_directories(fs::path(path_).parent_path(), failed);
  if (::mkdir(path_.c_str(), 0700) == 0)
    sync_folder(fs::path(path_).parent_path());
  else if (errno != EEXIST)
    fail("make the folder", path_);
  const os::Deadline deadline = os::in(k_for_others);
  std::optional<os::Fd> held = os::try_lock(path_);
  while (!held && os::Steady::now() < deadline) {
    ::poll(nullptr, 0, 20);
    held = os::try_lock(path_);
  }
  if (!held)
    throw base::Error(base::ErrorKind::lock_held,
                      fmt::format("another backup is being made or removed in {}", base::escape(path_)),
                      "Nothing was changed.", "Wait for it, and try again.");
  for (const std::string& name : folders_in(path_))
    if (name.starts_with(k_making) || name.starts_with(k_removing)) drop(path_of(name));
  return std::move(*held);
}

// At once for whoever looks, then file by file.
void Vault::remove(const std::string& name) const {
  const std::string going = path_of(std::string(k_removing) + name);
  if (::rename(path_of(name).c_str(), going.c_str()) != 0) fail("remove", path_of(name));
  sync_folder(path_);
  drop(going);
}

Making::Making(const Vault& vault, Manifest manifest, std::optional<KeyBytes> key)
    : vault_(vault),
      manifest_(std::move(manifest)),
      key_(std::move(key)),
      path_(fmt::format("{}/{}XXXXXX", vault.path(), k_making)) {
  if (::mkdtemp(path_.data()) == nullptr) fail("make a folder in", vault.path());
}

Making::~Making() {
  if (!path_.empty()) drop(path_);
}

void Making::add(Part part, const std::function<void(const Put&)>& fill) {
  part.file += manifest_.locked.by == core::Encrypt::none ? ".zst" : ".zst.enc";
  Packer packer(scratch(part.file), lock_of(manifest_, part, key_));
  fill([&packer](std::string_view bytes) { packer.add(bytes); });
  part.packed = packer.finish();
  manifest_.parts.push_back(std::move(part));
}

bool Making::add_file(Part part, const std::string& scratch_name, const std::function<bool()>& must_stop) {
  const std::string path = scratch(scratch_name);
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail("read", path);
  bool stopped = false;
  add(std::move(part), [&](const Put& put) {
    std::string piece(std::size_t{1} << 20U, '\0');
    while (!(stopped = must_stop())) {
      const ssize_t got = ::read(file.get(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("read", path);
      if (got == 0) return;
      put(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    }
  });
  ::unlink(path.c_str());
  return !stopped;
}

std::string Making::finish() {
  const std::string text = write(manifest_, key_);
  const std::string path = scratch(std::string(k_manifest));
  const os::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t put = file ? ::write(file.get(), rest.data(), rest.size()) : -1;
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", path);
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(file.get()) != 0) fail("sync", path);
  sync_folder(path_);
  const std::string wanted = name_for(manifest_.made);
  std::string name = wanted;
  for (int number = 2;
       ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, vault_.path_of(name).c_str(), RENAME_NOREPLACE) != 0; ++number) {
    if (errno != EEXIST) fail("finish", vault_.path_of(name));
    name = fmt::format("{}-{}", wanted, number);
  }
  path_.clear();
  sync_folder(vault_.path());
  return name;
}

namespace {

void read_part(const Vault& vault, const Entry& entry, const Part& part, const std::optional<KeyBytes>& key,
               const std::function<void(std::string_view)>& take) {
  const bool is_locked = entry.manifest.locked.by != core::Encrypt::none;
  const std::string fault =
      unpack(vault.path_of(entry.name, part), part.packed, is_locked, lock_of(entry.manifest, part, key), take);
  if (!fault.empty())
    throw base::Error(base::ErrorKind::io, fmt::format("{} of backup {}: {}", part.file, entry.name, fault),
                      "Nothing was restored from it.", "fettle backup verify --all");
}

}  // namespace

void extract(const Vault& vault, const Entry& entry, const Part& part, const std::optional<KeyBytes>& key,
             const std::string& to) {
  const os::Fd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const auto refuse = [&to] {
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot write {}", base::escape(to)), "Nothing was replaced.",
                      "Look at the rights and the space of that folder.");
  };
  if (!file) refuse();
  read_part(vault, entry, part, key, [&](std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) refuse();
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  });
  if (::fsync(file.get()) != 0) refuse();
}

std::string read_text(const Vault& vault, const Entry& entry, const Part& part, const std::optional<KeyBytes>& key) {
  std::string text;
  if (part.packed.size > k_largest_text)
    throw base::Error(base::ErrorKind::io, fmt::format("{} of backup {} is too large", part.file, entry.name));
  read_part(vault, entry, part, key, [&text](std::string_view bytes) { text += bytes; });
  return text;
}

}  // namespace backup
