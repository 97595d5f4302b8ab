#include "cli/words.hpp"

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

}  // namespace cli
