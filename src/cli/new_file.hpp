// Files that fettle makes for people. Never overwrites, follows no symbolic link at the end of the path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cli {

enum class Made { created, kept };  // kept: something of that name is there already

// Throws base::Error(io).
Made make_file(const std::string& path, std::string_view text);

// Makes the folder and those above it.
Made make_folder(const std::string& path);

// For files that are only of help: these throw nothing, and give 0 or the errno of what went wrong.

// EEXIST: something of that name is there already.
int try_make_file(const std::string& path, std::string_view text);

// The same, and until all of it is on the disk there is no file of that name.
int try_make_whole_file(const std::string& path, std::string_view text);

// Puts a new file in the place of the one of that name, at once: nobody reads half of it.
int try_replace_file(const std::string& path, std::string_view text);

// nullopt: there is no regular file of that name, or it cannot be read, or it is larger than fettle writes any.
std::optional<std::string> read_small_file(const std::string& path);

}  // namespace cli
