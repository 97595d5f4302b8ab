// SHA-256, the version of a script. From libsodium.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace base {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// Of what comes in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  std::string hex();  // ends it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
