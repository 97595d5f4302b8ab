// What enumerations and scripts of other rooms are called in JSON and on the screen. Words are added, never renamed.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "runner/preflight.hpp"

namespace cli {

std::string_view kind_name(base::ErrorKind kind) noexcept;
std::string_view forecast_name(runner::Forecast forecast) noexcept;

// How a person names a script on the command line: its stem where a shell takes that as it is, else its number.
std::string script_word(std::string_view file);

}  // namespace cli
