// The URL of a MariaDB or MySQL database, taken apart. No message of it repeats what was given, except the name of an
// option: anything else could be part of a password. Lives in the broker.
#pragma once

#include <string>
#include <string_view>

namespace target {

struct MariaAddress {
  enum class Encryption { preferred, disabled, required, verify_ca, verify_full };

  std::string user, password, database;
  std::string host = "localhost";  // always over TCP, this name too
  std::string socket;              // of this machine; it is used instead of host and port when it is not empty
  std::string ca_file;             // of those who may have signed the server's certificate
  Encryption encryption = Encryption::preferred;
  unsigned port = 3306;
  unsigned connect_timeout = 10;  // seconds
  unsigned lock_timeout = 30;     // seconds that one statement waits for a row or a table
};

// address: what stands behind "mariadb:" or "mysql:", //USER:PASSWORD@HOST:PORT/NAME?OPTION=VALUE&…, each part
// percent-decoded. Throws SqlError(unreachable).
MariaAddress read_mariadb_address(std::string_view address);

}  // namespace target
