#include "web/diff.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/text.hpp"
#include "web/html.hpp"

namespace web {
namespace {

using Lines = std::vector<std::string_view>;
using Kind = DiffLine::Kind;

constexpr std::size_t k_most_edits = 1'000;  // that are looked for; the work grows with their square
constexpr std::size_t k_context = 3;         // lines that are alike and shown around a difference

Lines lines_of(std::string_view text) {
  if (text.empty()) return {};
  Lines lines = base::split(text, '\n');
  if (text.ends_with('\n')) lines.pop_back();
  return lines;
}

// Myers' greedy search: for each number of edits, how far each diagonal comes. Diagonal k = old - new.
class Search {
 public:
  Search(const Lines& before, const Lines& after) : before_(before), after_(after) {}

  // The edits from the end to the beginning; nullopt: there are too many.
  std::optional<std::vector<Kind>> edits() {
    const auto most = static_cast<std::ptrdiff_t>(std::min(before_.size() + after_.size(), k_most_edits));
    std::vector<std::ptrdiff_t> reach(2 * static_cast<std::size_t>(most) + 3, 0);
    for (std::ptrdiff_t count = 0; count <= most; ++count) {
      rounds_.emplace_back(reach.begin() + (most + 1 - count), reach.begin() + (most + 2 + count));
      for (std::ptrdiff_t diagonal = -count; diagonal <= count; diagonal += 2) {
        auto* here = &reach[static_cast<std::size_t>(most + 1 + diagonal)];
        const bool down = diagonal == -count || (diagonal != count && here[-1] < here[1]);
        std::ptrdiff_t old_at = down ? here[1] : here[-1] + 1;
        old_at = slide(old_at, old_at - diagonal);
        *here = old_at;
        if (old_at >= size(before_) && old_at - diagonal >= size(after_)) return path(count);
      }
    }
    return std::nullopt;
  }

 private:
  static std::ptrdiff_t size(const Lines& lines) noexcept { return static_cast<std::ptrdiff_t>(lines.size()); }

  std::ptrdiff_t slide(std::ptrdiff_t old_at, std::ptrdiff_t new_at) const {
    while (old_at < size(before_) && new_at < size(after_) &&
           before_[static_cast<std::size_t>(old_at)] == after_[static_cast<std::size_t>(new_at)]) {
      ++old_at;
      ++new_at;
    }
    return old_at;
  }

  // rounds_[count] is what was reached with one edit less, for the diagonals from -count to count.
  std::vector<Kind> path(std::ptrdiff_t count) const {
    std::vector<Kind> edits;
    std::ptrdiff_t old_at = size(before_);
    std::ptrdiff_t new_at = size(after_);
    for (; count > 0; --count) {
      const std::vector<std::ptrdiff_t>& round = rounds_[static_cast<std::size_t>(count)];
      const auto reached = [&](std::ptrdiff_t diagonal) { return round[static_cast<std::size_t>(diagonal + count)]; };
      const std::ptrdiff_t diagonal = old_at - new_at;
      const bool down = diagonal == -count || (diagonal != count && reached(diagonal - 1) < reached(diagonal + 1));
      const std::ptrdiff_t from = down ? diagonal + 1 : diagonal - 1;
      const std::ptrdiff_t old_from = reached(from);
      const std::ptrdiff_t begun = down ? old_from : old_from + 1;
      edits.insert(edits.end(), static_cast<std::size_t>(old_at - begun), Kind::same);
      edits.push_back(down ? Kind::added : Kind::removed);
      old_at = old_from;
      new_at = old_from - from;
    }
    edits.insert(edits.end(), static_cast<std::size_t>(old_at), Kind::same);
    return edits;
  }

  const Lines& before_;
  const Lines& after_;
  std::vector<std::vector<std::ptrdiff_t>> rounds_;
};

std::vector<Kind> edits_of(const Lines& before, const Lines& after) {
  if (auto edits = Search(before, after).edits()) {
    std::reverse(edits->begin(), edits->end());
    return *std::move(edits);
  }
  std::vector<Kind> all(before.size(), Kind::removed);
  all.insert(all.end(), after.size(), Kind::added);
  return all;
}

std::string_view look_of(Kind kind) noexcept {
  return kind == Kind::same ? "" : kind == Kind::added ? "added" : "removed";
}

std::string number_text(std::size_t number) {
  return number == 0 ? std::string() : fmt::format("{}", number);
}

std::string row(const DiffLine& line) {
  const char sign = line.kind == Kind::same ? ' ' : line.kind == Kind::added ? '+' : '-';
  return fmt::format(
      "<tr class=\"{}\"><td class=\"at\">{}</td><td class=\"at\">{}</td><td class=\"sign\">{}</td><td>{}</td></tr>\n",
      look_of(line.kind), number_text(line.old_number), number_text(line.new_number), sign, shown_lines(line.text));
}

}  // namespace

std::vector<DiffLine> diff(std::string_view before, std::string_view after) {
  Lines old_lines = lines_of(before);
  Lines new_lines = lines_of(after);
  std::size_t head = 0;
  while (head < std::min(old_lines.size(), new_lines.size()) && old_lines[head] == new_lines[head]) ++head;
  std::size_t tail = 0;
  while (tail < std::min(old_lines.size(), new_lines.size()) - head &&
         old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail])
    ++tail;
  std::vector<Kind> kinds(head, Kind::same);
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  const std::vector<Kind> between = edits_of(middle(old_lines), middle(new_lines));
  kinds.insert(kinds.end(), between.begin(), between.end());
  kinds.insert(kinds.end(), tail, Kind::same);

  std::vector<DiffLine> all;
  std::size_t old_at = 0;
  std::size_t new_at = 0;
  for (const Kind kind : kinds) {
    DiffLine line;
    line.kind = kind;
    if (kind != Kind::removed) line.text = new_lines[new_at];
    if (kind == Kind::removed) line.text = old_lines[old_at];
    if (kind != Kind::added) line.old_number = ++old_at;
    if (kind != Kind::removed) line.new_number = ++new_at;
    all.push_back(line);
  }
  return all;
}

std::string shown_diff(std::string_view before, std::string_view after) {
  const std::vector<DiffLine> all = diff(before, after);
  std::vector<bool> near(all.size(), false);
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].kind == Kind::same) continue;
    const std::size_t end = std::min(all.size(), at + k_context + 1);
    for (std::size_t each = at - std::min(at, k_context); each < end; ++each) near[each] = true;
  }
  std::string rows;
  std::size_t left_out = 0;
  const auto tell_gap = [&] {
    if (left_out > 0)
      rows += fmt::format("<tr class=\"gap\"><td colspan=\"4\">{} alike</td></tr>\n", base::plural(left_out, "line"));
    left_out = 0;
  };
  bool any = false;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (!near[at]) {
      ++left_out;
      continue;
    }
    tell_gap();
    rows += row(all[at]);
    any = true;
  }
  if (!any) return {};
  tell_gap();
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"Differences\" tabindex=\"0\"><table class=\"diff\">\n{}"
      "</table></div>\n",
      rows);
}

}  // namespace web
