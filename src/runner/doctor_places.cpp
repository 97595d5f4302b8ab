#include "runner/doctor_places.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>

#include "base/text.hpp"
#include "ledger/place.hpp"
#include "os/disk.hpp"

namespace runner {
namespace {

using core::Verdict;

constexpr std::uint64_t k_tight = std::uint64_t{100} << 20U;  // bytes free

void lower(core::Diagnosis& diagnosis, Verdict verdict, std::string advice) {
  if (diagnosis.verdict >= verdict) return;
  diagnosis.verdict = verdict;
  diagnosis.advice = std::move(advice);
}

}  // namespace

bool is_there(const std::string& path) noexcept {
  return ::access(path.c_str(), F_OK) == 0;
}

void judge_disk(core::Diagnosis& diagnosis, const std::string& path) {
  const std::optional<os::Disk> disk = os::disk_under(path);
  if (!disk) return;
  diagnosis.found += fmt::format(", on {} with {} free", disk->type, base::format_size(disk->free));
  if (disk->free < os::k_full)
    lower(diagnosis, Verdict::fault, "Make room: nothing can be written there.");
  else if (disk->free < k_tight)
    lower(diagnosis, Verdict::warning, "Make room: the disk is nearly full.");
  if (disk->keeps == os::Keeps::not_long)
    lower(diagnosis, Verdict::warning, "This file system is in memory: a restart empties it. Choose a disk.");
  if (disk->keeps == os::Keeps::by_others)
    lower(diagnosis, Verdict::warning, "Choose a local disk: locks and syncs of this file system may not hold.");
}

core::Diagnosis try_ledger_folder(const core::Config& config) {
  const std::string folder = ledger::folder_of(config.path(config.ledger.path));
  std::string tried = folder;
  while (!is_there(tried) && tried.size() > 1) tried = ledger::folder_of(tried);
  core::Diagnosis diagnosis{"ledger", "folder", Verdict::good, tried == folder ? "can be written" : "can be made", {}};
  if (::faccessat(AT_FDCWD, tried.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    diagnosis.verdict = Verdict::fault;
    diagnosis.found = fmt::format("{} cannot be written: {}", tried, std::strerror(errno));
    diagnosis.advice = "Give this account write access to it, or set path in [ledger] of config.toml.";
    return diagnosis;
  }
  judge_disk(diagnosis, tried);
  return diagnosis;
}

}  // namespace runner
