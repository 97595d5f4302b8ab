// A file takes the place of another that programs may open at any moment: under its name there is the old one or the
// new one, whole, whatever happens. Called in the runner for the ledger, and in a broker that is not locked down yet.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace os {

enum class Swapped : std::uint8_t {
  done,
  in_use,  // somebody has the old one open, or came while it was looked at: nothing was changed
};

// `with` lies on the same file system, whole and synced. The old file stays under the name keep_as, which is free;
// where there is none, nothing is kept. While is_settled() is asked, nobody else has the file open, and whoever wants
// to waits (a write lease; where none can be had, is_settled() has to be enough). The caller has it open nowhere:
// closing it here would drop that process's POSIX locks. Throws Error(io).
Swapped swap_file(const std::string& with, const std::string& path, const std::string& keep_as,
                  const std::function<bool()>& is_settled);

// A copy in a new file, whole and synced, of the same owner and mode as `like`, where that exists. Throws Error(io);
// what there is of it is removed then.
void copy_file(const std::string& from, const std::string& to, const std::string& like);

// The folder of a file: what was made, renamed or removed in it is on the disk. Throws Error(io).
void sync_folder_of(const std::string& path);

}  // namespace os
