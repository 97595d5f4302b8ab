#include "support/postgresql_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "support/skip.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;

// The newest that Debian's packages have put there.
std::string programs() {
  std::string newest;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(entry.path() / "bin/postgres") && entry.path().string() > newest) newest = entry.path().string();
  return newest.empty() ? "" : newest + "/bin/";
}

// It refuses to work for root.
std::vector<std::string> as_nobody(std::vector<std::string> command) {
  std::vector<std::string> all = {"setpriv", "--pdeathsig", "QUIT"};
  if (is_root()) all.insert(all.end(), {"--reuid=65534", "--regid=65534", "--clear-groups"});
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

// For a server alone, owned by who runs it.
std::string make_folder() {
  const char* place = std::getenv("FETTLE_TEST_DIR");
  std::string path = std::string(place != nullptr && *place != '\0' ? place : "/tmp") + "/fettle-postgresql-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  if (is_root() && ::chown(path.c_str(), 65534, 65534) != 0) throw std::runtime_error("chown");
  return path;
}

std::string must(const Launch& launch) {
  const Ended ended = run(launch);
  if (ended.status != 0) throw std::runtime_error(launch.command.front() + ": " + ended.err + ended.out);
  return ended.out;
}

std::unique_ptr<Program> launch(const std::string& folder, int port, const std::string& more = "") {
  auto program = std::make_unique<Program>(Launch{
      .command = as_nobody({programs() + "postgres", "-D", folder + "/data", "-p", std::to_string(port), "-k", folder,
                            "-h", more.empty() ? "127.0.0.1" : "127.0.0.1," + more, "-c", "max_connections=200", "-c",
                            "shared_buffers=32MB", "-c", "dynamic_shared_memory_type=mmap"}),
      .directory = folder,
      .environment = {}});
  const bool up = wait_until([&] {
    return run({.command = {programs() + "pg_isready", "-q", "-h", folder, "-p", std::to_string(port)},
                .directory = {},
                .environment = {}})
               .status == 0;
  });
  if (!up) throw std::runtime_error("PostgreSQL does not come up: " + program->err());
  return program;
}

std::string ask_server(const std::string& folder, int port, const std::string& database, const std::string& sql) {
  std::string out = must({.command = {"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p",
                                      std::to_string(port), "-U", "admin", "-d", database, "-c", sql},
                          .directory = {},
                          .environment = {std::string("PGPASSWORD=") + PostgresqlServer::k_password}});
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(probe);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

PostgresqlServer* PostgresqlServer::shared() {
  static const std::unique_ptr<PostgresqlServer> server =
      programs().empty() ? nullptr : std::make_unique<PostgresqlServer>();
  if (!server) skip("PostgreSQL is not installed");
  return server.get();
}

PostgresqlServer::PostgresqlServer(const std::string& address, const std::string& network)
    : folder_(make_folder()), address_(address), port_(free_port()) {
  const std::string data = folder_ + "/data";
  write_file(folder_ + "/password", std::string(k_password) + "\n");
  if (is_root() && ::chown((folder_ + "/password").c_str(), 65534, 65534) != 0) throw std::runtime_error("chown");
  must({.command = as_nobody({programs() + "initdb", "--pgdata", data, "--username=admin", "--auth=scram-sha-256",
                              "--pwfile=" + folder_ + "/password", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}),
        .directory = folder_,
        .environment = {}});
  if (!network.empty())
    write_file(data + "/pg_hba.conf",
               read_file(data + "/pg_hba.conf") + "host all all " + network + " scram-sha-256\n");
  start();
  ask("postgres", fmt::format("CREATE ROLE fettle LOGIN PASSWORD '{}'", k_password));
}

PostgresqlServer::~PostgresqlServer() {
  program_.reset();
  std::error_code fault;
  fs::remove_all(folder_, fault);
}

void PostgresqlServer::start() {
  program_ = launch(folder_, port_, address_);
}

std::string PostgresqlServer::make_database() {
  std::string name = fmt::format("test_{}", ++databases_);
  ask("postgres", fmt::format("CREATE DATABASE {} OWNER fettle", name));
  return name;
}

std::string PostgresqlServer::url(const std::string& database, int port) const {
  return fmt::format("postgresql://fettle:p%40ss%2Fw0rd%2520@127.0.0.1:{}/{}", port == 0 ? port_ : port, database);
}

std::string PostgresqlServer::ask(const std::string& database, const std::string& sql) const {
  return ask_server(folder_, port_, database, sql);
}

void PostgresqlServer::let_vacuum(bool on) const {
  ask("postgres", std::string("ALTER SYSTEM SET autovacuum = ") + (on ? "on" : "off"));
  ask("postgres", "SELECT pg_reload_conf()");
  const auto is_at_rest = [this] {
    return ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
        .starts_with("0");
  };
  if (!on) REQUIRE(wait_until(is_at_rest));
}

PostgresqlStandby::PostgresqlStandby(const PostgresqlServer& primary) : folder_(make_folder()), port_(free_port()) {
  must({.command =
            as_nobody({programs() + "pg_basebackup", "-D", folder_ + "/data", "-h", primary.folder(), "-p",
                       std::to_string(primary.port()), "-U", "admin", "-R", "-X", "stream", "-c", "fast", "--no-sync"}),
        .directory = folder_,
        .environment = {std::string("PGPASSWORD=") + PostgresqlServer::k_password}});
  program_ = launch(folder_, port_);
}

PostgresqlStandby::~PostgresqlStandby() {
  program_.reset();
  std::error_code fault;
  fs::remove_all(folder_, fault);
}

std::string PostgresqlStandby::ask(const std::string& database, const std::string& sql) const {
  return ask_server(folder_, port_, database, sql);
}

}  // namespace support
