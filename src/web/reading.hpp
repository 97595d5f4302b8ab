// GET of /api/v1: each answer is what the command of that name prints with --json, made by the very same function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "web/look.hpp"
#include "web/request.hpp"

namespace web {

// path: behind /api/v1. nullopt: there is no such thing to read. Throws base::Error.
std::optional<Response> read_api(const std::vector<std::string>& path, const Look& look);

}  // namespace web
