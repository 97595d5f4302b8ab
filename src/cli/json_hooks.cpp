// What hooks read, and what is told of hooks and guards.
#include "base/time.hpp"
#include "cli/json_output.hpp"
#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json hook_object(const core::HookReport& hook) {
  const auto code_of = [&hook](core::HookEnd end) { return hook.end == end ? Json(hook.code) : Json(nullptr); };
  return {{"hook", core::name(hook.hook)},
          {"end", core::name(hook.end)},
          {"succeeded", core::has_succeeded(hook)},
          {"exit_code", code_of(core::HookEnd::exited)},
          {"signal", code_of(core::HookEnd::killed)},
          {"duration_ms", static_cast<double>(hook.duration.count()) / 1000.0},
          {"output", or_null(hook.output)},
          {"fault", or_null(hook.fault)}};
}

// What is known before a run, in the places where the run will have it.
std::string start_json(const core::RunReport& run) {
  Json json = {{"run", run.run},
               {"trigger", or_null(run.trigger)},
               {"by", or_null(run.by)},
               {"host", or_null(run.host)},
               {"reason", or_null(run.reason)},
               {"started_at", base::iso8601(run.started)},
               {"scripts", Json::array()}};
  for (const core::AttemptReport& script : run.scripts) json["scripts"].push_back({{"script", script.script}});
  return dump(json);
}

}  // namespace

Json forbidden_object(const std::optional<core::Forbidden>& forbidden) {
  if (!forbidden) return nullptr;
  return {{"guard", forbidden->guard},
          {"required", forbidden->required},
          {"found", forbidden->found},
          {"until", forbidden->until ? Json(base::iso8601(*forbidden->until)) : Json(nullptr)},
          {"message", core::describe(*forbidden)}};
}

Json hooks_list(const std::vector<core::HookReport>& hooks) {
  Json list = Json::array();
  for (const core::HookReport& hook : hooks) list.push_back(hook_object(hook));
  return list;
}

std::string hook_json(core::Hook hook, const core::RunReport& run) {
  return hook == core::Hook::before_run ? start_json(run) : run_json(run);
}

}  // namespace cli
