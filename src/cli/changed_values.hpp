// Values of a database as people read them. Pure; the texts are escaped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/value.hpp"

namespace cli {

// NULL, true, 12, 1.5, 'it''s', x'00ff' (12 KiB).
std::string value_text(const core::Value& value);

// The same in about `most` columns.
std::string short_value_text(const core::Value& value, std::size_t most);

// Two values of which each takes about `most` columns; where long texts differ late, what they begin with alike is left
// out.
std::pair<std::string, std::string> short_value_texts(const core::Value& before, const core::Value& after,
                                                      std::size_t most);

// A name as SQL has it: in quotes where it is no plain word.
std::string name_text(std::string_view name);

}  // namespace cli
