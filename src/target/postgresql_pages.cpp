#include "target/postgresql_pages.hpp"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "target/postgresql_facts.hpp"
#include "target/postgresql_session.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr const char* k_look =
    "SELECT pg_catalog.quote_ident(n.nspname) || '.' || c.relname FROM pg_catalog.pg_class c JOIN "
    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1 AND c.relkind IN ('r', 'p') AND "
    "pg_catalog.pg_table_is_visible(c.oid)";

// docs/receipts.md explains it to people who meet it in their database.
constexpr const char* k_make =
    "CREATE TABLE IF NOT EXISTS fettle_batches ("
    " script text NOT NULL, name text NOT NULL, sha256 text NOT NULL, ledger text NOT NULL, attempt bigint NOT NULL,"
    " run bigint NOT NULL, node text NOT NULL, left_at timestamptz NOT NULL, fettle text NOT NULL,"
    " reached text NOT NULL, pages bigint NOT NULL, done bigint NOT NULL, failed bigint NOT NULL,"
    " ended boolean NOT NULL, PRIMARY KEY (script, name))";

// A script may have set a search path of its own by then: every operator is PostgreSQL's.
constexpr const char* k_find =
    "SELECT script, name, sha256, ledger, attempt, run, node, pg_catalog.to_char(pg_catalog.timezone('UTC', left_at), "
    "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), fettle, reached, pages, done, failed, ended FROM {} WHERE script "
    "OPERATOR(pg_catalog.=) $1{}";

constexpr const char* k_lock_of_session = "SELECT pg_catalog.pg_try_advisory_lock($1)";

}  // namespace

const char* PgPages::definition() {
  return k_make;
}

bool PgPages::look() {
  link_.send(k_look, PgParameters({k_batches}));
  const PgResult found = std::move(link_.collect().back());
  table_ = link_.pq().ntuples(found.get()) == 0 ? "" : link_.pq().getvalue(found.get(), 0, 0);
  return !table_.empty();
}

void PgPages::make() {
  link_.send(k_make);
  link_.collect();
}

std::int64_t PgPages::run(const std::string& sql, const core::Values& parameters) {
  link_.send(sql, PgParameters(parameters));
  const PgResult result = std::move(link_.collect().back());
  const std::string_view text = link_.pq().cmdTuples(result.get());
  std::int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

std::vector<core::Bookmark> PgPages::find_where(const std::string& more, const core::Values& parameters) {
  link_.send(fmt::format(k_find, table_, more), PgParameters(parameters));
  const PgResult found = std::move(link_.collect().back());
  const Libpq& pq = link_.pq();
  std::vector<core::Bookmark> all;
  for (int row = 0; row < pq.ntuples(found.get()); ++row) {
    const auto text = [&](int column) {
      return std::string(pq.getvalue(found.get(), row, column),
                         static_cast<std::size_t>(pq.getlength(found.get(), row, column)));
    };
    const auto number = [&](int column) {
      const std::string digits = text(column);
      std::int64_t value = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return value;
    };
    core::Bookmark& bookmark = all.emplace_back();
    bookmark.by = {text(0), text(2), text(3), text(6), text(7), text(8), number(4), number(5)};
    bookmark.name = text(1);
    bookmark.cursor = text(9);
    bookmark.pages = static_cast<std::uint64_t>(number(10));
    bookmark.rows = static_cast<std::uint64_t>(number(11));
    bookmark.failed = static_cast<std::uint64_t>(number(12));
    bookmark.ended = text(13) == "t";
  }
  return all;
}

std::optional<core::Bookmark> PgPages::find(const std::string& script, const std::string& name) {
  hands_.settle();
  if (is_behind_pooler(link_)) throw SqlError(core::Cause::error, no_batches_behind_pooler());
  if (table_.empty()) throw SqlError(core::Cause::error, table_cannot_be_seen(k_batches));
  std::vector<core::Bookmark> found = find_where(" AND name OPERATOR(pg_catalog.=) $2", {script, name});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void PgPages::leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) {
  hands_.settle();
  lock_ = pg_lock_of(now.by.script);
  if (before && run(fmt::format("DELETE FROM {} WHERE script OPERATOR(pg_catalog.=) $1 AND name OPERATOR(pg_catalog.=) "
                                "$2 AND ledger OPERATOR(pg_catalog.=) $3 AND attempt OPERATOR(pg_catalog.=) $4 AND "
                                "pages OPERATOR(pg_catalog.=) $5 AND reached OPERATOR(pg_catalog.=) $6",
                                table_),
                    {before->by.script, before->name, before->by.ledger, before->by.attempt,
                     static_cast<std::int64_t>(before->pages), before->cursor}) != 1)
    throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
  if (run(fmt::format("INSERT INTO {} (script, name, sha256, ledger, attempt, run, node, left_at, fettle, reached, "
                      "pages, done, failed, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                      " ON CONFLICT DO NOTHING",
                      table_),
          {now.by.script, now.name, now.by.sha256, now.by.ledger, now.by.attempt, now.by.run, now.by.node,
           now.by.applied_at, now.by.version, now.cursor, static_cast<std::int64_t>(now.pages),
           static_cast<std::int64_t>(now.rows), static_cast<std::int64_t>(now.failed), now.ended}) != 1)
    throw SqlError(core::Cause::error, batch_was_moved_on(now.name));
}

void PgPages::take_away(const std::string& script) {
  hands_.settle();
  run(fmt::format("DELETE FROM {} WHERE script OPERATOR(pg_catalog.=) $1", table_), {script});
}

// The lock is the transaction's already, so the session has it at once.
void PgPages::commit() {
  link_.send(k_lock_of_session, PgParameters({lock_}));
  link_.send(k_wait_for_disk);
  hands_.commit(1 + receipts_.send_untouched());
}

void PgPages::savepoint(core::Savepoint::What what, bool is_set) {
  const bool back = what == core::Savepoint::What::roll_back;
  if (!back) hands_.settle();
  link_.hear_posted();
  if (back) link_.send("ROLLBACK TO SAVEPOINT fettle_row");
  if (is_set) link_.send("RELEASE SAVEPOINT fettle_row");
  if (!back) link_.send("SAVEPOINT fettle_row");
  link_.collect();
  if (back) hands_.undone();
}

std::vector<core::Bookmark> PgPages::seen(const std::string& script) {
  return look() ? find_where("", {script}) : std::vector<core::Bookmark>();
}

}  // namespace target
