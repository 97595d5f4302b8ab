#include "core/observer.hpp"

namespace core {

std::string_view name(LineLevel level) noexcept {
  switch (level) {
    case LineLevel::debug:
      return "debug";
    case LineLevel::info:
      return "info";
    case LineLevel::warn:
      return "warn";
    case LineLevel::error:
      return "error";
  }
  return "";
}

}  // namespace core
