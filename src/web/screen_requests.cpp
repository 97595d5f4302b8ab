#include "web/screen_requests.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/requested.hpp"
#include "os/clock.hpp"
#include "web/html.hpp"
#include "web/screen_parts.hpp"

namespace web {
namespace {

std::string scripts_of(const core::Requested& request) {
  std::string out;
  for (const core::RequestedScript& script : request.scripts)
    out += fmt::format("<li>{} <code>{}</code></li>\n", script_link(script.name), shown(script.sha256.substr(0, 12)));
  return fmt::format("<ul class=\"plain\">\n{}</ul>\n", out);
}

std::string voices_of(const core::Requested& request) {
  std::string out;
  for (const core::Requested::Voice& voice : request.voices)
    out += fmt::format("<p>{} {}: {}{}{}</p>\n", icon(voice.yes ? Icon::check : Icon::cross), shown(voice.by),
                       voice.yes ? "yes" : "no", voice.reason.empty() ? "" : ", ", shown(voice.reason));
  return out;
}

std::string verbs_for(const Look& look, const core::Requested& request, base::Instant now) {
  const std::string address = fmt::format("/requests/{}", request.id);
  std::string out;
  if (!look.viewer.may(core::Scope::run)) return out;
  if (core::why_no_run(request, look.config().web.approvals, now).empty())
    out += fmt::format(
        "<form method=\"post\" action=\"/run\">{}{}<button class=\"main\">{}Run exactly this</button></form>\n",
        own_fields(look), hidden("request", fmt::format("{}", request.id)), icon(Icon::play));
  if (core::why_no_voice(request, look.viewer.name, now).empty()) {
    out += form_of(look, {address + "/approve", "Approve", Icon::check, {}, "You say yes to exactly these versions."});
    out +=
        form_of(look, {address + "/refuse", "Refuse", Icon::cross, "danger", "Nobody can run this request any more."});
  }
  return fmt::format("<div class=\"orders\">{}</div>\n", out);
}

std::string one(const Look& look, const core::Requested& request, base::Instant now) {
  const std::string why = core::why_no_run(request, look.config().web.approvals, now);
  return fmt::format(
      "<li class=\"item\" data-id=\"request-{}\"><p><strong>Request {}</strong> by {}, "
      "{}{}{}</p>\n{}{}<p>{}</p>\n{}</li>\n",
      request.id, request.id, shown(request.by), moment(request.at), request.reason.empty() ? "" : ": ",
      shown(request.reason), scripts_of(request), voices_of(request),
      why.empty() ? std::string("It may run.") : sentence(why) + ".", verbs_for(look, request, now));
}

}  // namespace

std::string open_requests(const Look& look) {
  if (!look.history) return {};
  ledger::RequestBook book;
  look.history->take_in(book);
  const base::Instant now = os::now();
  std::string rows;
  std::size_t count = 0;
  // Whoever may still speak to it is anybody but who asked; nobody is called that.
  for (auto each = book.requests.rbegin(); each != book.requests.rend(); ++each) {
    if (!core::why_no_voice(*each, {}, now).empty()) continue;
    rows += one(look, *each, now);
    ++count;
  }
  if (count == 0) return {};
  return section("requests", "Asked for", fmt::format("<ul class=\"items\">\n{}</ul>\n", rows),
                 fmt::format("<span class=\"tally\">{}</span>", count));
}

}  // namespace web
