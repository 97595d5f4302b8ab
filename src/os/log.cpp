#include "os/log.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace os {
namespace {

// Silent until start_log: the helper processes never log.
struct Log {
  LogSettings settings;
  std::shared_ptr<spdlog::logger> logger;
  std::function<void(Severity, std::string_view)> writer;
};

Log& state() {
  static Log log;
  return log;
}

// Priorities of syslog(3), as the journal reads them at the beginning of a line.
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
    const int number = message.level >= spdlog::level::err    ? 3
                       : message.level == spdlog::level::warn ? 4
                       : message.level == spdlog::level::info ? 6
                                                              : 7;
    fmt::format_to(fmt::appender(out), "<{}>", number);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

std::unique_ptr<spdlog::formatter> formatter_of(const LogSettings& settings) {
  constexpr auto k_utc = spdlog::pattern_time_type::utc;
  if (settings.json)
    return std::make_unique<spdlog::pattern_formatter>(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","pid":%P,"message":%v})", k_utc);
  if (!settings.file.empty() || std::getenv("JOURNAL_STREAM") == nullptr)
    return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%e%z %l [%P] %v");
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Priority>('*').set_pattern("%*%v");
  return formatter;
}

spdlog::sink_ptr sink_of(const LogSettings& settings) {
  if (settings.file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_st>();
  if (settings.max_size == 0) return std::make_shared<spdlog::sinks::basic_file_sink_st>(settings.file);
  return std::make_shared<spdlog::sinks::rotating_file_sink_st>(settings.file, settings.max_size, settings.keep);
}

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void start_log(const LogSettings& settings) {
  try {
    auto logger = std::make_shared<spdlog::logger>("fettle", sink_of(settings));
    logger->set_formatter(formatter_of(settings));
    logger->set_level(spdlog::level::from_str(settings.level));
    logger->flush_on(spdlog::level::info);
    state().logger = std::move(logger);
    state().settings = settings;
  } catch (const spdlog::spdlog_ex& fault) {
    throw base::Error(base::ErrorKind::config, std::string("cannot open the log file: ") + fault.what(), {},
                      "Mend [log] file in config.toml.");
  }
}

void send_log_to(std::function<void(Severity, std::string_view)> writer) {
  state().logger.reset();
  state().writer = std::move(writer);
}

void log(Severity severity, std::string_view text) {
  if (state().writer) return state().writer(severity, text);
  if (!state().logger) return;
  const bool json = state().settings.json;
  state().logger->log(level_of(severity), "{}", json ? base::escape_json(base::json_quote(text)) : base::escape(text));
}

void log_debug(std::string_view text) {
  log(Severity::debug, text);
}
void log_info(std::string_view text) {
  log(Severity::info, text);
}
void log_warning(std::string_view text) {
  log(Severity::warning, text);
}
void log_error(std::string_view text) {
  log(Severity::error, text);
}

}  // namespace os
