// fettle: runs pending Lua fix scripts on a database, once, and keeps the record. Everything begins in cli/commands.
#include <exception>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "os/signals.hpp"

int main(int argc, char** argv) {
  os::ignore_pipe_and_lease_signals();
  try {
    return cli::run_command(argc, argv);
  } catch (const base::Error& error) {
    return cli::report_error(error, argc, argv);
  } catch (const std::exception& fault) {
    return cli::report_error(base::Error(base::ErrorKind::internal, fault.what(),
                                         "What was recorded before this moment stands.", "fettle status"),
                             argc, argv);
  }
}
