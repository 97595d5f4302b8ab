// What holds for a connection to MariaDB or MySQL while a script's transaction is on it, whatever the server's defaults
// are: all of it is set in one statement, since making the connection as new forgets it. Lives in the broker.
#pragma once

#include <cstdint>
#include <string>

#include "core/message.hpp"
#include "os/clock.hpp"
#include "target/mariadb_link.hpp"
#include "target/sql_text.hpp"

namespace target {

class MariaSession {
 public:
  // Asks the server what it is like. Throws SqlError.
  MariaSession(MariaLink& link, unsigned lock_timeout);

  // Before a transaction. deadline: of the attempt; a server that does not hear of us any more ends the statement and
  // the transaction then.
  void prepare(core::Access access, os::Deadline deadline);
  // The same inside of one, of which the rest holds: what a procedure may have set is put back, too.
  void limit(os::Deadline deadline);

  bool is_mariadb() const noexcept { return is_mariadb_; }
  bool takes_bulks() const noexcept { return takes_bulks_; }
  Dialect dialect() const noexcept { return dialect_; }
  const std::string& database() const noexcept { return database_; }  // as the server names it
  std::uint64_t largest_packet() const noexcept { return largest_packet_; }
  // A statement that is larger the server answers by hanging up. Throws SqlError.
  void check_size(std::string_view sql, const core::Values& parameters) const;

  // For a connection that may be idle for longer than a server likes.
  static constexpr const char* k_stay = "SET SESSION wait_timeout = 31536000";

 private:
  std::string limits_until(os::Deadline deadline) const;

  MariaLink& link_;
  unsigned lock_timeout_;
  bool is_mariadb_ = true, takes_bulks_ = false;
  Dialect dialect_ = Dialect::mariadb;
  std::string database_, sql_mode_, isolation_;
  std::uint64_t largest_packet_ = 0;
};

// Bytes that parameters take in a packet, at most.
std::size_t size_of(const core::Values& values) noexcept;

}  // namespace target
