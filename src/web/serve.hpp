// `fettle serve`: the page and the API as a daemon, and the watcher beside it where that is wanted. Its process is
// fettle-serve, a program of its own: the HTTP library brings libraries of TLS with it, which no run and no worker
// should have to load. Opens the ledger only to read; everything that is done a command does, started by it.
#pragma once

#include <string>
#include <vector>

#include "cli/config_file.hpp"
#include "web/access.hpp"

namespace web {

// Until a signal ends it: 128 + that signal. config_file: as -c has it. Throws Error: config where it would be open to
// everybody, or nobody could sign in; io where the address is taken.
int serve(cli::LoadedConfig loaded, const std::string& config_file);

// Of [web] token_file: no key, or the one whose token stands in its first line. Throws Error(config): it cannot be
// read.
std::vector<Key> keys_of_file(const core::Config& config);

}  // namespace web
