// Everything that happened: filters, search, pages.
#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/argument_values.hpp"
#include "cli/recorded.hpp"
#include "web/charts.hpp"
#include "web/frame.hpp"
#include "web/paging.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {

std::string pages(std::string_view address, std::vector<std::pair<std::string, std::string>> filter,
                  std::int64_t before, std::int64_t next) {
  std::string links;
  if (before != 0) links += fmt::format("<a class=\"button\" href=\"{}{}\">Newest</a>", address, query_of(filter));
  if (next != 0) {
    filter.emplace_back("before", fmt::format("{}", next));
    links += fmt::format("<a class=\"button\" rel=\"next\" href=\"{}{}\">Older{}</a>", address, query_of(filter),
                         icon(Icon::arrow));
  }
  return links.empty() ? links
                       : fmt::format("<nav class=\"pages\" aria-label=\"Pages of this list\">{}</nav>\n", links);
}

namespace {

constexpr std::int64_t k_page = 50;
constexpr std::size_t k_most_names = 12;
constexpr std::size_t k_longest_search = 200;
// Attempts that one page looks through for a word: no index knows what they said.
constexpr std::int64_t k_looked_through = 50'000;

using Fields = std::vector<std::pair<std::string, std::string>>;

// What was asked for: the texts as they came, and what they mean.
struct Asked {
  Fields fields;  // of the address, but for where the page begins
  ledger::Filter filter;
  std::string fault;  // what of it means nothing
  std::int64_t before = 0;

