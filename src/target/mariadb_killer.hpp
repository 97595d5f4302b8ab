// The second connection to a MariaDB or MySQL server, on which the interrupter says KILL QUERY for the first
// (interrupter.hpp). Made by the broker, used by the interrupter.
#pragma once

#include "target/interrupter.hpp"
#include "target/mariadb_address.hpp"
#include "target/mariadb_link.hpp"

namespace target {

class MariaKiller {
 public:
  // of: outlives this.
  MariaKiller(const MariaAddress& address, MariaLink& of);

  Interruption interruption();  // none when it came to another server

 private:
  MariaLink& of_;
  MariaLink link_;
  bool is_near_ = false;
};

}  // namespace target
