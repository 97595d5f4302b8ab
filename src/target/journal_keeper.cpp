#include "target/journal_keeper.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "os/lockdown.hpp"

namespace target {
namespace {

constexpr const char* k_ending = "-journal";

enum class Wish : std::uint8_t { open, unlink };

struct Request {
  Wish wish;
  std::uint8_t unused = 0;
  std::uint16_t index;
  std::int32_t flags;
  std::uint32_t mode;
};

struct Place {
  os::Fd folder;
  std::string name;
  uid_t owner = 0;
  gid_t group = 0;  // of the database
};

bool send_answer(int channel, std::int32_t error, int fd) noexcept {
  iovec part{&error, sizeof error};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  }
  return ::sendmsg(channel, &message, MSG_NOSIGNAL) >= 0;
}

// The descriptor, or -1 with errno.
int receive_answer(int channel) noexcept {
  std::int32_t error = EIO;
  iovec part{&error, sizeof error};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof error)) {
    errno = EIO;
    return -1;
  }
  int fd = -1;
  if (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr && head->cmsg_type == SCM_RIGHTS)
    std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  errno = error;
  return fd;
}

// Whoever may write the database must be able to roll it back. Only root can give a file away.
void belong_to_database(const os::Fd& journal, const Place& place, mode_t mode) noexcept {
  static_cast<void>(::fchown(journal.get(), place.owner, place.group));
  static_cast<void>(::fchmod(journal.get(), mode));
}

// A journal that is there already needs no sync of the folder; a new one is useless without: after a power cut the
// database would lie there half written with nothing to roll it back.
os::Fd open_journal_of(const Place& place, const Request& request) noexcept {
  const int flags = (request.flags & O_ACCMODE) | O_NOFOLLOW | O_CLOEXEC;
  os::Fd fd(::openat(place.folder.get(), place.name.c_str(), flags));
  if (fd || errno != ENOENT || (request.flags & O_CREAT) == 0) return fd;
  // Made here or not at all: what somebody else puts there meanwhile is not given away below.
  fd.reset(::openat(place.folder.get(), place.name.c_str(), flags | O_CREAT | O_EXCL, request.mode & 0777));
  if (fd) belong_to_database(fd, place, request.mode & 0777);
  if (fd && ::fsync(place.folder.get()) != 0) {
    fd.reset();
    const int why = errno;
    ::unlinkat(place.folder.get(), place.name.c_str(), 0);
    errno = why;
  }
  return fd;
}

// Inside the keeper process: serves until the broker is gone.
[[noreturn]] void keep(const os::Fd& channel, const std::vector<Place>& places) {
  Request request{};
  while (::read(channel.get(), &request, sizeof request) == static_cast<ssize_t>(sizeof request)) {
    if (request.index >= places.size()) break;
    const Place& place = places[request.index];
    errno = 0;
    os::Fd fd;
    if (request.wish == Wish::open)
      fd = open_journal_of(place, request);
    else
      static_cast<void>(::unlinkat(place.folder.get(), place.name.c_str(), 0));
    if (!send_answer(channel.get(), fd ? 0 : errno, fd.get())) break;
  }
  ::_exit(0);
}

// The journals' folders, and no power beyond making, opening and removing files there.
void lock_down_keeper(const os::Fd& channel, const std::vector<Place>& places) {
  const os::CallFilter filter(
      {"read", "sendmsg", "openat", "unlinkat", "fsync", "fchown", "fchmod", "close", "exit_group", "brk", "futex"},
      os::CallFilter::Otherwise::kill);
  std::vector<int> kept = {channel.get()};
  std::vector<os::FileRule> rules;
  for (const Place& place : places) {
    kept.push_back(place.folder.get());
    rules.push_back({place.folder.get(), os::FileRight::journal_folder});
  }
  os::close_all_but(kept);
  os::set_limits({});
  os::forbid_new_privileges();
  os::restrict_files(rules);
#ifndef FETTLE_SANITIZED
  filter.install();
#endif
}

}  // namespace

JournalKeeper::JournalKeeper(const std::vector<std::string>& databases) {
  if (databases.empty()) return;
  std::vector<Place> places;
  for (const std::string& database : databases) {
    const std::size_t slash = database.rfind('/');
    struct stat facts {};
    static_cast<void>(::stat(database.c_str(), &facts));
    places.push_back({os::Fd(::open(database.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                      database.substr(slash + 1) + k_ending, facts.st_uid, facts.st_gid});
    journals_.push_back(database + k_ending);
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    base::throw_errno(base::ErrorKind::internal, "cannot make a socket pair");
  os::Fd here(ends[0]);
  const os::Fd there(ends[1]);
  const pid_t broker = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) base::throw_errno(base::ErrorKind::internal, "cannot fork");
  if (pid == 0) {
    os::die_with_parent(broker);
    lock_down_keeper(there, places);
    keep(there, places);
  }
  channel_ = std::move(here);
}

int JournalKeeper::index_of(const std::string& path) const noexcept {
  const auto found = std::find(journals_.begin(), journals_.end(), path);
  return found == journals_.end() ? -1 : static_cast<int>(found - journals_.begin());
}

int JournalKeeper::open_journal(const std::string& path, int flags, mode_t mode) const noexcept {
  const int index = index_of(path);
  errno = EACCES;
  if (index < 0) return -1;
  const Request request{Wish::open, 0, static_cast<std::uint16_t>(index), flags, mode};
  if (::send(channel_.get(), &request, sizeof request, MSG_NOSIGNAL) < 0) return -1;
  return receive_answer(channel_.get());
}

int JournalKeeper::unlink_journal(const std::string& path) const noexcept {
  const int index = index_of(path);
  errno = EACCES;
  if (index < 0) return -1;
  const Request request{Wish::unlink, 0, static_cast<std::uint16_t>(index), 0, 0};
  if (::send(channel_.get(), &request, sizeof request, MSG_NOSIGNAL) < 0) return -1;
  receive_answer(channel_.get());
  return errno == 0 ? 0 : -1;
}

}  // namespace target
