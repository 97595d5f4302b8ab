// Home: what is to be done, one button for it, and what became of everything else.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "base/text.hpp"
#include "cli/status_groups.hpp"
#include "runner/orders.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"
#include "web/frame.hpp"
#include "web/screen_parts.hpp"
#include "web/screen_requests.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

using core::OutcomeKind;
using Row = cli::Groups::Row;

constexpr std::size_t k_most_rows = 50;   // of one list; ?all=1 shows all
constexpr std::int64_t k_looked_at = 60;  // newest attempts among which the done ones are looked for
constexpr std::size_t k_most_done = 6;
constexpr std::int64_t k_last_runs = 5;

// Everything that is known now.
struct Sight {
  explicit Sight(const Look& about)
      : look(about),
        survey(runner::survey(about.config(), runner::Digests::where_needed, runner::Fates::at_a_glance)),
        watcher(watch::read_notice(about.config())),
        groups(cli::groups_of(survey, watcher)),
        pause(runner::Orders(about.config()).find("pause")),
        may_run(about.viewer.may(core::Scope::run)) {}

  const Look& look;
  runner::Survey survey;
  std::optional<watch::Notice> watcher;
  cli::Groups groups;
  std::optional<runner::Order> pause;
  bool may_run;

  // Of which nobody knows whether they were committed: a person must say.
  std::size_t unknown() const {
    return static_cast<std::size_t>(
        std::count_if(groups.unknown.begin(), groups.unknown.end(), [](const Row& row) { return !row.below.empty(); }));
  }
  std::size_t interrupted() const { return groups.unknown.size() - unknown(); }
  bool anything_waits() const { return !groups.pending.empty() || !groups.blocked.empty() || interrupted() > 0; }
  std::size_t shown_rows() const {
    return look.request.parameter("all").empty() ? k_most_rows : std::numeric_limits<std::size_t>::max();
  }
};

// ---- the banner ----

struct Banner {
  std::string_view look;  // for the style sheet
  Icon picture;
  std::string title;
  std::string text;  // HTML
};

std::string are(std::size_t count, std::string_view what) {
  return fmt::format("{} {} {}", base::plural(count, "script"), count == 1 ? "is" : "are", what);
}

std::string others_of(const Sight& sight) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", base::plural(count, "script"), what);
  };
  add(sight.groups.blocked.size(), "blocked");
  add(sight.interrupted(), "interrupted");
  add(sight.unknown(), "unknown");
  add(sight.groups.failing.size(), "failed");
  return text;
}

std::string run_text(const Sight& sight) {
  const runner::Lock& lock = sight.survey.lock;
  if (!lock.run) return "It is just starting or ending.";
  std::string text = fmt::format("{} by {} on {}, since {}", run_link(lock.run->id), shown(lock.run->by),
                                 shown(lock.run->host), moment(lock.run->started));
  if (lock.in_work) text += fmt::format(", working on {}", script_link(lock.in_work->script));
  if (lock.tried_again) text += fmt::format(", waiting to try {} again", script_link(lock.tried_again->script));
  return text + ".";
}

Banner banner_of(const Sight& sight) {
  const runner::Survey& survey = sight.survey;
  if (survey.lock.held) {
    const std::string paused =
        sight.pause ? fmt::format(" It waits between two scripts: paused {}.", shown(runner::describe(*sight.pause)))
                    : "";
    return {sight.pause ? "paused" : "running", sight.pause ? Icon::pause : Icon::run,
            sight.pause ? "The run is paused" : "A run goes on", run_text(sight) + paused};
  }
  const std::string others = others_of(sight);
  const std::string also = others.empty() ? std::string() : fmt::format(" {}.", others);
  const std::string waiting = !sight.groups.pending.empty()
                                  ? fmt::format("{} in {}/.", are(sight.groups.pending.size(), "pending"),
                                                shown(sight.look.config().folders.scripts))
                                  : std::string("Nothing is pending.");
  if (survey.lock.in_doubt)
    return {"unknown", Icon::question, "A run of another host has not ended",
            fmt::format("{} Nobody here can see whether it is alive: <code>fettle unlock</code> tells more.",
                        run_text(sight))};
  if (survey.forbidden)
    return {"paused", survey.forbidden->guard == core::k_pause ? Icon::pause : Icon::lock,
            survey.forbidden->guard == core::k_pause ? "Runs are paused" : "Runs are not allowed now",
            fmt::format("{}. {}{}", sentence(core::describe(*survey.forbidden)), waiting, also)};
  if (const std::size_t unknown = sight.unknown(); unknown > 0)
    return {"unknown", Icon::question,
            fmt::format("{} {} your word", base::plural(unknown, "script"), unknown == 1 ? "needs" : "need"),
            waiting + also};
  if (!sight.groups.pending.empty() || sight.interrupted() > 0)
    return {"updates", Icon::arrow, "Database updates available", waiting + also};
  if (!sight.groups.blocked.empty())
    return {"paused", Icon::wait, are(sight.groups.blocked.size(), "blocked"), "Nothing else is pending." + also};
  if (!sight.groups.failing.empty())
    return {"failed", Icon::cross, fmt::format("{} failed", base::plural(sight.groups.failing.size(), "script")),
            "Nothing is pending. Mend what failed and try it again."};
  return {"calm", Icon::check, "Everything is up to date", waiting};
}

