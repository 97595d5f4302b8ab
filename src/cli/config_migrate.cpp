#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/config_moves.hpp"
#include "cli/json_ledger.hpp"
#include "cli/new_file.hpp"
#include "os/fd.hpp"

namespace cli {
namespace {

constexpr const char* k_unchanged = "It is as it was.";

[[noreturn]] void refuse(const std::string& path, std::string_view verb) {
  base::throw_errno(base::ErrorKind::config, fmt::format("cannot {} {}", verb, base::escape(path)), k_unchanged,
                    "see to the rights of the file and its folder");
}

// The file itself, whatever links lead to it.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) refuse(path, "read");
  std::string found = real;
  std::free(real);  // realpath(3) gives malloc'd memory
  return found;
}

// At once, with the rights and the owner of the one that was there: it may hold a password.
void replace(const std::string& path, std::string_view text) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) refuse(path, "read");
  const std::string beside = fmt::format("{}.{}", path, ::getpid());
  (void)::unlink(beside.c_str());  // of a process that had this number and died
  const os::Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  bool good = fd && (::geteuid() != 0 || ::fchown(fd.get(), old.st_uid, old.st_gid) == 0) &&
              ::fchmod(fd.get(), old.st_mode & 07777U) == 0;
  while (good && !text.empty()) {
    const ssize_t count = ::write(fd.get(), text.data(), text.size());
    good = count >= 0 || errno == EINTR;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  good = good && ::fsync(fd.get()) == 0 && ::rename(beside.c_str(), path.c_str()) == 0;
  if (good) return;
  const int fault = errno;
  (void)::unlink(beside.c_str());
  errno = fault;
  refuse(path, "write");
}

void print_difference(const Context& context, const MovedConfig& moved) {
  for (const MovedLine& line : moved.lines) {
    context.print(fmt::format("{}:{}\n", base::escape(context.arguments.config_file), line.number));
    context.print(context.style.paint(Colour::red, "- " + base::escape(line.before)) + "\n");
    context.print(context.style.paint(Colour::green, "+ " + base::escape(line.after)) + "\n");
  }
}

}  // namespace

// Exit code 2: something is left that only a person can decide.
int config_migrate_command(const Context& context) {
  const std::string path = resolved(context.arguments.config_file);
  const std::optional<std::string> text = read_small_file(path);
  if (!text) refuse(path, "read");
  const MovedConfig moved = move_keys(*text);
  const bool writes = !moved.lines.empty() && !context.arguments.dry_run;
  if (writes) replace(path, moved.text);
  if (context.arguments.json) {
    context.print(config_moved_json(moved, writes) + "\n");
  } else {
    print_difference(context, moved);
    for (const std::string& left : moved.by_hand) context.print(base::escape(left) + "\n");
    if (moved.lines.empty() && moved.by_hand.empty())
      context.print(
          fmt::format("{} has no key that is called otherwise now.\n", base::escape(context.arguments.config_file)));
    if (!moved.lines.empty() && !writes) context.print("Nothing was changed (--dry-run).\n");
  }
  return moved.by_hand.empty() ? 0 : 2;
}

}  // namespace cli
