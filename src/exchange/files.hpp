// Files and folders of other tools. Throws base::Error(io).
#pragma once

#include <string>
#include <vector>

namespace exchange {

std::string read_whole(const std::string& path);

// Names of the regular files in a folder, sorted by bytes; empty where there is no such folder.
std::vector<std::string> files_in(const std::string& folder);

bool is_folder(const std::string& path);

}  // namespace exchange
