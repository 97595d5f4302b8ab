#include "os/log.hpp"

#include <memory>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace os {
namespace {

// Silent until start_log: the helper processes never log.
std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}

void write(spdlog::level::level_enum level, std::string_view text) {
  if (logger()) logger()->log(level, "{}", base::escape(text));
}

}  // namespace

void start_log(const std::string& level, const std::string& file) {
  try {
    spdlog::sink_ptr sink;
    if (file.empty())
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    else
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file);
    logger() = std::make_shared<spdlog::logger>("fettle", std::move(sink));
    logger()->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l [%P] %v");
    logger()->set_level(spdlog::level::from_str(level));
    logger()->flush_on(spdlog::level::warn);
  } catch (const spdlog::spdlog_ex& fault) {
    throw base::Error(base::ErrorKind::config, std::string("cannot open the log file: ") + fault.what(), {},
                      "Mend [log] file in config.toml.");
  }
}

void log_debug(std::string_view text) {
  write(spdlog::level::debug, text);
}
void log_info(std::string_view text) {
  write(spdlog::level::info, text);
}
void log_warning(std::string_view text) {
  write(spdlog::level::warn, text);
}
void log_error(std::string_view text) {
  write(spdlog::level::err, text);
}

}  // namespace os
