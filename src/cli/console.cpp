#include "cli/console.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <poll.h>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/words.hpp"
#include "core/batch.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

constexpr std::size_t k_time_width = 8;    // "3 m 20 s"
constexpr std::size_t k_error_lines = 10;  // of one failure; `fettle show` has all
constexpr std::string_view k_indent = "      ";
constexpr std::size_t k_label_width = 10;

std::string shown(std::string_view raw) {
  return base::escape(raw);
}

// What stands beside the name: why it was skipped, what it says of itself, how it failed.
std::string remark(const core::AttemptReport& attempt) {
  const core::Outcome& outcome = attempt.outcome;
  std::string text = outcome.kind == core::OutcomeKind::failed
                         ? fmt::format("{}{}", attempt.allowed ? "allowed to fail: " : "", cause_text(outcome.cause))
                     : outcome.kind == core::OutcomeKind::succeeded || outcome.reason.empty() ? outcome.message
                                                                                              : outcome.reason;
  text = shown(base::first_line(base::trim(text)));
  if (outcome.kind == core::OutcomeKind::skipped) text = text.empty() ? "skipped" : "skipped: " + text;
  if (outcome.kind == core::OutcomeKind::blocked || outcome.kind == core::OutcomeKind::interrupted)
    text = core::name(outcome.kind);
  if (outcome.kind == core::OutcomeKind::unknown) text = "unknown whether it was committed";
  return text;
}

// Of a preview: what a run would come to.
std::string_view words_before(core::OutcomeKind kind) noexcept {
  switch (kind) {
    case core::OutcomeKind::succeeded:
      return "would succeed";
    case core::OutcomeKind::skipped:
      return "would be skipped";
    case core::OutcomeKind::failed:
      return "would fail";
    case core::OutcomeKind::blocked:
      return "blocked";
    case core::OutcomeKind::interrupted:
    case core::OutcomeKind::unknown:
    case core::OutcomeKind::rolled_back:
    case core::OutcomeKind::marked:
    case core::OutcomeKind::imported:
      break;
  }
  return core::name(kind);
}

// In which state the database is after a failure.
std::string_view state_after(const core::Outcome& outcome) noexcept {
  if (core::leaves_something(outcome))
    return "not rolled back, for lack of a transaction: look before you run it again";
  if (core::keeps_pages(outcome)) return "its committed pages stay; a retry goes on behind them";
  switch (outcome.cause) {
    case core::Cause::syntax:
    case core::Cause::validation:
    case core::Cause::dependency:
      return "nothing of it ran; the database is as it was";
    case core::Cause::unreachable:
      return "nothing of it is in the database";
    case core::Cause::none:
    case core::Cause::error:
    case core::Cause::contract:
    case core::Cause::timeout:
    case core::Cause::memory:
    case core::Cause::crash:
    case core::Cause::locked:
    case core::Cause::rule:
      break;
  }
  return "rolled back; the database is as it was before this script";
}

std::string file_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

std::string_view cause_text(core::Cause cause) noexcept {
  switch (cause) {
    case core::Cause::none:
      return "failed";
    case core::Cause::error:
      return "raised an error";
    case core::Cause::syntax:
      return "is not valid Lua";
    case core::Cause::contract:
      return "breaks the script contract";
    case core::Cause::timeout:
      return "hit the time limit";
    case core::Cause::memory:
      return "hit the memory limit";
    case core::Cause::crash:
      return "its worker died";
    case core::Cause::locked:
      return "the database stayed locked";
    case core::Cause::unreachable:
      return "the database cannot be reached";
    case core::Cause::validation:
      return "its validate() said no";
    case core::Cause::rule:
      return "would change other rows than it may";
    case core::Cause::dependency:
      return "depends on itself in a circle";
  }
  return "failed";
}

Console::Console(ConsoleSettings settings) : settings_(std::move(settings)), style_(settings_.style) {}

void Console::print(const std::string& line) {
  if (settings_.out == nullptr) return;
  erase_transient();
  put(settings_.out, line + "\n");
  flush(settings_.out);
}

void Console::say(const std::string& text) {
  erase_transient();
  put(settings_.talk, text);
  flush(settings_.talk);
}

void Console::show_transient(const std::string& text) {
  if (!style_.live || settings_.talkative == Talk::quiet) return;
  put(settings_.talk, fmt::format("\r{}\x1b[K", base::fit(text, style_.width - 1)));
  flush(settings_.talk);
  transient_ = true;
}

void Console::erase_transient() {
  if (!std::exchange(transient_, false)) return;
  put(settings_.talk, "\r\x1b[K");
  flush(settings_.talk);
}

