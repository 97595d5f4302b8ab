#include "folder/folders.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/mover.hpp"
#include "folder/names.hpp"
#include "folder/opening.hpp"
#include "folder/reader.hpp"
#include "os/clock.hpp"

namespace folder {
namespace {

struct CloseStream {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};
using Stream = std::unique_ptr<DIR, CloseStream>;

[[noreturn]] void throw_unlisted(const std::string& configured) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot list the folder {}", base::escape(configured)),
                    "No script was touched.", "Look at the folder and its disk, then try again.");
}

// A descriptor of its own: the position of a listing belongs to the open file.
Stream open_stream(int directory, const std::string& configured) {
  os::Fd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_unlisted(configured);
  Stream stream(::fdopendir(fd.get()));
  if (!stream) throw_unlisted(configured);
  fd.release();
  return stream;
}

// Calls visit(name, type) for each entry but "." and "..".
template <class Visit>
void for_each_entry(int directory, const std::string& configured, Visit visit) {
  const Stream stream = open_stream(directory, configured);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) throw_unlisted(configured);
    if (entry == nullptr) return;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(name, entry->d_type);
  }
}

// Not every file system tells the type with the name.
mode_t type_of(int directory, const char* name, unsigned char told) noexcept {
  if (told != DT_UNKNOWN) return DTTOIF(told);
  struct stat status {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_mode & S_IFMT : S_IFREG;
}

// Where everybody may read there is nothing to ask; that saves a system call for nearly every file.
bool is_readable(int directory, const char* name, const struct stat& status) noexcept {
  constexpr mode_t k_everybody = S_IRUSR | S_IRGRP | S_IROTH;
  if ((status.st_mode & k_everybody) == k_everybody) return true;
  return ::faccessat(directory, name, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0 || errno != EACCES;
}

bool is_error_note(std::string_view name) noexcept {
  return !name.starts_with('.') && name.ends_with(".error.txt");
}

// Why this entry is no candidate; empty: it is one, and status is filled; nullopt: it is gone.
std::optional<std::string> refusal(int directory, std::string_view name, unsigned char told, std::uint64_t max_size,
                                   struct stat& status) {
  if (name.starts_with('.')) return std::string(refusal_by_name(name));
  status.st_mode = type_of(directory, name.data(), told);
  if (!S_ISREG(status.st_mode)) return refusal_by_status(status, max_size);
  if (const std::string_view reason = refusal_by_name(name); !reason.empty()) return std::string(reason);
  if (::fstatat(directory, name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? std::nullopt : std::optional<std::string>("not readable");
  if (std::string reason = refusal_by_status(status, max_size); !reason.empty()) return reason;
  return is_readable(directory, name.data(), status) ? std::string() : std::string("not readable");
}

// By either time: a copy may bring an old modification time along. One in the future is as good as now.
bool is_recent(const struct stat& status, std::int64_t now) noexcept {
  constexpr std::int64_t k_seconds = 10;
  return std::max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) > now - k_seconds;
}

const char* const k_note_draft = ".fettle-error-note.tmp";
const char* const k_script_draft = ".fettle-script.tmp";

bool write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string_view without_slashes(std::string_view path) noexcept {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string fault_of_new_name(std::string_view name) {
  if (!is_plain_name(name)) return "it is a path";
  if (!base::is_utf8(name) || base::escape(name) != name) return "it holds characters that nobody can see or type";
  if (name.size() > NAME_MAX) return fmt::format("it is longer than {} bytes", NAME_MAX);
  return std::string(refusal_by_name(name));
}

Folders Folders::open(const core::Config& config, Missing missing) {
  OpenedFolders opened = open_folders(config, missing);
  Folders folders;
  folders.at(Place::scripts) = {std::move(opened.scripts), config.folders.scripts};
  folders.at(Place::succeeded) = {std::move(opened.succeeded), config.folders.succeeded};
  folders.at(Place::failed) = {std::move(opened.failed), config.folders.failed};
  folders.order_ = config.folders.order;
  folders.max_size_ = config.run.max_script_size;
  folders.settle_ = config.watch.settle;
  return folders;
}

Listing Folders::list(Place place) const {
  const Directory& directory = at(place);
  Listing listing;
  if (!directory.fd) return listing;
  const std::int64_t now = os::now().milliseconds / 1000;
  for_each_entry(directory.fd.get(), directory.configured, [&](std::string_view name, unsigned char told) {
    if (place == Place::failed && is_error_note(name)) return;
    struct stat status {};
    std::optional<std::string> reason = refusal(directory.fd.get(), name, told, max_size_, status);
    if (!reason) return;
    if (!reason->empty()) {
      listing.ignored.push_back({std::string(name), *std::move(reason)});
      return;
    }
    listing.names.emplace_back(name);
    if (is_recent(status, now)) listing.recent.emplace_back(name);
  });
  core::sort_names(listing.names, order_);
  core::sort_names(listing.recent, core::Order::bytes);
  std::sort(listing.ignored.begin(), listing.ignored.end(),
            [](const core::Ignored& left, const core::Ignored& right) { return left.name < right.name; });
  return listing;
}

std::uint64_t Folders::count(Place place) const {
  const Directory& directory = at(place);
  std::uint64_t candidates = 0;
  if (!directory.fd) return candidates;
  for_each_entry(directory.fd.get(), directory.configured, [&](std::string_view name, unsigned char told) {
    if ((told == DT_REG || told == DT_UNKNOWN) && refusal_by_name(name).empty()) ++candidates;
  });
  return candidates;
}

ReadResult Folders::read(Place place, const std::string& name) const {
  if (!at(place).fd) return Vanished{};
  return read_script(at(place).fd.get(), name, {max_size_, settle_});
}

std::variant<core::FileStamp, NotNow, Vanished> Folders::probe(Place place, const std::string& name) const {
  if (!at(place).fd) return Vanished{};
  return probe_script(at(place).fd.get(), name, {max_size_, settle_});
}

MoveResult Folders::note_move(MoveResult result, Place from, Place to) noexcept {
  if (result.status == MoveStatus::vanished) return result;
  at(to).gained = true;
  at(from).lost = true;
  return result;
}

MoveResult Folders::move(const Loaded& loaded, Place from, Place to) {
  if (!at(from).fd) return {MoveStatus::vanished, loaded.script.name, {}};
  return note_move(move_loaded(at(from).fd.get(), at(to).fd.get(), loaded, {max_size_, settle_}), from, to);
}

MoveResult Folders::move(const std::string& name, Place from, Place to) {
  if (!at(from).fd) return {MoveStatus::vanished, name, {}};
  return note_move(move_named(at(from).fd.get(), at(to).fd.get(), name), from, to);
}

std::string Folders::write_error_note(const std::string& name, std::string_view text) {
  Directory& failed = at(Place::failed);
  const int directory = failed.fd.get();
  const std::string note = core::error_note_name(name);
  ::unlinkat(directory, k_note_draft, 0);
  const os::Fd draft(::openat(directory, k_note_draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!draft || !write_all(draft.get(), text) || ::fsync(draft.get()) != 0 ||
      ::renameat(directory, k_note_draft, directory, note.c_str()) != 0) {
    const int code = errno;
    ::unlinkat(directory, k_note_draft, 0);
    return fmt::format("cannot write {}: {}", base::escape(display(Place::failed, note)), std::strerror(code));
  }
  failed.gained = true;
  return {};
}

MoveResult Folders::put_back(Place from, const std::string& filed_as, const core::Script& script) {
  const ReadResult filed = read(from, filed_as);
  const Loaded* loaded = std::get_if<Loaded>(&filed);
  if (loaded == nullptr || loaded->script.sha256 != script.sha256)
    return write(Place::scripts, script.name, script.text, move_exactly);
  return note_move(move_exactly(at(from).fd.get(), at(Place::scripts).fd.get(), filed_as, script.name), from,
                   Place::scripts);
}

MoveResult Folders::add(const std::string& name, std::string_view text) {
  return write(Place::scripts, name, text, move_exactly);
}

MoveResult Folders::write(Place place, const std::string& name, std::string_view text) {
  return write(place, name, text, move_named);
}

MoveResult Folders::write(Place place, const std::string& name, std::string_view text, Naming naming) {
  Directory& directory = at(place);
  const int fd = directory.fd.get();
  ::unlinkat(fd, k_script_draft, 0);
  const os::Fd draft(::openat(fd, k_script_draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!draft || !write_all(draft.get(), text) || ::fsync(draft.get()) != 0) {
    const int code = errno;
    ::unlinkat(fd, k_script_draft, 0);
    return {MoveStatus::failed, name, std::strerror(code)};
  }
  MoveResult moved = naming(fd, fd, k_script_draft, name);
  if (moved.status == MoveStatus::moved)
    directory.gained = true;
  else
    ::unlinkat(fd, k_script_draft, 0);
  return moved;
}

void Folders::remove(const Loaded& loaded, Place place) {
  Directory& directory = at(place);
  const std::string& name = loaded.script.name;
  struct stat facts {};
  if (::fstatat(directory.fd.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (facts.st_dev != loaded.stamp.device || facts.st_ino != loaded.stamp.inode) return;
  if (::unlinkat(directory.fd.get(), name.c_str(), 0) != 0)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot remove {}", base::escape(display(place, name))),
                      "What it holds is kept elsewhere, too.", "Remove it by hand.");
  directory.lost = true;
}

void Folders::remove_error_note(const std::string& name) {
  Directory& failed = at(Place::failed);
  const std::string note = core::error_note_name(name);
  if (!failed.fd) return;
  if (::unlinkat(failed.fd.get(), note.c_str(), 0) == 0) {
    failed.lost = true;
    return;
  }
  if (errno != ENOENT)
    base::throw_errno(base::ErrorKind::io, fmt::format("cannot remove {}", base::escape(display(Place::failed, note))),
                      "The script itself is unharmed; its old error note still lies there.",
                      "Remove the note by hand.");
}

void Folders::sync_one(Directory& directory) {
  if (directory.fd && ::fsync(directory.fd.get()) != 0)
    base::throw_errno(base::ErrorKind::io,
                      fmt::format("cannot make the moves in {} durable", base::escape(directory.configured)),
                      "The files are moved, but a power loss now could undo that; the ledger has the outcomes.",
                      "Look at the disk, then: fettle status");
  directory.gained = false;
  directory.lost = false;
}

void Folders::sync() {
  for (Directory& directory : directories_)
    if (directory.gained) sync_one(directory);
  for (Directory& directory : directories_)
    if (directory.lost) sync_one(directory);
}

std::string Folders::display(Place place, const std::string& name) const {
  return fmt::format("{}/{}", without_slashes(at(place).configured), name);
}

}  // namespace folder
