// A PostgreSQL server of our own: Debian's, on a private data directory, on a free port of the loopback. The first test
// that needs it starts it; it ends with the test program, whatever becomes of that.
#pragma once

#include <memory>
#include <string>

#include "support/program.hpp"

namespace support {

class PostgresqlServer {
 public:
  // nullptr where it is not installed; the test is then skipped, and says so.
  static PostgresqlServer* shared();

  PostgresqlServer() : PostgresqlServer("") {}
  // address: of an interface that it listens on, too, for clients of that network; its CIDR form is trusted as the
  // loopback is.
  explicit PostgresqlServer(const std::string& address, const std::string& network = "");
  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  // A new, empty database; its name.
  std::string make_database();
  // With user and password, for scripts. port: of something that stands between.
  std::string url(const std::string& database, int port = 0) const;
  // By another client, as the administrator: the first column of all rows, a line each.
  std::string ask(const std::string& database, const std::string& sql) const;

  int port() const noexcept { return port_; }
  const std::string& folder() const noexcept { return folder_; }
  pid_t pid() const noexcept { return program_->pid(); }
  void signal(int number) const { program_->signal(number); }
  // Autovacuum commits transactions of its own whenever it likes: where that matters it is off, and at rest.
  void let_vacuum(bool on) const;
  void start();  // again, after it ended
  void wait_for_end() { program_->wait(Seconds(30)); }

  static constexpr const char* k_password = "p@ss/w0rd%20";  // as it must be written into a URL: p%40ss%2Fw0rd%2520

 private:
  std::string folder_;
  std::string address_;
  int port_ = 0;
  int databases_ = 0;
  std::unique_ptr<Program> program_;
};

// A copy of it that follows.
class PostgresqlStandby {
 public:
  explicit PostgresqlStandby(const PostgresqlServer& primary);
  ~PostgresqlStandby();
  PostgresqlStandby(const PostgresqlStandby&) = delete;
  PostgresqlStandby& operator=(const PostgresqlStandby&) = delete;

  int port() const noexcept { return port_; }
  std::string ask(const std::string& database, const std::string& sql) const;

 private:
  std::string folder_;
  int port_;
  std::unique_ptr<Program> program_;
};

// A port of the loopback that nobody uses now.
int free_port();

}  // namespace support