void Console::run_started(const core::RunReport& run, std::size_t scripts) {
  if (settings_.talkative == Talk::quiet || scripts == 0) return;
  undoes_ = run.trigger == core::k_undoing;
  const std::string what =
      settings_.lasting == Lasting::nothing ? std::string("fettle preview") : fmt::format("fettle run {}", run.run);
  std::string heading = fmt::format("{} {} {} {}", what, style_.bullet(), base::plural(scripts, "script"),
                                    undoes_ ? "to roll back" : "pending");
  if (!settings_.database.empty()) heading += fmt::format(" {} {}", style_.bullet(), shown(settings_.database));
  print(style_.paint(Colour::bold, base::fit(heading, style_.width)));
  print("");
}

void Console::script_started(std::string_view script, std::size_t index, std::size_t total) {
  script_ = script;
  header_ = Header::not_printed;
  started_ = told_progress_ = os::Steady::now();
  show_transient(fmt::format("  {}/{} {} …", index, total, shown(script)));
}

void Console::script_line(core::LineLevel level, std::string_view text) {
  const bool grave = level == core::LineLevel::warn || level == core::LineLevel::error;
  if (settings_.talkative == Talk::quiet || (!grave && settings_.talkative != Talk::verbose)) return;
  if (std::exchange(header_, Header::printed) == Header::not_printed)
    print(style_.paint(Colour::dim,
                       base::fit(fmt::format("  {} {}", style_.utf8 ? "▸" : ">", shown(script_)), style_.width)));
  const Colour colour = level == core::LineLevel::error  ? Colour::red
                        : level == core::LineLevel::warn ? Colour::yellow
                                                         : Colour::dim;
  const std::string label = pad(core::name(level), 6);
  bool first = true;
  for (const std::string& line : paragraph(text, style_.width - k_indent.size() - label.size())) {
    print(fmt::format("{}{}{}", k_indent, style_.paint(colour, first ? label : std::string(label.size(), ' ')), line));
    first = false;
  }
}

// Where no line can be taken back, one every now and then.
void Console::script_progress(const core::Progress& progress) {
  constexpr std::chrono::seconds k_between{10};
  if (settings_.talkative == Talk::quiet) return;
  const std::string name = base::fit(shown(script_), style_.width / 3);
  const std::size_t room = style_.width - 4 - base::display_width(name);
  const std::string line = fmt::format("  {} {}", name, progress_line(progress, os::since(started_), style_, room));
  if (style_.live) return show_transient(line);
  if (os::Steady::now() - told_progress_ < k_between) return;
  told_progress_ = os::Steady::now();
  say(base::fit(line, style_.width) + "\n");
}

void Console::script_ended(const core::AttemptReport& attempt) {
  erase_transient();
  const core::OutcomeKind kind = attempt.outcome.kind;
  const bool bad = kind == core::OutcomeKind::failed || kind == core::OutcomeKind::unknown;
  if (settings_.talkative == Talk::quiet && !bad) return;
  print_attempt_line(attempt);
  for (const std::string& warning : attempt.warnings) print_detail("warning", warning, k_error_lines);
  if (kind == core::OutcomeKind::blocked || kind == core::OutcomeKind::interrupted)
    print_detail("because", attempt.outcome.reason, k_error_lines);
  if (bad) print_failure(attempt);
  if (settings_.lasting == Lasting::nothing) print_changes(attempt);
}

// Of a preview: what it would change. A real run tells that when it is asked: fettle show.
void Console::print_changes(const core::AttemptReport& attempt) {
  constexpr std::size_t k_further = 2;  // columns to the right
  Style narrow = style_;
  narrow.width -= std::min(narrow.width / 2, k_further);
  for (const std::string& line : change_lines(attempt.changes, rows_of(attempt.sample), narrow, settings_.full))
    print(std::string(k_further, ' ') + line);
}

// "  ✓ name      remark      time". A name that is too long for its column pushes the remark to a line of its own.
void Console::print_attempt_line(const core::AttemptReport& attempt) {
  const core::OutcomeKind kind = attempt.outcome.kind;
  const std::string symbol = style_.symbol(kind);
  const std::size_t start = 2 + base::display_width(symbol) + 1;
  const std::size_t room = style_.width - start - k_time_width - 2;  // for name and remark
  const std::size_t column = std::min(room / 2, std::size_t{44});
  const std::string name = base::fit(shown(attempt.script), room);
  const std::string said = remark(attempt);
  const std::size_t name_width = std::max(base::display_width(name), column);
  const bool beside = name_width == column || name_width + 2 + base::display_width(said) <= room;
  const std::string middle =
      beside && !said.empty() ? pad(name, column) + "  " + base::fit(said, room - name_width - 2) : name;
  const std::string time = fmt::format("{:>{}}", base::format_duration(attempt.duration), k_time_width);
  print(fmt::format("  {} {}  {}", style_.paint(colour_of(kind), symbol), pad(middle, room),
                    style_.paint(Colour::dim, time)));
  if (!beside && !said.empty()) print(fmt::format("{}{}", k_indent, base::fit(said, style_.width - k_indent.size())));
  if (!attempt.note.empty())
    print(style_.paint(Colour::dim, base::fit(fmt::format("{}{}", k_indent, shown(attempt.note)), style_.width)));
}

