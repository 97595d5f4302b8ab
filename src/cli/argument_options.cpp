#include "cli/argument_options.hpp"

#include <CLI/CLI.hpp>

namespace cli {
namespace {

constexpr const char* k_export_formats = "jsonl (default), csv … (fettle ledger list)";

void text_option(CLI::App& app, const std::string& name, std::string& member, const std::string& shown,
                 const std::string& help) {
  app.add_option(name, member, help)->option_text(shown);
}

// One value each time it is given.
void list_option(CLI::App& app, const std::string& name, std::vector<std::string>& member, const std::string& shown,
                 const std::string& help) {
  app.add_option(name, member, help)
      ->option_text(shown)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void words_of(CLI::App& app, Arguments& out, const std::string& name, const std::string& usage,
              const std::string& help) {
  app.add_option(name, out.words, help)->option_text(usage);
}

void add_actor(CLI::App& app, Arguments& out) {
  text_option(app, "--by", out.by, "NAME", "Who asks for it (default: this user)");
  text_option(app, "--reason", out.reason, "TEXT", "Why, for the audit trail");
}

// Of what the page does, too.
void add_actor(CLI::App& app, Arguments& out, Raw& raw) {
  add_actor(app, out);
  text_option(app, "--via", raw.via, "WHAT[:ADDRESS]", "By way of manual, web or schedule, from where");
}

void add_add(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "FILE", "FILE|-", "The script; -: standard input");
  text_option(app, "--name", out.name, "NAME", "What it is to be called (default: as FILE)");
  add_actor(app, out, raw);
}

void add_token(std::string_view verb, CLI::App& app, Arguments& out, Raw& raw) {
  if (verb == "list") return;
  words_of(app, out, "NAME", "NAME", "Whose token it is");
  if (verb == "add") {
    text_option(app, "--scope", out.scope, "SCOPE", "read (default), run, or admin");
    text_option(app, "--expires", raw.expires, "TIME", "When it ends: in 90d; else never");
  }
  add_actor(app, out);
}

void add_new(CLI::App& app, Arguments& out) {
  words_of(app, out, "TITLE", "TITLE…", "What the script is to do, in a few words");
  text_option(app, "-t,--template", out.pattern, "NAME", "Begin from this template");
  app.add_flag("--list", out.list, "List the templates, make nothing")->excludes("--template");
}

// Which scripts, and with what: of a run and of the plan of one.
void add_choice(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "SCRIPT", "[SCRIPT…]", "Only these (name, stem or number)");
  list_option(app, "--only", raw.only, "SCRIPT", "Likewise, once for each script");
  list_option(app, "--tag", out.tags, "TAG", "Only those with this tag, or any of several");
  list_option(app, "--exclude", out.exclude, "TAG|SCRIPT", "Without those with this tag, or this script");
  text_option(app, "--until", out.until, "SCRIPT", "Up to this script, in the order of a run");
  list_option(app, "--arg", raw.script_arguments, "NAME=VALUE", "For the scripts named, as ctx.args");
}

void add_run(CLI::App& app, Arguments& out, Raw& raw) {
  add_choice(app, out, raw);
  app.add_flag("--stop-on-error", out.stop_on_error, "Stop after the first script that fails");
  app.add_flag("--force", out.force, "Also run what was applied before or is held");
  add_actor(app, out, raw);
  text_option(app, "--wait", raw.wait, "SECONDS", "How long to wait for another run to end");
  auto* copy = app.add_flag("--on-copy", out.on_copy, "Rehearse: run on copies, change nothing else");
  CLI::Option* plan = app.add_option("--plan", raw.plan, "Only what this preview showed, row for row");
  plan->option_text("ID");
  app.add_option("--request", raw.request, "Only what this request names, once it is approved")
      ->option_text("ID")
      ->excludes(plan)
      ->excludes(copy);
  app.add_flag("--full", out.full, "With --dry-run: all rows, values in full");
  text_option(app, "-o,--output", out.output, "FILE", "Also write a report: FILE.md or FILE.html");
  app.add_option("--allow-drift", raw.drift, "Rows may differ from the preview's by so many percent")
      ->option_text("PERCENT")
      ->needs(plan);
  app.add_flag("--keep", out.keep, "Keep the copies of --on-copy")->needs(copy);
  app.add_flag("--dry-run", out.dry_run, "Preview: do all of it, tell what changes, undo it")->excludes(copy);
  app.add_flag("--no-backup", out.no_backup, "Make no backup first ([backup] before_run)");
  app.add_flag("--supervised", out.supervised)->group("");  // fettle watch says it to its child
}

void add_retry(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "SCRIPT", "[SCRIPT…]", "Failed scripts (name, stem or number)");
  app.add_flag("--all", out.all, "Everything that failed");
  app.add_flag("--no-run", out.no_run, "Only bring the files back, run nothing");
  add_actor(app, out, raw);
}

void add_mark(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "SCRIPT", "SCRIPT succeeded|failed|pending", "The script, and what is true of it");
  add_actor(app, out, raw);
}

