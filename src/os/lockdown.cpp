#include "os/lockdown.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <memory>
#include <seccomp.h>
#include <signal.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.hpp"

namespace os {
namespace {

// Newer than Debian 12's header; values of the kernel's user-space interface.
constexpr std::uint64_t k_fs_truncate = 1ULL << 14U;  // Landlock 3
constexpr std::uint64_t k_fs_ioctl = 1ULL << 15U;     // Landlock 5
constexpr std::uint64_t k_net_all = 3;                // Landlock 4: bind and connect, TCP
constexpr std::uint64_t k_scope_all = 3;              // Landlock 6: abstract sockets and signals

struct RulesetAttributes {
  std::uint64_t files = 0, net = 0, scoped = 0;
};

std::uint64_t file_rights(int version) noexcept {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;  // Landlock 1: bits 0 to 12
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= k_fs_truncate;
  if (version >= 5) rights |= k_fs_ioctl;
  return rights;
}

std::uint64_t bits(FileRight right) noexcept {
  constexpr std::uint64_t k_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | k_fs_truncate;
  if (right == FileRight::read_write) return k_file;
  return k_file | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
}

bool limit(__rlimit_resource_t resource, std::uint64_t most) noexcept {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t value = std::min<rlim_t>(most, now.rlim_max);
  const rlimit wanted{value, value};
  return ::setrlimit(resource, &wanted) == 0;
}

// Calls that are allowed only with some of their arguments. fcntl: not the commands that duplicate a descriptor, or
// that make the kernel send a signal of one's choice to a process of one's choice (F_SETOWN, F_SETSIG).
int allow(scmp_filter_ctx context, std::string_view name, int number) noexcept {
  if (name == "mmap" || name == "mprotect")
    return seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  if (name != "fcntl") return seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
  for (const scmp_datum_t command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW})
    if (const int fault = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 1, SCMP_A1(SCMP_CMP_EQ, command));
        fault != 0)
      return fault;
  return 0;
}

}  // namespace

namespace {

// On a kernel without close_range(2), or in a container that answers for it that there is none.
void close_one_by_one(unsigned from, unsigned to) noexcept {
  rlimit most{};
  constexpr rlim_t k_as_good_as_endless = 1U << 20U;
  const bool known = ::getrlimit(RLIMIT_NOFILE, &most) == 0;
  const auto end = static_cast<unsigned>(std::min(known ? most.rlim_max : k_as_good_as_endless, k_as_good_as_endless));
  for (unsigned fd = from; fd <= to && fd < end; ++fd) ::close(static_cast<int>(fd));
}

void close_from_to(unsigned from, unsigned to) noexcept {
  if (::syscall(SYS_close_range, from, to, 0) != 0) close_one_by_one(from, to);
}

}  // namespace

void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int fd : kept) {
    const auto keep = static_cast<unsigned>(fd);
    if (keep > from) close_from_to(from, keep - 1);
    from = keep + 1;
  }
  close_from_to(from, ~0U);
}

void detach_standard_streams() {
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
#ifdef FETTLE_SANITIZED
  constexpr int k_last = 1;
#else
  constexpr int k_last = 2;
#endif
  for (int stream = 0; stream <= k_last; ++stream) ::dup2(null.get(), stream);
}

void die_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

void give_memory_back() noexcept {
  ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // also keeps malloc from raising it
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

bool set_limits(const Limits& limits) noexcept {
  bool good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_MEMLOCK, 0);
  good = ::prctl(PR_SET_DUMPABLE, 0) == 0 && good;
#ifndef FETTLE_SANITIZED  // the sanitizers reserve terabytes of address space
  if (limits.address_space > 0) good = limit(RLIMIT_AS, limits.address_space) && good;
#endif
  if (limits.cpu_seconds > 0) good = limit(RLIMIT_CPU, limits.cpu_seconds) && good;
  if (!limits.may_write_files) good = limit(RLIMIT_FSIZE, 0) && good;
  return good;
}

bool forbid_new_privileges() noexcept {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

int landlock_version() noexcept {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

int restrict_files(const std::vector<FileRule>& rules, Tcp tcp) noexcept {
  const int version = landlock_version();
  if (version == 0) return 0;
  const bool forbids_tcp = version >= 4 && tcp == Tcp::forbidden;
  RulesetAttributes attributes{file_rights(version), forbids_tcp ? k_net_all : 0, version >= 6 ? k_scope_all : 0};
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;  // each version appended one field
  const Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return 0;
  for (const FileRule& rule : rules) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = bits(rule.right) & attributes.files;
    beneath.parent_fd = rule.fd;
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) return 0;
  }
  return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0 ? version : 0;
}

CallFilter::CallFilter(std::initializer_list<const char*> calls, Otherwise otherwise) {
  const auto fail = [](const char* what) { base::throw_errno(base::ErrorKind::internal, what); };
  const std::uint32_t unlisted = otherwise == Otherwise::kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> context(seccomp_init(unlisted), seccomp_release);
  if (!context) return;  // libseccomp asks the kernel, and this one has no filters
  for (const char* name : calls) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;  // not on this architecture
    if (allow(context.get(), name, number) != 0) fail("cannot build a system call filter");
  }
  const Fd memory(::memfd_create("filter", MFD_CLOEXEC));
  if (!memory || seccomp_export_bpf(context.get(), memory.get()) != 0) fail("cannot export a system call filter");
  static_assert(sizeof(sock_filter) == sizeof(std::uint64_t));
  const off_t size = ::lseek(memory.get(), 0, SEEK_END);
  program_.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(memory.get(), program_.data(), static_cast<std::size_t>(size), 0) != size)
    fail("cannot read back a system call filter");
}

bool CallFilter::install() const noexcept {
  if (program_.empty()) return false;
  sock_fprog program{static_cast<unsigned short>(program_.size()),
                     reinterpret_cast<sock_filter*>(const_cast<std::uint64_t*>(program_.data()))};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

// These clock sources are read through the vDSO; any other may fall back to the system call.
bool clock_needs_no_call() noexcept {
  const Fd file(::open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return false;
  const std::string_view source(text.data(), std::strcspn(text.data(), "\n"));
  return source == "tsc" || source == "kvm-clock" || source == "hyperv_clocksource_tsc_page" ||
         source == "arch_sys_counter";
}

}  // namespace os
