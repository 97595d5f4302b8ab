#include "runner/doctor_layers.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "os/lockdown.hpp"
#include "os/trials.hpp"

namespace runner {
namespace {

using core::Diagnosis;
using core::Verdict;
using os::TrialResult;

struct Layer {
  const char* subject;
  TrialResult (*attempt)() noexcept;
  const char* held;
  const char* missing;  // what that means
  const char* advice;
  Verdict without;
};

Diagnosis try_layer(const Layer& layer) {
  Diagnosis diagnosis{k_lock_down, layer.subject, Verdict::good, layer.held, {}};
  const TrialResult result = layer.attempt();
  if (result == TrialResult::held) return diagnosis;
  diagnosis.verdict = layer.without;
  diagnosis.found = fmt::format("{}: {}", result == TrialResult::missing ? "missing" : "does not hold", layer.missing);
  diagnosis.advice = layer.advice;
  return diagnosis;
}

// What each version of Landlock added; the call filter stands in for what an old one lacks.
std::string_view reach_of(int version) {
  if (version >= 6) return "files, network and signals to others were refused";
  if (version >= 4) return "files and network were refused; the call filter covers signals";
  if (version >= 3) return "files were refused; the call filter covers network and signals";
  return "files were refused, but not cutting them short; the call filter covers the rest";
}

Diagnosis try_landlock(core::SandboxMinimum minimum) {
  const int version = os::landlock_version();
  const std::string held = fmt::format("version {}: {}", version, reach_of(version));
  const Layer layer{"Landlock",
                    os::try_file_rules,
                    held.c_str(),
                    "the call filter holds scripts, but a broken broker could open other files",
                    "Use a kernel from 5.13 on, with landlock among its security modules (lsm=).",
                    minimum == core::SandboxMinimum::full ? Verdict::fault : Verdict::warning};
  return try_layer(layer);
}

}  // namespace

core::Diagnoses try_layers(core::SandboxMinimum minimum) {
  const Verdict without_filter = minimum == core::SandboxMinimum::none ? Verdict::warning : Verdict::fault;
  core::Diagnoses found;
  found.push_back(try_layer({"call filter", os::try_call_filter, "a system call off the list ended the process",
                             "scripts that break out of Lua could make any system call",
                             "Use a kernel with seccomp filters, or a container that leaves them to its programs.",
                             without_filter}));
  found.push_back(try_landlock(minimum));
  found.push_back(try_layer({"limits", os::try_memory_limit, "more memory than allowed was refused",
                             "only the watching process ends a script that takes too much",
                             "Raise what the account may limit (ulimit -H).", Verdict::warning}));
  found.push_back(
      try_layer({"privileges", os::try_no_new_privileges, "given up for good (no_new_privs)",
                 "a helper could gain rights, and no call filter can be set", "Use a newer kernel.", without_filter}));
  found.push_back(
      try_layer({"descriptors", os::try_closing_descriptors, "what a helper inherits was closed",
                 "a helper could keep files that are open here", "Use a kernel from 5.9 on.", Verdict::fault}));
  found.push_back(try_layer({"ending", os::try_killing_by_descriptor, "a child was ended through its descriptor",
                             "a script could not be stopped", "Use a kernel from 5.3 on.", Verdict::fault}));
  return found;
}

}  // namespace runner
