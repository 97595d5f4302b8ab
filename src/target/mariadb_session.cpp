#include "target/mariadb_session.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "target/mariadb_bulk.hpp"
#include "target/mariadb_guard.hpp"

namespace target {
namespace {

using core::Access;
using core::Cause;

constexpr std::chrono::hours k_longest{24 * 24};  // longer limits are none
constexpr std::chrono::seconds k_grace{5};        // the broker's own clock is to be first

std::int64_t seconds_until(os::Deadline deadline) {
  if (deadline == os::Deadline::max()) return 0;  // no limit
  const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - os::Steady::now()) + k_grace;
  return std::clamp<std::int64_t>(left.count(), 1, std::chrono::seconds(k_longest).count());
}

}  // namespace

MariaSession::MariaSession(MariaLink& link, unsigned lock_timeout) : link_(link), lock_timeout_(lock_timeout) {
  link_.run(k_stay);
  link_.run("SET sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')");
  const auto rows = link_.ask(
      "SELECT DATABASE(), @@sql_mode, @@max_allowed_packet, VERSION(), @@log_bin AND @@binlog_format = 'STATEMENT'");
  const auto text = [&](std::size_t column) { return rows.at(0).at(column).value_or(""); };
  database_ = text(0);
  sql_mode_ = text(1);
  if (sql_mode_.find("MSSQL") != std::string::npos)  // its [names] could hide what a statement is
    throw SqlError(Cause::unreachable, "the server's sql_mode has MSSQL, which fettle cannot read; take it out of it");
  dialect_ = mariadb_dialect(sql_mode_);
  largest_packet_ = std::stoull(text(2));
  is_mariadb_ = text(3).find("MariaDB") != std::string::npos;
  // A log of statements demands the other: its snapshot too is taken after the lock.
  isolation_ = text(4) == "1" ? "REPEATABLE-READ" : "READ-COMMITTED";
  takes_bulks_ = target::takes_bulks(link_.handle());
}

std::string MariaSession::limits_until(os::Deadline deadline) const {
  const std::int64_t limit = seconds_until(deadline);
  const std::string limits = is_mariadb_
                                 ? fmt::format("max_statement_time = {0}, idle_transaction_timeout = {0}", limit)
                                 : fmt::format("max_execution_time = {}, wait_timeout = {}", limit * 1000,
                                               limit == 0 ? std::chrono::seconds(k_longest).count() : limit);
  return fmt::format("innodb_lock_wait_timeout = {0}, lock_wait_timeout = {0}, {1}", lock_timeout_, limits);
}

void MariaSession::prepare(Access access, os::Deadline deadline) {
  const char* const kind = is_mariadb_ ? "tx" : "transaction";
  link_.run(
      fmt::format("SET NAMES utf8mb4, autocommit = 1, completion_type = 0, sql_mode = '{0}', {1}_isolation = '{2}', "
                  "{1}_read_only = {3}, {4}",
                  sql_mode_, kind, isolation_, access == Access::read ? 1 : 0, limits_until(deadline)));
}

void MariaSession::limit(os::Deadline deadline) {
  link_.run(
      fmt::format("SET NAMES utf8mb4, completion_type = 0, sql_mode = '{}', {}", sql_mode_, limits_until(deadline)),
      MariaLink::Patience::to_the_end);
}

std::size_t size_of(const core::Values& values) noexcept {
  std::size_t bytes = 0;
  for (const core::ValueView& value : values) bytes += core::wire_size(value) + 16;
  return bytes;
}

void MariaSession::check_size(std::string_view sql, const core::Values& parameters) const {
  constexpr std::uint64_t k_room = 1024;  // beside the values of a statement
  if (sql.size() + size_of(parameters) + k_room <= largest_packet_) return;
  throw SqlError(Cause::error, fmt::format("this statement is larger than the server takes; its max_allowed_packet is "
                                           "{} bytes",
                                           largest_packet_));
}

}  // namespace target
