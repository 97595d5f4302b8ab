// Preloaded into fettle: counts every call that changes the disk below the scratch folders, over all processes of a
// run, and strikes at the one that the page names. Workers and the keeper die at any system call that is not on their
// list, so beside the call itself only memory is touched, and nothing but futex(2) is added, in processes that may do
// that.
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "page.hpp"

namespace {

using crash::Fault;
using crash::Page;

constexpr int k_most_fds = 256;
constexpr std::size_t k_longest_path = 512;
constexpr int k_most_roots = 4;

// A descriptor of a file or folder below a root. Copied by fork, like the descriptors themselves.
struct Known {
  enum class What : char { other, file, folder } what = What::other;
  char path[k_longest_path] = {};
};

Page* g_page = nullptr;
Known g_known[k_most_fds];
char g_roots[k_most_roots][k_longest_path];
int g_root_count = 0;
std::int32_t g_pid = 0;
std::uint32_t g_depth = 0;

char g_here[k_longest_path];  // working directory; fettle is started where it is to work

#define FETTLE_CALLS(X) \
  X(open)               \
  X(open64)             \
  X(openat)             \
  X(close)              \
  X(write)              \
  X(pwrite64)           \
  X(pwrite)             \
  X(fsync)              \
  X(fdatasync)          \
  X(ftruncate)          \
  X(ftruncate64)        \
  X(rename) X(renameat) X(renameat2) X(unlink) X(unlinkat) X(link) X(linkat) X(mkdir) X(mkdirat) X(recvmsg)

// The functions of the C library behind this one.
struct Calls {
#define FETTLE_MEMBER(name) decltype(&::name) name;
  FETTLE_CALLS(FETTLE_MEMBER)
#undef FETTLE_MEMBER
};
Calls g_real;
bool g_found = false;

// All at once and early: looking them up in a locked process might need calls that are forbidden there.
const Calls& real() {
  if (g_found) return g_real;
#define FETTLE_FIND(name) g_real.name = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name));
  FETTLE_CALLS(FETTLE_FIND)
#undef FETTLE_FIND
  g_found = true;
  return g_real;
}

// --- where a call goes ---------------------------------------------------------------------------------------------

struct Path {
  char text[k_longest_path] = {};
  bool counts = false;
};

bool is_below_a_root(const char* path) {
  for (int root = 0; root < g_root_count; ++root) {
    const std::size_t length = std::strlen(g_roots[root]);
    if (std::strncmp(path, g_roots[root], length) == 0 && (path[length] == '/' || path[length] == '\0')) return true;
  }
  return false;
}

void join(char* into, const char* folder, const char* name) {
  std::size_t length = strnlen(folder, k_longest_path - 2);
  std::memcpy(into, folder, length);
  into[length++] = '/';
  const std::size_t more = strnlen(name, k_longest_path - 1 - length);
  std::memcpy(into + length, name, more);
  into[length + more] = '\0';
}

const Known* known(int fd) {
  return g_page != nullptr && fd >= 0 && fd < k_most_fds && g_known[fd].what != Known::What::other ? &g_known[fd]
                                                                                                   : nullptr;
}

// By the text of the paths alone: asking the kernel is forbidden in the keeper.
Path resolve(int directory, const char* name) {
  Path path;
  if (g_page == nullptr || name == nullptr) return path;
  if (name[0] == '/') {
    join(path.text, "", name + 1);
  } else if (directory == AT_FDCWD) {
    join(path.text, g_here, name);
  } else if (const Known* folder = known(directory)) {
    join(path.text, folder->path, name);
  }
  path.counts = is_below_a_root(path.text);
  return path;
}

void forget(int fd) {
  if (fd >= 0 && fd < k_most_fds) g_known[fd].what = Known::What::other;
}

void remember(int fd, const Path& path, bool folder) {
  if (fd < 0 || fd >= k_most_fds) return;
  g_known[fd].what = !path.counts ? Known::What::other : folder ? Known::What::folder : Known::What::file;
  std::memcpy(g_known[fd].path, path.text, sizeof path.text);
}

// --- the fault -----------------------------------------------------------------------------------------------------

[[noreturn]] void wait_to_be_killed() {
  for (;;) ::syscall(SYS_futex, &g_page->victim, FUTEX_WAIT, g_page->victim.load(), nullptr, nullptr, 0);
}

void note(std::uint32_t number, const char* call, const char* path) {
  if (number > crash::k_most_entries) return;
  crash::Entry& entry = g_page->entries[number - 1];
  entry.depth = g_depth;
  std::strncpy(entry.call.data(), call, entry.call.size() - 1);
  const std::size_t length = std::strlen(path);
  const std::size_t most = entry.file.size() - 1;
  std::strncpy(entry.file.data(), length > most ? path + (length - most) : path, most);
  entry.written.store(1);
}

void strike() {
  g_page->victim.store(g_pid);
  g_page->reached.store(1);
  ::syscall(SYS_futex, &g_page->reached, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// true: go on with the call. false: errno is set.
bool may_go_on(const char* call, const char* path) {
  if (g_page == nullptr) return true;
  if (g_page->fault == Fault::hold_all && g_page->reached.load() != 0) wait_to_be_killed();
  const std::uint32_t number = g_page->calls.fetch_add(1) + 1;
  note(number, call, path);
  const bool struck = g_page->fault != Fault::none &&
                      (number == g_page->at || (g_page->lasting != 0 && g_page->at != 0 && number > g_page->at));
  if (!struck) {
    if (g_page->fault == Fault::hold_all && g_page->reached.load() != 0) wait_to_be_killed();
    return true;
  }
  strike();
  if (g_page->fault != Fault::refuse) wait_to_be_killed();
  errno = g_page->error;
  return false;
}

bool may_go_on(const char* call, int fd) {
  const Known* file = known(fd);
  return file == nullptr || may_go_on(call, file->path);
}

// Writing to a descriptor that was once a folder cannot be: it is something newer that nobody told us of.
bool may_write(const char* call, int fd) {
  const Known* file = known(fd);
  return file == nullptr || file->what == Known::What::folder || may_go_on(call, file->path);
}

bool may_go_on(const char* call, const Path& path) {
  return !path.counts || may_go_on(call, path.text);
}

// --- start ---------------------------------------------------------------------------------------------------------

void read_roots(const char* roots) {
  while (*roots != '\0' && g_root_count < k_most_roots) {
    const std::size_t length = std::strcspn(roots, ":");
    if (length > 0 && length < k_longest_path) std::memcpy(g_roots[g_root_count++], roots, length);
    roots += length + (roots[length] == ':' ? 1 : 0);
  }
}

void after_fork() {
  g_pid = ::getpid();
  ++g_depth;
}

[[gnu::constructor]] void begin() {
  const char* path = std::getenv(crash::k_page_variable);
  const char* roots = std::getenv(crash::k_roots_variable);
  if (path == nullptr || roots == nullptr) return;
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
  if (fd < 0) ::_exit(126);
  void* page = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  if (page == MAP_FAILED) ::_exit(126);
  read_roots(roots);
  if (::getcwd(g_here, sizeof g_here) == nullptr) ::_exit(126);
  real();
  g_pid = ::getpid();
  ::pthread_atfork(nullptr, nullptr, after_fork);
  g_page = static_cast<Page*>(page);
}

template <class Open>
int opening(const char* call, int directory, const char* name, int flags, Open open) {
  const Path path = resolve(directory, name);
  if ((flags & (O_CREAT | O_TRUNC)) != 0 && !may_go_on(call, path)) return -1;
  const int fd = open();
  if (g_page != nullptr) remember(fd, path, (flags & O_DIRECTORY) != 0);
  return fd;
}

mode_t mode_of(int flags, std::va_list arguments) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

// Descriptors that came from another process: the keeper's journals. Only processes that may ask the kernel get any.
void remember_received(const msghdr& message) {
  if (g_page == nullptr) return;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(const_cast<msghdr*>(&message), head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < count; ++index) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + index * sizeof fd, sizeof fd);
      char link[40] = "/proc/self/fd/";
      char digits[12];
      int length = 0;
      for (int rest = fd; rest > 0 || length == 0; rest /= 10) digits[length++] = static_cast<char>('0' + rest % 10);
      std::size_t at = std::strlen(link);
      while (length > 0) link[at++] = digits[--length];
      Path path;
      if (::readlink(link, path.text, sizeof path.text - 1) < 0) path.text[0] = '\0';
      path.counts = is_below_a_root(path.text);
      remember(fd, path, false);
    }
  }
}

}  // namespace

