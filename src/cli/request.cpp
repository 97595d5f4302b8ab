#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/argument_values.hpp"
#include "cli/commands.hpp"
#include "cli/json_request.hpp"
#include "cli/listing.hpp"
#include "os/clock.hpp"
#include "runner/requests.hpp"

namespace cli {
namespace {

runner::Asker asker_of(const Arguments& arguments) {
  return {arguments.by, arguments.reason, arguments.via};
}

std::string state_of(const Context& context, const core::Requested& request) {
  const std::string why = core::why_no_run(request, context.config().web.approvals, os::now());
  return why.empty() ? fmt::format("may run: fettle run --request {}", request.id) : why;
}

void print_request(const Context& context, const core::Requested& request) {
  context.print(fmt::format("request {} by {} on {}, {}\n", request.id, base::escape(request.by),
                            base::escape(request.host), base::local_time(request.at)));
  print_field(context, "  why", request.reason);
  for (const core::RequestedScript& script : request.scripts)
    print_pair(context, script.name, script.sha256.substr(0, 12));
  for (const core::Requested::Voice& voice : request.voices)
    print_field(context, voice.yes ? "  yes" : "  no",
                fmt::format("{}, {}{}{}", voice.by, base::local_time(voice.at), voice.reason.empty() ? "" : ": ",
                            voice.reason));
  print_field(context, "  state", state_of(context, request));
}

int tell(const Context& context, const core::Requested& request) {
  if (context.arguments.json)
    context.print(request_json(request, context.config().web.approvals, os::now()) + "\n");
  else
    print_request(context, request);
  return 0;
}

int answer(const Context& context, runner::Voice voice) {
  const std::int64_t id = whole_number(context.arguments.words.front(), "the number of a request");
  return tell(context, runner::answer_request(context.config(), id, voice, asker_of(context.arguments)));
}

}  // namespace

int request_run_command(const Context& context) {
  const auto request = runner::request_run(context.config(), context.arguments.words, asker_of(context.arguments));
  if (request) return tell(context, *request);
  context.print(context.arguments.json ? "null\n" : "Nothing is pending, so there is nothing to ask for.\n");
  return 0;
}

int request_list_command(const Context& context) {
  const std::vector<core::Requested> all = runner::requests(context.config());
  if (context.arguments.json) {
    context.print(requests_json(all, context.config().web.approvals, os::now()) + "\n");
    return 0;
  }
  if (all.empty()) context.print("Nobody has asked for a run yet. Next: fettle request run --reason TEXT\n");
  for (auto each = all.rbegin(); each != all.rend(); ++each) print_request(context, *each);
  return 0;
}

int request_approve_command(const Context& context) {
  return answer(context, runner::Voice::yes);
}

int request_refuse_command(const Context& context) {
  return answer(context, runner::Voice::no);
}

}  // namespace cli
