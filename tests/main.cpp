// The test program. A broken pipe or lease must not end it, just as it must not end fettle.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "os/signals.hpp"

int main(int count, char** arguments) {
  os::ignore_pipe_and_lease_signals();
  doctest::Context context(count, arguments);
  return context.run();
}
