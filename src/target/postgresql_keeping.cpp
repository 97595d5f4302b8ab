// Backups of PostgreSQL databases: saved by pg_dump as of one snapshot, put back into a database of its own, which then
// takes the name of the other in one transaction.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "os/command.hpp"
#include "target/keeping.hpp"
#include "target/postgresql_clone.hpp"
#include "target/postgresql_facts.hpp"
#include "target/postgresql_url.hpp"

namespace target {
namespace {

using core::Cause;
using core::Fact;

constexpr std::chrono::hours k_no_limit{24 * 24};  // of the programs: whoever waits can stop them
constexpr std::string_view k_in_use = "55006";
constexpr int k_force_version = 130000;      // DROP DATABASE … WITH (FORCE)
constexpr std::size_t k_longest_start = 28;  // of a name: the server cuts one at 63 bytes
constexpr const char* k_mark = "fettle restore, not whole yet";
constexpr const char* k_ours = "fettle backup";

// The database that the URL names, seen from another one of the same server, for it may be missing.
class Server {
 public:
  explicit Server(const KeepingWish& wish)
      : url_(wish.url), token_(wish.keeping.name), beside_(open_beside(url_)), link_(*beside_) {
    std::string ignored;
    PQconninfoOption* const options = link_.pq().conninfoParse(url_.c_str(), nullptr);
    for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option)
      if (option->val != nullptr && std::string_view(option->keyword) == "dbname") name_ = option->val;
    if (options != nullptr) link_.pq().conninfoFree(options);
    if (name_.empty()) name_ = link_.pq().user(link_.handle());
    pg_ask(link_, "SET statement_timeout = 0");
  }

  const std::string& name() const noexcept { return name_; }
  bool is_there() { return !ask("SELECT FROM pg_catalog.pg_database WHERE datname = $1", {name_}).empty(); }
  PgTexts ask(const std::string& sql, const core::Values& parameters = {}) { return pg_ask(link_, sql, parameters); }
  std::string literal(const std::string& text) {
    return ask("SELECT pg_catalog.quote_literal($1::text)", {text}).at(0).at(0);
  }

  // Of letters, digits and underscores, whatever the database is called.
  std::string named(std::string_view what) const { return fmt::format("{}_{}_{}", start(), what, token_); }
  std::string made() const { return named("restoring"); }

  void drop_made() {
    const PgTexts found = ask(
        "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname::text, $1::text) AND "
        "pg_catalog.pg_has_role(datdba, 'USAGE') AND COALESCE(pg_catalog.shobj_description(oid, 'pg_database'), $2) = "
        "$2",
        {fmt::format("{}_restoring_", start()), std::string(k_mark)});
    // A program that a killed restore has started may still be at work in it.
    const bool can_force = link_.pq().serverVersion(link_.handle()) >= k_force_version;
    for (const auto& row : found)
      ask(fmt::format("DROP DATABASE IF EXISTS {}{}", pg_identifier(row.at(0)), can_force ? " WITH (FORCE)" : ""));
  }

