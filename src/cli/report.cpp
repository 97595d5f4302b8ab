#include "cli/report.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <map>
#include <set>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/console.hpp"
#include "cli/new_file.hpp"
#include "cli/report_parts.hpp"

namespace cli {
namespace {

constexpr std::string_view k_untouched = "Nothing was written.";

}  // namespace

ReportFormat report_format(const std::string& file) {
  if (file.ends_with(".md")) return ReportFormat::markdown;
  if (file.ends_with(".html")) return ReportFormat::html;
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("--output {}: a report is Markdown (.md) or HTML (.html)", base::escape(file)),
                    std::string(k_untouched), "--output report.html");
}

ReportedScript reported(const core::AttemptReport& attempt) {
  ReportedScript script;
  script.script = attempt.script;
  script.sha256 = attempt.sha256;
  script.outcome = attempt.outcome;
  script.duration = attempt.duration;
  script.changes = attempt.changes;
  script.rows = attempt.sample;
  return script;
}

ReportFacts facts_of(const core::RunReport& run) {
  ReportFacts facts;
  const bool kept = run.run != 0;
  facts.title = fmt::format("{}{}", run.dry_run ? "Preview" : "Run", kept ? fmt::format(" {}", run.run) : "");
  if (run.dry_run) facts.note = "Everything was done for real, told, and rolled back: nothing was changed.";
  facts.facts = {{"by", fmt::format("{} on {}", run.by, run.host)},
                 {"reason", run.reason},
                 {"started", run.started.milliseconds == 0 ? std::string() : base::iso8601(run.started)},
                 {"took", base::format_duration(run.duration)}};
  return facts;
}

std::string outcome_of(const ReportedScript& script) {
  if (!script.outcome_word.empty()) return script.outcome_word;
  if (!script.outcome) return "running";
  if (script.outcome->kind == core::OutcomeKind::failed)
    return fmt::format("failed: {}", cause_text(script.outcome->cause));
  return std::string(script.outcome->kind == core::OutcomeKind::rolled_back ? "rolled back"
                                                                            : core::name(script.outcome->kind));
}

std::string measures_of(const ReportedScript& script) {
  std::string text = base::format_duration(script.duration);
  if (script.statements > 0) text += ", " + base::plural(script.statements, "statement");
  if (script.rows_changed > 0) text += fmt::format(", {} changed", base::plural(script.rows_changed, "row"));
  if (!script.database.empty()) text += ", database " + script.database;
  return text;
}

std::string summary_of(std::span<const ReportedScript> scripts) {
  std::map<core::OutcomeKind, std::uint64_t> outcomes;
  std::set<std::pair<std::string, std::string>> tables;
  std::uint64_t inserted = 0, updated = 0, deleted = 0, schema = 0;
  for (const ReportedScript& script : scripts) {
    if (script.outcome) ++outcomes[script.outcome->kind];
    schema += script.changes.schema.size();
    for (const core::TableChanges& table : script.changes.tables) {
      tables.insert({script.database, table.table});
      inserted += table.inserted;
      updated += table.updated;
      deleted += table.deleted;
    }
  }
  std::string text = base::plural(scripts.size(), "script");
  for (const auto& [kind, count] : outcomes) text += fmt::format(", {} {}", count, core::name(kind));
  if (!tables.empty())
    text += fmt::format("; in {}: {} inserted, {} updated, {} deleted", base::plural(tables.size(), "table"),
                        base::format_count(inserted), base::format_count(updated), base::format_count(deleted));
  if (schema > 0) text += fmt::format("; {} of the schema", base::plural(schema, "change"));
  return text;
}

std::string report(ReportFormat format, const ReportFacts& facts, std::span<const ReportedScript> scripts) {
  return format == ReportFormat::html ? report_as_html(facts, scripts) : report_as_markdown(facts, scripts);
}

namespace {

[[noreturn]] void refuse_taken(const std::string& file) {
  throw base::Error(base::ErrorKind::usage, fmt::format("{} is there already", base::escape(file)),
                    "Nothing was overwritten.", "Name a new file after --output, or remove that one.");
}

}  // namespace

void refuse_report(const std::string& file) {
  report_format(file);
  if (::access(file.c_str(), F_OK) == 0) refuse_taken(file);
}

void write_report(const std::string& file, const ReportFacts& facts, std::span<const ReportedScript> scripts) {
  const std::string text = report(report_format(file), facts, scripts);
  const int fault = try_make_whole_file(file, text);
  if (fault == EEXIST) refuse_taken(file);
  if (fault == 0) return;
  errno = fault;
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot write {}", base::escape(file)), std::string(k_untouched),
                    "Check the rights of the folder and the space on the disk.");
}

}  // namespace cli