std::string go_form(const Sight& sight) {
  if (!sight.may_run || sight.survey.lock.held || sight.survey.lock.in_doubt || !sight.anything_waits()) return {};
  const bool closed = sight.survey.forbidden.has_value();
  return fmt::format(
      "<form id=\"go\" class=\"go\" method=\"post\" action=\"/run\">{}<label class=\"field\">Reason <span "
      "class=\"soft\">(optional)</span><input name=\"reason\" maxlength=\"500\" autocomplete=\"off\"></label><div "
      "class=\"buttons\">{}<button{} name=\"dry_run\" value=\"1\">{}Preview</button></div></form>\n",
      own_fields(sight.look),
      closed ? std::string()
             : fmt::format("<button class=\"main\">{}{}</button>", icon(Icon::play),
                           sight.look.config().web.approvals > 0 ? "Ask for an update" : "Update database"),
      closed && !sight.pause ? " class=\"main\"" : "", icon(Icon::eye));
}

std::string order_forms(const Sight& sight) {
  if (!sight.may_run) return {};
  const Look& look = sight.look;
  std::string out;
  if (sight.survey.lock.held)
    out += form_of(look, {"/cancel", "Cancel the run", Icon::stop, "danger",
                          "The script at work is stopped and rolled back; those behind it stay pending."});
  if (sight.pause)
    out += fmt::format("<form method=\"post\" action=\"/resume\">{}<button{}>{}Resume</button></form>\n",
                       own_fields(look), sight.survey.forbidden ? " class=\"main\"" : "", icon(Icon::play));
  else
    out +=
        form_of(look, {"/pause",
                       "Pause all runs",
                       Icon::pause,
                       {},
                       "A run that goes on stops between two scripts, and no other begins, until somebody resumes."});
  return fmt::format("<div class=\"orders\">{}</div>\n", out);
}

std::string banner_html(const Sight& sight) {
  const Banner banner = banner_of(sight);
  std::string progress;
  if (sight.survey.lock.progress && sight.survey.lock.in_work)
    progress = progress_of(*sight.survey.lock.progress, sight.survey.lock.in_work->started);
  return fmt::format(
      "<section class=\"banner {}\" id=\"banner\" aria-labelledby=\"banner-title\">\n<span "
      "class=\"sign\">{}</span>\n<div "
      "class=\"says\"><div aria-live=\"polite\"><h1 "
      "id=\"banner-title\">{}</h1>\n<p>{}</p>\n{}</div>\n{}</div>\n{}</section>\n",
      banner.look, icon(banner.picture), shown(banner.title), banner.text, progress, order_forms(sight),
      go_form(sight));
}

// ---- the lanes ----

std::string more_of(const Sight& sight, std::size_t all) {
  if (all <= sight.shown_rows()) return {};
  return fmt::format("<p class=\"more\">… and {} more: {}</p>\n", base::format_count(all - sight.shown_rows()),
                     link("/?all=1", "show all"));
}

struct Card {
  std::string head, below, beside;
};

std::string_view name_of(const Row& row) noexcept {
  return row.script;
}
std::string_view name_of(const ledger::Attempt& attempt) noexcept {
  return attempt.script;
}
std::string_view name_of(const core::Ignored& file) noexcept {
  return file.name;
}

std::string card(std::string_view name, const Card& card) {
  return fmt::format("<li class=\"item\" data-id=\"{}\"><div class=\"row\">{}{}</div>{}</li>\n", shown(name), card.head,
                     card.beside, card.below.empty() ? "" : fmt::format("<p>{}</p>", card.below));
}

template <class Item, class Told>
std::string list_of(const Sight& sight, const std::vector<Item>& items, Told told) {
  std::string rows;
  const std::size_t most = std::min(items.size(), sight.shown_rows());
  for (std::size_t at = 0; at < most; ++at) rows += card(name_of(items[at]), told(items[at]));
  if (rows.empty()) return {};
  return fmt::format("<ul class=\"items\">\n{}</ul>\n{}", rows, more_of(sight, items.size()));
}