 private:
  std::string start() const {
    std::string text;
    for (const char letter : name_)
      text += (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')
                  ? letter
                  : '_';
    return text.substr(0, k_longest_start);
  }

  // Every server has the second one; the first one can have been dropped.
  static std::unique_ptr<PgLink> open_beside(const std::string& url) {
    try {
      return std::make_unique<PgLink>(with_database(url, "postgres"));
    } catch (const SqlError&) {
      return std::make_unique<PgLink>(with_database(url, "template1"));
    }
  }

  std::string url_, token_, name_;
  std::unique_ptr<PgLink> beside_;
  PgLink& link_;
};

void run(const KeepingWish& wish, const std::string& what, const std::string& text,
         std::vector<std::pair<std::string, std::string>> environment) {
  const auto must_stop = [&wish] {
    pollfd wake{wish.wake, POLLIN, 0};
    return ::poll(&wake, 1, 0) > 0;
  };
  environment.emplace_back("PGAPPNAME", k_ours);
  environment.emplace_back("LC_ALL", "C");
  const os::CommandEnd end = os::run_command({text, "/", std::move(environment), {}, k_no_limit}, wish.wake, must_stop);
  if (end.how == os::CommandEnd::How::exited && end.code == 0) return;
  const std::string said(base::trim(end.fault.empty() ? end.output : end.fault));
  throw SqlError(Cause::error, fmt::format("{}: {}", what, said.empty() ? "it was stopped" : base::escape(said)));
}

std::vector<std::pair<std::string, std::string>> connected_to(const KeepingWish& wish, const std::string& database) {
  std::string password;
  std::vector<std::pair<std::string, std::string>> environment = {
      {"FETTLE_DATABASE", pg_connection_string(wish.url, database, &password)}};
  if (!password.empty()) environment.emplace_back("PGPASSWORD", password);
  return environment;
}

// Of every table whose rows a dump has.
std::vector<Fact> rows_in(PgLink& link) {
  const PgTexts tables = pg_ask(
      link,
      "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace "
      "n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND "
      "n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND "
      "d.classid "
      "= 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'e') ORDER BY 1");
  std::vector<Fact> rows;
  for (const auto& table : tables)
    rows.push_back(
        {table.at(0), pg_ask(link, fmt::format("SELECT pg_catalog.count(*) FROM {}", table.at(0))).at(0).at(0)});
  return rows;
}

void dump(const KeepingWish& wish, const std::string& database, const std::string& file, const std::string& snapshot) {
  auto environment = connected_to(wish, database);
  environment.emplace_back("FETTLE_FILE", file);
  run(wish, "pg_dump did not save it",
      fmt::format("exec pg_dump -w -Fc -Z0 --no-subscriptions {} -f \"$FETTLE_FILE\" -d \"$FETTLE_DATABASE\"",
                  snapshot.empty() ? "" : fmt::format("--snapshot={}", base::shell_quote(snapshot))),
      std::move(environment));
}

std::vector<Fact> save(const KeepingWish& wish) {
  PgLink link(wish.url);
  pg_ask(link, "SET statement_timeout = 0");
  pg_ask(link, "SET idle_in_transaction_session_timeout = 0");
  const std::string database = link.pq().db(link.handle());
  if (is_behind_pooler(link)) {  // which may give the program another server than this session has
    dump(wish, database, wish.keeping.file, {});
    return {};
  }
  pg_ask(link, "SET row_security = off");
  pg_ask(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const std::string snapshot = pg_ask(link, "SELECT pg_catalog.pg_export_snapshot()").at(0).at(0);
  dump(wish, database, wish.keeping.file, snapshot);
  return rows_in(link);
}

// Both as texts, in which nothing stands of when they were made; \restrict has a word that is drawn each time.
std::string compare(const KeepingWish& wish) {
  Server server(wish);
  if (!server.is_there()) return std::string(k_missing);
  const std::string now = wish.keeping.file + ".now";
  ::unlink(now.c_str());
  dump(wish, server.name(), now, {});
  constexpr const char* k_compare =
      "text() { { pg_restore -f - \"$1\"; echo \"ended $?\"; } | grep -av -e '^\\\\restrict ' -e '^\\\\unrestrict ' | "
      "sha256sum; }; if [ \"$(text \"$FETTLE_SAVED\")\" = \"$(text \"$FETTLE_NOW\")\" ]; then echo same; else echo "
      "other; fi > \"$FETTLE_NOW.how\"; read how < \"$FETTLE_NOW.how\"; rm -f \"$FETTLE_NOW\" \"$FETTLE_NOW.how\"; [ "
      "\"$how\" = same ]";
  try {
    run(wish, "differs", k_compare, {{"FETTLE_SAVED", wish.keeping.file}, {"FETTLE_NOW", now}});
  } catch (const SqlError&) {
    return "what is in it was changed since";
  }
  return {};
}

void check_rights(Server& server) {
  const PgTexts role = server.ask(
      "SELECT rolcreatedb OR rolsuper, pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles WHERE rolname = "
      "current_user");
  if (role.at(0).at(0) == "t") return;
  throw SqlError(Cause::error, fmt::format("its role may not make the database that is restored into; an administrator "
                                           "can let it: ALTER ROLE {} CREATEDB",
                                           base::escape(role.at(0).at(1))));
}

void make(const KeepingWish& wish) {
  Server server(wish);
  check_rights(server);
  server.drop_made();
  const std::string made = server.made(), quoted = pg_identifier(made);
  if (server.is_there()) {
    PgLink original(wish.url);
    const std::string statement = pg_statement_to_make_alike(original, made);
    server.ask(statement);
    pg_copy_settings(original, made);
  } else {
    server.ask(fmt::format("CREATE DATABASE {} TEMPLATE template0", quoted));
  }
  server.ask(fmt::format("COMMENT ON DATABASE {} IS {}", quoted, server.literal(k_mark)));
  server.ask(fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC", quoted));
  auto environment = connected_to(wish, made);
  environment.emplace_back("FETTLE_FILE", wish.keeping.file);
  run(wish, "pg_restore did not put it back",
      "exec pg_restore -w --exit-on-error -d \"$FETTLE_DATABASE\" \"$FETTLE_FILE\"", std::move(environment));
  PgLink link(with_database(wish.url, made));
  pg_ask(link, "SET statement_timeout = 0");
  pg_ask(link, "SET row_security = off");
  check_rows(wish.keeping.rows, rows_in(link));
  pg_ask(link, "ANALYZE");
}

// Whose it is, who may connect, and what its comment says, is as it was.
std::vector<std::string> manners_of(Server& server, const std::string& made) {
  std::vector<std::string> statements;
  const std::string quoted = pg_identifier(made);
  const PgTexts there = server.ask(
      "SELECT datacl IS NULL, pg_catalog.quote_nullable(pg_catalog.shobj_description(oid, 'pg_database')) FROM "
      "pg_catalog.pg_database WHERE datname = $1",
      {server.name()});
  const bool is_default = there.empty() || there.at(0).at(0) == "t";
  statements.push_back(fmt::format("COMMENT ON DATABASE {} IS {}", quoted, there.empty() ? "NULL" : there.at(0).at(1)));
  if (is_default) statements.push_back(fmt::format("GRANT CONNECT, TEMPORARY ON DATABASE {} TO PUBLIC", quoted));
  const PgTexts grants = server.ask(
      "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident("
      "pg_catalog.pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END FROM "
      "pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.datname = $1 AND d.datacl IS NOT NULL",
      {server.name()});
  for (const auto& grant : grants)
    statements.push_back(fmt::format("GRANT {} ON DATABASE {} TO {}{}", grant.at(0), quoted, grant.at(1), grant.at(2)));
  const PgTexts rest = server.ask(
      "SELECT datconnlimit, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(datdba)) FROM pg_catalog.pg_database "
      "WHERE "
      "datname = $1",
      {server.name()});
  for (const auto& row : rest) {
    statements.push_back(fmt::format("ALTER DATABASE {} CONNECTION LIMIT {}", quoted, row.at(0)));
    statements.push_back(fmt::format("ALTER DATABASE {} OWNER TO {}", quoted, row.at(1)));
  }
  return statements;
}

std::string who_is_in(Server& server) {
  return server
      .ask(
          "SELECT COALESCE(pg_catalog.string_agg(DISTINCT CASE WHEN application_name = '' THEN 'no name' ELSE "
          "application_name END, ', '), 'somebody') FROM pg_catalog.pg_stat_activity WHERE datname = $1",
          {server.name()})
      .at(0)
      .at(0);
}

std::vector<Fact> swap(const KeepingWish& wish) {
  Server server(wish);
  const bool is_there = server.is_there();
  const std::string kept = server.named("before_restore");
  std::vector<std::string> statements = manners_of(server, server.made());
  const auto rename = [](const std::string& from, const std::string& to) {
    return fmt::format("ALTER DATABASE {} RENAME TO {}", pg_identifier(from), pg_identifier(to));
  };
  if (is_there) statements.push_back(rename(server.name(), kept));
  statements.push_back(rename(server.made(), server.name()));
  try {
    server.ask("BEGIN");
    for (const std::string& statement : statements) server.ask(statement);
    server.ask("COMMIT");
  } catch (const PgError& error) {
    if (error.state() != k_in_use) throw;
    server.ask("ROLLBACK");
    throw SqlError(Cause::locked,
                   fmt::format("others are connected to it ({}): let them go first", base::escape(who_is_in(server))));
  }
  if (!is_there) return {};
  return {{std::string(k_kept), fmt::format("database {} of the same server", kept)}};
}

void drop(const KeepingWish& wish) {
  Server(wish).drop_made();
}

}  // namespace

const Keeper& postgresql_keeper() {
  static const Keeper keeper{.save = save,
                             .compare = compare,
                             .make = make,
                             .swap = swap,
                             .drop = drop,
                             .file_ending = "dump",
                             .programs = {{"pg_dump"}, {"pg_restore"}},
                             .package = "postgresql-client"};
  return keeper;
}

}  // namespace target
