#include "target/mariadb_pages.hpp"

#include <charconv>
#include <fmt/format.h>

#include "target/mariadb_receipts.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

// docs/receipts.md explains it to people who meet it in their database.
constexpr const char* k_make =
    "CREATE TABLE IF NOT EXISTS fettle_batches ("
    " script varchar(255) NOT NULL, name varchar(200) NOT NULL, sha256 varchar(64) NOT NULL, ledger varchar(64) NOT "
    "NULL, attempt bigint NOT NULL, run bigint NOT NULL, node varchar(255) NOT NULL, left_at datetime(3) NOT NULL,"
    " fettle varchar(64) NOT NULL, reached mediumtext NOT NULL, pages bigint NOT NULL, done bigint NOT NULL, failed "
    "bigint NOT NULL, ended boolean NOT NULL, PRIMARY KEY (script, name))"
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

std::string is(const std::string& script, const std::string& name) {
  return fmt::format("script = {} AND name = {}", maria_literal(script), maria_literal(name));
}

std::int64_t number_in(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

core::Bookmark bookmark_in(const MariaLink::Texts& row) {
  const auto text = [&row](std::size_t at) { return row.at(at).value_or(""); };
  const auto count = [&row](std::size_t at) { return static_cast<std::uint64_t>(number_in(row.at(at))); };
  core::Bookmark bookmark;
  bookmark.by = {text(0), text(2), text(3), text(6), text(7), text(8), number_in(row.at(4)), number_in(row.at(5))};
  bookmark.name = text(1);
  bookmark.cursor = text(9);
  bookmark.pages = count(10);
  bookmark.rows = count(11);
  bookmark.failed = count(12);
  bookmark.ended = text(13) == "1";
  return bookmark;
}

}  // namespace

bool MariaPages::look() {
  return !link_
              .ask(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME "
                               "= '{}'",
                               k_batches))
              .empty();
}

void MariaPages::make() {
  link_.run(k_make, MariaLink::Patience::to_the_end);
}

std::vector<core::Bookmark> MariaPages::find_where(const std::string& condition) {
  std::vector<core::Bookmark> all;
  for (const MariaLink::Texts& row : link_.ask(
           "SELECT script, name, sha256, ledger, attempt, run, node, CONCAT(REPLACE(CAST(left_at AS CHAR), ' ', 'T'), "
           "'Z'), fettle, reached, pages, done, failed, ended FROM fettle_batches WHERE " +
           condition))
    all.push_back(bookmark_in(row));
  return all;
}

std::optional<core::Bookmark> MariaPages::find(const std::string& script, const std::string& name) {
  std::vector<core::Bookmark> found = find_where(is(script, name));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void MariaPages::leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) {
  if (before &&
      link_.run(fmt::format("DELETE FROM fettle_batches WHERE {} AND ledger = {} AND attempt = {} AND pages = "
                            "{} AND reached = {}",
                            is(before->by.script, before->name), maria_literal(before->by.ledger), before->by.attempt,
                            before->pages, maria_literal(before->cursor))) != 1)
    throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
  const std::string lock = maria_lock_of(session_.database(), now.by.script);
  if (link_.ask(fmt::format("SELECT IS_USED_LOCK('{}') = CONNECTION_ID()", lock)).at(0).at(0) != "1")
    throw SqlError(core::Cause::error, lock_was_let_go());
  const std::uint64_t left = link_.run(fmt::format(
      "INSERT IGNORE INTO fettle_batches (script, name, sha256, ledger, attempt, run, node, left_at, fettle, reached, "
      "pages, done, failed, ended) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
      fmt::format("{}, {}", maria_literal(now.by.script), maria_literal(now.name)), maria_literal(now.by.sha256),
      maria_literal(now.by.ledger), now.by.attempt, now.by.run, maria_literal(now.by.node),
      maria_literal(maria_datetime_of(now.by.applied_at)), maria_literal(now.by.version), maria_literal(now.cursor),
      now.pages, now.rows, now.failed, now.ended ? 1 : 0));
  if (left != 1) throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
}

void MariaPages::take_away(const std::string& script) {
  link_.run("DELETE FROM fettle_batches WHERE script = " + maria_literal(script));
}

// One of the same name takes the place of the one before.
void MariaPages::savepoint(core::Savepoint::What what, bool /*is_set*/) {
  link_.run(what == core::Savepoint::What::set ? "SAVEPOINT fettle_row" : "ROLLBACK TO SAVEPOINT fettle_row");
}

std::vector<core::Bookmark> MariaPages::seen(const std::string& script) {
  return look() ? find_where("script = " + maria_literal(script)) : std::vector<core::Bookmark>();
}

}  // namespace target