void Console::print_detail(std::string_view label, std::string_view text, std::size_t most_lines) {
  std::vector<std::string> lines = paragraph(text, style_.width - k_indent.size() - k_label_width);
  if (lines.size() > most_lines) {
    lines.resize(most_lines);
    lines.emplace_back("…");
  }
  bool first = true;
  for (const std::string& line : lines) {
    print(fmt::format("{}{}{}", k_indent, style_.paint(Colour::dim, pad(first ? label : "", k_label_width)), line));
    first = false;
  }
}

void Console::print_failure(const core::AttemptReport& attempt) {
  const core::Outcome& outcome = attempt.outcome;
  const std::string& error = outcome.error.empty() ? outcome.message : outcome.error;
  if (!error.empty()) print_detail("error", error, k_error_lines);
  if (outcome.kind == core::OutcomeKind::unknown) {
    print_detail(
        "state",
        undoes_ ? outcome.reason : fmt::format("{}; the file stays and is not run again by itself", outcome.reason), 4);
  } else {
    print_detail("state", state_after(outcome), 4);
  }
  if (settings_.lasting != Lasting::everything) return;
  if (undoes_) {
    print_detail("so", "it is still applied", 4);
  } else if (attempt.moved_to.empty()) {
    print_detail("file", fmt::format("stays in {}", settings_.pending_folder), 4);
  } else {
    print_detail("file", attempt.moved_to, 4);
    const std::string folder = attempt.moved_to.substr(0, attempt.moved_to.rfind('/') + 1);
    print_detail("why", folder + core::error_note_name(file_part(attempt.moved_to)), 4);
  }
  if (attempt.attempt != 0) print_detail("next", fmt::format("fettle show {}", attempt.attempt), 4);
  if (!attempt.moved_to.empty())
    print_detail(attempt.attempt == 0 ? "next" : "",
                 fmt::format("fettle retry {}   when it is mended", core::command_word(file_part(attempt.moved_to))),
                 4);
}

void Console::warning(std::string_view text) {
  if (settings_.talkative == Talk::quiet) return;
  std::string label = "warning: ";
  for (const std::string& line : paragraph(text, style_.width - label.size())) {
    say(style_.paint(Colour::yellow, label) + line + "\n");
    label.assign(label.size(), ' ');
  }
}

void Console::waiting(std::string_view text) {
  if (settings_.talkative == Talk::quiet) return;
  if (style_.live)
    show_transient(shown(text));
  else
    for (const std::string& line : paragraph(text, style_.width)) say(line + "\n");
}

// "2 succeeded, 1 failed in 1.3 s", on as many lines as it takes.
void Console::print_counts(const core::RunReport& run) {
  const core::Counts& counts = run.counts;
  const std::pair<std::uint64_t, core::OutcomeKind> all[] = {
      {counts.succeeded, core::OutcomeKind::succeeded},     {counts.skipped, core::OutcomeKind::skipped},
      {counts.failed, core::OutcomeKind::failed},           {counts.blocked, core::OutcomeKind::blocked},
      {counts.interrupted, core::OutcomeKind::interrupted}, {counts.unknown, core::OutcomeKind::unknown},
      {counts.rolled_back, core::OutcomeKind::rolled_back}};
  const std::string time = fmt::format(" in {}", base::format_duration(run.duration));
  std::string line;
  std::size_t used = 0;
  for (const auto& [count, kind] : all) {
    if (count == 0) continue;
    std::string text = fmt::format("{} {}", count,
                                   settings_.lasting == Lasting::nothing    ? words_before(kind)
                                   : kind == core::OutcomeKind::rolled_back ? "rolled back"
                                                                            : core::name(kind));
    if (kind == core::OutcomeKind::failed && run.allowed_failures > 0)
      text += fmt::format(" ({} allowed)", run.allowed_failures);
    if (used + 2 + text.size() + time.size() > style_.width) {
      print(line + ",");
      line.clear();
      used = 0;
    }
    line += (used == 0 ? "" : ", ") + style_.paint(colour_of(kind), text);
    used += text.size() + 2;
  }
  print((line.empty() ? "nothing was run" : line) + time);
}

// A full pipe, or a terminal that was stopped. Standard error with it: lines of scripts go there.
bool Console::would_wait() const {
  for (std::FILE* const stream : {settings_.out, settings_.talk}) {
    if (stream == nullptr) continue;
    pollfd ready{::fileno(stream), POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) return true;
  }
  return false;
}

