// A report of scripts for reviews and tickets: one Markdown text or one HTML page that needs nothing beside it. What
// happened by `show --output`, what would happen by previews. Everything that scripts and databases said is escaped: it
// steers no browser, no viewer of Markdown and no terminal. Pure, but for the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/changes.hpp"
#include "core/changes.hpp"
#include "core/outcome.hpp"
#include "core/report.hpp"

namespace cli {

enum class ReportFormat : std::uint8_t { markdown, html };

// By the end of the file's name: .md or .html. Throws Error(usage) for any other.
ReportFormat report_format(const std::string& file);

struct ReportFacts {
  std::string title;
  std::string note;                                        // what is true of all of it; may be empty
  std::vector<std::pair<std::string, std::string>> facts;  // label and text; empty texts are left out
  Full full = Full::no;                                    // values in full
};

struct ReportedScript {
  std::string script, sha256;
  std::optional<core::Outcome> outcome;  // nullopt: it runs still
  std::string outcome_word;              // in place of the outcome's name, such as "would succeed"; empty: its name
  std::chrono::microseconds duration{0};
  std::uint64_t statements = 0, rows_changed = 0;
  std::string database;
  core::Changes changes;
  std::vector<core::RowChange> rows;  // those that are told
  std::string text;                   // of the script; empty: it is not told
};

// Of one script of a run or a preview, as far as its report goes.
ReportedScript reported(const core::AttemptReport& attempt);
// Of a run or a preview.
ReportFacts facts_of(const core::RunReport& run);

std::string report(ReportFormat format, const ReportFacts& facts, std::span<const ReportedScript> scripts);

// Before the work that is to be reported: throws as write_report() would, where that can be told ahead.
void refuse_report(const std::string& file);

// The report in a new file, all of it or nothing. Throws Error(usage) when something of that name is there already, and
// Error(io).
void write_report(const std::string& file, const ReportFacts& facts, std::span<const ReportedScript> scripts);

// src/cli/report_frame/report.html
std::string_view report_frame() noexcept;

}  // namespace cli
