#include <cerrno>
#include <string>
#include <unistd.h>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "os/program.hpp"

namespace cli {

// Becomes the program beside this one (src/serve_main.cpp), which is where -C has led by now.
int serve_command(const Context& context) {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink(os::k_own_program, path.data(), path.size());
  path.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  path = path.substr(0, path.rfind('/') + 1) + "fettle-serve";
  const char* words[] = {"fettle-serve", "-c", context.arguments.config_file.c_str(), "serve", nullptr};
  ::execv(path.c_str(), const_cast<char**>(words));
  base::throw_errno(base::ErrorKind::internal, "cannot start " + path, "Nothing listens.",
                    "It belongs beside the program fettle: install both.");
}

}  // namespace cli
