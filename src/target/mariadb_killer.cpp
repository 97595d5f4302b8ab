#include "target/mariadb_killer.hpp"

#include <fmt/format.h>

#include "target/mariadb_session.hpp"

namespace target {

MariaKiller::MariaKiller(const MariaAddress& address, MariaLink& of) : of_(of), link_(address) {
  link_.run(MariaSession::k_stay);
  // Behind a balancer it may have come to another server, where the number of our connection is somebody else's.
  constexpr const char* k_which = "SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir)";
  is_near_ = of_.ask(k_which).at(0).at(0) == link_.ask(k_which).at(0).at(0);
}

Interruption MariaKiller::interruption() {
  if (!is_near_) return {};
  const auto kill = [this, id = of_.library().thread_id(of_.handle())] {
    try {
      link_.run(fmt::format("KILL QUERY {}", id));
    } catch (const SqlError&) {
      // The broker sees that nothing stops.
    }
  };
  return {kill, link_.socket()};
}

}  // namespace target