void add_rollback(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "SCRIPT", "[SCRIPT…]", "Applied scripts (name, stem or number)");
  text_option(app, "--run", raw.run, "ID", "All that this run applied");
  text_option(app, "--since", raw.since, "TIME", "All that were applied then or later");
  text_option(app, "--steps", raw.steps, "N", "The newest N");
  app.add_flag("--requeue", out.requeue, "Put their files back to the pending ones");
  app.add_flag("--skip-conflicts,--theirs", out.skip_conflicts, "Leave rows that were changed since, undo the rest");
  app.add_flag("--dry-run", out.dry_run, "Preview: do it, tell it, and roll it back");
  app.add_flag("-y,--yes", out.yes, "Do not ask");
  add_actor(app, out, raw);
}

void add_import(CLI::App& app, Arguments& out) {
  words_of(app, out, "TOOL", "TOOL|auto", "Whose history it is; auto: whichever is recognised");
  CLI::Option* from = app.add_option("--from", out.from, "Where it lies; ${NAME} is filled in");
  from->option_text("URL|FILE|FOLDER");
  app.add_option("--connection", out.connection, "A database of config.toml instead")
      ->option_text("NAME")
      ->excludes(from);
  text_option(app, "--table", out.table, "TABLE", "Its table (default: told by its columns)");
  text_option(app, "--files", out.files, "FOLDER", "The tool's own scripts (alembic, golang-migrate)");
  text_option(app, "--map-names", out.map_names, "FILE", "Lines FOREIGN = SCRIPT, where names differ");
  app.add_flag("--list", out.list, "List the tools");
  app.add_flag("--dry-run", out.dry_run, "Check every row, write nothing");
  app.add_flag("--keep-going", out.keep_going, "Leave out rows that are not understood");
  app.add_flag("-y,--yes", out.yes, "Do not ask");
  add_actor(app, out);
}

void add_history(CLI::App& app, Arguments& out, Raw& raw) {
  text_option(app, "--script", out.script, "SCRIPT", "Only attempts of this script");
  text_option(app, "--outcome", raw.outcome, "OUTCOME", "Only this outcome, such as failed");
  text_option(app, "--since", raw.since, "TIME", "Started then or later: 2026-11-20T14:00, or 2h ago");
  text_option(app, "--until", raw.until, "TIME", "Started then or before");
  text_option(app, "--by", out.by, "NAME", "Only of runs that NAME started");
  text_option(app, "--run", raw.run, "ID", "Only attempts of this run");
  text_option(app, "--text", out.text, "TEXT", "Only whose name, description or message holds it");
  text_option(app, "--limit", raw.limit, "N", "At most so many (default: 20; 0: all)");
  text_option(app, "--before", raw.before, "ID", "Only attempts with a smaller number");
  app.add_flag("--csv", out.csv, "Print the result as CSV (RFC 4180)");
  CLI::Option* previews = app.add_flag("--preview", out.previews, "Previews (run --dry-run) instead of attempts");
  CLI::Option* fleet = app.add_flag("--fleet", out.fleet, "What all nodes have applied, as the databases know it");
  for (const char* other : {"--script", "--outcome", "--since", "--until", "--by", "--run", "--text", "--before", "--csv"})
    fleet->excludes(other);
  for (const char* other :
       {"--script", "--outcome", "--since", "--until", "--by", "--run", "--text", "--before", "--csv", "--fleet"})
    previews->excludes(other);
  CLI::Option* imported = app.add_flag("--imported", out.imported, "What other tools had applied (fettle import)");
  for (const char* other :
       {"--outcome", "--since", "--until", "--by", "--run", "--text", "--before", "--csv", "--fleet", "--preview"})
    imported->excludes(other);
}

void add_show(CLI::App& app, Arguments& out, Raw& raw) {
  words_of(app, out, "ID|SCRIPT", "ID|SCRIPT", "Number of an attempt, or a script: its newest attempt");
  app.add_flag("--full", out.full, "All rows that it changed, values in full");
  text_option(app, "--preview", raw.preview, "RUN", "What this preview found (fettle history --preview)");
  text_option(app, "-o,--output", out.output, "FILE", "Write a report: FILE.md or FILE.html");
}

void add_verify(CLI::App& app, Arguments& out) {
  auto* head = app.add_flag("--head", out.head, "Only print the newest hash, to be kept elsewhere");
  app.add_option("--expect", out.expect, "The chain must hold this, which --head once printed")
      ->option_text("HEAD")
      ->excludes(head);
}

void add_places(CLI::App& app, Arguments& out, std::string_view command) {
  if (command == "ledger export") text_option(app, "--format", out.format, "FORMAT", k_export_formats);
  if (command != "ledger export") text_option(app, "--from", out.from, "PLACE", "Where it lies (default: this ledger)");
  if (command != "ledger import") text_option(app, "--to", out.to, "PLACE", "Where it goes; nothing may be there");
  if (command == "ledger migrate") {
    app.add_flag("--backup", out.backup, "Keep a copy of the ledger that is read beside it");
    app.add_flag("--verify", out.verify, "Read back and compare, which is done in any case");
  }
}

