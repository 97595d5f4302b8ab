#include "support/skip.hpp"

#include <doctest/doctest.h>
#include <ostream>
#include <unistd.h>

#include "support/listener.hpp"

namespace support {
namespace {

int& skipped_tests() {
  static int count = 0;
  return count;
}

std::string_view& reason_of_this_test() {
  static std::string_view reason;
  return reason;
}

class SkipReporter final : public support::Listener {
 public:
  using support::Listener::Listener;

  void test_case_start(const doctest::TestCaseData& test) override {
    name_ = test.m_name;
    reason_of_this_test() = {};
  }
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    if (reason_of_this_test().empty()) return;
    ++skipped_tests();
    *options_.cout << "skipped: " << name_ << ": " << reason_of_this_test() << "\n";
  }
  void test_run_end(const doctest::TestRunStats&) override {
    if (skipped_tests() > 0) *options_.cout << "skipped here: " << skipped_tests() << "\n";
  }

 private:
  const char* name_ = "";
};

REGISTER_LISTENER("skips", 2, SkipReporter);

}  // namespace

void skip(std::string_view why) {
  reason_of_this_test() = why;
}

bool is_root() noexcept {
  return ::geteuid() == 0;
}

}  // namespace support