// --- the calls -----------------------------------------------------------------------------------------------------

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opening("open", AT_FDCWD, path, flags, [&] { return real().open(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opening("open", AT_FDCWD, path, flags, [&] { return real().open64(path, flags, mode); });
}

int openat(int directory, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opening("openat", directory, path, flags, [&] { return real().openat(directory, path, flags, mode); });
}

int close(int fd) {
  forget(fd);
  return real().close(fd);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  return may_write("write", fd) ? real().write(fd, bytes, count) : -1;
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return may_write("pwrite", fd) ? real().pwrite64(fd, bytes, count, offset) : -1;
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  return may_write("pwrite", fd) ? real().pwrite(fd, bytes, count, offset) : -1;
}

int fsync(int fd) {
  return may_go_on("fsync", fd) ? real().fsync(fd) : -1;
}

int fdatasync(int fd) {
  return may_go_on("fdatasync", fd) ? real().fdatasync(fd) : -1;
}

int ftruncate(int fd, off_t length) noexcept {
  return may_write("ftruncate", fd) ? real().ftruncate(fd, length) : -1;
}

int ftruncate64(int fd, off64_t length) noexcept {
  return may_write("ftruncate", fd) ? real().ftruncate64(fd, length) : -1;
}

int rename(const char* from, const char* to) noexcept {
  return may_go_on("rename", resolve(AT_FDCWD, from)) ? real().rename(from, to) : -1;
}

int renameat(int from, const char* name, int to, const char* wanted) noexcept {
  return may_go_on("rename", resolve(from, name)) ? real().renameat(from, name, to, wanted) : -1;
}

int renameat2(int from, const char* name, int to, const char* wanted, unsigned flags) noexcept {
  return may_go_on("rename", resolve(from, name)) ? real().renameat2(from, name, to, wanted, flags) : -1;
}

int unlink(const char* path) noexcept {
  return may_go_on("unlink", resolve(AT_FDCWD, path)) ? real().unlink(path) : -1;
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  return may_go_on("unlink", resolve(directory, path)) ? real().unlinkat(directory, path, flags) : -1;
}

int link(const char* from, const char* to) noexcept {
  return may_go_on("link", resolve(AT_FDCWD, to)) ? real().link(from, to) : -1;
}

int linkat(int from, const char* name, int to, const char* wanted, int flags) noexcept {
  return may_go_on("link", resolve(to, wanted)) ? real().linkat(from, name, to, wanted, flags) : -1;
}

int mkdir(const char* path, mode_t mode) noexcept {
  return may_go_on("mkdir", resolve(AT_FDCWD, path)) ? real().mkdir(path, mode) : -1;
}

int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return may_go_on("mkdir", resolve(directory, path)) ? real().mkdirat(directory, path, mode) : -1;
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t got = real().recvmsg(fd, message, flags);
  if (got >= 0) remember_received(*message);
  return got;
}
}
