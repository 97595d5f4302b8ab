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
#include "cli/argument_options.hpp"
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
                                 Group{"backup", "Copies of everything: create, list, restore …"},
                                 Group{"request", "A run that others must agree to: run, list, approve …"},
                                 Group{"token", "Who may use the page: add, list, revoke"},
                                 Group{"config", "The configuration in force: show, check, migrate"}};

std::string_view about_group(std::string_view name) noexcept {
  for (const Group& group : k_groups)
    if (group.name == name) return group.about;
  return {};
}

bool is_group(std::string_view name) noexcept {
  return !about_group(name).empty();
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
  if (!raw_.request.empty()) out_.request = whole_number(raw_.request, "--request");
  if (!raw_.request.empty() && out_.request == 0)  // 0 means everything that is pending
    refuse("requests count from 1", "fettle request list");
  if (!raw_.drift.empty()) out_.drift = percent(raw_.drift);
  if (!raw_.steps.empty()) out_.steps = whole_number(raw_.steps, "--steps");
  if (!raw_.since.empty()) out_.since = point_in_time(raw_.since, "--since");
  if (!raw_.until.empty()) out_.up_to = point_in_time(raw_.until, "--until");
  if (!raw_.preview.empty()) out_.preview_run = whole_number(raw_.preview, "--preview");
  if (!raw_.keep.empty()) out_.since = point_in_time(raw_.keep, "--keep");
  if (!raw_.expires.empty()) out_.expires = point_ahead(raw_.expires, "--expires");
  if (!raw_.before.empty()) out_.before = whole_number(raw_.before, "--before");
  if (!raw_.via.empty()) out_.via = origin_word(raw_.via);
  if (!raw_.most.empty()) out_.most = whole_number(raw_.most, "--keep");
  if (!raw_.days.empty()) out_.days = whole_number(raw_.days, "--older-than");
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
