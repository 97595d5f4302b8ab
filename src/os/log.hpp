// The log of the operator: diagnostics, one escaped line each. Never the record (ledger) nor what a person sees
// (Observer). The only place that includes spdlog.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace os {

enum class Severity : std::uint8_t { debug, info, warning, error };

struct LogSettings {
  std::string level = "warn";  // "debug", "info", "warn", "error" or "off"
  std::string file;            // appended to; empty: stderr
  bool json = false;           // each line one object: time, level, pid, message
  // Bytes at which a new file is begun, the old ones being kept as NAME.1.log and so on; 0: never. Only one process
  // may do that with one file.
  std::uint64_t max_size = 0;
  std::uint64_t keep = 5;
};

// Called again it begins anew: with other settings, or with the file of that name when the old one was moved away.
// Throws Error(config) when the file cannot be opened; the log then goes on as before. On stderr, and read by systemd's
// journal, a line of text begins with its priority ("<6>") and not with the time, which the journal knows.
void start_log(const LogSettings& settings);
// Whoever is behind it writes the lines; nothing is left out.
void send_log_to(std::function<void(Severity, std::string_view)> writer);

void log(Severity severity, std::string_view text);
void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace os
