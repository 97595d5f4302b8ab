// fettle-serve: what `fettle serve` becomes. Everything begins in web/serve.
#include <exception>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "os/signals.hpp"
#include "web/serve.hpp"

int main(int argc, char** argv) {
  os::ignore_pipe_and_lease_signals();
  try {
    const cli::Arguments arguments = cli::arguments_of(argc, argv);
    cli::enter(arguments.directory);
    return web::serve(cli::load_config(arguments.config_file, cli::process_environment()), arguments.config_file);
  } catch (const base::Error& error) {
    return cli::report_error(error, argc, argv);
  } catch (const std::exception& fault) {
    return cli::report_error(base::Error(base::ErrorKind::internal, fault.what(),
                                         "What was recorded before this moment stands.", "fettle status"),
                             argc, argv);
  }
}
