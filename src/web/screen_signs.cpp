// Screens that show nothing of the ledger: signing in, a command that was started, what went wrong.
#include <fmt/format.h>

#include "web/frame.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

std::string ending(int exit_code) {
  switch (exit_code) {
    case 0:
      return badge("succeeded", Icon::check, "done");
    case 4:
      return badge("failed", Icon::cross, "a script failed");
    case 5:
      return badge("blocked", Icon::lock, "another run holds the lock");
    case 6:
      return badge("failed", Icon::cross, "a database cannot be reached");
    case 7:
      return badge("failed", Icon::cross, "a fault was found");
    case 8:
      return badge("blocked", Icon::wait, "only blocked scripts are left");
    case 10:
      return badge("unknown", Icon::question, "an outcome is unknown");
    default:
      return badge("failed", Icon::cross, fmt::format("ended with {}", exit_code));
  }
}

}  // namespace

std::string sign_in_screen(std::string_view said, std::string_view next) {
  return framed_alone(
      "Sign in",
      fmt::format(
          "<section class=\"card sign-in\"><h1>Sign in</h1>\n{}<form method=\"post\" action=\"/sign-in\">{}<label "
          "class=\"field\">Token<input name=\"token\" type=\"password\" required autocomplete=\"current-password\" "
          "autofocus maxlength=\"500\"></label><button class=\"main\">{}Sign in</button></form>\n<p class=\"soft\">An "
          "administrator of this fettle gives you one.</p></section>\n",
          said.empty() ? std::string() : fmt::format("<p class=\"wrong\" role=\"alert\">{}</p>\n", shown(said)),
          next.empty() ? std::string() : hidden("next", next), icon(Icon::arrow)));
}

std::string action_screen(const Look& look, const Started& started) {
  Frame frame{.title = started.command, .here = {}, .main = {}};
  frame.changes = started.running;
  frame.main = page_title(started.running ? "At work" : "What came of it",
                          started.running ? badge("running", Icon::run, "running") : ending(started.exit_code));
  std::string out = fmt::format("<p class=\"command\"><code>{}</code></p>\n", shown(started.command));
  if (started.output.empty())
    out += nothing(started.running ? "It has said nothing yet." : "It said nothing.");
  else
    out += fmt::format(
        "<div class=\"scroll\" role=\"group\" aria-label=\"Output\" tabindex=\"0\"><pre class=\"output\" "
        "aria-live=\"polite\">{}</pre></div>\n",
        shown_lines(started.output));
  frame.main += section("output", "The command", out);
  std::string links;
  if (started.run != 0)
    links = fmt::format("<a class=\"button main\" href=\"{}\">{}Run {}</a>", run_address(started.run),
                        icon(Icon::arrow), started.run);
  links += "<a class=\"button\" href=\"/\">Home</a>";
  frame.main += fmt::format("<div class=\"orders\">{}</div>\n", links);
  return framed(look, frame);
}

std::string fault_screen(std::string_view title, std::string_view text, std::string_view next) {
  return framed_alone(
      title, fmt::format("<section class=\"card\"><h1>{}</h1>\n<p>{}</p>\n{}<p><a class=\"button\" "
                         "href=\"/\">Home</a></p></section>\n",
                         shown(title), sentence(text),
                         next.empty() ? std::string()
                                      : fmt::format("<p class=\"soft\">Next: <code>{}</code></p>\n", shown(next))));
}

}  // namespace web
