#include <algorithm>

#include "base/error.hpp"
#include "cli/backing_up.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/run.hpp"
#include "os/host.hpp"
#include "runner/runner.hpp"
#include "watch/supervised.hpp"
#include "watch/watcher.hpp"

namespace cli {
namespace {

// A daemon says what it does, unless it was told not to; only it begins new files.
os::LogSettings log_of_watcher(const LoadedConfig& loaded) {
  os::LogSettings settings = log_settings(loaded.config);
  if (is_default(loaded, "log.level")) settings.level = "info";
  settings.max_size = loaded.config.log.max_size;
  settings.keep = loaded.config.log.keep;
  return settings;
}

watch::InForce in_force(const LoadedConfig& loaded) {
  require_database(loaded);
  return {loaded.config, loaded.text, log_of_watcher(loaded)};
}

}  // namespace

int watch_command(const Context& context) {
  if (!context.config().watch.enabled)
    throw base::Error(base::ErrorKind::config, "watching is switched off: [watch] enabled = false",
                      "Nothing was run; the scripts stay pending.", "fettle run runs them by hand.");
  const std::string file = context.config().file;
  return watch::watch(
      {in_force(context.loaded), [file] { return in_force(load_config(file, process_environment())); }});
}

int run_supervised(const Context& context) {
  constexpr std::chrono::hours k_for_others{24};  // a person's run that goes on is waited for
  watch::Supervised supervisor;
  runner::RunRequest request;
  request.on_failure = context.config().run.on_failure;
  request.trigger = "watch";
  request.by = os::user_name();
  request.command = "fettle run";
  request.wait = k_for_others;
  request.kept = runner::Kept::counts;
  request.feed = &supervisor;
  request.hook_text = hook_json;
  back_up_before(request, context.config(), false);
  runner::Standby standby(context.config());
  standby.get_ready();
  if (!supervisor.stand_by()) return 0;
  const core::RunReport report = runner::run(context.config(), request, supervisor, standby);
  supervisor.tell_over(report);
  return core::exit_code(report);
}

}  // namespace cli
