#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/argument_checks.hpp"
#include "cli/argument_values.hpp"

namespace cli {
namespace {

constexpr std::string_view k_exit_codes =
    "Exit codes:\n"
    "  0  done, or nothing to do         6  a database cannot be reached\n"
    "  1  internal error                 7  check, verify, doctor: a fault\n"
    "  2  usage or configuration         8  what is left may not run now\n"
    "  3  pending (status --exit-code)  10  an outcome is unknown\n"
    "  4  a script failed              130  stopped by SIGINT\n"
    "  5  another run holds the lock   143  stopped by SIGTERM\n";

// Commands of two words, by their first.
struct Group {
  std::string_view name, about;
};
constexpr std::array k_groups = {Group{"ledger", "The audit file: verify, health, export …"},
                                 Group{"config", "The configuration in force: show, check, migrate"}};

std::string_view about_group(std::string_view name) noexcept {
  for (const Group& group : k_groups)
    if (group.name == name) return group.about;
  return {};
}

bool is_group(std::string_view name) noexcept {
  return !about_group(name).empty();
}

constexpr const char* k_export_formats = "jsonl (default), csv … (fettle ledger list)";

// What CLI11 hands over as text, before it is checked.
struct Raw {
  bool quiet = false, verbose = false, version = false;
  std::string wait, outcome, run, limit, since, until, steps, plan, drift, preview, keep;
  std::vector<std::string> script_arguments, only;
};

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
  add_actor(app, out);
  text_option(app, "--wait", raw.wait, "SECONDS", "How long to wait for another run to end");
  auto* copy = app.add_flag("--on-copy", out.on_copy, "Rehearse: run on copies, change nothing else");
  CLI::Option* plan = app.add_option("--plan", raw.plan, "Only what this preview showed, row for row");
  plan->option_text("ID");
  app.add_flag("--full", out.full, "With --dry-run: all rows, values in full");
  text_option(app, "-o,--output", out.output, "FILE", "Also write a report: FILE.md or FILE.html");
  app.add_option("--allow-drift", raw.drift, "Rows may differ from the preview's by so many percent")
      ->option_text("PERCENT")
      ->needs(plan);
  app.add_flag("--keep", out.keep, "Keep the copies of --on-copy")->needs(copy);
  app.add_flag("--dry-run", out.dry_run, "Preview: do all of it, tell what changes, undo it")->excludes(copy);
  app.add_flag("--supervised", out.supervised)->group("");  // fettle watch says it to its child
}

void add_retry(CLI::App& app, Arguments& out) {
  words_of(app, out, "SCRIPT", "[SCRIPT…]", "Failed scripts (name, stem or number)");
  app.add_flag("--all", out.all, "Everything that failed");
  app.add_flag("--no-run", out.no_run, "Only bring the files back, run nothing");
  add_actor(app, out);
}

void add_mark(CLI::App& app, Arguments& out) {
  words_of(app, out, "SCRIPT", "SCRIPT succeeded|failed|pending", "The script, and what is true of it");
  add_actor(app, out);
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
  add_actor(app, out);
}

void add_history(CLI::App& app, Arguments& out, Raw& raw) {
  text_option(app, "--script", out.script, "SCRIPT", "Only attempts of this script");
  text_option(app, "--outcome", raw.outcome, "OUTCOME", "Only this outcome, such as failed");
  text_option(app, "--since", raw.since, "TIME", "Started then or later: 2026-11-20T14:00, or 2h ago");
  text_option(app, "--until", raw.until, "TIME", "Started then or before");
  text_option(app, "--by", out.by, "NAME", "Only of runs that NAME started");
  text_option(app, "--run", raw.run, "ID", "Only attempts of this run");
  text_option(app, "--limit", raw.limit, "N", "At most so many (default: 20; 0: all)");
  app.add_flag("--csv", out.csv, "Print the result as CSV (RFC 4180)");
  CLI::Option* previews = app.add_flag("--preview", out.previews, "Previews (run --dry-run) instead of attempts");
  CLI::Option* fleet = app.add_flag("--fleet", out.fleet, "What all nodes have applied, as the databases know it");
  for (const char* other : {"--script", "--outcome", "--since", "--until", "--by", "--run", "--csv"})
    fleet->excludes(other);
  for (const char* other : {"--script", "--outcome", "--since", "--until", "--by", "--run", "--csv", "--fleet"})
    previews->excludes(other);
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

void add_options(std::string_view command, CLI::App& app, Arguments& out, Raw& raw) {
  if (command == "init") words_of(app, out, "DIR", "[DIR]", "Folder to set up (default: this one)");
  if (command == "new") add_new(app, out);
  if (command == "plan") add_choice(app, out, raw);
  if (command == "check") words_of(app, out, "SCRIPT", "[SCRIPT…]", "Only these (name, stem or number)");
  if (command == "run") add_run(app, out, raw);
  if (command == "retry") add_retry(app, out);
  if (command == "mark") add_mark(app, out);
  if (command == "cancel") words_of(app, out, "SCRIPT", "[SCRIPT]", "Only this one, if it is at work");
  if (command == "cancel" || command == "pause" || command == "resume") add_actor(app, out);
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

// One width for names, and a usage line in our words. The option text of a positional is its form in that line.
class Format : public CLI::Formatter {
 public:
  Format() { column_width(26); }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    name.clear();
    for (const CLI::App* each = app; each != nullptr; each = each->get_parent())
      name = each->get_name() + (name.empty() ? "" : " ") + name;
    std::string usage = fmt::format("\nUsage: {} [OPTIONS]", name);
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional()) usage += " " + option->get_option_text();
    if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) usage += " COMMAND";
    return usage + "\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_positional() || option->get_option_text().empty() ? "" : " " + option->get_option_text();
  }
};

