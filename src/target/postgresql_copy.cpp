#include "target/postgresql_copy.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "os/command.hpp"
#include "target/postgresql_clone.hpp"
#include "target/postgresql_facts.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_url.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using core::Cause;

constexpr int k_looks_version = 140000;  // a server at work can notice that its client is gone
constexpr int k_force_version = 130000;  // DROP DATABASE … WITH (FORCE)
constexpr std::string_view k_in_use = "55006";
constexpr std::chrono::hours k_no_limit{24 * 24};  // of the programs: whoever waits can stop them
constexpr int k_not_installed = 127;

// Who else is connected to the original, for people.
struct Others {
  std::string who;  // empty: nobody
  bool any() const noexcept { return !who.empty(); }
};

class Copier {
 public:
  Copier(const std::string& url, const core::ServerCopies& wish, int wake)
      : url_(url), wish_(wish), wake_(wake), link_(url), cancel_(link_.pq().getCancel(link_.handle())) {
    link_.stop_when({[this] { return must_stop(); },
                     [this] {
                       std::array<char, 256> said{};
                       link_.pq().cancel(cancel_, said.data(), static_cast<int>(said.size()));
                     },
                     wake_});
  }
  ~Copier() { link_.pq().freeCancel(cancel_); }
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  void begin();
  void drop_dead();
  void copy_to(const std::string& name);

 private:
  PgTexts ask(const std::string& sql, const core::Values& parameters = {}) { return pg_ask(link_, sql, parameters); }
  bool must_stop() const;
  int version() const { return link_.pq().serverVersion(link_.handle()); }
  bool is_alive(std::string_view name) const;

  void check_rights();
  bool may_be_template();
  Others others();
  bool made_from_template(const std::string& name);
  void mark(const std::string& name);
  void make_empty(const std::string& name);
  void fill(const std::string& name);
  os::CommandEnd shell(const std::string& text, std::vector<std::pair<std::string, std::string>> environment = {});
  void copy_settings(const std::string& name);
  void look_at_copy(const std::string& name, bool is_filled);

  std::string url_;
  const core::ServerCopies& wish_;
  int wake_;
  PgLink link_;
  PGcancel* cancel_;
};

bool Copier::must_stop() const {
  pollfd wake{wake_, POLLIN, 0};
  return ::poll(&wake, 1, 0) > 0;
}

// What the server does takes as long as it takes, but ends with us.
void Copier::begin() {
  if (is_standby(link_)) throw SqlError(Cause::unreachable, "it is a standby, where no database can be made");
  if (is_behind_pooler(link_))
    throw SqlError(Cause::unreachable,
                   "it is reached through a pooler, which knows nothing of a copy; name the server itself in the URL");
  ask("SET statement_timeout = 0");
  ask("SET lock_timeout = 0");
  if (version() >= k_looks_version) ask("SET client_connection_check_interval = '1s'");
}

// --- leftovers -----------------------------------------------------------------------------------------------------

bool Copier::is_alive(std::string_view name) const {
  name.remove_prefix(wish_.prefix.size());
  const std::string_view rehearsal = name.substr(0, name.find('_'));
  return std::find(wish_.alive.begin(), wish_.alive.end(), rehearsal) != wish_.alive.end();
}

// One without a mark was being made when its rehearsal died.
void Copier::drop_dead() {
  const PgTexts found = ask(
      "SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname::text, $1::text) AND "
      "pg_catalog.pg_has_role(datdba, 'USAGE') AND COALESCE(pg_catalog.starts_with(pg_catalog.shobj_description(oid, "
      "'pg_database'), $2::text), true)",
      {wish_.prefix, wish_.mark});
  for (const auto& row : found)
    if (!is_alive(row.at(0)))
      ask(fmt::format("DROP DATABASE IF EXISTS {}{}", pg_identifier(row.at(0)),
                      version() >= k_force_version ? " WITH (FORCE)" : ""));
}

// --- the way there -------------------------------------------------------------------------------------------------

void Copier::check_rights() {
  const PgTexts role =
      ask("SELECT rolcreatedb OR rolsuper, pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles WHERE rolname = "
          "current_user");
  if (role.at(0).at(0) == "t") return;
  throw SqlError(Cause::error, fmt::format("its role may not make a database for the copy; an administrator can let "
                                           "it: ALTER ROLE {} CREATEDB",
                                           base::escape(role.at(0).at(1))));
}

bool Copier::may_be_template() {
  return ask("SELECT datistemplate OR pg_catalog.pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database WHERE "
             "datname = current_database()")
             .at(0)
             .at(0) == "t";
}

