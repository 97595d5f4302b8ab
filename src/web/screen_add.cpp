// A new script, or a failed one to be mended: /add. What comes of it is the command `fettle add`.
#include <fmt/format.h>
#include <variant>

#include "base/text.hpp"
#include "folder/folders.hpp"
#include "web/frame.hpp"
#include "web/screen_parts.hpp"
#include "web/screens.hpp"

namespace web {
namespace {

// A field for text gives back what it was given, but for what nobody sees: then the file must be chosen instead.
bool is_editable(std::string_view text) {
  return base::is_utf8(text) && shown_lines(text) == base::html_entities(text);
}

std::string form_with(const Look& look, const Draft& draft) {
  std::string said;
  if (!draft.said.empty())
    said = fmt::format("<pre class=\"wrong\" role=\"alert\">{}</pre>\n", shown_lines(base::trim(draft.said)));
  return fmt::format(
      "<form class=\"add\" id=\"add\" method=\"post\" action=\"/scripts\" enctype=\"multipart/form-data\">{}{}"
      "<label class=\"field\">File<input type=\"file\" name=\"file\" accept=\".lua\"></label>\n"
      "<p class=\"soft\">or</p>\n"
      "<label class=\"field\">Text<textarea name=\"typed\" rows=\"18\" spellcheck=\"false\" autocapitalize=\"off\" "
      "autocomplete=\"off\" wrap=\"off\">\n{}</textarea></label>\n"
      "<label class=\"field\">Name <span class=\"soft\">(as the file, if there is one)</span><input name=\"name\" "
      "maxlength=\"255\" placeholder=\"007_clear_menu.lua\" autocapitalize=\"off\" autocomplete=\"off\" "
      "spellcheck=\"false\" value=\"{}\"></label>\n"
      "<label class=\"field\">Reason <span class=\"soft\">(optional)</span><input name=\"reason\" maxlength=\"500\" "
      "autocomplete=\"off\" value=\"{}\"></label>\n<div class=\"buttons\"><button class=\"main\">{}Check and "
      "add</button></div></form>\n",
      own_fields(look), said, is_editable(draft.text) ? base::html_entities(draft.text) : std::string(),
      is_sendable(draft.name) ? sent(draft.name) : std::string(),
      is_sendable(draft.reason) ? sent(draft.reason) : std::string(), icon(Icon::check));
}

// The failed file of that name, to be mended.
Draft draft_from(const Look& look) {
  Draft draft;
  draft.name = look.request.parameter("from");
  if (draft.name.empty()) return draft;
  const folder::Folders folders = folder::Folders::open(look.config(), folder::Missing::is_empty);
  const folder::ReadResult read = folders.read(folder::Place::failed, draft.name);
  const auto* const loaded = std::get_if<folder::Loaded>(&read);
  if (loaded == nullptr) throw NotFound("no failed script of that name can be read now");
  draft.text = loaded->script.text;
  if (!is_editable(draft.text))
    draft.said = "Its text holds characters that cannot be seen: mend it in an editor, and choose the file here.";
  return draft;
}

}  // namespace

bool may_add(const Look& look) noexcept {
  return look.config().web.upload && look.viewer.may(core::Scope::admin);
}

std::string add_screen(const Look& look, const std::optional<Draft>& draft) {
  if (!may_add(look))
    throw base::Error(base::ErrorKind::usage, "scripts cannot be added from here", "Nothing was added.",
                      look.config().web.upload ? "It needs a token with the scope admin." : "[web] upload = true");
  const Draft shown_draft = draft ? *draft : draft_from(look);
  const bool mends = draft ? false : !shown_draft.name.empty();
  Frame frame{.title = mends ? "Mend " + shown_draft.name : "Add a script", .here = {}, .main = {}};
  frame.head = page_title(mends ? fmt::format("Mend <span class=\"name\">{}</span>", name_text(shown_draft.name))
                                : std::string("Add a script"),
                          {}, "It is checked in the sandbox first. Nothing is run: it waits among the pending ones.") +
               form_with(look, shown_draft);
  return framed(look, frame);
}

}  // namespace web
