// The layers that take powers away from a helper process, each callable on its own; what order and which of them, each
// process decides (sandbox/worker, target/broker). Every step is one-way. Measured effects: layers complement each
// other, none is enough alone (Landlock leaves metadata calls and UDP, seccomp leaves open files, both leave inherited
// descriptors). The only place that includes Landlock and seccomp headers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <sys/types.h>
#include <vector>

#include "os/fd.hpp"

struct sock_filter;

namespace os {

// Closes every descriptor but these; the kept ones must be given in any order.
void close_all_but(std::vector<int> kept);

// Standard input, output and error become the null device, so that nothing this process says reaches a terminal.
// With sanitizers standard error stays, for their reports.
void detach_standard_streams();

// SIGKILL for this process when its parent dies, also when it died before this call. Call in the child; `parent` is the
// pid that forked it. Ends the process at once when the parent is gone already.
void die_with_parent(pid_t parent);

// Large blocks of memory get pages of their own: growing one moves pages instead of copying, and freed ones go back to
// the kernel, so that what a process holds is what it uses. For this process and those it forks.
void give_memory_back() noexcept;

struct Limits {
  std::uint64_t address_space = 0;  // bytes; 0: as it was
  std::uint64_t cpu_seconds = 0;    // 0: as it was
  bool may_write_files = true;      // no: a file may not grow past 0 bytes
};

// Also always: no core dump, no process or thread (does not bind root), no locked memory, not dumpable. false: one was
// refused.
bool set_limits(const Limits& limits) noexcept;

bool forbid_new_privileges() noexcept;

// The newest Landlock version this kernel offers, 0 when none.
int landlock_version() noexcept;

enum class FileRight : std::uint8_t {
  read_write,     // read, write and truncate this file
  journal_folder  // make, remove, read and write files in this folder
};

struct FileRule {
  int fd;  // of the file or folder
  FileRight right;
};

// From here on no file system access but by the rules, no TCP unless it is left, no signals to outsiders, no abstract
// sockets, as far as the kernel's version goes. Returns that version; 0: nothing is in force.
enum class Tcp { forbidden, left };
int restrict_files(const std::vector<FileRule>& rules, Tcp tcp = Tcp::forbidden) noexcept;

// A compiled system call filter: made once where libseccomp may still allocate, installed in the locked process.
class CallFilter {
 public:
  enum class Otherwise { kill, refuse };  // what becomes of a call that is not on the list; refuse: EPERM

  // calls: names as in the system call table. Memory calls are allowed only without PROT_EXEC, fcntl only for flags and
  // locks. Where the kernel has no filters the object is made all the same, and install() says no. Throws
  // Error(internal).
  CallFilter(std::initializer_list<const char*> calls, Otherwise otherwise);

  // false: the kernel offers no filter.
  bool install() const noexcept;

 private:
  std::vector<std::uint64_t> program_;  // of sock_filter
};

// Whether reading the clock makes no system call on this machine, so that a filter can do without it.
bool clock_needs_no_call() noexcept;

}  // namespace os
