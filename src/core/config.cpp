#include "core/config.hpp"

namespace core {

std::string Config::path(const std::string& configured) const {
  return configured.starts_with('/') ? configured : directory + "/" + configured;
}

}  // namespace core
