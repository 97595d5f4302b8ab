// Every input that a fuzzer found worth keeping, once more. A broken promise ends the test program.
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "fuzz/target.hpp"
#include "support/program.hpp"

TEST_CASE("fuzz: every kept input keeps the promises of the protocol and of the conversions") {
  for (const fuzz::Target& target : fuzz::k_targets) {
    const std::filesystem::path corpus =
        std::filesystem::path(FETTLE_SOURCE_DIR) / "tests/fuzz/corpus" / std::string(target.name);
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
      const std::string input = support::read_file(entry.path());
      target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
      ++count;
    }
    CAPTURE(target.name);
    CHECK(count > 10);
  }
}
