#include "cli/words.hpp"

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "core/script.hpp"

namespace cli {

std::string_view kind_name(base::ErrorKind kind) noexcept {
  switch (kind) {
    case base::ErrorKind::internal:
      return "internal";
    case base::ErrorKind::usage:
      return "usage";
    case base::ErrorKind::config:
      return "config";
    case base::ErrorKind::lock_held:
      return "lock_held";
    case base::ErrorKind::target_unreachable:
      return "target_unreachable";
    case base::ErrorKind::ledger_broken:
      return "ledger_broken";
    case base::ErrorKind::io:
      return "io";
  }
  return "internal";
}

std::string_view forecast_name(runner::Forecast forecast) noexcept {
  switch (forecast) {
    case runner::Forecast::would_run:
      return "would_run";
    case runner::Forecast::would_skip:
      return "would_skip";
    case runner::Forecast::would_fail:
      return "would_fail";
    case runner::Forecast::blocked:
      return "blocked";
  }
  return "blocked";
}

std::string script_word(std::string_view file) {
  const std::string_view stem = core::stem_of(file);
  const std::string quoted = shell_quote(stem);
  const std::string_view number = core::number_of(file);
  return quoted == stem || number.empty() ? base::escape(quoted) : std::string(number);
}

}  // namespace cli
