// The values of a ledger as text, for places that cannot hold any bytes: JSON, CSV and PostgreSQL's text. Numbers are
// digits. A text stands for itself; one that is not UTF-8, has a zero byte or begins with \x is written as \x and its
// bytes in hexadecimal digits, and so is every blob.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/value.hpp"
#include "ledger/rows.hpp"

namespace exchange {

// nullopt: NULL.
std::optional<std::string> text_of(const core::Value& value);

// The way back. nullopt: it is no value of that type.
std::optional<core::Value> value_in(const std::optional<std::string>& text, ledger::Shape::Type type);

// As \x and digits.
std::string hex_of(std::string_view bytes);

}  // namespace exchange
