#include <fmt/format.h>
#include <sys/utsname.h>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"

namespace cli {

int version_command(const Context& context) {
  utsname kernel{};
  (void)::uname(&kernel);
  const std::string name = fmt::format("{} {}", kernel.sysname, kernel.release);
  if (context.arguments.json)
    context.print(object_json({{"fettle", FETTLE_VERSION}, {"kernel", name}, {"machine", kernel.machine}}) + "\n");
  else
    context.print(fmt::format("fettle {}\nkernel {} {}\n", FETTLE_VERSION, name, kernel.machine));
  return 0;
}

}  // namespace cli