Others Copier::others() {
  const PgTexts sessions = ask(
      "SELECT pg_catalog.count(*), pg_catalog.string_agg(DISTINCT CASE WHEN application_name = '' THEN 'no name' ELSE "
      "application_name END, ', ') FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_catalog.pg_backend_pid() AND usesysid IS NOT NULL");
  const std::string prepared =
      ask("SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()")
          .at(0)
          .at(0);
  Others others;
  if (const std::string& count = sessions.at(0).at(0); count != "0")
    others.who = fmt::format("{} other {} connected to it ({})", count, count == "1" ? "session is" : "sessions are",
                             base::escape(sessions.at(0).at(1)));
  if (prepared != "0")
    others.who += fmt::format("{}{} prepared in it", others.any() ? ", " : "",
                              prepared == "1" ? "a transaction is" : fmt::format("{} transactions are", prepared));
  return others;
}

void Copier::copy_to(const std::string& name) {
  check_rights();
  const bool is_filled = !made_from_template(name);
  if (is_filled) {
    make_empty(name);
    fill(name);
  }
  copy_settings(name);
  look_at_copy(name, is_filled);
}

bool Copier::made_from_template(const std::string& name) {
  if (!may_be_template() || others().any()) return false;
  try {
    ask(fmt::format("CREATE DATABASE {} TEMPLATE {}", pg_identifier(name),
                    pg_identifier(link_.pq().db(link_.handle()))));
  } catch (const PgError& error) {
    if (error.state() == k_in_use) return false;  // somebody came meanwhile
    throw;
  }
  mark(name);
  return true;
}

// Nobody but its owner has to do with it.
void Copier::mark(const std::string& name) {
  const std::string mark =
      ask("SELECT pg_catalog.quote_literal($1::text || ', made ' || pg_catalog.now())", {wish_.mark}).at(0).at(0);
  ask(fmt::format("COMMENT ON DATABASE {} IS {}", pg_identifier(name), mark));
  ask(fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC", pg_identifier(name)));
}

// --- beside others -------------------------------------------------------------------------------------------------

os::CommandEnd Copier::shell(const std::string& text, std::vector<std::pair<std::string, std::string>> environment) {
  return os::run_command({text, "/", std::move(environment), {}, k_no_limit}, wake_, [this] { return must_stop(); });
}

void Copier::make_empty(const std::string& name) {
  const os::CommandEnd found =
      shell(fmt::format("command -v pg_dump && command -v pg_restore || exit {}", k_not_installed));
  if (found.code != 0 || found.how != os::CommandEnd::How::exited) {
    const Others there = others();
    throw SqlError(
        Cause::locked,
        fmt::format("{}, so the server does not copy it by itself; let them go, or install pg_dump and pg_restore "
                    "(Debian: apt install postgresql-client), which copy it while it is in use",
                    there.any() ? there.who : "it is of another role"));
  }
  ask(pg_statement_to_make_alike(link_, name));
  mark(name);
}

// The shell tells of the second program only, so how the first one ended goes another way.
void Copier::fill(const std::string& name) {
  constexpr const char* k_pipe =
      "exec 3>&1; dumped=$({ { pg_dump -w -Fc --no-subscriptions -d \"$FETTLE_FROM\"; echo $? >&4; } | "
      "pg_restore -w --exit-on-error -d \"$FETTLE_TO\" >&3; } 4>&1) && [ \"$dumped\" = 0 ]";
  std::string password;
  std::vector<std::pair<std::string, std::string>> environment = {
      {"FETTLE_FROM", pg_connection_string(url_, link_.pq().db(link_.handle()), &password)},
      {"FETTLE_TO", pg_connection_string(url_, name, &password)},
      {"PGAPPNAME", "fettle rehearsal"}};
  if (!password.empty()) environment.emplace_back("PGPASSWORD", password);
  const os::CommandEnd end = shell(k_pipe, std::move(environment));
  if (end.how == os::CommandEnd::How::exited && end.code == 0) return;
  throw SqlError(Cause::error, fmt::format("pg_dump and pg_restore did not copy it: {}",
                                           base::escape(base::trim(end.fault.empty() ? end.output : end.fault))));
}

// --- what a copy does not have by itself ---------------------------------------------------------------------------

void Copier::copy_settings(const std::string& name) {
  for (const char* setting : {"statement_timeout", "lock_timeout", "client_connection_check_interval"})
    if (version() >= k_looks_version || std::string_view(setting).ends_with("_timeout"))
      ask(fmt::format("RESET {}", setting));
  pg_copy_settings(link_, name);
}

// Through the very URL that scripts are to be given: nothing of theirs may reach the original.
void Copier::look_at_copy(const std::string& name, bool is_filled) {
  PgLink copy(with_database(url_, name));
  if (pg_ask(copy, "SELECT current_database()").at(0).at(0) != name)
    throw SqlError(Cause::error, "its URL leads to another database than the copy");
  if (!is_filled) return;
  pg_ask(copy, "SET statement_timeout = 0");
  pg_ask(copy, "ANALYZE");  // a dump has no statistics, and without them queries take other ways
}

}  // namespace

void keep_postgresql_copies(const std::string& url, const core::ServerCopies& wish, const std::string& name, int wake) {
  Copier copier(url, wish, wake);
  copier.begin();
  copier.drop_dead();
  if (!name.empty()) copier.copy_to(name);
}

}  // namespace target
