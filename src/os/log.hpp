// The log of the operator: diagnostics, one escaped line each. Never the record (ledger) nor what a person sees
// (Observer). The only place that includes spdlog.
#pragma once

#include <string>
#include <string_view>

namespace os {

// level: "debug", "info", "warn", "error" or "off". file: appended to; empty: stderr. Throws Error(config) when the
// file cannot be opened.
void start_log(const std::string& level, const std::string& file);

void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace os
