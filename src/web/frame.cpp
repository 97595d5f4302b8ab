#include "web/frame.hpp"

#include <fmt/format.h>

#include "web/answers.hpp"
#include "web/html.hpp"
#include "web/screen_parts.hpp"

namespace web {
namespace {

struct Place {
  std::string_view address, word, key;
};
constexpr Place k_places[] = {
    {"/", "Home", "h"}, {"/runs", "Runs", "r"}, {"/history", "History", "i"}, {"/system", "System", "s"}};

std::string head_of(std::string_view title, bool alive, bool changes) {
  std::string head = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n"
      "<title>{}</title>\n<link rel=\"icon\" href=\"{}\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" "
      "href=\"{}\">\n",
      shown(title), asset_path("icon.svg"), asset_path("page.css"));
  if (alive) head += fmt::format("<script type=\"module\" src=\"{}\"></script>\n", asset_path("page.js"));
  if (changes) head += "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n";
  return head + "</head>\n";
}

std::string brand() {
  return "<a class=\"brand\" href=\"/\"><svg viewBox=\"0 0 32 32\" aria-hidden=\"true\"><rect width=\"32\" "
         "height=\"32\" "
         "rx=\"9\"/><path d=\"M9 16.5l4.5 4.5L23 10.5\"/></svg>fettle</a>\n";
}

std::string navigation(std::string_view here) {
  std::string items;
  for (const Place& place : k_places)
    items += fmt::format("<li><a href=\"{}\" data-key=\"{}\"{}>{}</a></li>\n", place.address, place.key,
                         place.address == here ? " aria-current=\"page\"" : "", place.word);
  return fmt::format("<nav aria-label=\"Pages\"><ul>\n{}</ul></nav>\n", items);
}

std::string search(const Look& look) {
  return fmt::format(
      "<form class=\"find\" role=\"search\" action=\"/history\" method=\"get\"><label class=\"unseen\" "
      "for=\"find\">Search scripts and messages</label>{}<input id=\"find\" name=\"q\" type=\"search\" "
      "placeholder=\"Search\" maxlength=\"200\" autocomplete=\"off\" value=\"{}\"></form>\n",
      icon(Icon::search), look.request.path == "/history" ? shown(look.request.parameter("q")) : std::string());
}

std::string who(const Look& look) {
  std::string out = fmt::format("<span class=\"name\">{}</span> <span class=\"scope\">{}</span>",
                                shown(look.viewer.name), core::name(look.viewer.scope));
  if (!look.viewer.csrf.empty())
    out += fmt::format("<form method=\"post\" action=\"/sign-out\">{}<button class=\"quiet\">Sign out</button></form>",
                       own_fields(look));
  return fmt::format("<div class=\"who\">{}</div>\n", out);
}

}  // namespace

std::string framed(const Look& look, const Frame& frame) {
  return fmt::format(
      "{}<body>\n<a class=\"jump\" href=\"#main\">To the content</a>\n<header class=\"top\">\n{}{}{}{}</header>\n"
      "<p id=\"toast\" class=\"toast\" role=\"status\" hidden></p>\n<main id=\"main\" tabindex=\"-1\">\n{}"
      "<div id=\"live\" data-live>\n{}</div>\n</main>\n<footer class=\"foot\">\n<p>fettle {} · {} · <span "
      "class=\"keys\">press <kbd>?</kbd> for keys</span></p>\n</footer>\n</body>\n</html>\n",
      head_of(frame.title + " · fettle", true, frame.changes), brand(), navigation(frame.here), search(look), who(look),
      frame.head, frame.main, FETTLE_VERSION, shown(look.config().directory));
}

std::string framed_alone(std::string_view title, std::string_view main) {
  return fmt::format(
      "{}<body class=\"alone\">\n<header class=\"top\">\n{}</header>\n<main "
      "id=\"main\">\n{}</main>\n</body>\n</html>\n",
      head_of(fmt::format("{} · fettle", title), false, false), brand(), main);
}

}  // namespace web
