// Files that fettle makes for people. Never overwrites, follows no symbolic link at the end of the path.
#pragma once

#include <string>
#include <string_view>

namespace cli {

enum class Made { created, kept };  // kept: something of that name is there already

// Throws base::Error(io).
Made make_file(const std::string& path, std::string_view text);

// Makes the folder and those above it.
Made make_folder(const std::string& path);

}  // namespace cli
