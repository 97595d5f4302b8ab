// One script: what lies in the folder, every version that ran, its attempts, and what can be done with it.
#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/json_output.hpp"
#include "core/script.hpp"
#include "folder/folders.hpp"
#include "web/charts.hpp"
#include "web/diff.hpp"
#include "web/frame.hpp"
#include "web/highlight.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

using core::OutcomeKind;
using folder::Place;

constexpr std::int64_t k_most_attempts = 100;  // newest ones, among which versions are looked for
constexpr std::size_t k_listed = 20;

// One that lies in a folder now.
struct File {
  Place place = Place::scripts;
  std::string shown_in;  // "fix-scripts"
  std::optional<core::Script> script;
  std::string reason;  // why it cannot be read now
};

struct Version {
  std::string sha256;
  std::int64_t attempt = 0;  // the newest of it
};

struct Shown {
  const Look& look;
  const std::string& name;
  std::vector<ledger::Attempt> attempts;  // newest first
  std::optional<File> file;
  bool may_run = false, may_mark = false;

  const ledger::Attempt* newest() const noexcept { return attempts.empty() ? nullptr : &attempts.front(); }
  bool is_at_work() const noexcept { return !attempts.empty() && !attempts.front().ended_as; }
  bool lies_in(Place place) const noexcept { return file && file->place == place; }
};

std::optional<File> file_of(const core::Config& config, const std::string& name) {
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  for (const Place place : {Place::scripts, Place::failed}) {
    const std::vector<std::string> names = folders.list(place).names;
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    folder::ReadResult read = folders.read(place, name);
    File file{.place = place,
              .shown_in = place == Place::scripts ? config.folders.scripts : config.folders.failed,
              .script = {},
              .reason = {}};
    if (auto* loaded = std::get_if<folder::Loaded>(&read))
      file.script = std::move(loaded->script);
    else if (const auto* not_now = std::get_if<folder::NotNow>(&read))
      file.reason = not_now->reason;
    else
      continue;
    return file;
  }
  return std::nullopt;
}

// Newest first.
std::vector<Version> versions_of(const std::vector<ledger::Attempt>& attempts) {
  std::vector<Version> versions;
  for (const ledger::Attempt& attempt : attempts)
    if (std::none_of(versions.begin(), versions.end(),
                     [&](const Version& each) { return each.sha256 == attempt.sha256; }))
      versions.push_back({attempt.sha256, attempt.id});
  return versions;
}

// ---- what can be done ----

std::string run_verb(const Shown& it) {
  if (!it.lies_in(Place::scripts) || !is_sendable(it.name) || it.is_at_work()) return {};
  if (it.newest() != nullptr && it.newest()->ended_as == OutcomeKind::unknown)
    return {};  // a person must mark it first
  return form_of(it.look, {"/run", "Run it", Icon::play, "main", "Only this script is run.", hidden("scripts", it.name),
                           fmt::format("<button name=\"dry_run\" value=\"1\">{}Preview</button>", icon(Icon::eye))});
}

std::string retry_verb(const Shown& it) {
  if (!it.lies_in(Place::failed)) return {};
  return form_of(it.look, {script_address(it.name) + "/retry",
                           "Retry",
                           Icon::undo,
                           "main",
                           "The file goes back to the pending ones and is run at once.",
                           {},
                           "<button name=\"no_run\" value=\"1\">Only put it back</button>"});
}

std::string mend_link(const Shown& it) {
  if (!it.lies_in(Place::failed) || !may_add(it.look)) return {};
  return fmt::format("<a class=\"button\" href=\"/add{}\">{}Mend</a>\n", query_of({{"from", it.name}}),
                     icon(Icon::pen));
}

std::string rollback_verb(const Shown& it) {
  const ledger::Attempt* newest = it.newest();
  if (newest == nullptr || it.is_at_work()) return {};
  if (!it.look.history->known(it.name, newest->sha256).applied || newest->ended_as == OutcomeKind::rolled_back)
    return {};
  return form_of(
      it.look, {script_address(it.name) + "/rollback", "Roll back", Icon::undo, "danger",
                "What the script did is taken back: by its own <code>rollback()</code> as it ran, else by the rows "
                "that were recorded. "
                "Preview it first.",
                "<label class=\"check\"><input type=\"checkbox\" name=\"requeue\" value=\"1\"> put the file back among "
                "the pending ones</label>",
                fmt::format("<button name=\"dry_run\" value=\"1\">{}Preview the rollback</button>", icon(Icon::eye))});
}

