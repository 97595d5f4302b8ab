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

// How far such a lock is seen. every_host: no other host can have the folder (a disk of this machine). this_host:
// others may share it, and the kernel keeps the lock of a directory to itself there: FUSE and 9p, also NFS and SMB
// (their clients forward the locks of files only), and whatever is not known (os/disk).
enum class LockReach { every_host, this_host };
LockReach lock_reach(const std::string& directory);

}  // namespace os
