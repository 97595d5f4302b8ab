// One fuzzer: the target that FETTLE_FUZZ_TARGET names, driven by libFuzzer.
#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::FETTLE_FUZZ_TARGET(data, size);
  return 0;
}
