// Whatever scripts and databases said stands in code spans and fenced blocks, which nothing inside can end.
#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/report_parts.hpp"

namespace cli {
namespace {

constexpr std::size_t k_width = 100;  // of the lines of changes

// How many backticks stand in a row at most.
std::size_t longest_run(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char letter : text) {
    run = letter == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string code(std::string_view raw) {
  const std::string text = base::escape(raw);
  if (text.empty()) return {};
  const std::string fence(longest_run(text) + 1, '`');
  const bool needs_space = text.starts_with('`') || text.ends_with('`') || text.starts_with(' ') || text.ends_with(' ');
  const std::string_view space = needs_space ? " " : "";
  return fmt::format("{0}{1}{2}{1}{0}", fence, space, text);
}

std::string block(std::string_view kind, std::string_view text) {
  const std::string fence(std::max<std::size_t>(3, longest_run(text) + 1), '`');
  return fmt::format("{}{}\n{}\n{}\n\n", fence, kind, text, fence);
}

std::string text_block(std::string_view kind, std::string_view raw) {
  return block(kind, base::escape_lines(base::trim(raw)));
}

void add_fact(std::string& out, std::string_view label, std::string_view text) {
  if (!text.empty()) out += fmt::format("- {}: {}\n", label, code(text));
}

// Signs at the beginning of a line, where viewers of diffs look for them.
std::string diff_of(const ReportedScript& script, Full full) {
  Style style;
  style.width = k_width;
  std::string text;
  tell_changes(script.changes, rows_of(script.rows), style, full, [&text](const std::string& line) {
    const std::size_t start = line.find_first_not_of(' ');
    const bool is_row =
        start != std::string::npos && start >= 4 && std::string_view("+-~").find(line[start]) != std::string_view::npos;
    text += fmt::format("{}{}\n", text.empty() ? "" : "", is_row ? line.substr(start) : line);
  });
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void add_script(std::string& out, const ReportedScript& script, Full full) {
  out += fmt::format("## {} {}\n\n", code(script.script), outcome_of(script));
  if (script.outcome) {
    add_fact(out, "message", script.outcome->message);
    add_fact(out, "reason", script.outcome->reason);
  }
  add_fact(out, "took", measures_of(script));
  add_fact(out, "version", script.sha256);
  out += '\n';
  if (script.outcome && !script.outcome->error.empty()) out += "Error:\n\n" + text_block("text", script.outcome->error);
  if (script.changes.empty())
    out += "No changes were recorded.\n\n";
  else
    out += "Changes:\n\n" + block("diff", diff_of(script, full));
  if (!script.text.empty())
    out += "<details><summary>The script</summary>\n\n" + text_block("lua", script.text) + "</details>\n\n";
}

}  // namespace

std::string report_as_markdown(const ReportFacts& facts, std::span<const ReportedScript> scripts) {
  std::string out = fmt::format("# {}\n\n", code(facts.title));
  if (!facts.note.empty()) out += fmt::format("**{}**\n\n", base::escape(facts.note));
  add_fact(out, "scripts", summary_of(scripts));
  for (const auto& [label, text] : facts.facts) add_fact(out, base::escape(label), text);
  out += '\n';
  for (const ReportedScript& script : scripts) add_script(out, script, facts.full);
  return out + fmt::format("Written by fettle {}.\n", FETTLE_VERSION);
}

}  // namespace cli
