#include "cli/run.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/backing_up.hpp"
#include "cli/json_output.hpp"
#include "cli/report.hpp"
#include "folder/folders.hpp"
#include "runner/preview.hpp"
#include "runner/rehearsal.hpp"
#include "runner/requests.hpp"
#include "runner/survey.hpp"

namespace cli {
namespace {

int rehearse(const Context& context, const runner::RunRequest& request) {
  Console console = console_of(context, Lasting::nothing_but_copies);
  const runner::Rehearsal rehearsal = runner::rehearse(
      context.config(), request, context.arguments.keep ? runner::Keep::yes : runner::Keep::no, console);
  if (context.arguments.json) {
    context.print(rehearsal_json(rehearsal) + "\n");
  } else {
    std::string where = rehearsal.kept.empty()
                            ? std::string("The copies are gone. Next, for real: fettle run")
                            : fmt::format("The copies are kept, to look at: fettle -C {} history", rehearsal.kept);
    for (const auto& [database, copy] : rehearsal.kept_on_servers)
      where += fmt::format("; on its server, {} is {}", base::escape(database), copy);
    for (const std::string& line :
         paragraph("This was a rehearsal: nothing of yours was changed. " + where, context.style.width))
      context.print(line + "\n");
  }
  return core::exit_code(rehearsal.report);
}

void write_report(const Context& context, const core::RunReport& run) {
  if (context.arguments.output.empty()) return;
  std::vector<ReportedScript> scripts;
  for (const core::AttemptReport& attempt : run.scripts) scripts.push_back(reported(attempt));
  ReportFacts facts = facts_of(run);
  facts.full = context.arguments.full ? Full::yes : Full::no;
  cli::write_report(context.arguments.output, facts, scripts);
  if (context.arguments.talk != Talk::quiet)
    context.say(fmt::format("The report is in {}.\n", base::escape(context.arguments.output)));
}

int preview(const Context& context, const runner::RunRequest& request) {
  Console console = console_of(context, Lasting::nothing);
  const runner::Preview preview = runner::preview(context.config(), request, console);
  write_report(context, preview.report);
  if (context.arguments.json) {
    context.print(run_json(preview.report) + "\n");
  } else if (preview.report.run != 0) {
    const std::string next = fmt::format(
        "Everything was rolled back: nothing was changed. Next, for real and no other rows than these: fettle run "
        "--plan {}",
        preview.report.run);
    for (const std::string& line : paragraph(next, context.style.width)) context.print(line + "\n");
  }
  return core::exit_code(preview.report);
}

// The folders are closed again before the run opens anything.
std::vector<std::string> pending_names(const core::Config& config) {
  return folder::Folders::open(config, folder::Missing::is_empty).list(folder::Place::scripts).names;
}

}  // namespace

runner::Choice choice_from(const Arguments& arguments) {
  return {.scripts = arguments.words, .until = arguments.until, .tags = arguments.tags, .exclude = arguments.exclude};
}

runner::RunRequest request_from(const Arguments& arguments, const core::Config& config) {
  runner::RunRequest request;
  request.on_failure = arguments.stop_on_error ? core::OnFailure::stop : config.run.on_failure;
  request.force = arguments.force ? core::Force::yes : core::Force::no;
  request.by = arguments.by;
  request.reason = arguments.reason;
  if (!arguments.via.empty()) request.trigger = arguments.via.substr(0, arguments.via.find(':'));
  request.command = arguments.command_line;
  request.wait = arguments.wait;
  request.choice = choice_from(arguments);
  request.arguments = arguments.script_arguments;
  if (arguments.plan != 0) request.approved.emplace(config, arguments.plan, arguments.drift);
  if (arguments.request != 0) request.approved.emplace(config, runner::request(config, arguments.request));
  request.hook_text = hook_json;
  const bool is_told_of_at_the_end = arguments.json || !arguments.output.empty();
  request.kept = is_told_of_at_the_end ? runner::Kept::attempts : runner::Kept::counts;
  if (arguments.full) request.rows_told = core::k_every_row;
  if (!arguments.output.empty()) refuse_report(arguments.output);
  return request;
}

std::string databases_text(const LoadedConfig& loaded) {
  std::string text;
  for (const core::DatabaseConfig& database : loaded.config.databases)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", database.name, shown_url(loaded, database.name));
  return text;
}

Console console_of(const Context& context, Lasting lasting) {
  return Console(
      {.out = context.arguments.json ? nullptr : context.out,
       .talk = context.talk,
       .talkative = context.arguments.talk,
       .style = context.style,
       .database = (lasting == Lasting::nothing_but_copies ? "copies of " : "") + databases_text(context.loaded),
       .pending_folder = context.config().folders.scripts,
       .lasting = lasting,
       .full = context.arguments.full ? Full::yes : Full::no});
}

core::RunReport run_and_tell(const Context& context, const runner::RunRequest& request) {
  Console console = console_of(context);
  runner::RunRequest saved = request;
  back_up_before(saved, context.config(), context.arguments.no_backup);
  return runner::run(context.config(), saved, console);
}

int tell_forbidden(const Context& context, const core::RunReport& report) {
  if (context.arguments.json)
    context.print(retry_json(report, {}) + "\n");
  else
    console_of(context).run_ended(report);
  return core::exit_code(report);
}

int run_scripts_command(const Context& context) {
  if (context.arguments.supervised) return run_supervised(context);
  runner::RunRequest request = request_from(context.arguments, context.config());
  if (!request.choice.scripts.empty())  // a word that means none is told before anything is made
    request.choice.scripts = runner::select(request.choice.scripts, pending_names(context.config()));
  if (context.arguments.on_copy) return rehearse(context, request);
  if (context.arguments.dry_run) return preview(context, request);
  const core::RunReport report = run_and_tell(context, request);
  write_report(context, report);
  if (context.arguments.json) context.print(run_json(report) + "\n");
  return core::exit_code(report);
}

}  // namespace cli