  std::string value(std::string_view name) const {
    for (const auto& [key, text] : fields)
      if (key == name) return text;
    return {};
  }
  bool any() const {
    return std::any_of(fields.begin(), fields.end(), [](const auto& field) { return !field.second.empty(); });
  }
};

// Fills the filter. Throws Error(usage).
void understand(Asked& asked, const Look& look) {
  ledger::Filter& filter = asked.filter;
  if (const std::string outcome = asked.value("outcome"); !outcome.empty()) filter.outcome = cli::outcome_word(outcome);
  if (const std::string since = asked.value("since"); !since.empty()) filter.since = cli::point_in_time(since, "since");
  if (const std::string until = asked.value("until"); !until.empty()) filter.until = cli::point_in_time(until, "until");
  if (const std::string run = asked.value("run"); !run.empty()) filter.run = cli::whole_number(run, "run");
  filter.by = asked.value("by");
  filter.text = asked.value("q").substr(0, k_longest_search);
  if (const std::string script = asked.value("script"); !script.empty())
    filter.script = look.history ? cli::recorded_name(*look.history, script) : script;
}

Asked asked_in(const Look& look) {
  Asked asked;
  for (const std::string_view name : {"q", "outcome", "script", "by", "since", "until", "run"})
    asked.fields.emplace_back(name, std::string(base::trim(look.request.parameter(name))));
  asked.before = id_of(look.request.parameter("before"));
  asked.filter.before = asked.before;
  asked.filter.limit = k_page + 1;
  try {
    understand(asked, look);
  } catch (const base::Error& wrong) {
    asked.fault = wrong.what();
  }
  return asked;
}

// ---- the filters as a form ----

std::string field(const Asked& asked, std::string_view name, std::string_view label, std::string_view hint) {
  return fmt::format(
      "<label class=\"field\">{}<input name=\"{}\" value=\"{}\" placeholder=\"{}\" autocomplete=\"off\"></label>\n",
      label, name, shown(asked.value(name)), hint);
}

std::string outcomes(const Asked& asked) {
  std::string options = "<option value=\"\">any</option>";
  for (const std::string_view name : core::outcome_names()) {
    const auto kind = core::outcome_from(name);
    options += fmt::format("<option value=\"{}\"{}>{}</option>", name,
                           asked.value("outcome") == name ? " selected" : "", word_of(*kind));
  }
  return fmt::format("<label class=\"field\">Outcome<select name=\"outcome\">{}</select></label>\n", options);
}

std::string downloads(const Asked& asked) {
  const auto address = [&](const char* format) {
    Fields fields = {{"format", format}};
    fields.insert(fields.end(), asked.fields.begin(), asked.fields.end());
    return "/api/v1/history" + query_of(fields);
  };
  return fmt::format("<span class=\"downloads\">{} · {}</span>", link(address("csv"), "CSV"),
                     link(address("json"), "JSON"));
}

std::string filters(const Asked& asked) {
  std::string form = fmt::format(
      "<form class=\"filters\" id=\"filters\" method=\"get\" action=\"/history\" "
      "aria-label=\"Filters\">\n{}{}{}{}{}{}{}<div "
      "class=\"buttons\"><button class=\"main\">{}Show</button>{}</div></form>\n",
      field(asked, "q", "Holds", "part of a name or message"), outcomes(asked),
      field(asked, "script", "Script", "007 or its name"), field(asked, "by", "By", "who started it"),
      field(asked, "since", "Since", "2026-11-20 or 7d"), field(asked, "until", "Until", "2026-11-30"),
      field(asked, "run", "Run", "number"), icon(Icon::search),
      asked.any() ? "<a class=\"button\" href=\"/history\">Clear</a>" : "");
  if (!asked.fault.empty()) form += fmt::format("<p class=\"wrong\" role=\"alert\">{}</p>\n", shown(asked.fault));
  return fmt::format("<section class=\"card\" aria-label=\"Filters\">\n{}</section>\n", form);
}

// ---- what was found ----

std::string names_found(const Look& look, const Asked& asked) {
  if (!look.history || asked.filter.text.empty() || asked.before != 0) return {};
  const std::vector<std::string> names = look.history->names_with(asked.filter.text, k_most_names);
  if (names.empty()) return {};
  std::string items;
  for (const std::string& name : names) items += fmt::format("<li>{}</li>\n", script_link(name));
  return section("names", "Scripts of this name", fmt::format("<ul class=\"names\">\n{}</ul>\n", items));
}

struct Page {
  std::vector<ledger::Attempt> attempts;
  std::int64_t next = 0;
  std::int64_t looked_back_to = 0;  // a search for a word went no further; 0: it went through all
};

Page page_of(const Look& look, Asked& asked) {
  Page page;
  if (!look.history || !asked.fault.empty()) return page;
  if (!asked.filter.text.empty()) {
    std::int64_t from = asked.before;
    if (from == 0) {
      const std::vector<ledger::Attempt> newest =
          look.history->attempts(ledger::Filter{.script = {}, .outcome = {}, .limit = 1});
      from = newest.empty() ? 1 : newest.front().id + 1;
    }
    asked.filter.after = std::max<std::int64_t>(0, from - 1 - k_looked_through);
  }
  page.attempts = look.history->attempts(asked.filter);
  page.next = cut_page(page.attempts, k_page);
  if (page.next == 0 && asked.filter.after > 0) page.looked_back_to = page.next = asked.filter.after + 1;
  return page;
}

std::string found(const Look& look, Asked& asked) {
  const Page page = page_of(look, asked);
  std::string out;
  if (page.attempts.empty())
    out = nothing(!asked.fault.empty()          ? "Nothing was looked for."
                  : page.looked_back_to > 0     ? "None among these; there are older ones."
                  : asked.any() || asked.before ? "No attempt fits."
                                                : "No script was run yet.");
  else
    out = attempts_chart(page.attempts) + attempts_table(page.attempts);
  if (page.looked_back_to > 0)
    out += fmt::format("<p class=\"soft\">Looked through the attempts back to {}.</p>\n", page.looked_back_to);
  Fields fields = asked.fields;
  return section("found", asked.any() ? "What fits, newest first" : "Newest first",
                 out + pages("/history", fields, asked.before, page.next), downloads(asked));
}

// ---- what is no attempt ----

std::string event_row(const ledger::RecordedEvent& recorded) {
  const ledger::Event& event = recorded.event;
  const bool told = !event.verb.starts_with("token");  // its detail is for programs
  return fmt::format(
      "<tr data-id=\"{0}\"><td class=\"id\"><span class=\"unseen\">Event "
      "</span>{0}</td><td><strong>{1}</strong></td><td "
      "class=\"wide\">{2}</td><td class=\"gist\">{3}</td><td>{4}</td><td>{5}</td><td>{6}</td></tr>\n",
      recorded.id, shown(event.verb), event.script.empty() ? std::string() : script_link(event.script),
      told ? clipped(event.detail) : std::string(), moment(event.at), shown(event.by), clipped(event.reason));
}

std::string events_found(const Look& look) {
  const std::int64_t before = id_of(look.request.parameter("before"));
  std::vector<ledger::RecordedEvent> events =
      look.history ? look.history->events(k_page + 1, before) : std::vector<ledger::RecordedEvent>();
  const std::int64_t next = cut_page(events, k_page);
  std::string rows;
  for (const ledger::RecordedEvent& event : events) rows += event_row(event);
  const std::string list =
      rows.empty() ? nothing("Nothing of that kind happened yet.")
                   : table("Events",
                           "<th scope=\"col\">No.</th><th scope=\"col\">What</th><th scope=\"col\">Script</th><th "
                           "scope=\"col\">Detail</th><th scope=\"col\">When</th><th scope=\"col\">By</th><th "
                           "scope=\"col\">Reason</th>",
                           rows);
  return section("events", "Marks, retries, pauses, hooks, tokens",
                 list + pages("/history", {{"show", "events"}}, before, next));
}

std::string tabs(bool events) {
  const auto tab = [](std::string_view address, std::string_view word, bool here) {
    return fmt::format("<li><a href=\"{}\"{}>{}</a></li>\n", address, here ? " aria-current=\"page\"" : "", word);
  };
  return fmt::format("<nav class=\"tabs\" aria-label=\"Kinds of history\"><ul>\n{}{}</ul></nav>\n",
                     tab("/history", "Attempts", !events), tab("/history?show=events", "Other events", events));
}

}  // namespace

std::string history_screen(const Look& look) {
  const bool events = look.request.parameter("show") == "events";
  Frame frame{.title = "History", .here = "/history", .main = page_title("History", tabs(events))};
  if (events) {
    frame.main += events_found(look);
    return framed(look, frame);
  }
  Asked asked = asked_in(look);
  frame.main += filters(asked) + names_found(look, asked) + found(look, asked);
  return framed(look, frame);
}

}  // namespace web
