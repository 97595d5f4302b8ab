#include "core/diagnosis.hpp"

#include <algorithm>

namespace core {

std::string_view name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::warning:
      return "warning";
    case Verdict::unreachable:
      return "unreachable";
    case Verdict::fault:
      return "fault";
  }
  return "fault";
}

int exit_code(const Diagnoses& diagnoses) noexcept {
  constexpr int k_unreachable = 6, k_fault = 7;
  const auto has = [&diagnoses](Verdict verdict) {
    return std::any_of(diagnoses.begin(), diagnoses.end(),
                       [verdict](const Diagnosis& each) { return each.verdict == verdict; });
  };
  if (has(Verdict::fault)) return k_fault;
  return has(Verdict::unreachable) ? k_unreachable : 0;
}

}  // namespace core
