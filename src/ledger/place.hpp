// Where the ledger lies. Its folder also carries the run lock (os/lock), so it has to be there before either is opened.
#pragma once

#include <string>

namespace ledger {

// "/shop/.fettle" of "/shop/.fettle/ledger.db"; "." of "ledger.db".
std::string folder_of(const std::string& ledger_path);

// Makes that folder, and those above it, mode 0700, where they are missing. Throws Error(ledger_broken).
void make_folder(const std::string& ledger_path);

// What was made, renamed or removed in it is on disk when this returns: a folder that a power cut takes back would take
// the ledger with it. Throws Error(ledger_broken).
void sync_folder(const std::string& folder);

}  // namespace ledger
