// HTML, written so that nothing that a script, a person, a file name or a database said can be more than text: it
// cannot end an element or an attribute, steer a terminal that the page is copied to, or turn the direction of reading.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "core/outcome.hpp"

namespace web {

// One line, fit to stand between tags and in a quoted attribute: control characters and the like become visible escapes
// (base::escape), then entities.
std::string shown(std::string_view raw);
// The same as the beginning of a sentence.
std::string sentence(std::string_view raw);
// The same of several lines, whose ends and tabs stay.
std::string shown_lines(std::string_view raw);

// The value of a field that comes back byte for byte. Only for what is_sendable: a browser sends no other bytes back.
std::string sent(std::string_view raw);
bool is_sendable(std::string_view raw) noexcept;

// One part of a path, or a value of a query.
std::string in_address(std::string_view raw);

std::string script_address(std::string_view name);                                     // "/scripts/…"
std::string attempt_address(std::int64_t attempt);                                     // "/attempts/7"
std::string run_address(std::int64_t run);                                             // "/runs/7"
std::string query_of(const std::vector<std::pair<std::string, std::string>>& fields);  // "?a=b&c=d", without empty ones

// address: of this page, fit for an attribute. content: HTML.
std::string link(std::string_view address, std::string_view content);
std::string script_link(std::string_view name);
std::string name_text(std::string_view raw);     // of a file: a line may be broken behind an underscore
std::string attempt_link(std::int64_t attempt);  // "attempt 7"
std::string run_link(std::int64_t run);          // "run 7"

// <time>: in the clocks of this host; with JavaScript in those of who looks.
std::string moment(base::Instant at);
std::string moment(const std::optional<base::Instant>& at);  // nullopt: nothing

// A picture that says nothing a word beside it does not: hidden from those who listen.
enum class Icon : std::uint8_t {
  check,
  skip,
  cross,
  wait,
  stop,
  question,
  undo,
  pen,
  import,
  run,
  play,
  pause,
  lock,
  eye,
  search,
  file,
  arrow,
  clock
};
std::string icon(Icon icon);

// "succeeded" with its picture and colour; nullopt: running.
std::string badge(const std::optional<core::OutcomeKind>& outcome);
std::string badge(std::string_view look, Icon icon, std::string_view word);
// "rolled back" for people; a class name for the style sheet is core::name.
std::string_view word_of(core::OutcomeKind outcome) noexcept;
Icon icon_of(core::OutcomeKind outcome) noexcept;

// Pairs of <dl>: label and HTML; empty ones are left out.
class Facts {
 public:
  Facts& html(std::string_view label, std::string_view content);
  Facts& text(std::string_view label, std::string_view raw);  // of one or several lines
  bool empty() const noexcept { return rows_.empty(); }
  std::string take(std::string_view look = {});  // <dl>; empty: there is nothing to tell

 private:
  std::string rows_;
};

}  // namespace web
