// A doctest listener that listens to nothing: its children override what they care about.
#pragma once

#include <doctest/doctest.h>

namespace support {

class Listener : public doctest::IReporter {
 public:
  explicit Listener(const doctest::ContextOptions& options) : options_(options) {}

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 protected:
  const doctest::ContextOptions& options_;
};

}  // namespace support
