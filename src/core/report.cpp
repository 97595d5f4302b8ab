#include "core/report.hpp"

namespace core {

void Counts::add(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::succeeded:
      ++succeeded;
      break;
    case OutcomeKind::failed:
      ++failed;
      break;
    case OutcomeKind::skipped:
      ++skipped;
      break;
    case OutcomeKind::blocked:
      ++blocked;
      break;
    case OutcomeKind::interrupted:
      ++interrupted;
      break;
    case OutcomeKind::unknown:
      ++unknown;
      break;
    case OutcomeKind::rolled_back:
      ++rolled_back;
      break;
    case OutcomeKind::marked:
    case OutcomeKind::imported:
      break;  // never the end of an attempt inside a run
  }
}

std::uint64_t Counts::total() const noexcept {
  return succeeded + failed + skipped + blocked + interrupted + unknown + rolled_back;
}

bool is_refused_by_hook(const RunReport& report) noexcept {
  return !report.hooks.empty() && report.hooks.front().hook == Hook::before_run && !has_succeeded(report.hooks.front());
}

int exit_code(const RunReport& report) noexcept {
  if (report.counts.unknown > 0) return 10;
  if (report.stopped_by_signal != 0) return 128 + report.stopped_by_signal;
  if (!report.backup_fault.empty()) return 1;
  if (report.counts.failed > report.allowed_failures) return 4;
  if (report.target_unreachable) return 6;
  // Nothing failed, so they are all that is left.
  if (report.counts.blocked > 0 || report.counts.interrupted > 0) return 8;
  if (report.trigger == k_undoing && report.counts.total() > report.counts.rolled_back) return 8;
  return 0;
}

}  // namespace core