std::string lane(std::string_view id, std::string_view title, std::string_view count, std::string_view content,
                 std::string_view empty) {
  return fmt::format(
      "<section class=\"lane {0}\" id=\"lane-{0}\" aria-labelledby=\"{0}-title\">\n<div class=\"heading\"><h2 "
      "id=\"{0}-title\">{1}</h2><span class=\"tally\">{2}</span></div>\n{3}</section>\n",
      id, title, count, content.empty() ? nothing(empty) : std::string(content));
}

std::string since_text(const Row& row) {
  std::string text;
  if (row.attempt != 0) text = attempt_link(row.attempt);
  if (row.at) text += fmt::format("{}{}", text.empty() ? "" : " · ", moment(*row.at));
  return text;
}

std::string joined(std::string_view first, std::string_view second) {
  if (first.empty() || second.empty()) return std::string(first.empty() ? second : first);
  return fmt::format("{}<br>{}", first, second);
}

std::string pending_lane(const Sight& sight) {
  const bool choose = sight.may_run && sight.groups.pending.size() > 1 && !go_form(sight).empty();
  std::string content = list_of(sight, sight.groups.pending, [&](const Row& row) {
    const std::string box =
        choose && is_sendable(row.script)
            ? fmt::format("<input type=\"checkbox\" name=\"scripts\" form=\"go\" value=\"{}\" aria-label=\"Only {}\">",
                          sent(row.script), shown(row.script))
            : std::string();
    return Card{box + script_link(row.script), shown(row.remark == "new" ? std::string() : row.remark), {}};
  });
  if (choose) content = "<p class=\"hint\">Tick scripts to run only those.</p>\n" + content;
  const std::string blocked = list_of(sight, sight.groups.blocked, [](const Row& row) {
    const std::string until = row.until ? fmt::format("until {}", moment(*row.until)) : std::string();
    return Card{script_link(row.script), joined(joined(clipped(row.reason), until), since_text(row)), {}};
  });
  if (!blocked.empty())
    content += fmt::format("<h3 class=\"sub\">Blocked <span class=\"tally\">{}</span></h3>\n{}",
                           sight.groups.blocked.size(), blocked);
  if (may_add(sight.look)) content += fmt::format("<p class=\"more\">{}</p>\n", link("/add", "Add a script"));
  return lane("pending", "Pending", base::format_count(sight.groups.pending.size()), content,
              "No script waits in the folder.");
}

std::string running_lane(const Sight& sight) {
  const runner::Lock& lock = sight.survey.lock;
  const std::string content = list_of(sight, sight.groups.running, [&](const Row& row) {
    std::string below = since_text(row);
    if (lock.progress && lock.in_work) below += progress_of(*lock.progress, lock.in_work->started);
    std::string cancel;
    if (sight.may_run && is_sendable(row.script))
      cancel = form_of(sight.look,
                       {"/cancel", "Cancel", Icon::stop, "danger",
                        "Only this script is stopped and rolled back; the run goes on.", hidden("script", row.script)});
    return Card{script_link(row.script), below, badge(std::nullopt) + cancel};
  });
  return lane("running", "Running", base::format_count(sight.groups.running.size()), content,
              "Nothing runs at the moment.");
}

std::string failed_lane(const Sight& sight) {
  const std::string content = list_of(sight, sight.groups.failing, [&](const Row& row) {
    std::string retry;
    if (sight.may_run && !sight.survey.lock.held && !sight.survey.forbidden)
      retry = fmt::format("<form method=\"post\" action=\"{}/retry\">{}<button class=\"small\">{}Retry</button></form>",
                          script_address(row.script), own_fields(sight.look), icon(Icon::undo));
    return Card{script_link(row.script), joined(clipped(row.attempt == 0 ? row.remark : row.reason), since_text(row)),
                retry};
  });
  return lane("failed", "Failed", base::format_count(sight.groups.failing.size()), content,
              "No script lies in the folder of failed ones.");
}

// The newest end of each script that came to one.
std::vector<ledger::Attempt> done_of(const Look& look) {
  std::vector<ledger::Attempt> done;
  if (!look.history) return done;
  std::set<std::string> seen;
  for (ledger::Attempt& attempt :
       look.history->attempts(ledger::Filter{.script = {}, .outcome = {}, .limit = k_looked_at})) {
    if (!seen.insert(attempt.script).second || done.size() >= k_most_done) continue;
    const bool is_done = attempt.ended_as == OutcomeKind::succeeded || attempt.ended_as == OutcomeKind::skipped ||
                         attempt.ended_as == OutcomeKind::rolled_back || attempt.ended_as == OutcomeKind::marked;
    if (is_done) done.push_back(std::move(attempt));
  }
  return done;
}

