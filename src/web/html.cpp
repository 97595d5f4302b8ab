#include "web/html.hpp"

#include <array>
#include <fmt/format.h>

#include "base/text.hpp"

namespace web {
namespace {

bool is_plain_in_address(unsigned char letter) noexcept {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

// Strokes of a picture of 16 by 16.
constexpr std::array<std::string_view, 18> k_icons = {
    "M3.5 8.5l3 3 6-7",
    "M3 4.5l4 3.5-4 3.5M8.5 4.5l4 3.5-4 3.5",
    "M4 4l8 8M12 4l-8 8",
    "M5 2.5h6M5 13.5h6M5.5 2.5c0 3 5 4 5 5.500s-5 2.5-5 5.500M10.5 2.500c0 3-5 4-5 5.500s5 2.5 5 5.5",
    "M8 3v6M8 12.500v.1",
    "M5.5 6a2.5 2.5 0 1 1 3.5 2.300c-.7.3-1 .8-1 1.500M8 12.500v.1",
    "M3 6h6.500a3.5 3.5 0 0 1 0 7H6M5.5 3.500L3 6l2.5 2.5",
    "M3 13l.7-3L11 2.700l2.3 2.300L6 12.300z",
    "M8 2.500v7M5 7l3 3 3-3M3 13.500h10",
    "M8 2.500a5.5 5.5 0 1 1-5.5 5.5",
    "M5 3.500v9l7.5-4.500z",
    "M5.5 3.500v9M10.5 3.500v9",
    "M4 7.500h8v6H4zM5.5 7.500V5a2.5 2.5 0 0 1 5 0v2.5",
    "M1.5 8S4 4 8 4s6.5 4 6.5 4-2.5 4-6.5 4S1.5 8 1.5 8zM8 9.500a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
    "M7 11.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.500l3 3",
    "M4 2.500h5l3 3v8H4zM9 2.500v3h3",
    "M3 8h9.500M9 4.500L12.5 8 9 11.5",
    "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3l2 1.5",
};

}  // namespace

std::string shown(std::string_view raw) {
  return base::html_entities(base::escape(raw));
}

std::string sentence(std::string_view raw) {
  std::string text = shown_lines(raw);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string shown_lines(std::string_view raw) {
  return base::html_entities(base::escape_lines(raw));
}

std::string sent(std::string_view raw) {
  return base::html_entities(raw);
}

bool is_sendable(std::string_view raw) noexcept {
  for (const char letter : raw)
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) return false;
  return base::is_utf8(raw);
}

std::string in_address(std::string_view raw) {
  std::string out;
  for (const char letter : raw) {
    const auto byte = static_cast<unsigned char>(letter);
    if (is_plain_in_address(byte))
      out += letter;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string script_address(std::string_view name) {
  return "/scripts/" + in_address(name);
}

std::string attempt_address(std::int64_t attempt) {
  return fmt::format("/attempts/{}", attempt);
}

std::string run_address(std::int64_t run) {
  return fmt::format("/runs/{}", run);
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string query;
  for (const auto& [name, value] : fields)
    if (!value.empty())
      query += fmt::format("{}{}={}", query.empty() ? "?" : "&amp;", in_address(name), in_address(value));
  return query;
}

std::string link(std::string_view address, std::string_view content) {
  return fmt::format("<a href=\"{}\">{}</a>", address, content);
}

std::string name_text(std::string_view raw) {
  std::string out;
  for (const char letter : shown(raw)) {
    out += letter;
    if (letter == '_') out += "<wbr>";
  }
  return out;
}

std::string script_link(std::string_view name) {
  return fmt::format("<a class=\"name\" href=\"{}\">{}</a>", script_address(name), name_text(name));
}

std::string attempt_link(std::int64_t attempt) {
  return link(attempt_address(attempt), fmt::format("attempt {}", attempt));
}

std::string run_link(std::int64_t run) {
  return link(run_address(run), fmt::format("run {}", run));
}

std::string moment(base::Instant at) {
  const std::string utc = base::iso8601(at);
  return fmt::format("<time datetime=\"{}\" title=\"{} UTC\">{}</time>", utc,
                     utc.substr(0, 10) + " " + utc.substr(11, 12), base::local_time(at));
}

std::string moment(const std::optional<base::Instant>& at) {
  return at && at->milliseconds != 0 ? moment(*at) : std::string();
}

std::string icon(Icon icon) {
  return fmt::format("<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"{}\"/></svg>",
                     k_icons[static_cast<std::size_t>(icon)]);
}

std::string_view word_of(core::OutcomeKind outcome) noexcept {
  return outcome == core::OutcomeKind::rolled_back ? "rolled back" : core::name(outcome);
}

Icon icon_of(core::OutcomeKind outcome) noexcept {
  switch (outcome) {
    case core::OutcomeKind::succeeded:
      return Icon::check;
    case core::OutcomeKind::skipped:
      return Icon::skip;
    case core::OutcomeKind::failed:
      return Icon::cross;
    case core::OutcomeKind::blocked:
      return Icon::wait;
    case core::OutcomeKind::interrupted:
      return Icon::stop;
    case core::OutcomeKind::unknown:
      return Icon::question;
    case core::OutcomeKind::rolled_back:
      return Icon::undo;
    case core::OutcomeKind::marked:
      return Icon::pen;
    case core::OutcomeKind::imported:
      return Icon::import;
  }
  return Icon::question;
}

std::string badge(std::string_view look, Icon picture, std::string_view word) {
  return fmt::format("<span class=\"badge {}\">{}{}</span>", look, icon(picture), shown(word));
}

std::string badge(const std::optional<core::OutcomeKind>& outcome) {
  if (!outcome) return badge("running", Icon::run, "running");
  return badge(core::name(*outcome), icon_of(*outcome), word_of(*outcome));
}

Facts& Facts::html(std::string_view label, std::string_view content) {
  if (!content.empty()) rows_ += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", shown(label), content);
  return *this;
}

Facts& Facts::text(std::string_view label, std::string_view raw) {
  return html(label, shown_lines(base::trim(raw)));
}

std::string Facts::take(std::string_view look) {
  if (rows_.empty()) return {};
  return fmt::format("<dl class=\"facts {}\">\n{}</dl>\n", look, std::exchange(rows_, {}));
}

}  // namespace web
