#include "runner/mark.hpp"

#include <algorithm>
#include <unistd.h>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

using folder::Place;

// The version that lies in a folder, pending before failed; else the one that the ledger saw last.
core::Script find(const core::Config& config, const folder::Folders& folders, const std::string& word) {
  const auto history = ledger::History::open(config.path(config.ledger.path));
  std::vector<std::string> known = folders.list(Place::scripts).names;
  for (std::string& name : folders.list(Place::failed).names) known.push_back(std::move(name));
  if (history)
    for (std::string& name : history->names_like(word)) known.push_back(std::move(name));
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  const std::string name = select({word}, known).front();
  for (const Place place : {Place::scripts, Place::failed}) {
    folder::ReadResult read = folders.read(place, name);
    if (auto* loaded = std::get_if<folder::Loaded>(&read)) return std::move(loaded->script);
  }
  const auto latest = history ? history->latest(name) : std::nullopt;
  if (!latest)
    throw base::Error(base::ErrorKind::usage, "cannot read " + base::escape(name), "Nothing was marked.",
                      "fettle status");
  return {name, latest->sha256, {}};
}

}  // namespace

Marked mark(const core::Config& config, const MarkRequest& request) {
  if (base::trim(request.reason).empty())
    throw base::Error(base::ErrorKind::usage, "a mark needs a reason", "Nothing was marked.",
                      "Add --reason TEXT: it is kept in the audit trail.");
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  ledger::Mark mark;
  mark.script = find(config, folders, request.script);
  mark.as = request.as;
  mark.by = request.by.empty() ? os::user_name() : request.by;
  mark.host = os::host_name();
  mark.reason = request.reason;
  mark.command = request.command;
  mark.pid = ::getpid();
  mark.at = os::now();
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  Marked marked;
  marked.attempt = ledger.mark(mark);
  marked.script = mark.script.name;
  return marked;
}

}  // namespace runner
