#include "folder/mover.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <stdio.h>
#include <sys/stat.h>
#include <variant>

#include "base/text.hpp"
#include "core/script.hpp"
#include "folder/names.hpp"

namespace folder {
namespace {

constexpr unsigned k_most_copies = 100'000;

MoveResult failure(const std::string& name, std::string detail) {
  return {MoveStatus::failed, name, std::move(detail)};
}

MoveResult failure_of_errno(const std::string& name) {
  const int code = errno;
  if (code == EINVAL) return failure(name, "this file system cannot rename without overwriting");
  return failure(name, std::strerror(code));
}

enum class Looked { found, absent, refused };

// refused: errno says how.
Looked look(int directory, const std::string& name, struct stat& status) noexcept {
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return Looked::found;
  return errno == ENOENT || errno == ENAMETOOLONG ? Looked::absent : Looked::refused;
}

// ENOENT has two meanings: the file is gone, or the folder that should take it.
MoveResult nothing_there(int from, const std::string& name) {
  struct stat status {};
  if (look(from, name, status) == Looked::found) return failure(name, "the destination folder was removed");
  return {MoveStatus::vanished, name, {}};
}

// The first free name wins: name, name.2, name.3 …
MoveResult rename_to_free_name(int from, const std::string& name, int to, const std::string& wanted) {
  for (unsigned copy = 1; copy <= k_most_copies; ++copy) {
    const std::string target = copy == 1 ? wanted : core::numbered_name(wanted, copy);
    if (::renameat2(from, name.c_str(), to, target.c_str(), RENAME_NOREPLACE) == 0)
      return {MoveStatus::moved, target, {}};
    if (errno == ENOENT) return nothing_there(from, name);
    if (errno != EEXIST) return failure_of_errno(name);
  }
  return failure(name, fmt::format("{} files have this name already", k_most_copies));
}

// Which file is to be moved: the one that was read, or, after a touch or a copy of the same bytes, the one there now.
std::variant<core::FileStamp, MoveResult> find_loaded(int from, const Loaded& loaded, const ReadLimits& limits) {
  const std::string& name = loaded.script.name;
  struct stat now {};
  switch (look(from, name, now)) {
    case Looked::found:
      break;
    case Looked::absent:
      return MoveResult{MoveStatus::vanished, name, {}};
    case Looked::refused:
      return failure_of_errno(name);
  }
  if (stamp_of(now) == loaded.stamp) return loaded.stamp;
  const ReadResult again = read_script(from, name, limits);
  if (std::holds_alternative<Vanished>(again)) return MoveResult{MoveStatus::vanished, name, {}};
  const Loaded* found = std::get_if<Loaded>(&again);
  if (found == nullptr || found->script.text != loaded.script.text) return MoveResult{MoveStatus::replaced, name, {}};
  return found->stamp;
}

// Another file took the name between the look and the rename: back to where a person put it.
MoveResult put_back(int from, const std::string& name, int to, const std::string& arrived) {
  MoveResult back = rename_to_free_name(to, arrived, from, name);
  if (back.status == MoveStatus::moved || back.status == MoveStatus::vanished) return {MoveStatus::replaced, name, {}};
  return failure(name,
                 fmt::format("another file took its name while it was moved, and lies now as {} in the destination: {}",
                             base::escape(arrived), back.detail));
}

}  // namespace

MoveResult move_loaded(int from, int to, const Loaded& loaded, const ReadLimits& limits) {
  const std::string& name = loaded.script.name;
  if (!is_plain_name(name)) return {MoveStatus::vanished, name, {}};
  const auto found = find_loaded(from, loaded, limits);
  if (const MoveResult* refused = std::get_if<MoveResult>(&found)) return *refused;
  const core::FileStamp& meant = std::get<core::FileStamp>(found);
  MoveResult moved = rename_to_free_name(from, name, to, name);
  if (moved.status != MoveStatus::moved) return moved;
  struct stat arrived {};
  if (look(to, moved.name, arrived) != Looked::found) return moved;
  const bool same = arrived.st_dev == meant.device && arrived.st_ino == meant.inode && arrived.st_size == meant.size;
  return same ? moved : put_back(from, name, to, moved.name);
}

MoveResult move_named(int from, int to, const std::string& name) {
  return move_named(from, to, name, name);
}

MoveResult move_named(int from, int to, const std::string& name, const std::string& wanted) {
  if (!is_plain_name(name)) return {MoveStatus::vanished, name, {}};
  struct stat status {};
  switch (look(from, name, status)) {
    case Looked::found:
      break;
    case Looked::absent:
      return {MoveStatus::vanished, name, {}};
    case Looked::refused:
      return failure_of_errno(name);
  }
  if (!S_ISREG(status.st_mode)) return failure(name, "it is no regular file");
  return rename_to_free_name(from, name, to, wanted);
}

MoveResult move_exactly(int from, int to, const std::string& name, const std::string& wanted) {
  if (!is_plain_name(name) || !is_plain_name(wanted)) return {MoveStatus::vanished, name, {}};
  if (::renameat2(from, name.c_str(), to, wanted.c_str(), RENAME_NOREPLACE) == 0)
    return {MoveStatus::moved, wanted, {}};
  if (errno == EEXIST) return failure(name, "a file of that name lies there already");
  return errno == ENOENT ? nothing_there(from, name) : failure_of_errno(name);
}

}  // namespace folder
