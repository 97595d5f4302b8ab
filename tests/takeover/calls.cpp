#include "calls.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

namespace takeover {
namespace {

#if defined(__x86_64__)
long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result = 0;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

// The two other doors of this machine into its kernel.
long through_i386(long number, long a) {
  long result = 0;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a) : "memory");
  return static_cast<int>(result);
}
long through_x32(long number) {
  constexpr long k_x32 = 0x40000000;
  return raw(number | k_x32);
}
#else
#error "the table of calls is written for x86-64"
#endif

template <class Pointer>
long at(Pointer* pointer) {
  return reinterpret_cast<long>(pointer);
}

constexpr Fate killed = Fate::killed, refused = Fate::refused, useless = Fate::useless;

long open_at(const char* path, int flags, int mode = 0) {
  return raw(SYS_openat, AT_FDCWD, at(path), flags, mode);
}

// A thing in a folder is joined from parts without the C library's allocator.
struct Path {
  char text[512] = {};
  Path(const char* folder, const char* name) {
    std::strncat(text, folder, sizeof text - 1);
    std::strncat(text, name, sizeof text - 1 - std::strlen(text));
  }
};

struct Handle {  // as name_to_handle_at(2) wants it
  unsigned room = 120;
  int type = 0;
  char bytes[120] = {};
};

long proc_memory(long pid) {
  char path[64] = "/proc/";
  char digits[16];
  int count = 0;
  for (long left = pid; left > 0; left /= 10) digits[count++] = static_cast<char>('0' + left % 10);
  char* end = path + std::strlen(path);
  while (count > 0) *end++ = digits[--count];
  std::memcpy(end, "/mem", 5);
  return open_at(path, O_RDWR);
}

