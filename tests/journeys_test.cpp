// Every folder below tests/journeys/ is a test case of its own, named after the folder; see tests/journeys/README.md.
#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "support/journey.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_most_journeys = 256;

const std::string k_journeys = FETTLE_SOURCE_DIR "/tests/journeys";

// Sorted, so that a number means the same folder all the time that this program runs.
const std::vector<std::string>& case_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(k_journeys))
      if (entry.is_directory()) found.push_back("journey: " + entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }();
  return names;
}

// A working folder and, beside it, a folder for PATH in which `fettle` is the program under test.
class Place {
 public:
  Place() {
    scratch_.make_folder("bin");
    scratch_.make_folder("work");
    fs::create_symlink(support::fettle_binary(), scratch_.path("bin/fettle"));
  }

  std::string work() const { return scratch_.path("work"); }
  std::vector<std::string> environment() const {
    return {fmt::format("PATH={}:/usr/local/bin:/usr/bin:/bin", scratch_.path("bin")), "HOME=" + scratch_.path(),
            "PWD=" + work()};
  }

 private:
  support::Scratch scratch_;
};

std::string first_existing(const std::string& own, const std::string& shared) {
  return fs::exists(own) ? own : shared;
}

void make_database(const std::string& seed, const fs::path& work) {
  const support::Ended made = support::run({.command = {"sqlite3", "-batch", "-bail", "app.db", ".read " + seed},
                                            .directory = work.string(),
                                            .environment = {}});
  if (made.status != 0) FAIL("seed.sql: ", made.err);
}

void furnish(const std::string& source, const fs::path& work) {
  fs::copy(source, work, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  if (fs::exists(work / "pending")) fs::rename(work / "pending", work / "fix-scripts");
  fs::remove(work / "journey");
  fs::remove(work / "needs");
  fs::copy_file(first_existing(source + "/config.toml", k_journeys + "/config.toml"), work / "config.toml",
                fs::copy_options::overwrite_existing);
  make_database(first_existing(source + "/seed.sql", k_journeys + "/seed.sql"), work);
}

// A file `needs` holds a command that tells whether this machine can show what the journey is about.
bool can_be_walked(const std::string& source) {
  const std::string needs = support::read_file(source + "/needs");
  if (needs.empty()) return true;
  return support::run({.command = {"sh", "-c", needs}, .directory = "/", .environment = {}}).status == 0;
}

void run_journey(const std::string& name) {
  const std::string source = k_journeys + "/" + name;
  if (!can_be_walked(source)) return support::skip("what it needs is not to be had here: " + name);
  const std::string text = support::read_file(source + "/journey");
  REQUIRE_MESSAGE(!text.empty(), "there is no journey in ", source);
  const std::vector<support::JourneyStep> steps = support::parse_journey(text);
  Place place;
  furnish(source, fs::path(place.work()));
  for (const support::JourneyStep& step : steps) {
    const std::vector<std::string> differences = support::walk(step, place.work(), place.environment());
    for (const std::string& difference : differences) FAIL_CHECK(source, "/journey, ", difference);
    if (!differences.empty()) return;
  }
}

// doctest registers functions, not closures: one function for each number.
template <std::size_t number>
void run_numbered() {
  run_journey(case_names()[number].substr(std::string_view("journey: ").size()));
}

template <std::size_t... numbers>
int register_cases(std::index_sequence<numbers...>) {
  constexpr std::array functions = {&run_numbered<numbers>...};
  const std::size_t count = std::min(case_names().size(), functions.size());
  for (std::size_t number = 0; number < count; ++number)
    doctest::detail::regTest(
        doctest::detail::TestCase(functions[number], __FILE__, __LINE__, doctest::detail::TestSuite()) *
        case_names()[number].c_str());
  return 0;
}

const int k_registered = register_cases(std::make_index_sequence<k_most_journeys>());

}  // namespace

TEST_CASE("every folder of journeys has become a test case") {
  CHECK(k_registered == 0);
  CHECK(case_names().size() > 0);
  CHECK(case_names().size() <= k_most_journeys);
}
