#include "target/sqlite_pages.hpp"

#include <utility>
#include <variant>

#include "target/connection.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr const char* k_find =
    "SELECT script, name, sha256, ledger, attempt, run, node, left_at, fettle, reached, pages, done, failed, ended "
    "FROM "
    "main.fettle_batches WHERE script = ?";

core::Bookmark bookmark_in(const core::Row& row) {
  const auto text = [&row](std::size_t at) {
    const auto* found = std::get_if<std::string>(&row.at(at));
    return found != nullptr ? *found : std::string();
  };
  const auto number = [&row](std::size_t at) {
    const auto* found = std::get_if<std::int64_t>(&row.at(at));
    return found != nullptr ? *found : std::int64_t{0};
  };
  core::Bookmark bookmark;
  bookmark.by = {text(0), text(2), text(3), text(6), text(7), text(8), number(4), number(5)};
  bookmark.name = text(1);
  bookmark.cursor = text(9);
  bookmark.pages = static_cast<std::uint64_t>(number(10));
  bookmark.rows = static_cast<std::uint64_t>(number(11));
  bookmark.failed = static_cast<std::uint64_t>(number(12));
  bookmark.ended = number(13) != 0;
  return bookmark;
}

}  // namespace

std::optional<core::Bookmark> SqlitePages::find(const std::string& script, const std::string& name) {
  std::optional<core::Bookmark> found;
  if (internal_.has_batches())
    for (const core::Row& row : internal_.all(std::string(k_find) + " AND name = ?", {script, name}))
      found = bookmark_in(row);
  listen_();
  return found;
}

void SqlitePages::leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) {
  internal_.make_batches();
  if (before)
    internal_.say(
        "DELETE FROM main.fettle_batches WHERE script = ? AND name = ? AND ledger = ? AND attempt = ? AND "
        "pages = ? AND reached = ?",
        {before->by.script, before->name, before->by.ledger, before->by.attempt,
         static_cast<std::int64_t>(before->pages), before->cursor});
  if (before && internal_.changed() != 1) throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
  internal_.say(
      "INSERT OR IGNORE INTO main.fettle_batches (script, name, sha256, ledger, attempt, run, node, left_at, "
      "fettle, reached, pages, done, failed, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {now.by.script, now.name, now.by.sha256, now.by.ledger, now.by.attempt, now.by.run, now.by.node,
       now.by.applied_at, now.by.version, now.cursor, static_cast<std::int64_t>(now.pages),
       static_cast<std::int64_t>(now.rows), static_cast<std::int64_t>(now.failed), std::int64_t{now.ended ? 1 : 0}});
  if (internal_.changed() != 1) throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
}

void SqlitePages::take_away(const std::string& script) {
  if (internal_.has_batches()) internal_.say("DELETE FROM main.fettle_batches WHERE script = ?", {script});
}

void SqlitePages::savepoint(core::Savepoint::What what, bool is_set) {
  const bool back = what == core::Savepoint::What::roll_back;
  if (back) internal_.once("ROLLBACK TO fettle_row");
  if (is_set) internal_.once("RELEASE fettle_row");
  if (!back) internal_.once("SAVEPOINT fettle_row");
  listen_();
}

std::vector<core::Bookmark> SqlitePages::seen(const std::string& script) {
  std::vector<core::Bookmark> all;
  if (!internal_.has_batches()) return all;
  for (const core::Row& row : internal_.all(k_find, {script})) all.push_back(bookmark_in(row));
  return all;
}

}  // namespace target
