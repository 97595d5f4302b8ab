// A MariaDB server of our own: Debian's, on a private data directory, on a free port of the loopback. The first test
// that needs it starts it; it ends with the test program, whatever becomes of that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/program.hpp"

namespace support {

class MariadbServer {
 public:
  // nullptr where it is not installed; the test is then skipped, and says so.
  static MariadbServer* shared();

  explicit MariadbServer(std::vector<std::string> options = {});  // of the server, beside our own
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // A new, empty database; its name.
  std::string make_database();
  // With user and password, for scripts.
  std::string url(const std::string& database, const std::string& options = "") const;
  // One statement by another client, as the administrator: the rows, a line each, columns between tabs.
  std::string ask(const std::string& sql, const std::string& database = "mysql") const;
  // The number of a connection of the scripts' user that is in this database, as long as there is one.
  std::string connection_in(const std::string& database) const;

  int port() const noexcept { return port_; }
  const std::string& folder() const noexcept { return folder_; }
  pid_t pid() const noexcept { return program_->pid(); }
  void signal(int number) const { program_->signal(number); }
  void start();  // again, after it ended
  void wait_for_end() { program_->wait(Seconds(30)); }
  // Signed by itself, for 127.0.0.1; the server speaks TLS to who wishes it.
  std::string certificate() const { return folder_ + "/certificate.pem"; }

  static constexpr const char* k_password = "p@ss/w0rd%20";  // as it must be written into a URL: p%40ss%2Fw0rd%2520

 private:
  std::vector<std::string> options_;
  std::string folder_;
  int port_ = 0;
  int databases_ = 0;
  std::unique_ptr<Program> program_;
};

}  // namespace support
