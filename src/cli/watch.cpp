#include <algorithm>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/run.hpp"
#include "os/host.hpp"
#include "runner/runner.hpp"
#include "watch/supervised.hpp"
#include "watch/watcher.hpp"

namespace cli {
namespace {

bool is_default(const LoadedConfig& loaded, std::string_view key) {
  const auto found = std::find_if(loaded.settings.begin(), loaded.settings.end(),
                                  [key](const Setting& setting) { return setting.key == key; });
  return found != loaded.settings.end() && found->origin == "default";
}

// A daemon says what it does, unless it was told not to; only it begins new files.
void start_log_of_watcher(const LoadedConfig& loaded) {
  os::LogSettings settings = log_settings(loaded.config);
  if (is_default(loaded, "log.level")) settings.level = "info";
  settings.max_size = loaded.config.log.max_size;
  settings.keep = loaded.config.log.keep;
  os::start_log(settings);
}

core::Config usable(const LoadedConfig& loaded) {
  require_database(loaded);
  if (!loaded.config.watch.enabled)
    throw base::Error(base::ErrorKind::config, "watching is switched off: [watch] enabled = false",
                      "Nothing was run; the scripts stay pending.", "fettle run runs them by hand.");
  return loaded.config;
}

}  // namespace

int watch_command(const Context& context) {
  LoadedConfig loaded = context.loaded;
  const core::Config config = usable(loaded);
  const std::string file = config.file;
  start_log_of_watcher(loaded);
  return watch::watch({config,
                       [file, &loaded] {
                         LoadedConfig again = load_config(file, process_environment());
                         const core::Config read = usable(again);
                         loaded = std::move(again);
                         return read;
                       },
                       [&loaded](const core::Config&) { start_log_of_watcher(loaded); }});
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
  runner::Crew crew(context.config());
  crew.prepare_workers(1);
  if (!supervisor.stand_by()) return 0;
  const core::RunReport report = runner::run(context.config(), request, supervisor, crew);
  supervisor.tell_over(report.run, core::exit_code(report));
  return core::exit_code(report);
}

}  // namespace cli
