// The two ways to write a report down; cli/report.hpp says what one is.
#pragma once

#include <span>
#include <string>

#include "cli/report.hpp"

namespace cli {

std::string report_as_markdown(const ReportFacts& facts, std::span<const ReportedScript> scripts);
std::string report_as_html(const ReportFacts& facts, std::span<const ReportedScript> scripts);

// "succeeded", "failed: hit the time limit", "running", or what the report says instead.
std::string outcome_of(const ReportedScript& script);
// "12 ms, 3 statements, 2 rows changed, database main"
std::string measures_of(const ReportedScript& script);
// How many scripts came to what, and what all of them changed: "2 succeeded, 1 failed · 12 rows in 3 tables".
std::string summary_of(std::span<const ReportedScript> scripts);

}  // namespace cli
