#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "os/fd.hpp"
#include "runner/adding.hpp"

namespace cli {
namespace {

constexpr std::string_view k_stdin = "-";

// Not much more of it than a script may have: what is too large is told by that.
std::string text_of(const std::string& path, std::uint64_t largest) {
  const os::Fd fd(path == k_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                  : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 65536> part{};
  ssize_t got = fd ? 1 : -1;
  while (fd && text.size() <= largest && (got = ::read(fd.get(), part.data(), part.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  if (got < 0)
    base::throw_errno(base::ErrorKind::usage, fmt::format("cannot read {}", base::escape(path)), "Nothing was added.",
                      "Name a file, or - for standard input.");
  return text;
}

void tell(const Context& context, const runner::AddedScript& added) {
  std::string line = added.path;
  if (!added.declaration.description.empty()) line += "  " + added.declaration.description;
  context.print(base::fit(base::escape(line), context.style.width) + "\n");
  if (context.arguments.talk == Talk::quiet) return;
  if (!added.replaced.empty()) context.say(fmt::format("in place of {}\n", base::escape(added.replaced)));
  context.say("next: fettle run\n");
}

}  // namespace

int add_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  const std::string& file = arguments.words.front();
  const std::string name = arguments.name.empty() ? file.substr(file.rfind('/') + 1) : arguments.name;
  if (name == k_stdin)
    throw base::Error(base::ErrorKind::usage, "what comes from standard input has no name", "Nothing was added.",
                      "fettle add - --name 007_clear_menu.lua");
  const runner::AddedScript added =
      runner::add_script(context.config(), {.name = name,
                                            .text = text_of(file, context.config().run.max_script_size),
                                            .by = arguments.by,
                                            .reason = arguments.reason,
                                            .via = arguments.via});
  if (arguments.json)
    context.print(added_json(added) + "\n");
  else
    tell(context, added);
  context.warn(added.warnings);
  return 0;
}

}  // namespace cli
