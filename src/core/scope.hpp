// What a person or a program that signs in may do. Each scope holds all of those before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

enum class Scope : std::uint8_t {
  read,   // look at everything
  run,    // run, retry, roll back, cancel, pause, resume
  admin,  // mark
};

constexpr std::string_view name(Scope scope) noexcept {
  switch (scope) {
    case Scope::read:
      return "read";
    case Scope::run:
      return "run";
    case Scope::admin:
      return "admin";
  }
  return {};
}

// nullopt: there is none of that name.
constexpr std::optional<Scope> scope_named(std::string_view text) noexcept {
  for (const Scope scope : {Scope::read, Scope::run, Scope::admin})
    if (name(scope) == text) return scope;
  return std::nullopt;
}

constexpr bool allows(Scope has, Scope needed) noexcept {
  return static_cast<std::uint8_t>(has) >= static_cast<std::uint8_t>(needed);
}

}  // namespace core
