// The description of the API that it serves itself: web/openapi.json.
#pragma once

#include <string_view>

namespace web {

std::string_view openapi_text() noexcept;

}  // namespace web
