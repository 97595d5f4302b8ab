// The hostile catalogue (tests/hostile/README.md): every file of it is a test case of its own. Cases run in batches,
// one run of the built program for each, every case followed by an honest script.
#include "support/hostile.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "support/listener.hpp"

namespace {

using support::HostileCase;
using support::HostileFacts;
using support::HostileRun;

constexpr std::size_t k_batch = 24;
constexpr int k_tries = 3;  // for a bound of time: other programs on the machine take processor time as well
#ifdef FETTLE_SANITIZED
constexpr double k_slack = 2000;         // milliseconds: starting and ending a sanitized process takes that long
constexpr bool k_memory_counts = false;  // the sanitizer's own memory is many times that of the script
#else
constexpr double k_slack = 0;
constexpr bool k_memory_counts = true;
#endif

const std::string k_prefix = "hostile: ";
const std::string k_world = "hostile: everything else is as it was after ";

// --- figures for the end of the run ----------------------------------------------------------------------------------

struct Figures {
  int cases = 0, again = 0;
  double time = 0, memory = 0, memory_share = 0, ledger = 0;
  std::string time_of, memory_of, ledger_of;
};

Figures& figures() {
  static Figures all;
  return all;
}

void note(const HostileCase& one, const HostileFacts& found, std::uint64_t base) {
  Figures& all = figures();
  ++all.cases;
  if (const auto time = support::overshoot_of_time(one, found); time && *time > all.time) {
    all.time = *time;
    all.time_of = one.name;
  }
  if (const auto memory = support::overshoot_of_memory(one, found, base);
      memory && one.memory->share && *memory > all.memory) {
    all.memory = *memory;
    all.memory_share = 100 * *memory / one.memory->over;
    all.memory_of = one.name;
  }
  if (const auto bytes = static_cast<double>(found.ledger_bytes); bytes > all.ledger) {
    all.ledger = bytes;
    all.ledger_of = one.name;
  }
}

class FigureReporter final : public support::Listener {
 public:
  using support::Listener::Listener;

  void test_run_end(const doctest::TestRunStats&) override {
    const Figures& all = figures();
    if (all.cases == 0) return;
    *options_.cout << fmt::format(
        "hostile: {} cases; most time over a limit {:.0f} ms ({}), {} measured again; most memory over a limit {:.1f} "
        "% "
        "({}); most bytes in the ledger {} ({})\n",
        all.cases, all.time, all.time_of, all.again, all.memory_share, all.memory_of,
        base::format_size(static_cast<std::uint64_t>(all.ledger)), all.ledger_of);
  }
};

REGISTER_LISTENER("hostile figures", 3, FigureReporter);

// --- batches ---------------------------------------------------------------------------------------------------------

struct Batch {
  std::string name;  // "database 3"
  std::vector<const HostileCase*> cases;
  std::optional<HostileRun> run;

  const HostileRun& look() {
    if (!run) run = support::HostilePlace(cases).run();
    return *run;
  }
};

std::string family_of(const HostileCase& one) {
  return one.name.substr(0, one.name.find('/'));
}

std::vector<Batch>& batches() {
  static std::vector<Batch> all = [] {
    std::vector<Batch> made;
    std::map<std::string, int> count;
    for (const HostileCase& one : support::hostile_cases()) {
      const std::string family = family_of(one);
      if (made.empty() || made.back().cases.size() == k_batch || family_of(*made.back().cases.back()) != family)
        made.push_back({fmt::format("{} {}", family, ++count[family]), {}, {}});
      made.back().cases.push_back(&one);
    }
    return made;
  }();
  return all;
}

// Whether only the clock speaks against it.
bool is_only_late(const HostileCase& one, const HostileFacts& found, std::uint64_t base) {
  return support::compare(one, found, base, 1e9).empty() && !support::compare(one, found, base, k_slack).empty();
}

// A machine that is busy with something else: the script was stopped though it is none that spins.
bool was_kept_waiting(const HostileCase& one, const HostileFacts& found) {
  return found.cause == "timeout" && std::none_of(one.expected.begin(), one.expected.end(),
                                                  [](const auto& ending) { return ending.cause == "timeout"; });
}

void check_case(const HostileCase& one, const HostileFacts& first, std::uint64_t base) {
  HostileFacts found = first;
  for (int tried = 1; tried < k_tries; ++tried) {
    const bool waited = was_kept_waiting(one, found);
    if (!waited && !is_only_late(one, found, base)) break;
    ++figures().again;
    const HostileRun again = support::HostilePlace({&one}).run();
    if (waited || again.hostile[0].milliseconds < found.milliseconds) found = again.hostile[0];
  }
  note(one, found, base);
  for (const std::string& fault : support::compare(one, found, k_memory_counts ? base : base + (1ULL << 40U), k_slack))
    FAIL_CHECK("tests/hostile/", one.name, ".lua: ", fault);
}

void run_case() {
  const std::string name = doctest::getContextOptions()->currentTest->m_name;
  for (Batch& batch : batches()) {
    if (k_world + batch.name == name) {
      for (const std::string& sentence : batch.look().damage) FAIL_CHECK(sentence);
      CHECK(batch.look().honest.size() == batch.cases.size());
    }
    for (std::size_t at = 0; at < batch.cases.size(); ++at)
      if (k_prefix + batch.cases[at]->name == name)
        check_case(*batch.cases[at], batch.look().hostile.at(at), batch.look().base_memory);
  }
}

int register_cases() {
  static std::vector<std::string> names;
  for (const Batch& batch : batches()) {
    for (const HostileCase* one : batch.cases) names.push_back(k_prefix + one->name);
    names.push_back(k_world + batch.name);
  }
  for (const std::string& name : names)
    doctest::detail::regTest(doctest::detail::TestCase(&run_case, __FILE__, __LINE__, doctest::detail::TestSuite()) *
                             name.c_str());
  return static_cast<int>(names.size());
}

const int k_registered = register_cases();

}  // namespace

TEST_CASE("every file of the hostile catalogue has become a test case") {
  CHECK(support::hostile_cases().size() > 150);
  CHECK(static_cast<std::size_t>(k_registered) == support::hostile_cases().size() + batches().size());
}
