#include "runner/retry.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/json_output.hpp"
#include "cli/run.hpp"
#include "os/host.hpp"

namespace cli {
namespace {

void tell_requeued(const Context& context, const std::vector<std::string>& names) {
  if (context.arguments.json || context.arguments.talk == Talk::quiet) return;
  const std::string folder = context.config().folders.scripts;
  for (const std::string& name : names)
    context.print(
        base::fit(fmt::format("back in {}: {}", base::escape(folder), base::escape(name)), context.style.width) + "\n");
  if (context.arguments.no_run)
    context.print("next: fettle run\n");
  else
    context.print("\n");
  flush(context.out);
}

int tell_nothing_failed(const Context& context) {
  if (context.arguments.json)
    context.print(requeued_json({}) + "\n");
  else
    context.print(fmt::format("Nothing to do: no script lies in {}.\n", base::escape(context.config().folders.failed)));
  return 0;
}

}  // namespace

int retry_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  runner::RunRequest request = request_from(arguments, context.config());
  if (!arguments.no_run) {
    require_database(context.loaded);
    request.choice.scripts = arguments.words;
    const auto forbidden = runner::forbidden_run(context.config(), request, folder::Place::failed);
    if (forbidden && forbidden->counts.total() > 0) return tell_forbidden(context, *forbidden);
  }
  const std::vector<std::string> names =
      runner::requeue(context.config(), {.scripts = arguments.words,
                                         .all = arguments.all,
                                         .by = arguments.by.empty() ? os::user_name() : arguments.by,
                                         .reason = arguments.reason,
                                         .via = arguments.via});
  if (names.empty()) return tell_nothing_failed(context);
  tell_requeued(context, names);
  if (arguments.no_run) {
    if (arguments.json) context.print(requeued_json(names) + "\n");
    return 0;
  }
  request.choice.scripts = names;
  const core::RunReport report = run_and_tell(context, request);
  if (arguments.json) context.print(retry_json(report, names) + "\n");
  return core::exit_code(report);
}

}  // namespace cli