sockaddr_in here(const Page& page) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = static_cast<in_port_t>(page.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

long tcp(Page& page) {
  const long fd = raw(SYS_socket, AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  const sockaddr_in address = here(page);
  return raw(SYS_connect, fd, at(&address), sizeof address);
}

long udp(Page& page) {
  const long fd = raw(SYS_socket, AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  const sockaddr_in address = here(page);
  return raw(SYS_sendto, fd, at("x"), 1, 0, at(&address), sizeof address);
}

long unix_socket(const char* path, std::size_t length) {
  const long fd = raw(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  return raw(SYS_connect, fd, at(&address), static_cast<long>(offsetof(sockaddr_un, sun_path) + length));
}

// One byte to every descriptor there may be; how many take it.
long write_everywhere(int from) {
  long taken = 0;
  for (int fd = from; fd < k_most_fds; ++fd) taken += raw(SYS_write, fd, at("x"), 1) == 1 ? 1 : 0;
  return taken;
}

// Page by page into a mapping that was writable first.
long write_then_execute(long how, long extra) {
  const long memory = raw(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory < 0) return memory;
  return raw(how, memory, 4096, PROT_READ | PROT_EXEC, extra);
}

// Descriptors that this process holds, as far as fcntl(2) says: the first one that fstat(2) calls a folder.
long on_held_folder(long (*attempt)(long fd)) {
  for (long fd = 3; fd < 64; ++fd) {
    struct stat facts {};
    if (raw(SYS_newfstatat, fd, at(""), at(&facts), AT_EMPTY_PATH) == 0 && S_ISDIR(facts.st_mode)) return attempt(fd);
  }
  return -ENOENT;
}

long inode_of(const char* path) {
  struct stat facts {};
  const long result = raw(SYS_stat, at(path), at(&facts));
  return result < 0 ? result : static_cast<long>(facts.st_ino);
}

// How many open files are neither of these; EPERM for none.
long foreign_files(long own, long journal) {
  long count = 0;
  for (long fd = 0; fd < k_most_fds; ++fd) {
    struct stat facts {};
    if (raw(SYS_newfstatat, fd, at(""), at(&facts), AT_EMPTY_PATH) != 0 || !S_ISREG(facts.st_mode)) continue;
    const auto inode = static_cast<long>(facts.st_ino);
    count += inode != own && inode != journal ? 1 : 0;
  }
  return count > 0 ? count : -EPERM;
}

// clang-format off: it cannot lay out a table of lambdas
constexpr auto k_calls = std::to_array<Call>({
    // --- files ---
    {"open the ledger to read", [](Page& page) -> long { return open_at(page.ledger, O_RDONLY); }, killed, refused},
    {"open the ledger to write", [](Page& page) -> long { return open_at(page.ledger, O_RDWR); }, killed, refused},
    {"open(2) the ledger", [](Page& page) -> long {
       return raw(SYS_open, at(page.ledger), O_RDONLY, 0);
     }, killed, refused},
    {"openat2 the ledger", [](Page& page) -> long {
       long how[3] = {O_RDONLY, 0, 0};
       return raw(SYS_openat2, AT_FDCWD, at(page.ledger), at(how), sizeof how);
     }, killed, refused},
    {"creat(2) in the pending folder", [](Page& page) -> long {
       return raw(SYS_creat, at(page.made), 0644);
     }, killed, refused},
    {"make a script", [](Page& page) -> long { return open_at(page.made, O_WRONLY | O_CREAT, 0644); }, killed, refused},
    {"make an unnamed file", [](Page& page) -> long {
       return open_at(page.pending, O_WRONLY | O_TMPFILE, 0644);
     }, killed, refused},
    {"unlink a script", [](Page& page) -> long { return raw(SYS_unlink, at(page.script)); }, killed, refused},
    {"unlinkat a script", [](Page& page) -> long {
       return raw(SYS_unlinkat, AT_FDCWD, at(page.script), 0);
     }, killed, refused},
    {"rename a script", [](Page& page) -> long {
       return raw(SYS_rename, at(page.script), at(page.made));
     }, killed, refused},
    {"renameat2 a script", [](Page& page) -> long {
       return raw(SYS_renameat2, AT_FDCWD, at(page.script), AT_FDCWD, at(page.made), 0);
     }, killed, refused},
    {"hard link the ledger", [](Page& page) -> long {
       return raw(SYS_link, at(page.ledger), at(page.made));
     }, killed, refused},
    {"linkat the ledger", [](Page& page) -> long {
       return raw(SYS_linkat, AT_FDCWD, at(page.ledger), AT_FDCWD, at(page.made), 0);
     }, killed, refused},
    {"symlink to the ledger", [](Page& page) -> long {
       return raw(SYS_symlink, at(page.ledger), at(page.made));
     }, killed, refused},
    {"mkfifo", [](Page& page) -> long { return raw(SYS_mknod, at(page.made), S_IFIFO | 0644, 0); }, killed, refused},
    {"mkdir", [](Page& page) -> long { return raw(SYS_mkdir, at(page.made), 0755); }, killed, refused},
    {"rmdir", [](Page& page) -> long { return raw(SYS_rmdir, at(page.pending)); }, killed, refused},
    {"truncate the ledger", [](Page& page) -> long { return raw(SYS_truncate, at(page.ledger), 0); }, killed, refused},
    {"chmod the ledger", [](Page& page) -> long { return raw(SYS_chmod, at(page.ledger), 0777); }, killed, refused},
    {"fchmodat the ledger", [](Page& page) -> long {
       return raw(SYS_fchmodat, AT_FDCWD, at(page.ledger), 0777);
     }, killed, refused},
    {"chown the ledger", [](Page& page) -> long {
       return raw(SYS_chown, at(page.ledger), 65534, 65534);
     }, killed, refused},
    {"fchownat the ledger", [](Page& page) -> long {
       return raw(SYS_fchownat, AT_FDCWD, at(page.ledger), 65534, 65534, 0);
     }, killed, refused},
    {"utimensat the ledger", [](Page& page) -> long {
       return raw(SYS_utimensat, AT_FDCWD, at(page.ledger), 0, 0);
     }, killed, refused},
    {"setxattr on the ledger", [](Page& page) -> long {
       return raw(SYS_setxattr, at(page.ledger), at("user.x"), at("y"), 1, 0);
     }, killed, refused},
    {"removexattr on the ledger", [](Page& page) -> long {
       return raw(SYS_removexattr, at(page.ledger), at("user.x"));
     }, killed, refused},
    {"stat the ledger", [](Page& page) -> long {
       struct stat facts{};
       return raw(SYS_stat, at(page.ledger), at(&facts));
     }, killed, useless, "size and times, no content; SQLite needs it"},
    {"chdir to the ledger's folder", [](Page& page) -> long {
       return raw(SYS_chdir, at(page.ledger_folder));
     }, killed, refused},
    {"chroot", [](Page& page) -> long { return raw(SYS_chroot, at(page.pending)); }, killed, refused},
    {"umask", [](Page&) -> long { return raw(SYS_umask, 0); }, killed, refused},
    {"open the password file", [](Page&) -> long { return open_at("/etc/passwd", O_RDONLY); }, killed, refused},
    {"open a file outside", [](Page& page) -> long { return open_at(page.secret, O_RDONLY); }, killed, refused},
    {"write a file beside the database", [](Page& page) -> long {
       return open_at(page.secret, O_WRONLY);
     }, killed, refused},
    {"make a file beside the database", [](Page& page) -> long {
       return open_at(Path(page.database, "-planted").text, O_WRONLY | O_CREAT, 0644);
     }, killed, refused},
    {"remove the database", [](Page& page) -> long { return raw(SYS_unlink, at(page.database)); }, killed, refused},
    {"list the root folder", [](Page&) -> long { return open_at("/", O_RDONLY | O_DIRECTORY); }, killed, refused},
    {"list the pending folder", [](Page& page) -> long {
       return open_at(page.pending, O_RDONLY | O_DIRECTORY);
     }, killed, refused},
    {"getdents64 of a held folder", [](Page&) -> long {
       static char names[1024];
       return raw(SYS_getdents64, 3, at(names), sizeof names);
     }, killed, refused},
    {"open a device", [](Page&) -> long { return open_at("/dev/zero", O_RDWR); }, killed, refused},
    {"open the controlling terminal", [](Page&) -> long { return open_at("/dev/tty", O_RDWR); }, killed, refused},
    {"name_to_handle_at the ledger", [](Page& page) -> long {
       Handle handle;
       int mount = 0;
       return raw(SYS_name_to_handle_at, AT_FDCWD, at(page.ledger), at(&handle), at(&mount), 0);
     }, killed, refused},
    {"open_by_handle_at", [](Page&) -> long {
       const Handle handle;
       return raw(SYS_open_by_handle_at, AT_FDCWD, at(&handle), O_RDONLY);
     }, killed, refused},
    {"inotify", [](Page&) -> long { return raw(SYS_inotify_init1, 0); }, killed, refused},
    {"fanotify", [](Page&) -> long { return raw(SYS_fanotify_init, 0, O_RDONLY); }, killed, refused},
    {"quotactl", [](Page&) -> long { return raw(SYS_quotactl, -1, 0, 0, 0); }, killed, refused},
    {"sendfile between descriptors", [](Page&) -> long { return raw(SYS_sendfile, 1, 0, 0, 1); }, killed, refused},
    {"splice", [](Page&) -> long { return raw(SYS_splice, 0, 0, 1, 0, 1, 0); }, killed, refused},
    {"copy_file_range", [](Page&) -> long { return raw(SYS_copy_file_range, 0, 0, 1, 0, 1, 0); }, killed, refused},
    {"flock", [](Page&) -> long { return raw(SYS_flock, 3, 8); }, killed, refused},
    {"fallocate", [](Page&) -> long { return raw(SYS_fallocate, 3, 0, 0, 1 << 20); }, killed, refused},
    // --- the lock's folder, which the broker holds ---
    {"open the ledger through the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_openat, fd, at("ledger.db"), O_RDWR, 0); });
     }, killed, refused},
    {"make a file through the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_openat, fd, at("planted"), O_WRONLY | O_CREAT, 0644); });
     }, killed, refused},
    {"unlink through the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_unlinkat, fd, at("ledger.db"), 0); });
     }, killed, refused},
    {"fchmod the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_fchmod, fd, 0777); });
     }, killed, refused},
    {"fchown the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_fchown, fd, 65534, 65534); });
     }, killed, refused},
    {"fchdir to the held lock", [](Page&) -> long {
       return on_held_folder([](long fd) { return raw(SYS_fchdir, fd); });
     }, killed, refused},
    {"duplicate a held descriptor", [](Page&) -> long { return raw(SYS_fcntl, 3, F_DUPFD, 900); }, killed, refused},
    {"dup", [](Page&) -> long { return raw(SYS_dup, 3); }, killed, refused},
    {"dup2", [](Page&) -> long { return raw(SYS_dup2, 3, 901); }, killed, refused},
    // --- processes ---
    {"fork", [](Page&) -> long { return raw(SYS_fork); }, killed, refused},
    {"vfork", [](Page&) -> long { return raw(SYS_vfork); }, killed, refused},
    {"clone", [](Page&) -> long { return raw(SYS_clone, SIGCHLD, 0, 0, 0, 0); }, killed, refused},
    {"clone a thread", [](Page&) -> long {
       return raw(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0);
     }, killed, refused},
    {"clone3", [](Page&) -> long {
       static clone_args arguments;
       arguments.exit_signal = SIGCHLD;
       return raw(SYS_clone3, at(&arguments), sizeof arguments);
     }, killed, refused},
    {"exec a program", [](Page&) -> long {
       static const char* const words[] = {"/bin/true", nullptr};
       return raw(SYS_execve, at(words[0]), at(words), 0);
     }, killed, refused},
    {"execveat", [](Page&) -> long {
       static const char* const words[] = {"/bin/true", nullptr};
       return raw(SYS_execveat, AT_FDCWD, at(words[0]), at(words), 0, 0);
     }, killed, refused},
    {"ptrace the runner", [](Page& page) -> long {
       return raw(SYS_ptrace, PTRACE_SEIZE, page.runner, 0, 0);
     }, killed, refused},
    {"read the runner's memory", [](Page& page) -> long {
       static char byte;
       const long local[2] = {at(&byte), 1};
       return raw(SYS_process_vm_readv, page.runner, at(local), 1, at(local), 1, 0);
     }, killed, refused},
    {"write the runner's memory", [](Page& page) -> long {
       static char byte;
       const long local[2] = {at(&byte), 1};
       return raw(SYS_process_vm_writev, page.runner, at(local), 1, at(local), 1, 0);
     }, killed, refused},
    {"pidfd_open the runner", [](Page& page) -> long { return raw(SYS_pidfd_open, page.runner, 0); }, killed, refused},
    {"pidfd_getfd", [](Page&) -> long { return raw(SYS_pidfd_getfd, 3, 3, 0); }, killed, refused},
    {"pidfd_send_signal", [](Page&) -> long { return raw(SYS_pidfd_send_signal, 3, 0, 0, 0); }, killed, refused},
    {"kcmp with the runner", [](Page& page) -> long {
       return raw(SYS_kcmp, page.runner, page.runner, 0, 3, 3);
     }, killed, refused},
    {"/proc/RUNNER/mem", [](Page& page) -> long { return proc_memory(page.runner); }, killed, refused},
    {"/proc/STRANGER/mem", [](Page& page) -> long { return proc_memory(page.stranger); }, killed, refused},
    {"/proc/self/mem", [](Page&) -> long { return open_at("/proc/self/mem", O_RDWR); }, killed, refused},
    {"/proc/self/exe", [](Page&) -> long { return open_at("/proc/self/exe", O_RDONLY); }, killed, refused},
    {"signal the runner", [](Page& page) -> long { return raw(SYS_kill, page.runner, 0); }, killed, refused},
    {"signal a stranger", [](Page& page) -> long { return raw(SYS_kill, page.stranger, 0); }, killed, refused},
    {"signal everybody", [](Page&) -> long { return raw(SYS_kill, -1, 0); }, killed, refused},
    {"tkill the runner", [](Page& page) -> long { return raw(SYS_tkill, page.runner, 0); }, killed, refused},
    {"tgkill the runner", [](Page& page) -> long {
       return raw(SYS_tgkill, page.runner, page.runner, 0);
     }, killed, refused},
    {"rt_sigqueueinfo", [](Page& page) -> long {
       static siginfo_t information;
       return raw(SYS_rt_sigqueueinfo, page.runner, 0, at(&information));
     }, killed, refused},
    {"have the kernel signal the runner (F_SETOWN)", [](Page& page) -> long {
       return raw(SYS_fcntl, 3, F_SETOWN, page.runner);
     }, killed, refused},
    {"choose that signal (F_SETSIG)", [](Page&) -> long { return raw(SYS_fcntl, 3, 10, SIGKILL); }, killed, refused},
    {"take a lease (F_SETLEASE)", [](Page&) -> long { return raw(SYS_fcntl, 3, 1024, 0); }, killed, refused},
    {"watch a folder (F_NOTIFY)", [](Page&) -> long { return raw(SYS_fcntl, 3, 1026, 1); }, killed, refused},
    {"setpriority of the runner", [](Page& page) -> long {
       return raw(SYS_setpriority, 0, page.runner, 19);
     }, killed, refused},
    {"sched_setscheduler of the runner", [](Page& page) -> long {
       static sched_param parameters;
       return raw(SYS_sched_setscheduler, page.runner, SCHED_IDLE, at(&parameters));
     }, killed, refused},
    {"sched_setaffinity of the runner", [](Page& page) -> long {
       static long mask = 1;
       return raw(SYS_sched_setaffinity, page.runner, sizeof mask, at(&mask));
     }, killed, refused},
    {"prlimit of the runner", [](Page& page) -> long {
       static rlimit64 none;
       return raw(SYS_prlimit64, page.runner, RLIMIT_NOFILE, 0, at(&none));
     }, killed, refused},
    {"raise its own limit", [](Page&) -> long {
       static rlimit64 more{RLIM_INFINITY, RLIM_INFINITY};
       return raw(SYS_setrlimit, RLIMIT_AS, at(&more));
     }, killed, refused},
    {"prlimit itself", [](Page&) -> long {
       static rlimit64 more{RLIM_INFINITY, RLIM_INFINITY};
       return raw(SYS_prlimit64, 0, RLIMIT_NPROC, at(&more), 0);
     }, killed, refused},
    {"wait4", [](Page&) -> long { return raw(SYS_wait4, -1, 0, 1, 0); }, killed, refused},
    {"getppid", [](Page&) -> long { return raw(SYS_getppid); }, killed, refused},
    {"setsid", [](Page&) -> long { return raw(SYS_setsid); }, killed, refused},
    {"setpgid of the runner", [](Page& page) -> long { return raw(SYS_setpgid, page.runner, 0); }, killed, refused},
    {"setuid", [](Page&) -> long { return raw(SYS_setuid, 0); }, killed, refused},
    {"setresgid", [](Page&) -> long { return raw(SYS_setresgid, 0, 0, 0); }, killed, refused},
    {"setgroups", [](Page&) -> long { return raw(SYS_setgroups, 0, 0); }, killed, refused},
    {"capset", [](Page&) -> long { return raw(SYS_capset, 0, 0); }, killed, refused},
    // --- network ---
    {"TCP", tcp, killed, refused},
    {"UDP", udp, killed, refused},
    {"raw socket", [](Page&) -> long { return raw(SYS_socket, AF_INET, SOCK_RAW, 255); }, killed, refused},
    {"netlink", [](Page&) -> long { return raw(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }, killed, refused},
    {"vsock", [](Page&) -> long { return raw(SYS_socket, 40, SOCK_STREAM, 0); }, killed, refused},
    {"unix socket by path", [](Page& page) -> long {
       return unix_socket(page.socket, std::strlen(page.socket) + 1);
     }, killed, refused},
    {"abstract unix socket", [](Page&) -> long { return unix_socket("\0fettle-test", 12); }, killed, refused},
    {"socketpair", [](Page&) -> long {
       static int ends[2];
       return raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, at(ends));
     }, killed, refused},
    {"pipe", [](Page&) -> long {
       static int ends[2];
       return raw(SYS_pipe2, at(ends), 0);
     }, killed, refused},
    {"accept", [](Page&) -> long { return raw(SYS_accept4, 3, 0, 0, 0); }, killed, refused},
    {"listen", [](Page&) -> long { return raw(SYS_listen, 3, 1); }, killed, refused},
    {"bind", [](Page&) -> long { return raw(SYS_bind, 3, 0, 0); }, killed, refused},
    {"setsockopt", [](Page&) -> long { return raw(SYS_setsockopt, 3, SOL_SOCKET, SO_SNDBUF, 0, 0); }, killed, refused},
    // --- memory ---
    {"map memory to write and execute", [](Page&) -> long {
       return raw(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
     }, killed, refused},
    {"map memory to execute", [](Page&) -> long {
       return raw(SYS_mmap, 0, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
     }, killed, refused},
    {"write, then mprotect to execute", [](Page&) -> long {
       return write_then_execute(SYS_mprotect, 0);
     }, killed, refused},
    {"write, then pkey_mprotect", [](Page&) -> long {
       return write_then_execute(SYS_pkey_mprotect, -1);
     }, killed, refused},
    {"map 2 GiB", [](Page&) -> long {
       return raw(SYS_mmap, 0, 2L << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
     }, refused, useless, "the broker's memory is bounded by what it may return"},
    {"grow its heap by 2 GiB", [](Page&) -> long {
       const long now = raw(SYS_brk, 0);
       return raw(SYS_brk, now + (2L << 30)) == now ? -ENOMEM : 0;
     }, refused, useless, "the broker's memory is bounded by what it may return"},
    {"lock memory", [](Page&) -> long { return raw(SYS_mlockall, 3); }, killed, refused},
    {"memfd_create", [](Page&) -> long { return raw(SYS_memfd_create, at("x"), 0); }, killed, refused},
    {"memfd_secret", [](Page&) -> long { return raw(447, 0); }, killed, refused},
    {"userfaultfd", [](Page&) -> long { return raw(SYS_userfaultfd, 0); }, killed, refused},
    {"process_madvise", [](Page&) -> long { return raw(440, 3, 0, 0, 0, 0); }, killed, refused},
    {"remap_file_pages", [](Page&) -> long { return raw(SYS_remap_file_pages, 0, 0, 0, 0, 0); }, killed, refused},
    {"shmget", [](Page&) -> long { return raw(SYS_shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600); }, killed, refused},
    {"semget", [](Page&) -> long { return raw(SYS_semget, IPC_PRIVATE, 1, IPC_CREAT | 0600); }, killed, refused},
    {"msgget", [](Page&) -> long { return raw(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600); }, killed, refused},
    {"mq_open", [](Page&) -> long {
       return raw(SYS_mq_open, at("fettle-test"), O_CREAT | O_RDWR, 0600, 0);
     }, killed, refused},
    // --- the kernel ---
    {"io_uring", [](Page&) -> long {
       static io_uring_params parameters;
       return raw(SYS_io_uring_setup, 1, at(&parameters));
     }, killed, refused},
    {"aio", [](Page&) -> long {
       static unsigned long context;
       return raw(SYS_io_setup, 1, at(&context));
     }, killed, refused},
    {"keyctl", [](Page&) -> long { return raw(SYS_keyctl, 0, -3, 0, 0, 0); }, killed, refused},
    {"add_key", [](Page&) -> long { return raw(SYS_add_key, at("user"), at("x"), at("y"), 1, -3); }, killed, refused},
    {"unshare a user namespace", [](Page&) -> long { return raw(SYS_unshare, CLONE_NEWUSER); }, killed, refused},
    {"setns", [](Page&) -> long { return raw(SYS_setns, 3, 0); }, killed, refused},
    {"mount", [](Page& page) -> long {
       return raw(SYS_mount, at("none"), at(page.pending), at("no-such-fs"), 0, 0);
     }, killed, refused},
    {"umount", [](Page& page) -> long { return raw(SYS_umount2, at(page.made), 0); }, killed, refused},
    {"pivot_root", [](Page& page) -> long {
       return raw(SYS_pivot_root, at(page.made), at(page.made));
     }, killed, refused},
    {"open_tree", [](Page&) -> long { return raw(SYS_open_tree, AT_FDCWD, at("/"), 0); }, killed, refused},
    {"bpf", [](Page&) -> long {
       static bpf_attr attributes;
       return raw(SYS_bpf, BPF_MAP_CREATE, at(&attributes), sizeof attributes);
     }, killed, refused},
    {"perf_event_open", [](Page&) -> long {
       static perf_event_attr attributes;
       return raw(SYS_perf_event_open, at(&attributes), 0, -1, -1, 0);
     }, killed, refused},
    {"seccomp with a filter of its own", [](Page&) -> long {
       return raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 0);
     }, killed, refused},
    {"prctl PR_SET_SECCOMP", [](Page&) -> long { return raw(SYS_prctl, PR_SET_SECCOMP, 1, 0, 0, 0); }, killed, refused},
    {"prctl PR_SET_DUMPABLE", [](Page&) -> long {
       return raw(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
     }, killed, refused},
    {"prctl PR_SET_PDEATHSIG", [](Page&) -> long {
       return raw(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
     }, killed, refused},
    {"arch_prctl", [](Page&) -> long { return raw(SYS_arch_prctl, 0x3001, 0); }, killed, refused},
    {"modify_ldt", [](Page&) -> long { return raw(SYS_modify_ldt, 0, 0, 0); }, killed, refused},
    {"iopl", [](Page&) -> long { return raw(SYS_iopl, 0); }, killed, refused},
    {"init_module", [](Page&) -> long { return raw(SYS_init_module, 0, 0, 0); }, killed, refused},
    {"kexec_load", [](Page&) -> long { return raw(SYS_kexec_load, 0, 0, 0, -1); }, killed, refused},
    {"reboot", [](Page&) -> long { return raw(SYS_reboot, 0, 0, 0, 0); }, killed, refused},
    {"clock_settime", [](Page&) -> long { return raw(SYS_clock_settime, -1, 0); }, killed, refused},
    {"adjtimex", [](Page&) -> long { return raw(SYS_adjtimex, 0); }, killed, refused},
    {"sethostname", [](Page&) -> long { return raw(SYS_sethostname, 0, 1000); }, killed, refused},
    {"swapon", [](Page& page) -> long { return raw(SYS_swapon, at(page.made), 0); }, killed, refused},
    {"syslog", [](Page&) -> long { return raw(SYS_syslog, 10, 0, 0); }, killed, refused},
    {"acct", [](Page& page) -> long { return raw(SYS_acct, at(page.made)); }, killed, refused},
    {"personality", [](Page&) -> long { return raw(SYS_personality, 0xFFFFFFFF); }, killed, refused},
    {"ioctl TIOCSTI", [](Page&) -> long { return raw(SYS_ioctl, 0, TIOCSTI, at("x")); }, killed, refused},
    {"ioctl FIONREAD", [](Page&) -> long {
       static int count;
       return raw(SYS_ioctl, 3, FIONREAD, at(&count));
     }, killed, refused},
    {"landlock_create_ruleset", [](Page&) -> long { return raw(444, 0, 0, 1); }, killed, refused},
    {"rt_sigaction", [](Page&) -> long { return raw(SYS_rt_sigaction, SIGTERM, 0, 0, 8); }, killed, refused},
    {"set a timer", [](Page&) -> long { return raw(SYS_alarm, 0); }, killed, refused},
    {"a call that does not exist", [](Page&) -> long { return raw(100'000); }, killed, refused},
    {"fork through int 0x80", [](Page&) -> long { return through_i386(2, 0); }, killed, killed},
    {"unlink through int 0x80", [](Page&) -> long { return through_i386(10, 0); }, killed, killed},
    {"getppid through x32", [](Page&) -> long { return through_x32(110); }, killed, killed},
    {"fork through x32", [](Page&) -> long { return through_x32(57); }, killed, killed},
    // --- descriptors ---
    {"hold a file of somebody else", [](Page& page) -> long {
       const long own = inode_of(page.database), journal = inode_of(Path(page.database, "-journal").text);
       return foreign_files(own, journal);
     }, killed, refused},
    {"write to every descriptor", [](Page& page) -> long {
       return page.worker_open = static_cast<int>(write_everywhere(0));
     }, useless, useless, "two take a byte, runner and broker; it breaks the framing and fails the script"},
    {{}, nullptr, useless, useless},
});
// clang-format on

}  // namespace

const Call* calls() noexcept {
  return k_calls.data();
}

}  // namespace takeover
