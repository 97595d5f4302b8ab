#include "fuzz/target.hpp"

#include <cstdio>
#include <cstdlib>

namespace fuzz {

void must(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

}  // namespace fuzz
