// Runs a program as if the kernel were older, or a container withheld some of its calls:
//   old_kernel [landlock=N|landlock=none] [seccomp=none] [close_range=none] -- COMMAND…
// landlock=N: the version asked for is N, and a rule set with rights that N does not know is refused, as that kernel
// would. The calls are intercepted in the kernel itself, so nothing in the program can tell the difference.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <seccomp.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Wishes {
  int landlock = -1;  // -1: as it is; 0: none
  bool seccomp = true, close_range = true;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(125);
}

void add(scmp_filter_ctx context, std::uint32_t action, const char* call) {
  if (seccomp_rule_add(context, action, seccomp_syscall_resolve_name(call), 0) != 0) fail(call);
}

// Gives the descriptor on which the intercepted calls arrive; -1: there are none.
int install(const Wishes& wishes) {
  scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
  if (wishes.landlock == 0)
    for (const char* call : {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"})
      add(context, SCMP_ACT_ERRNO(ENOSYS), call);
  if (wishes.landlock > 0) add(context, SCMP_ACT_NOTIFY, "landlock_create_ruleset");
  if (!wishes.close_range) add(context, SCMP_ACT_ERRNO(ENOSYS), "close_range");
  if (!wishes.seccomp) {
    add(context, SCMP_ACT_ERRNO(ENOSYS), "seccomp");
    if (seccomp_rule_add(context, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) !=
        0)
      fail("prctl");
  }
  if (seccomp_load(context) != 0) fail("seccomp_load");
  return wishes.landlock > 0 ? seccomp_notify_fd(context) : -1;
}

void send_descriptor(int channel, int fd) {
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  }
  if (::sendmsg(channel, &message, 0) != 1) fail("sendmsg");
}

int receive_descriptor(int channel) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(channel, &message, 0) != 1) return -1;
  int fd = -1;
  if (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr) std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

// What a kernel of that version says to a rule set: E2BIG for fields, EINVAL for rights that it does not know.
int refusal(const seccomp_notif& call, int version) {
  std::uint64_t attributes[3] = {};
  const std::string memory = fmt::format("/proc/{}/mem", call.pid);
  const int fd = ::open(memory.c_str(), O_RDONLY | O_CLOEXEC);
  const auto size = std::min<std::size_t>(call.data.args[1], sizeof attributes);
  if (fd < 0 || ::pread(fd, attributes, size, static_cast<off_t>(call.data.args[0])) != static_cast<ssize_t>(size))
    return EFAULT;
  ::close(fd);
  const int known_bits = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
  if (version < 4 && attributes[1] != 0) return E2BIG;
  if (version < 6 && attributes[2] != 0) return E2BIG;
  return attributes[0] >> known_bits != 0 ? EINVAL : 0;
}

void answer(int listener, int version) {
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
  seccomp_notif_resp response{};
  response.id = call.id;
  if ((call.data.args[2] & 1U) != 0)
    response.val = version;
  else if (const int fault = refusal(call, version); fault != 0)
    response.error = -fault;
  else
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Until the program has ended.
int serve(int listener, int version, pid_t child) {
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  for (;;) {
    pollfd wait[2] = {{listener, POLLIN, 0}, {ended, POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0) continue;
    if ((wait[0].revents & POLLIN) != 0) answer(listener, version);
    if (wait[1].revents != 0) return wait_for(child);
  }
}

Wishes read(char** words) {
  Wishes wishes;
  for (; *words != nullptr && std::strcmp(*words, "--") != 0; ++words) {
    const std::string_view word(*words);
    if (word == "landlock=none")
      wishes.landlock = 0;
    else if (word.starts_with("landlock="))
      wishes.landlock = std::atoi(*words + std::strlen("landlock="));
    else if (word == "seccomp=none")
      wishes.seccomp = false;
    else if (word == "close_range=none")
      wishes.close_range = false;
    else
      std::exit(125);
  }
  return wishes;
}

}  // namespace

int main(int, char** words) {
  const Wishes wishes = read(words + 1);
  char** command = words;
  while (*command != nullptr && std::strcmp(*command, "--") != 0) ++command;
  if (*command == nullptr || command[1] == nullptr) return 125;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  const pid_t child = ::fork();
  if (child == 0) {
    const int listener = install(wishes);
    send_descriptor(ends[1], listener);
    if (listener >= 0) ::close(listener);
    ::execvp(command[1], command + 1);
    fail("exec");
  }
  ::close(ends[1]);
  const int listener = receive_descriptor(ends[0]);
  return listener >= 0 ? serve(listener, wishes.landlock, child) : wait_for(child);
}
