// Things that only another process can show: another user's view, a file held open elsewhere, a mounted file system.
#pragma once

#include <functional>
#include <string>
#include <sys/types.h>

namespace support {

// Runs `body` in a forked child and returns its answer; the child leaves by _exit. Assertions belong to the caller: the
// child's are not seen. A child that was killed answers -signal.
int in_child(const std::function<int()>& body);

// The same as user 65534, who owns nothing. Only for root.
int as_nobody(const std::function<int()>& body);

// A child that holds a file open for writing until it is let go. The file is made when it does not exist.
class OpenWriter {
 public:
  explicit OpenWriter(const std::string& path);
  OpenWriter(const OpenWriter&) = delete;
  OpenWriter& operator=(const OpenWriter&) = delete;
  ~OpenWriter();

  void close();  // returns when the child is gone

 private:
  pid_t child_ = -1;
};

// A tmpfs mounted for the time of a test. Only for root; mounted() is false where mounting is forbidden.
class TinyDisk {
 public:
  // size: in bytes, rounded up to pages by the kernel.
  TinyDisk(const std::string& path, std::size_t size);
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk();

  bool mounted() const noexcept { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace support
