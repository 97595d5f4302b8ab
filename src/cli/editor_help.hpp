// What a Lua language server reads beside config.toml to know the functions and fields of scripts: fettle-api.lua with
// the annotations, .luarc.json with its settings. Written by `fettle new` and `fettle init`, in their process. They are
// only of help: what cannot be written is a warning, never an error, and nothing that a person wrote is touched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"

namespace cli {

std::string_view api_text() noexcept;    // src/cli/editor/fettle-api.lua
std::string_view luarc_text() noexcept;  // src/cli/editor/luarc.json

// The whole of fettle-api.lua where these databases are configured.
std::string annotations(const std::vector<core::DatabaseConfig>& databases);

// Names of files.
struct EditorHelp {
  std::vector<std::string> created, updated, kept;
  std::vector<std::string> warnings;
};

EditorHelp write_editor_help(const core::Config& config);

}  // namespace cli