void Console::run_ended(const core::RunReport& run) {
  erase_transient();
  if (run.counts.total() == 0 && run.stopped_by_signal == 0 && !run.target_unreachable) {
    print(base::fit(fmt::format("Nothing to do: no script is pending in {}.", shown(settings_.pending_folder)),
                    style_.width));
    return;
  }
  const bool is_refused = run.forbidden || core::is_refused_by_hook(run) || !run.backup_fault.empty();
  if (run.counts.total() > 0 && is_refused) return print_refusal(run);
  if (settings_.talkative != Talk::quiet) print("");
  print_counts(run);
  print_hints(run);
}

// Its first and its last lines.
std::vector<std::string> Console::said_by(const core::HookReport& hook) const {
  constexpr std::ptrdiff_t k_most = 10;  // of each
  if (base::trim(hook.output).empty()) return {};
  std::vector<std::string> lines = paragraph(hook.output, style_.width - k_indent.size());
  if (std::ssize(lines) > 2 * k_most) {
    lines.erase(lines.begin() + k_most, lines.end() - k_most);
    lines.insert(lines.begin() + k_most, "…");
  }
  for (std::string& line : lines) line = fmt::format("{}{}", k_indent, line);
  return lines;
}

void Console::hook_started(core::Hook hook) {
  show_transient(fmt::format("  {} …", core::name(hook)));
}

// That before_run lets nothing be is told when the run ends.
void Console::hook_ended(const core::HookReport& hook) {
  erase_transient();
  const std::string how = core::describe(hook);
  if (core::has_succeeded(hook)) {
    if (settings_.talkative == Talk::verbose)
      say(style_.paint(Colour::dim, fmt::format("{}: {}", core::name(hook.hook), how)) + "\n");
    return;
  }
  if (hook.hook == core::Hook::before_run && hook.end != core::HookEnd::stopped) return;
  warning(fmt::format("the hook {} failed: {}", core::name(hook.hook), how));
  if (settings_.talkative == Talk::quiet) return;
  for (const std::string& line : said_by(hook)) say(line + "\n");
}

// Which guard or hook lets it not be, in what state things are, and what can be done.
void Console::print_refusal(const core::RunReport& run) {
  const bool by_backup = !run.backup_fault.empty();
  const std::string what = run.forbidden ? fmt::format("Runs are not allowed now: {}.", core::describe(*run.forbidden))
                           : by_backup
                               ? fmt::format("The backup before the run failed: {}", run.backup_fault)
                               : fmt::format("The hook before_run failed: {}", core::describe(run.hooks.front()));
  for (const std::string& line : paragraph(what, style_.width)) print(style_.paint(Colour::yellow, line));
  if (!run.forbidden && !by_backup)
    for (const std::string& line : said_by(run.hooks.front())) print(line);
  const bool one = run.counts.total() == 1;
  const std::string state = fmt::format("Nothing was attempted; {} {}.", base::plural(run.counts.total(), "script"),
                                        one ? "stays where it is" : "stay where they are");
  for (const std::string& line : paragraph(state, style_.width)) print(line);
  const bool paused = run.forbidden && run.forbidden->guard == core::k_pause;
  const std::string next = paused ? "Next: fettle resume"
                           : run.forbidden
                               ? "Only config.toml can lift a guard; --force does not. See: fettle config show --origin"
                           : by_backup ? "Once it is mended: fettle run   or without a backup: fettle run --no-backup"
                                       : "Once it is mended: fettle run";
  for (const std::string& line : paragraph(next, style_.width)) print(line);
}

void Console::print_hints(const core::RunReport& run) {
  std::vector<std::string> hints;
  if (!run.backup.empty()) hints.push_back(fmt::format("Backup of before: {}", run.backup));
  if (run.stopped_by_signal != 0)
    hints.push_back(fmt::format("Stopped by {}; what was not {}.", run.stopped_by_signal == 2 ? "SIGINT" : "SIGTERM",
                                undoes_ ? "taken back stays applied" : "finished is still pending"));
  if (run.target_unreachable)
    hints.push_back(fmt::format("A database cannot be reached; what needs it stays {}: fettle config show",
                                undoes_ ? "applied" : "pending"));
  if (run.counts.blocked > 0 && !run.target_unreachable)
    hints.push_back(undoes_ ? "What is blocked stays as it is. See: fettle status"
                            : fmt::format("What is blocked stays in {}. See: fettle plan", settings_.pending_folder));
  if (run.counts.unknown > 0) hints.emplace_back("Look into the database before anything else. See: fettle status");
  for (const std::string& hint : hints)
    for (const std::string& line : paragraph(hint, style_.width)) print(line);
}

}  // namespace cli
