#include "support/struck_server.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <signal.h>
#include <stdexcept>

namespace support {
namespace {

namespace fs = std::filesystem;

// A process that nobody has waited for yet has ended all the same.
bool has_ended(pid_t process) {
  const std::string stat = read_file(fmt::format("/proc/{}/stat", process));
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end, 3) == ") Z";
}

// All at once: while the first is held it makes no others.
void kill_tree(pid_t first) {
  ::kill(first, SIGSTOP);
  std::vector<pid_t> all = descendants_of(first);
  all.push_back(first);
  for (const pid_t process : all) ::kill(process, SIGKILL);
  if (!wait_until([&] { return std::all_of(all.begin(), all.end(), has_ended); }))
    throw std::runtime_error("the server does not end");
}

// --- PostgreSQL ----------------------------------------------------------------------------------------------------

class StruckPostgresql final : public StruckServer {
 public:
  Engine make_engine() override { return engine_on(server_); }
  int port() const override { return server_.port(); }
  std::string nap() const override { return "select pg_sleep(0.02)"; }

  // A standby that is not there is waited for when the commit is durable here; the other is a delay before that.
  void keep_commits(Kept where) override {
    set(where == Kept::behind ? "synchronous_standby_names = 'absent'\n"
                              : "commit_delay = 100000\ncommit_siblings = 0\n");
  }
  void let_commits_go() override { set(""); }
  bool is_committing() override {
    return ask("select count(*) from pg_stat_activity where usename = 'fettle' and "
               "(wait_event = 'SyncRep' or state = 'active' and query = 'COMMIT')") != "0";
  }
  void end_sessions(Whose whose) override {
    ask(
        fmt::format("select pg_terminate_backend(pid) from (select pid from pg_stat_activity where usename = 'fettle' "
                    "order by random() {}) as sessions",
                    whose == Whose::one ? "limit 1" : ""));
  }
  void end(End how) override {
    if (how == End::killed) kill_tree(server_.pid());
    if (how == End::at_once) server_.signal(SIGQUIT);
    if (how == End::in_order) server_.signal(SIGINT);
    server_.wait_for_end();
    is_up_ = false;
  }
  void start() override {
    server_.start();
    is_up_ = true;
  }

 private:
  std::string ask(const std::string& sql) const { return server_.ask("postgres", sql); }
  void set(const std::string& settings) {
    write_file(server_.folder() + "/data/postgresql.auto.conf", settings);
    if (is_up_) server_.signal(SIGHUP);
  }

  PostgresqlServer server_;
  bool is_up_ = true;
};

// --- MariaDB -------------------------------------------------------------------------------------------------------

class StruckMariadb final : public StruckServer {
 public:
  Engine make_engine() override { return engine_on(server_); }
  int port() const override { return server_.port(); }
  std::string nap() const override { return "select sleep(0.02)"; }

  // A replica that is not there is waited for when the commit is durable here; a backup keeps all commits from that.
  void keep_commits(Kept where) override {
    if (where == Kept::behind) return await_replicas("ON");
    backup_ = std::make_unique<Program>(
        Launch{.command = {"mariadb", "--no-defaults", "-S", server_.folder() + "/socket", "-u", "root", "-e",
                           "BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT; SELECT SLEEP(600)"},
               .directory = {},
               .environment = {}});
    wait_until([&] { return !backup().empty(); }, Seconds(10));
  }
  void let_commits_go() override {
    if (!is_up_) return backup_.reset();
    if (backup_)
      server_.ask(
          "BEGIN NOT ATOMIC FOR it IN (SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(600)') "
          "DO KILL it.ID; END FOR; END");
    backup_.reset();
    await_replicas("OFF");
  }
  bool is_committing() override {
    return server_.ask(
               "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'fettle' AND STATE IN ('Waiting for "
               "backup lock', 'Waiting for semi-sync ACK from slave')") != "0";
  }
  // One of them may be gone before its turn comes.
  void end_sessions(Whose whose) override {
    server_.ask(fmt::format(
        "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; FOR it IN (SELECT ID FROM "
        "information_schema.PROCESSLIST WHERE USER = 'fettle' ORDER BY RAND() {}) DO KILL it.ID; END FOR; END",
        whose == Whose::one ? "LIMIT 1" : ""));
  }
  void end(End how) override {
    if (how == End::in_order)
      server_.signal(SIGTERM);
    else
      kill_tree(server_.pid());  // it has no other way to stop at once
    server_.wait_for_end();
    is_up_ = false;
  }
  void start() override {
    server_.start();
    is_up_ = true;
  }

 private:
  std::string backup() const {
    return server_.ask("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(600)'");
  }
  void await_replicas(const char* word) const {
    server_.ask(
        fmt::format("SET GLOBAL rpl_semi_sync_master_timeout = 600000, rpl_semi_sync_master_enabled = {}", word));
  }

  MariadbServer server_{{"--log-bin", "--server-id=1"}};
  std::unique_ptr<Program> backup_;
  bool is_up_ = true;
};

}  // namespace

std::unique_ptr<StruckServer> struck_postgresql() {
  if (PostgresqlServer::shared() == nullptr) return nullptr;
  return std::make_unique<StruckPostgresql>();
}

std::unique_ptr<StruckServer> struck_mariadb() {
  if (MariadbServer::shared() == nullptr) return nullptr;
  return std::make_unique<StruckMariadb>();
}

}  // namespace support
