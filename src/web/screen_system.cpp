// What this fettle works with: databases, folders, ledger, locks.
#include <filesystem>
#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/text.hpp"
#include "core/sandbox_level.hpp"
#include "os/disk.hpp"
#include "os/host.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"
#include "web/frame.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

std::string code(std::string_view raw) {
  return raw.empty() ? std::string() : fmt::format("<code>{}</code>", shown(raw));
}

std::string databases_of(const Look& look) {
  Facts facts;
  for (const core::DatabaseConfig& database : look.config().databases)
    facts.html(database.name, code(cli::shown_url(look.loaded, database.name)));
  return section("databases", "Databases", facts.empty() ? nothing("None is configured.") : facts.take());
}

std::string disk_text(const std::string& path) {
  const auto disk = os::disk_under(path);
  if (!disk) return {};
  return fmt::format("{}, {} of {} free", disk->type, base::format_size(disk->free), base::format_size(disk->size));
}

std::string folders_of(const Look& look) {
  const core::Config& config = look.config();
  Facts facts;
  const std::pair<std::string_view, const std::string*> all[] = {{"pending", &config.folders.scripts},
                                                                 {"done", &config.folders.succeeded},
                                                                 {"failed", &config.folders.failed},
                                                                 {"data", &config.folders.data}};
  for (const auto& [label, folder] : all) facts.html(label, code(*folder + "/"));
  facts.text("disk", disk_text(config.path(config.folders.scripts)));
  return section("folders", "Folders and disk", facts.take());
}

std::uint64_t size_of(const std::string& path) {
  std::error_code fault;
  const auto size = std::filesystem::file_size(path, fault);
  return fault ? 0 : size;
}

std::string verify_form(const Look& look) {
  return fmt::format(
      "<form method=\"post\" action=\"/verify\">{}<button>{}Verify it now</button></form>\n<p class=\"soft\">Reads all "
      "of it, "
      "and proves that nobody changed what it once said.</p>\n",
      own_fields(look), icon(Icon::check));
}

std::string ledger_of(const Look& look) {
  const std::string path = look.config().path(look.config().ledger.path);
  if (!look.history) return section("ledger", "Ledger", nothing("There is none yet: the first run makes it."));
  const ledger::About about = look.history->about();
  Facts facts;
  facts.html("file", code(look.config().ledger.path)).text("disk", disk_text(path));
  facts.text("size", base::format_size(size_of(path)));
  facts.html("id", code(about.id)).html("since", moment(about.since)).text("schema", fmt::format("{}", about.schema));
  const std::pair<std::string_view, std::int64_t> counts[] = {{"attempts", about.attempts},
                                                              {"runs", about.runs},
                                                              {"versions of scripts", about.versions},
                                                              {"events", about.events},
                                                              {"imported", about.imported}};
  for (const auto& [label, count] : counts) facts.text(label, base::format_count(static_cast<std::uint64_t>(count)));
  if (about.head.position > 0) facts.html("head of the chain", code(ledger::describe(about.head)));
  return section("ledger", "Ledger", facts.take() + verify_form(look));
}

std::string sandbox_of(const Look& look) {
  Facts facts;
  facts.text("at least", core::name(look.config().sandbox.minimum));
  if (look.history) {
    for (const ledger::Attempt& attempt :
         look.history->attempts(ledger::Filter{.script = {}, .outcome = {}, .limit = 20})) {
      if (attempt.measures.worker_sandbox.empty()) continue;
      facts.html("in force",
                 fmt::format("{} for scripts, {} for the broker: {}", shown(attempt.measures.worker_sandbox),
                             shown(attempt.measures.broker_sandbox), attempt_link(attempt.id)));
      break;
    }
  }
  return section("sandbox", "Sandbox", facts.take());
}

std::string watcher_of(const Look& look) {
  Facts facts;
  if (const auto watcher = watch::read_notice(look.config())) {
    facts.html("watcher",
               fmt::format("process {} on {}, since {}", watcher->pid, shown(watcher->host), moment(watcher->since)));
    facts.text("sees by", watcher->sight).text("because", watcher->why);
    facts.text("looks every", base::format_duration(watcher->interval));
  } else {
    facts.html("watcher", "none is at work");
  }
  const runner::Lock lock = runner::lock_state(look.config());
  facts.text("lock", lock.held || lock.in_doubt ? runner::describe(lock) : "free");
  return section("watcher", "Watcher and lock", facts.take());
}

std::string ignored_of(const Look& look) {
  const runner::Survey survey =
      runner::survey(look.config(), runner::Digests::where_needed, runner::Fates::at_a_glance);
  std::string rows;
  for (const core::Ignored& file : survey.ignored)
    rows += fmt::format("<tr><td class=\"name\">{}</td><td>{}</td></tr>\n", shown(file.name), shown(file.reason));
  if (rows.empty()) return section("ignored", "Ignored files", nothing("Every file in the folder is a script."));
  return section("ignored", "Ignored files",
                 table("Ignored files", "<th scope=\"col\">File</th><th scope=\"col\">Why</th>", rows));
}

std::string versions_of(const Look& look) {
  utsname kernel{};
  (void)::uname(&kernel);
  Facts facts;
  facts.text("fettle", FETTLE_VERSION)
      .text("kernel", fmt::format("{} {}, {}", kernel.sysname, kernel.release, kernel.machine));
  facts.text("host", os::host_name()).html("configuration", code(look.config().file));
  for (const std::string& warning : look.loaded.warnings) facts.text("warning", warning);
  return section("versions", "Versions", facts.take());
}

}  // namespace

std::string system_screen(const Look& look) {
  Frame frame{.title = "System", .here = "/system", .main = page_title("System")};
  frame.main += "<div class=\"pair\">\n<div>\n" + ledger_of(look) + sandbox_of(look) + "</div>\n<div>\n" +
                databases_of(look) + folders_of(look) + watcher_of(look) + versions_of(look) + "</div>\n</div>\n" +
                ignored_of(look);
  return framed(look, frame);
}

}  // namespace web
