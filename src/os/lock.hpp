// The run lock: an flock on a directory's descriptor. It dies with the last process that holds the descriptor, so a
// broker that was handed it keeps a second run out for as long as it may still commit.
#pragma once

#include <optional>
#include <string>

#include "os/fd.hpp"

namespace os {

// Whether anybody holds the lock of this directory now. Takes nothing. A missing directory is not locked.
bool is_locked(const std::string& directory);

// The descriptor that is the lock; nullopt: somebody else holds it. Throws Error(io) when the directory cannot be
// opened.
std::optional<Fd> try_lock(const std::string& directory);

// How far such a lock is seen. this_host: other hosts may share the folder, but the file system keeps locks to its own
// kernel (FUSE and 9p; NFS mounted with local_lock or nolock; SMB with nobrl). every_host: it is seen wherever the
// folder is, or no other host can have it (a disk of this machine). A missing directory is every_host.
enum class LockReach { every_host, this_host };
LockReach lock_reach(const std::string& directory);

}  // namespace os
