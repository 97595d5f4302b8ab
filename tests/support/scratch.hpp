// A fresh folder for one test. It is removed when the test has passed; when the test has failed it is kept and its path
// is printed. Lies under FETTLE_TEST_DIR, else under the system's folder for temporary files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace support {

class Scratch {
 public:
  Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const noexcept { return path_; }
  // Absolute path of something inside; name may have slashes.
  std::string path(std::string_view name) const;

  // Folders on the way are made. All of these fail the test when the file system refuses.
  void write(std::string_view name, std::string_view bytes) const;
  void append(std::string_view name, std::string_view bytes) const;
  void make_folder(std::string_view name) const;
  void remove(std::string_view name) const;
  void rename(std::string_view from, std::string_view to) const;
  std::string read(std::string_view name) const;
  bool exists(std::string_view name) const;  // also true for a dangling link

  // File names in a folder inside, sorted by bytes, hidden ones too.
  std::vector<std::string> list(std::string_view folder = ".") const;

 private:
  std::string path_;
};

}  // namespace support