std::string done_lane(const Sight& sight) {
  std::string content = list_of(sight, done_of(sight.look), [](const ledger::Attempt& attempt) {
    return Card{script_link(attempt.script),
                fmt::format("{} {}<br>{} · {}", badge(attempt.ended_as), clipped(gist_of(attempt)),
                            attempt_link(attempt.id), moment(attempt.finished)),
                {}};
  });
  if (!content.empty()) content += fmt::format("<p class=\"more\">{}</p>\n", link("/history", "All that happened"));
  return lane("done", "Done", base::format_count(sight.survey.succeeded), content, "No script has run yet.");
}

std::string questions(const Sight& sight) {
  const std::string rows = list_of(sight, sight.groups.unknown, [](const Row& row) {
    return Card{script_link(row.script), joined(clipped(row.reason), since_text(row)),
                badge(row.below.empty() ? OutcomeKind::interrupted : OutcomeKind::unknown)};
  });
  if (rows.empty()) return {};
  return section(
      "questions", "Interrupted or unknown",
      (sight.unknown() > 0 ? "<p>Of those that are unknown nobody can say whether they were committed. Look into the "
                             "database, then open "
                             "the script and mark what you found.</p>\n"
                           : "<p>A run begins anew what was interrupted: nothing of it was committed.</p>\n") +
          rows);
}

// ---- the rest ----

std::string watcher_text(const Sight& sight) {
  if (!sight.watcher) return "none: <code>fettle watch</code> runs scripts as they are dropped in";
  const std::string who = fmt::format("process {} since {}", sight.watcher->pid, moment(sight.watcher->since));
  if (sight.watcher->why.empty()) return who + ", told of every change";
  return fmt::format("{}, looks every {}: {}", who, base::format_duration(sight.watcher->interval),
                     shown(sight.watcher->why));
}

std::string earlier_text(const cli::Groups& groups) {
  if (!groups.glanced) return "too much to count at a glance: " + link("/history", "the history has it");
  std::string text;
  const std::pair<ledger::Fate, std::string_view> all[] = {{ledger::Fate::recovered, "recovered after a failure"},
                                                           {ledger::Fate::skipped, "skipped"},
                                                           {ledger::Fate::rolled_back, "rolled back"}};
  for (const auto& [fate, words] : all)
    if (const std::size_t count = cli::count_of(groups, fate); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, words);
  return text;
}

std::string state_of(const Sight& sight) {
  const runner::Survey& survey = sight.survey;
  Facts facts;
  facts.html("lock", survey.lock.held || survey.lock.in_doubt ? shown(runner::describe(survey.lock)) : "free");
  facts.html("watcher", watcher_text(sight));
  if (survey.forbidden) facts.text("guard", "runs are not allowed now: " + core::describe(*survey.forbidden));
  facts.html("earlier", earlier_text(sight.groups));
  for (const std::string& warning : survey.warnings) facts.text("warning", warning);
  return section("state", "Watcher and lock", facts.take());
}

std::string ignored_of(const Sight& sight) {
  std::string rows = list_of(sight, sight.survey.ignored, [](const core::Ignored& file) {
    return Card{fmt::format("<span class=\"name\">{}</span>", shown(file.name)), shown(file.reason), {}};
  });
  return section("ignored", "Ignored files", rows,
                 fmt::format("<span class=\"tally\">{}</span>", sight.survey.ignored.size()));
}

std::string last_runs(const Look& look) {
  if (!look.history) return {};
  const std::vector<ledger::Run> runs = look.history->runs(k_last_runs);
  if (runs.empty()) return {};
  return section("runs", "Last runs", runs_table(runs), link("/runs", "All runs"));
}

}  // namespace

std::string home_screen(const Look& look) {
  const Sight sight(look);
  Frame frame{.title = banner_of(sight).title, .here = "/", .main = {}};
  frame.changes = sight.survey.lock.held;
  frame.main = banner_html(sight) + open_requests(look) + questions(sight) + "<div class=\"lanes\">\n" +
               pending_lane(sight) + running_lane(sight) + failed_lane(sight) + done_lane(sight) + "</div>\n" +
               last_runs(look) + "<div class=\"pair\">\n" + state_of(sight) + ignored_of(sight) + "</div>\n";
  return framed(look, frame);
}

}  // namespace web