// The whole parser for one command line.
class Parser {
 public:
  explicit Parser(std::span<const CommandName> commands);

  // Nothing when the arguments ask for help or are wrong: words that only a parser of all commands finds.
  std::optional<Arguments> parse_plain(const std::vector<std::string>& arguments);
  Arguments parse(const std::vector<std::string>& arguments);
  std::string help() { return app_.help(); }

 private:
  void add_command(const CommandName& command);
  CLI::App& group(std::string_view name);
  std::string verbs_of(std::string_view group) const;
  enum class Reading { understood, help, refused };
  Reading run_cli11(const std::vector<std::string>& arguments);
  Arguments finished(const std::vector<std::string>& arguments);
  std::string chosen();
  std::optional<std::string> extra();
  [[noreturn]] void refuse_extra(const std::string& word);
  void finish();

  CLI::App app_{"fettle runs pending fix scripts on a database: once, safely, on the record."};
  std::span<const CommandName> commands_;
  std::map<std::string, CLI::App*, std::less<>> apps_;  // by the name of the command; "config" too
  std::string complaint_;                               // CLI11's, when it refused
  Arguments out_;
  Raw raw_;
};

Parser::Parser(std::span<const CommandName> commands) : commands_(commands) {
  app_.formatter(std::make_shared<Format>());
  app_.get_formatter()->label("Positionals", "Words");
  app_.set_help_flag("-h,--help", "Print this help");
  app_.name("fettle");
  add_globals(app_, out_, raw_);
  app_.require_subcommand(0, 1);
  app_.allow_extras();
  for (const CommandName& command : commands) add_command(command);
  app_.footer(std::string(k_exit_codes) + "\nfettle COMMAND --help tells more of a command.");
}

// "verify, info", of "ledger".
std::string Parser::verbs_of(std::string_view group) const {
  std::string verbs;
  for (const CommandName& command : commands_)
    if (command.name.starts_with(fmt::format("{} ", group)))
      verbs += fmt::format("{}{}", verbs.empty() ? "" : ", ", command.name.substr(group.size() + 1));
  return verbs;
}

CLI::App& Parser::group(std::string_view name) {
  if (const auto found = apps_.find(name); found != apps_.end()) return *found->second;
  CLI::App* app = app_.add_subcommand(std::string(name), std::string(about_group(name)));
  app->require_subcommand(0, 1);
  app->allow_extras();
  app->fallthrough();
  app->group("Commands");
  app->footer(fmt::format("fettle {} COMMAND --help tells more.", name));
  apps_.emplace(name, app);
  return *app;
}

void Parser::add_command(const CommandName& command) {
  const std::size_t space = command.name.find(' ');
  CLI::App& parent = space == std::string_view::npos ? app_ : group(command.name.substr(0, space));
  const std::string_view leaf = space == std::string_view::npos ? command.name : command.name.substr(space + 1);
  CLI::App* app = parent.add_subcommand(std::string(leaf), std::string(command.summary));
  app->allow_extras();
  app->fallthrough();
  app->group("Commands");
  add_options(command.name, *app, out_, raw_);
  app->footer(fmt::format("Example:\n  {}\n\nOptions for every command: fettle --help", command.example));
  apps_.emplace(command.name, app);
}

std::string Parser::chosen() {
  std::string name;
  for (CLI::App* app = &app_; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    name += fmt::format("{}{}", name.empty() ? "" : " ", app->get_name());
  }
  return name;
}

// CLI11 hands the "--" that ends the options back as a word that is left over.
std::optional<std::string> Parser::extra() {
  for (const std::string& word : app_.remaining(true))
    if (word != "--") return word;
  return std::nullopt;
}