void add_prune(CLI::App& app, Arguments& out, Raw& raw) {
  text_option(app, "--keep", raw.keep, "TIME", "What ended since then stays: 90d, or 2026-01-31T00:00");
  app.add_flag("--dry-run", out.dry_run, "Only tell, change nothing");
  app.add_flag("-y,--yes", out.yes, "Do not ask");
  add_actor(app, out);
}

void add_backup(std::string_view verb, CLI::App& app, Arguments& out, Raw& raw) {
  if (verb == "create") {
    list_option(app, "--without", out.without, "DATABASE", "Leave this database out");
    text_option(app, "--wait", raw.wait, "SECONDS", "How long to wait for a run to end");
    add_actor(app, out);
  }
  if (verb == "verify") {
    words_of(app, out, "NAME", "[NAME…]", "Which (default: the newest)");
    app.add_flag("--all", out.all, "Every one");
  }
  if (verb == "restore") {
    words_of(app, out, "NAME", "NAME", "Which: fettle backup list");
    text_option(app, "--into", out.into, "DIR", "Only write what it holds into this new folder");
    list_option(app, "--database", out.databases, "NAME", "Only this database, and what else is named");
    app.add_flag("--ledger", out.ledger, "Only the ledger, and what else is named");
    app.add_flag("--scripts", out.scripts, "Only the scripts, and what else is named");
    app.add_flag("--force", out.force, "Also over what was changed since");
    app.add_flag("-y,--yes", out.yes, "Do not ask");
    add_actor(app, out);
  }
  if (verb == "prune") {
    text_option(app, "--keep", raw.most, "N", "Keep the newest N (default: as [backup] says)");
    text_option(app, "--older-than", raw.days, "DAYS", "Only those that are older");
    app.add_flag("--dry-run", out.dry_run, "Only tell which would go");
    app.add_flag("-y,--yes", out.yes, "Do not ask");
  }
}

}  // namespace

void add_options(std::string_view command, CLI::App& app, Arguments& out, Raw& raw) {
  if (command == "init") words_of(app, out, "DIR", "[DIR]", "Folder to set up (default: this one)");
  if (command == "new") add_new(app, out);
  if (command == "add") add_add(app, out, raw);
  if (command == "plan") add_choice(app, out, raw);
  if (command == "check") words_of(app, out, "SCRIPT", "[SCRIPT…]", "Only these (name, stem or number)");
  if (command == "run") add_run(app, out, raw);
  if (command == "retry") add_retry(app, out, raw);
  if (command == "mark") add_mark(app, out, raw);
  if (command == "import") add_import(app, out);
  if (command == "cancel") words_of(app, out, "SCRIPT", "[SCRIPT]", "Only this one, if it is at work");
  if (command == "cancel" || command == "pause" || command == "resume") add_actor(app, out, raw);
  if (command == "rollback") add_rollback(app, out, raw);
  if (command == "unlock") {
    app.add_flag("--force", out.force, "Declare the run of another host dead; needs --reason");
    add_actor(app, out);
  }
  if (command == "repair") {
    app.add_flag("--dry-run", out.dry_run, "Only tell, change nothing");
    add_actor(app, out);
  }
  if (command == "history") add_history(app, out, raw);
  if (command == "show") add_show(app, out, raw);
  if (command == "status") app.add_flag("--exit-code", out.exit_code, "Exit with 3 when something is pending");
  if (command == "config show") app.add_flag("--origin", out.origin, "Say where each value comes from");
  if (command == "config migrate") app.add_flag("--dry-run", out.dry_run, "Only print the difference");
  if (command == "ledger verify") add_verify(app, out);
  if (command == "ledger analyze") text_option(app, "--limit", raw.limit, "N", "At most so many (default: 20; 0: all)");
  if (command == "ledger prune") add_prune(app, out, raw);
  if (command == "ledger export" || command == "ledger import" || command == "ledger migrate")
    add_places(app, out, command);
  if (command == "request run") words_of(app, out, "SCRIPT", "[SCRIPT…]", "Only these (name, stem or number)");
  if (command == "request approve" || command == "request refuse")
    words_of(app, out, "ID", "ID", "Number of the request (fettle request list)");
  if (command.starts_with("request ") && command != "request list") add_actor(app, out, raw);
  if (command.starts_with("token ")) add_token(command.substr(6), app, out, raw);
  if (command.starts_with("backup ")) add_backup(command.substr(7), app, out, raw);
}

void add_globals(CLI::App& app, Arguments& out, Raw& raw) {
  text_option(app, "-C,--directory", out.directory, "DIR", "Work as if started in DIR");
  text_option(app, "-c,--config", out.config_file, "FILE", "Configuration (default: config.toml)");
  app.add_flag("--json", out.json, "Print the result as JSON");
  auto* quiet = app.add_flag("-q,--quiet", raw.quiet, "Only failures and the summary");
  app.add_flag("-v,--verbose", raw.verbose, "Also what scripts log")->excludes(quiet);
  app.add_flag("--no-color", out.no_color, "No colour (NO_COLOR does the same)");
  app.add_flag("--version", raw.version, "Same as: fettle version");
}

}  // namespace cli
