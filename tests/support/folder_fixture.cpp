#include "support/folder_fixture.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <variant>

namespace support {

ThreeFolders::ThreeFolders() {
  config.directory = scratch.path();
  config.file = scratch.path("config.toml");
  config.folders = {.scripts = "pending", .succeeded = "done", .failed = "failed"};
  for (const char* name : {"pending", "done", "failed"}) scratch.make_folder(name);
}

folder::Folders ThreeFolders::open(folder::Missing missing) const {
  return folder::Folders::open(config, missing);
}

std::string ThreeFolders::reason_for(std::string_view name) const {
  const folder::Listing listing = open().list(folder::Place::scripts);
  if (std::find(listing.names.begin(), listing.names.end(), name) != listing.names.end()) return "candidate";
  for (const core::Ignored& ignored : listing.ignored)
    if (ignored.name == name) return ignored.reason;
  return "absent";
}

folder::Loaded read_or_fail(const folder::Folders& folders, folder::Place place, const std::string& name) {
  folder::ReadResult result = folders.read(place, name);
  INFO("read: " << told(result));
  REQUIRE(std::holds_alternative<folder::Loaded>(result));
  return std::get<folder::Loaded>(std::move(result));
}

std::string told(const folder::ReadResult& result) {
  if (std::holds_alternative<folder::Loaded>(result)) return "loaded";
  if (const auto* later = std::get_if<folder::NotNow>(&result)) return later->reason;
  return "vanished";
}

std::string_view told(folder::MoveStatus status) {
  switch (status) {
    case folder::MoveStatus::moved:
      return "moved";
    case folder::MoveStatus::vanished:
      return "vanished";
    case folder::MoveStatus::replaced:
      return "replaced";
    case folder::MoveStatus::failed:
      return "failed";
  }
  return "";
}

}  // namespace support