void Parser::refuse_extra(const std::string& word) {
  const std::string command = chosen();
  const CLI::App* app = command.empty() ? &app_ : apps_.at(command);
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const CLI::App* each : {app, static_cast<const CLI::App*>(&app_)})
      for (const CLI::Option* option : each->get_options())
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  } else {
    for (const CLI::App* each : app->get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(each->get_name());
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = base::nearest(word.substr(0, word.find('=')), views);
  const std::string meant = near ? fmt::format("; did you mean {}?", *near) : std::string();
  const std::string shown = base::escape(base::cap(word, 80));
  const std::string help = fmt::format("fettle {}{}--help", command, command.empty() ? "" : " ");
  if (word.starts_with('-')) refuse(fmt::format("there is no option {}{}", shown, meant), help);
  if (known.empty()) refuse(fmt::format("fettle {} has no use for \"{}\"", command, shown), help);
  refuse(fmt::format("there is no command \"{}{}{}\"{}", command, command.empty() ? "" : " ", shown, meant), help);
}

Parser::Reading Parser::run_cli11(const std::vector<std::string>& arguments) {
  try {
    app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& fault) {
    constexpr int k_asked_for_help = 0;
    complaint_ = fault.what();
    return fault.get_exit_code() == k_asked_for_help ? Reading::help : Reading::refused;
  }
  return Reading::understood;
}

void Parser::finish() {
  if (raw_.quiet) out_.talk = Talk::quiet;
  if (raw_.verbose) out_.talk = Talk::verbose;
  out_.words.insert(out_.words.end(), raw_.only.begin(), raw_.only.end());
  for (const std::string& text : raw_.script_arguments) out_.script_arguments.push_back(script_argument(text));
  if (!raw_.wait.empty()) out_.wait = seconds(raw_.wait);
  if (!raw_.outcome.empty()) out_.outcome = outcome_word(raw_.outcome);
  if (!raw_.run.empty()) out_.run = whole_number(raw_.run, "--run");
  if (!raw_.plan.empty()) out_.plan = whole_number(raw_.plan, "--plan");
  if (!raw_.drift.empty()) out_.drift = percent(raw_.drift);
  if (!raw_.steps.empty()) out_.steps = whole_number(raw_.steps, "--steps");
  if (!raw_.since.empty()) out_.since = point_in_time(raw_.since, "--since");
  if (!raw_.until.empty()) out_.up_to = point_in_time(raw_.until, "--until");
  if (!raw_.preview.empty()) out_.preview_run = whole_number(raw_.preview, "--preview");
  if (!raw_.keep.empty()) out_.since = point_in_time(raw_.keep, "--keep");
  if (!raw_.limit.empty()) out_.limit = whole_number(raw_.limit, "--limit");
}

Arguments Parser::finished(const std::vector<std::string>& arguments) {
  out_.command = raw_.version ? "version" : chosen();
  if (out_.command.empty()) refuse("no command was given", "fettle --help");
  if (is_group(out_.command))
    refuse(fmt::format("{} needs one of: {}", out_.command, verbs_of(out_.command)),
           fmt::format("fettle {} --help", out_.command));
  finish();
  check_words(out_);
  out_.command_line = "fettle";
  for (const std::string& word : arguments) out_.command_line += " " + base::shell_quote(word);
  return std::move(out_);
}

std::optional<Arguments> Parser::parse_plain(const std::vector<std::string>& arguments) {
  if (run_cli11(arguments) != Reading::understood || extra()) return std::nullopt;
  return finished(arguments);
}

Arguments Parser::parse(const std::vector<std::string>& arguments) {
  const Reading reading = run_cli11(arguments);
  if (reading == Reading::help) {
    out_.help = app_.help();
    return std::move(out_);
  }
  if (const auto word = extra()) refuse_extra(*word);
  if (reading == Reading::understood) return finished(arguments);
  const std::string command = chosen();
  refuse(base::escape(complaint_), fmt::format("fettle {}{}--help", command, command.empty() ? "" : " "));
}

// Those of which a word is among the arguments: what is not named cannot be chosen.
std::vector<CommandName> named(const std::vector<std::string>& arguments, std::span<const CommandName> commands) {
  std::vector<CommandName> found;
  for (const CommandName& command : commands) {
    const std::string_view first = command.name.substr(0, command.name.find(' '));
    const std::string_view last = command.name.substr(command.name.rfind(' ') + 1);
    const auto names = [&](const std::string& word) { return word == first || word == last; };
    if (std::any_of(arguments.begin(), arguments.end(), names)) found.push_back(command);
  }
  return found;
}

}  // namespace

// Setting up the options of all commands takes CLI11 longer than most commands take for their work.
Arguments parse_arguments(const std::vector<std::string>& arguments, std::span<const CommandName> commands) {
  const std::vector<CommandName> few = named(arguments, commands);  // lives longer than its parser
  if (auto plain = Parser(few).parse_plain(arguments)) return *std::move(plain);
  return Parser(commands).parse(arguments);
}

std::string top_help(std::span<const CommandName> commands) {
  return Parser(commands).help();
}

}  // namespace cli
