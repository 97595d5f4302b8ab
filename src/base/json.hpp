// The few things that lower rooms need of JSON. Documents for people are built in cli with the same library.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

// A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// An array of texts; an object of texts, in the order given. Empty when there is nothing to put in.
std::string json_list(const std::vector<std::string>& texts);
std::string json_texts(const std::vector<std::pair<std::string, std::string>>& texts);

// Whether text is one well-formed JSON value nested at most max_depth deep.
bool is_json(std::string_view text, std::size_t max_depth);

// Whether text is an object that has this field.
bool has_field(std::string_view text, std::string_view name);

}  // namespace base
