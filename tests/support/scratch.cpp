#include "support/scratch.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <utility>

#include "support/listener.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;

std::vector<std::string>& folders_of_this_test() {
  static std::vector<std::string> folders;
  return folders;
}

void remove_folder(const std::string& path) {
  std::error_code fault;
  fs::remove_all(path, fault);
  if (fault) MESSAGE("cannot remove " << path << ": " << fault.message());
}

// Hears from doctest how each test has ended: a destructor could not know.
class Cleaner final : public support::Listener {
 public:
  using support::Listener::Listener;

  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    for (const std::string& folder : std::exchange(folders_of_this_test(), {})) {
      if (stats.failure_flags == 0)
        remove_folder(folder);
      else
        *options_.cout << "kept: " << folder << "\n";
    }
  }
};

REGISTER_LISTENER("scratch", 1, Cleaner);

fs::path base_folder() {
  const char* chosen = std::getenv("FETTLE_TEST_DIR");
  return chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : fs::temp_directory_path();
}

void put(const std::string& path, std::string_view bytes, std::ios::openmode mode) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream file(path, mode | std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) FAIL("cannot write " << path);
}

}  // namespace

Scratch::Scratch() {
  std::string pattern = (base_folder() / "fettle-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) FAIL("cannot make a scratch folder " << pattern);
  // Some tests look at the folder as another user.
  fs::permissions(pattern, fs::perms(0755));
  path_ = pattern;
  folders_of_this_test().push_back(path_);
}

std::string Scratch::path(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

void Scratch::write(std::string_view name, std::string_view bytes) const {
  put(path(name), bytes, std::ios::trunc);
}

void Scratch::append(std::string_view name, std::string_view bytes) const {
  put(path(name), bytes, std::ios::app);
}

void Scratch::make_folder(std::string_view name) const {
  fs::create_directories(path(name));
}

void Scratch::remove(std::string_view name) const {
  REQUIRE(fs::remove_all(path(name)) > 0);
}

void Scratch::rename(std::string_view from, std::string_view to) const {
  fs::rename(path(from), path(to));
}

std::string Scratch::read(std::string_view name) const {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) FAIL("cannot read " << path(name));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool Scratch::exists(std::string_view name) const {
  return fs::symlink_status(path(name)).type() != fs::file_type::not_found;
}

std::vector<std::string> Scratch::list(std::string_view folder) const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path(folder)))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace support
