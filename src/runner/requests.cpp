#include "runner/requests.hpp"

#include <fmt/format.h>
#include <variant>

#include "base/error.hpp"
#include "base/text.hpp"
#include "folder/folders.hpp"
#include "ledger/history.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was recorded.", std::move(next));
}

ledger::RequestBook book_of(const core::Config& config) {
  ledger::RequestBook book;
  if (const auto history = ledger::History::open(config.path(config.ledger.path))) history->take_in(book);
  return book;
}

ledger::Event event_of(std::string_view verb, const Asker& asker, std::string detail) {
  ledger::Event event;
  event.verb = verb;
  event.by = asker.by.empty() ? os::user_name() : asker.by;
  event.host = os::host_name();
  event.reason = asker.reason;
  if (!asker.via.empty()) event.reason += fmt::format("{}via {}", event.reason.empty() ? "" : ", ", asker.via);
  event.detail = std::move(detail);
  event.at = os::now();
  return event;
}

void record(const core::Config& config, const ledger::Event& event) {
  ledger::Ledger::open(config.path(config.ledger.path)).record(event);
}

core::RequestedScript script_of(const folder::Folders& folders, const std::string& name) {
  const folder::ReadResult read = folders.read(folder::Place::scripts, name);
  const auto* const loaded = std::get_if<folder::Loaded>(&read);
  if (loaded == nullptr) refuse(fmt::format("{} cannot be read now", base::escape(name)), "fettle status");
  return {name, loaded->script.sha256};
}

}  // namespace

std::optional<core::Requested> request_run(const core::Config& config, const std::vector<std::string>& scripts,
                                           const Asker& asker) {
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  std::vector<std::string> names = folders.list(folder::Place::scripts).names;
  if (!scripts.empty()) names = select(scripts, names);
  if (names.empty()) return std::nullopt;
  std::vector<core::RequestedScript> wanted;
  for (const std::string& name : names) wanted.push_back(script_of(folders, name));
  record(config, event_of(ledger::k_request, asker, core::text_of(wanted)));
  return book_of(config).requests.back();
}

core::Requested answer_request(const core::Config& config, std::int64_t id, Voice voice, const Asker& asker) {
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  const bool yes = voice == Voice::yes;
  const ledger::Event event =
      event_of(yes ? ledger::k_request_approve : ledger::k_request_refuse, asker, fmt::format("{}", id));
  const std::string why = core::why_no_voice(request(config, id), event.by, event.at);
  if (!why.empty()) refuse(fmt::format("request {}: {}", id, why), "fettle request list");
  record(config, event);
  return request(config, id);
}

std::vector<core::Requested> requests(const core::Config& config) {
  return book_of(config).requests;
}

core::Requested request(const core::Config& config, std::int64_t id) {
  ledger::RequestBook book = book_of(config);
  const core::Requested* found = book.find(id);
  if (found == nullptr) refuse(fmt::format("there is no request {}", id), "fettle request list");
  return *found;
}

}  // namespace runner
