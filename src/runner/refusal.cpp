#include "runner/refusal.hpp"

#include <utility>
#include <variant>

namespace runner {

std::vector<core::AttemptReport> considered(const std::vector<std::string>& names, const folder::Folders& folders,
                                            folder::Place from, const core::Feed* feed) {
  std::vector<core::AttemptReport> scripts;
  for (const std::string& name : names) {
    core::AttemptReport script;
    script.script = name;
    if (feed != nullptr) {
      const auto found = folders.probe(from, name);
      const auto* const stamp = std::get_if<core::FileStamp>(&found);
      if (stamp == nullptr || feed->leaves_out(name, *stamp)) continue;
      script.stamp = *stamp;
    }
    scripts.push_back(std::move(script));
  }
  return scripts;
}

std::vector<std::string> names_of(const std::vector<core::AttemptReport>& scripts) {
  std::vector<std::string> names;
  for (const core::AttemptReport& script : scripts) names.push_back(script.script);
  return names;
}

void refuse(std::vector<core::AttemptReport> scripts, const core::Outcome& why, const RunRequest& request,
            core::RunReport& report) {
  for (core::AttemptReport& script : scripts) {
    script.outcome = why;
    report.counts.add(why.kind);
    if (request.feed != nullptr) request.feed->refused(script.script, script.stamp, why.reason, why.until);
    if (request.kept == Kept::attempts) report.scripts.push_back(std::move(script));
  }
}

}  // namespace runner
