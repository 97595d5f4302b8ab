#include "runner/doctor.hpp"

#include "cli/commands.hpp"
#include "cli/diagnoses.hpp"

namespace cli {

int doctor_command(const Context& context) {
  return tell_diagnoses(context, runner::examine_all(context.config()));
}

}  // namespace cli
