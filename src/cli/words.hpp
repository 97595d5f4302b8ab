// What enumerations of other rooms are called in JSON and on the screen. Words are added, never renamed.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "runner/preflight.hpp"

namespace cli {

std::string_view kind_name(base::ErrorKind kind) noexcept;
std::string_view forecast_name(runner::Forecast forecast) noexcept;

}  // namespace cli
