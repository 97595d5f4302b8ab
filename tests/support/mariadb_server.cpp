#include "support/mariadb_server.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/postgresql_server.hpp"
#include "support/skip.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;

std::string server_program() {
  for (const char* path : {"/usr/sbin/mariadbd", "/usr/bin/mariadbd"})
    if (fs::exists(path) && fs::exists("/usr/bin/mariadb-install-db") && fs::exists("/usr/bin/mariadb")) return path;
  return "";
}

// It refuses to work for root.
std::vector<std::string> as_nobody(std::vector<std::string> command) {
  std::vector<std::string> all = {"setpriv", "--pdeathsig", "KILL"};
  if (is_root()) all.insert(all.end(), {"--reuid=65534", "--regid=65534", "--clear-groups"});
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

std::string must(const Launch& launch) {
  const Ended ended = run(launch);
  if (ended.status != 0) throw std::runtime_error(launch.command.front() + ": " + ended.err + ended.out);
  return ended.out;
}

}  // namespace

MariadbServer* MariadbServer::shared() {
  static const std::unique_ptr<MariadbServer> server =
      server_program().empty() ? nullptr : std::make_unique<MariadbServer>();
  if (!server) skip("MariaDB is not installed");
  return server.get();
}

MariadbServer::MariadbServer(std::vector<std::string> options) : options_(std::move(options)), port_(free_port()) {
  const char* place = std::getenv("FETTLE_TEST_DIR");
  std::string pattern = std::string(place != nullptr && *place != '\0' ? place : "/tmp") + "/fettle-mariadb-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  fs::create_directory(folder_ + "/data");
  if (is_root())
    for (const std::string& path : {folder_, folder_ + "/data"})
      if (::chown(path.c_str(), 65534, 65534) != 0) throw std::runtime_error("chown");
  must({.command = as_nobody({"mariadb-install-db", "--no-defaults", "--datadir=" + folder_ + "/data",
                              "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M",
                              "--innodb-buffer-pool-size=16M"}),
        .directory = folder_,
        .environment = {"TMPDIR=" + folder_}});  // two that start there remove each other's tables
  must({.command = as_nobody({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                              "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                              folder_ + "/key.pem", "-out", certificate()}),
        .directory = folder_,
        .environment = {}});
  start();
  ask(fmt::format("CREATE USER fettle@'127.0.0.%' IDENTIFIED BY '{}'", k_password));
}

MariadbServer::~MariadbServer() {
  program_.reset();
  std::error_code fault;
  fs::remove_all(folder_, fault);
}

void MariadbServer::start() {
  std::vector<std::string> command =
      as_nobody({server_program(), "--no-defaults", "--datadir=" + folder_ + "/data", "--socket=" + folder_ + "/socket",
                 "--pid-file=" + folder_ + "/pid", "--tmpdir=" + folder_, fmt::format("--port={}", port_),
                 "--bind-address=127.0.0.1,127.0.0.2", "--skip-name-resolve", "--ssl-cert=" + certificate(),
                 "--ssl-key=" + folder_ + "/key.pem", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
                 "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M", "--max-connections=200"});
  command.insert(command.end(), options_.begin(), options_.end());
  program_ = std::make_unique<Program>(Launch{.command = command, .directory = folder_, .environment = {}});
  const bool up = wait_until([&] {
    return run({.command = {"mariadb", "--no-defaults", "-S", folder_ + "/socket", "-u", "root", "-e", "SELECT 1"},
                .directory = {},
                .environment = {}})
               .status == 0;
  });
  if (!up) throw std::runtime_error("MariaDB does not come up: " + program_->err());
}

std::string MariadbServer::make_database() {
  std::string name = fmt::format("test_{}", ++databases_);
  ask("CREATE DATABASE " + name + " CHARACTER SET utf8mb4");
  ask(fmt::format("GRANT ALL ON {}.* TO fettle@'127.0.0.%'", name));
  return name;
}

std::string MariadbServer::url(const std::string& database, const std::string& options) const {
  return fmt::format("mariadb://fettle:p%40ss%2Fw0rd%2520@127.0.0.1:{}/{}{}", port_, database, options);
}

std::string MariadbServer::ask(const std::string& sql, const std::string& database) const {
  std::string out = must({.command = {"mariadb", "--no-defaults", "-S", folder_ + "/socket", "-u", "root", "-N", "-B",
                                      "--default-character-set=utf8mb4", "--delimiter=$$", "-D", database, "-e", sql},
                          .directory = {},
                          .environment = {}});
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string MariadbServer::connection_in(const std::string& database) const {
  return ask(
      fmt::format("SELECT MIN(ID) FROM information_schema.PROCESSLIST WHERE DB = '{}' AND USER = 'fettle'", database));
}

}  // namespace support