std::string mark_verb(const Shown& it) {
  if (!it.may_mark || it.is_at_work()) return {};
  return form_of(
      it.look,
      {script_address(it.name) + "/mark", "Mark", Icon::pen, "danger",
       "You declare what is true of this script. Nothing is run; who said so and why is kept for good.",
       "<label class=\"field\">It is <select name=\"as\"><option value=\"succeeded\">succeeded: it is applied</option>"
       "<option value=\"failed\">failed: it is not applied</option><option value=\"pending\">pending: it is not "
       "applied and may run again</option></select></label>"});
}

std::string cancel_verb(const Shown& it) {
  if (!it.is_at_work() || !is_sendable(it.name)) return {};
  return form_of(it.look, {"/cancel", "Cancel", Icon::stop, "danger", "It is stopped and rolled back; the run goes on.",
                           hidden("script", it.name)});
}

std::string verbs_of(const Shown& it) {
  std::string verbs;
  if (it.may_run) verbs += cancel_verb(it) + run_verb(it) + retry_verb(it) + mend_link(it) + rollback_verb(it);
  verbs += mark_verb(it);
  if (verbs.empty()) return {};
  return fmt::format("<div class=\"orders\">{}</div>\n", verbs);
}

// ---- what is known ----

std::string about_of(const Shown& it) {
  Facts facts;
  if (it.file)
    facts.html("lies in", fmt::format("<code>{}/</code>{}", shown(it.file->shown_in),
                                      it.file->reason.empty() ? "" : ": " + shown(it.file->reason)));
  const ledger::Attempt* newest = it.newest();
  if (newest == nullptr) return section("about", "About", facts.html("attempts", "none yet").take());
  if (!it.file && !newest->moved_to.empty())
    facts.html("lies in", fmt::format("<code>{}</code>", shown(newest->moved_to)));
  facts.html("newest attempt", fmt::format("{}, {}", attempt_link(newest->id), moment(newest->started)));
  facts.text("it said", gist_of(*newest)).text("writes to", newest->database);
  if (newest->repeatable) facts.text("repeatable", "yes: it is asked each time it is dropped");
  std::string tags;
  for (const std::string& tag : cli::texts_in(newest->details.tags))
    tags += fmt::format("<span class=\"chip\">{}</span> ", shown(tag));
  facts.html("tags", tags);
  std::string depends;
  for (const std::string& each : cli::texts_in(newest->details.depends))
    depends += fmt::format("<span class=\"chip\">{}</span> ", shown(each));
  facts.html("depends on", depends);
  return section("about", "About", facts.take());
}

std::string attempts_of(const Shown& it) {
  if (it.attempts.empty()) return {};
  std::vector<ledger::Attempt> listed = it.attempts;
  if (listed.size() > k_listed) listed.resize(k_listed);
  std::string more;
  if (it.attempts.size() > k_listed)
    more = fmt::format("<p class=\"more\">{}</p>\n",
                       link("/history" + query_of({{"script", it.name}}), "All its attempts"));
  return section("attempts", "Attempts",
                 attempts_chart(it.attempts) + attempts_table(listed, {.script = false}) + more);
}

std::string file_section(const Shown& it) {
  if (!it.file || !it.file->script) return {};
  const core::Script& script = *it.file->script;
  const ledger::Attempt* newest = it.newest();
  const std::string hash = fmt::format("<code class=\"hash\" title=\"SHA-256\">{}</code>", script.sha256.substr(0, 12));
  const std::string title = fmt::format("In {}/", shown(it.file->shown_in));
  if (newest == nullptr) return section("file", title, highlighted(script.text), hash);
  if (newest->sha256 == script.sha256)
    return section("file", title, fmt::format("<p>The very text of {}, below.</p>\n", attempt_link(newest->id)), hash);
  const KeptText before = kept_text(*it.look.history, newest->sha256);
  if (!before.fault.empty()) return section("file", title, highlighted(script.text), hash);
  return section(
      "file", title,
      fmt::format(
          "<p>It is not the text of {}:</p>\n{}<details id=\"whole\"><summary>The whole text</summary>{}</details>\n",
          attempt_link(newest->id), shown_diff(before.text, script.text), highlighted(script.text)),
      hash);
}

