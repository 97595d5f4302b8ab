#include "web/pulse.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.hpp"

namespace web {

Pulse::Pulse(const core::Config& config) : ledger_(config.path(config.ledger.path)) {
  const std::string beside = ledger_.substr(0, ledger_.rfind('/'));
  places_ = {config.path(config.folders.scripts),
             config.path(config.folders.succeeded),
             config.path(config.folders.failed),
             beside,
             beside + "/orders",
             beside + "/watch",
             beside + "/live.log"};
  beat();
}

bool Pulse::beat() {
  std::string now;
  struct stat found {};
  for (const std::string& place : places_) {
    if (::stat(place.c_str(), &found) != 0) found = {};
    now += fmt::format("{}.{}:{} ", found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size);
  }
  if (::stat(ledger_.c_str(), &found) != 0) found = {};
  const std::string file = fmt::format("{}:{}", found.st_dev, found.st_ino);
  const std::int64_t version = version_of(file);
  another_ = file != file_;
  ledger_changed_ = version != version_ || another_;
  const bool changed = ledger_changed_ || now != seen_;
  version_ = version;
  file_ = file;
  seen_ = std::move(now);
  return changed;
}

// Another file of that name is another ledger: after an import, or a backup that was put back.
std::int64_t Pulse::version_of(const std::string& file) {
  try {
    if (!history_ || file != file_) history_ = ledger::History::open(ledger_);
    return history_ ? history_->version() : 0;
  } catch (const base::Error&) {
    history_.reset();
    return version_;
  }
}

}  // namespace web
