// What property tests draw from: the same seed gives the same case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace support {

// Of an environment variable.
std::uint64_t number_of(const char* variable, std::uint64_t otherwise);

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most - 1)(engine_); }
  bool one_in(std::size_t many) { return below(many) == 0; }
  template <class List>
  const auto& any(const List& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace support
