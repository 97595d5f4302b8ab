#include "runner/orders.hpp"

#include <chrono>
#include <fmt/format.h>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "core/dependency.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/survey.hpp"

namespace cli {
namespace {

constexpr std::chrono::seconds k_to_obey{15};  // a run looks at least every second; then the database rolls back
constexpr std::chrono::milliseconds k_between{50};

runner::Order order_of(const Context& context, std::string verb) {
  runner::Order order;
  order.verb = std::move(verb);
  order.by = context.arguments.by.empty() ? os::user_name() : context.arguments.by;
  order.host = os::host_name();
  order.reason = context.arguments.reason;
  if (!context.arguments.via.empty())
    order.reason += fmt::format("{}via {}", order.reason.empty() ? "" : ", ", context.arguments.via);
  order.at = os::now();
  return order;
}

int tell(const Context& context, std::string_view verb, bool done, const std::string& text) {
  if (context.arguments.json)
    context.print(object_json({{"verb", std::string(verb)}, {"done", done ? "yes" : "no"}, {"text", text}}) + "\n");
  else
    for (const std::string& line : paragraph(text, context.style.width)) context.print(line + "\n");
  return 0;
}

}  // namespace

int pause_command(const Context& context) {
  const runner::Orders orders(context.config());
  if (const auto paused = orders.find("pause"); paused && paused->fault.empty())
    return tell(context, "pause", false, fmt::format("Paused already {}. Next: fettle resume", describe(*paused)));
  const runner::Lock lock = runner::lock_state(context.config());
  runner::Order order = order_of(context, "pause");
  order.recorded = !lock.held;
  if (!lock.held) runner::record(context.config(), order);
  orders.give(order);
  return tell(context, "pause", true,
              lock.held ? fmt::format("Paused: {} finishes the script at work and waits. Next: fettle resume",
                                      runner::describe(lock))
                        : std::string("Paused: no run begins until fettle resume."));
}

int resume_command(const Context& context) {
  const runner::Orders orders(context.config());
  std::optional<runner::Order> pause = orders.find("pause");
  if (!pause) return tell(context, "resume", false, "Nothing is paused.");
  const runner::Lock lock = runner::lock_state(context.config());
  const runner::Order order = order_of(context, "resume");
  if (lock.held) {
    orders.give(order);  // the run writes down who let it go on
    orders.end_pause(*pause);
  } else {
    if (!pause->recorded && pause->fault.empty()) runner::record(context.config(), *pause);
    pause->recorded = true;
    orders.end_pause(*pause);
    runner::record(context.config(), order);
  }
  return tell(context, "resume", true,
              lock.held ? fmt::format("Resumed: {} goes on.", runner::describe(lock)) : "Resumed. Next: fettle run");
}

int cancel_command(const Context& context) {
  const runner::Orders orders(context.config());
  const runner::Lock lock = runner::lock_state(context.config());
  if (!lock.held || !lock.run) return tell(context, "cancel", false, "Nothing to cancel: no run goes on.");
  runner::Order order = order_of(context, "cancel");
  order.run = lock.run->id;
  if (!context.arguments.words.empty()) {
    const std::optional<ledger::Attempt>& meant = lock.in_work ? lock.in_work : lock.tried_again;
    if (!meant) return tell(context, "cancel", false, "Nothing to cancel: no script is at work.");
    if (!core::is_called(meant->script, context.arguments.words.front()))
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("{} is not at work: {} is", base::escape(context.arguments.words.front()),
                                    base::escape(meant->script)),
                        "Nothing was cancelled.", "fettle status");
    order.script = meant->script;
  }
  orders.give(order);
  const bool undoes = lock.run->trigger == "rollback";
  const std::string what = order.script.empty() ? fmt::format("run {}", order.run)
                                                : fmt::format("{} in run {}", base::escape(order.script), order.run);
  for (const os::Deadline end = os::in(k_to_obey); os::Steady::now() < end; std::this_thread::sleep_for(k_between)) {
    if (!orders.find("cancel"))
      return tell(
          context, "cancel", true,
          fmt::format("Cancelled: {}. What was not committed is undone, and {}. Next: fettle history --run {}", what,
                      undoes ? "what was not taken back stays applied" : "its file stays pending", order.run));
    if (!runner::lock_state(context.config()).held) {
      orders.take("cancel");
      return tell(context, "cancel", false, fmt::format("Too late: run {} ended by itself.", order.run));
    }
  }
  return tell(context, "cancel", false,
              fmt::format("{} was told, and has not answered yet: it obeys when it can. Next: fettle status", what));
}

}  // namespace cli
