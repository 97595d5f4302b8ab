#include "runner/adding.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <variant>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "core/order.hpp"
#include "folder/folders.hpp"
#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/preflight.hpp"
#include "runner/run_lock.hpp"

namespace runner {
namespace {

using folder::Place;

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was added.", std::move(next));
}

// Before anything is tried: what no folder would take for a script.
void refuse_name_or_size(const core::Config& config, const NewScript& script) {
  if (const std::string fault = folder::fault_of_new_name(script.name); !fault.empty())
    refuse(fmt::format("\"{}\" is no name for a script: {}", base::escape(script.name), fault),
           "Such as 007_clear_menu.lua");
  if (script.text.size() > config.run.max_script_size)
    refuse(fmt::format("{} is larger than {} ([run] max_script_size)", script.name,
                       base::format_size(config.run.max_script_size)),
           {});
}

void refuse_pending(const folder::Folders& folders, const std::string& name) {
  if (std::holds_alternative<folder::Vanished>(folders.probe(Place::scripts, name))) return;
  refuse(fmt::format("{} is there already", base::escape(folders.display(Place::scripts, name))),
         "Choose another name, or change that file.");
}

core::Declaration checked(const core::Config& config, const core::Script& script) {
  const Checked found = check_text(config, script);
  if (found.outcome.kind == core::OutcomeKind::succeeded) return found.declaration;
  refuse(fmt::format("{} has a fault: {}", script.name, found.outcome.error), "Mend it, and add it again.");
}

ledger::Event event_of(const NewScript& script, std::string detail) {
  ledger::Event event;
  event.verb = "add";
  event.script = script.name;
  event.by = script.by.empty() ? os::user_name() : script.by;
  event.host = os::host_name();
  event.reason = script.reason;
  event.detail = std::move(detail);
  if (!script.via.empty()) event.detail += ", via " + script.via;
  event.at = os::now();
  return event;
}

// Whether the ledger has the very bytes of a version.
bool has_text(const ledger::Ledger& ledger, const std::string& sha256) {
  try {
    (void)ledger.text(sha256);
    return true;
  } catch (const base::Error&) {  // it never ran, or what is kept of it was altered
    return false;
  }
}

// The failed file of that name goes, where the ledger has its very bytes: nothing is lost.
void replace_failed(folder::Folders& folders, const ledger::Ledger& ledger, AddedScript& added) {
  const folder::ReadResult read = folders.read(Place::failed, added.name);
  if (std::holds_alternative<folder::Vanished>(read)) return;
  const std::string path = folders.display(Place::failed, added.name);
  const auto* const loaded = std::get_if<folder::Loaded>(&read);
  if (loaded == nullptr || !has_text(ledger, loaded->script.sha256)) {
    added.warnings.push_back(fmt::format("{} stays there: it is not what ran last", base::escape(path)));
    return;
  }
  folders.remove(*loaded, Place::failed);
  folders.remove_error_note(added.name);
  added.replaced = path;
}

}  // namespace

AddedScript add_script(const core::Config& config, const NewScript& script) {
  refuse_name_or_size(config, script);
  folder::Folders folders = folder::Folders::open(config, folder::Missing::create);
  refuse_pending(folders, script.name);
  AddedScript added;
  added.name = script.name;
  added.path = folders.display(Place::scripts, script.name);
  added.sha256 = base::sha256_hex(script.text);
  added.declaration = checked(config, {script.name, added.sha256, script.text});

  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  refuse_pending(folders, script.name);
  ledger::Ledger ledger = ledger::Ledger::open(config.path(config.ledger.path));
  ledger.record(event_of(script, "sha256 " + added.sha256));  // first: nothing comes in that nobody knows of
  const folder::MoveResult written = folders.add(script.name, script.text);
  if (written.status != folder::MoveStatus::moved) {
    ledger.record(event_of(script, "was not added: " + written.detail));
    throw base::Error(base::ErrorKind::io, fmt::format("cannot write {}: {}", base::escape(added.path), written.detail),
                      "Nothing was added.", "Look at the disk and the rights of the folder, then add it again.");
  }
  folders.sync();
  replace_failed(folders, ledger, added);
  folders.sync();
  const std::vector<std::string> numbers =
      core::order_warnings(folders.list(Place::scripts).names, config.folders.order);
  added.warnings.insert(added.warnings.end(), numbers.begin(), numbers.end());
  return added;
}

}  // namespace runner