std::string version_links(const Shown& it, const std::vector<Version>& versions, std::size_t chosen) {
  if (versions.size() < 2) return {};
  std::string items;
  for (std::size_t at = 0; at < versions.size(); ++at) {
    const std::string words =
        fmt::format("<code>{}</code> attempt {}", shown(versions[at].sha256.substr(0, 12)), versions[at].attempt);
    items += at == chosen
                 ? fmt::format("<li aria-current=\"true\">{}</li>\n", words)
                 : fmt::format(
                       "<li>{}</li>\n",
                       link(script_address(it.name) + query_of({{"version", versions[at].sha256}}) + "#text", words));
  }
  return fmt::format("<ul class=\"versions\" aria-label=\"Versions\">\n{}</ul>\n", items);
}

std::string text_section(const Shown& it) {
  const std::vector<Version> versions = versions_of(it.attempts);
  if (versions.empty()) return {};
  const std::string wanted = it.look.request.parameter("version");
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const Version& each) { return each.sha256 == wanted; });
  if (!wanted.empty() && found == versions.end()) throw NotFound("no such version of this script was run");
  const std::size_t chosen = wanted.empty() ? 0 : static_cast<std::size_t>(found - versions.begin());
  std::string content = version_links(it, versions, chosen);
  if (chosen + 1 < versions.size()) {
    const KeptText before = kept_text(*it.look.history, versions[chosen + 1].sha256);
    const KeptText after = kept_text(*it.look.history, versions[chosen].sha256);
    if (before.fault.empty() && after.fault.empty())
      content += fmt::format(
          "<details open id=\"difference\"><summary>What differs from the version before</summary><p>It ran in "
          "{}.</p>\n{}</details>\n",
          attempt_link(versions[chosen + 1].attempt), shown_diff(before.text, after.text));
  }
  content += text_that_ran(*it.look.history, versions[chosen].sha256);
  return section(
      "text", "Text that ran", content,
      fmt::format("<code class=\"hash\" title=\"SHA-256\">{}</code>", shown(versions[chosen].sha256.substr(0, 12))));
}

std::string state_badge(const Shown& it) {
  if (it.is_at_work()) return badge(std::nullopt);
  const ledger::Attempt* newest = it.newest();
  if (newest == nullptr || (it.lies_in(Place::scripts) && it.file->script && it.file->script->sha256 != newest->sha256))
    return badge("pending", Icon::file, "pending");
  return badge(newest->ended_as);
}

}  // namespace

std::string script_screen(const Look& look, const std::string& name) {
  Shown it{look,
           name,
           {},
           file_of(look.config(), name),
           look.viewer.may(core::Scope::run),
           look.viewer.may(core::Scope::admin)};
  if (look.history && !name.empty())
    it.attempts = look.history->attempts(ledger::Filter{.script = name, .outcome = {}, .limit = k_most_attempts});
  if (!it.file && it.attempts.empty())
    throw NotFound("no script of this name lies in the folders, and none was ever run");
  Frame frame{.title = name, .here = {}, .main = {}};
  frame.changes = it.is_at_work();
  frame.main = page_title(fmt::format("<span class=\"name\">{}</span>", name_text(name)), state_badge(it),
                          it.newest() == nullptr ? std::string() : shown(it.newest()->description));
  frame.main += verbs_of(it) + "<div class=\"columns\">\n<div>\n" + attempts_of(it) + file_section(it) +
                text_section(it) + "</div>\n<div class=\"side\">\n" + about_of(it) + "</div>\n</div>\n";
  return framed(look, frame);
}

}  // namespace web
