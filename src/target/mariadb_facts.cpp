#include "target/mariadb_facts.hpp"

#include <chrono>
#include <fmt/format.h>
#include <map>
#include <string>

#include "base/text.hpp"
#include "os/clock.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr auto k_to_the_end = MariaLink::Patience::to_the_end;

using Settings = std::map<std::string, std::string>;

// Asked so that one which a server does not have is no fault.
Settings settings_of(MariaLink& link) {
  Settings settings;
  for (const auto& row : link.ask("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', "
                                  "'innodb_doublewrite', 'sync_binlog', 'log_bin', 'read_only', 'wsrep_on', 'version', "
                                  "'version_comment')",
                                  k_to_the_end))
    settings[row.at(0).value_or("")] = row.at(1).value_or("");
  return settings;
}

std::string first_of(MariaLink& link, const std::string& sql) {
  const auto rows = link.ask(sql, k_to_the_end);
  return rows.empty() ? "" : rows[0].at(0).value_or("");
}

std::string encryption_of(MariaLink& link, const MariaAddress& address) {
  const char* const cipher = link.library().get_ssl_cipher(link.handle());
  if (cipher != nullptr) return fmt::format("TLS, {}", cipher);
  return address.socket.empty() ? "not encrypted (ssl-mode=verify-full in the URL demands it)"
                                : "none is needed: a socket of this machine";
}

std::string durability_of(Settings& settings) {
  std::string weak;
  if (settings["innodb_flush_log_at_trx_commit"] != "1")
    weak = fmt::format(
        "innodb_flush_log_at_trx_commit is {}: a power cut may lose what was committed, receipts too; set "
        "it to 1",
        settings["innodb_flush_log_at_trx_commit"]);
  else if (settings["innodb_doublewrite"] == "OFF")
    weak = "innodb_doublewrite is OFF: a power cut may lose the database";
  else if (settings["log_bin"] == "ON" && settings["sync_binlog"] != "1")
    weak = fmt::format("sync_binlog is {}: after a power cut replicas may lack what was committed",
                       settings["sync_binlog"]);
  return weak.empty() ? "innodb_flush_log_at_trx_commit 1; each commit waits for the disk" : weak;
}

}  // namespace

bool is_read_only(std::string_view word) noexcept {
  return !word.empty() && word != "0" && word != "OFF";
}

void check_writable(MariaLink& link) {
  if (is_read_only(link.ask("SELECT @@global.read_only").at(0).at(0).value_or("")))
    throw SqlError(core::Cause::unreachable, standby_is_only_read());
}

std::vector<core::Fact> facts_of(MariaLink& link, const MariaAddress& address) {
  const auto start = os::Steady::now();
  const std::string user = first_of(link, "SELECT CURRENT_USER()");
  const auto trip = std::chrono::duration_cast<std::chrono::microseconds>(os::Steady::now() - start);
  Settings settings = settings_of(link);
  std::vector<core::Fact> facts;
  const std::string place = address.socket.empty() ? fmt::format("{} port {}", base::escape(address.host), address.port)
                                                   : fmt::format("socket {}", base::escape(address.socket));
  facts.push_back(
      {"server", fmt::format("{}, database {}, as {}", place, base::escape(address.database), base::escape(user))});
  const bool is_mariadb = settings["version"].find("MariaDB") != std::string::npos;
  facts.push_back({"version", fmt::format("{} {} (client library {})", is_mariadb ? "MariaDB" : "MySQL",
                                          settings["version"], link.library().get_client_info())});
  facts.push_back({"role", is_read_only(settings["read_only"]) ? "read_only: it can only be read" : "primary"});
  if (settings["wsrep_on"] == "ON")
    facts.push_back({"cluster", "Galera: locks of scripts hold on one node of it; name the same one on every host"});
  facts.push_back({"encryption", encryption_of(link, address)});
  facts.push_back({"durability", durability_of(settings)});
  const std::string others = first_of(
      link,
      "SELECT CONCAT_WS(' ', COUNT(*), 'of the tables, such as', MIN(TABLE_NAME)) FROM information_schema.TABLES "
      "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB'");
  if (!others.starts_with("0 "))
    facts.push_back({"tables", fmt::format("{}, are not of InnoDB: what is written there cannot be rolled back",
                                           base::escape(others))});
  const std::string size =
      first_of(link,
               "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) FROM information_schema.TABLES "
               "WHERE TABLE_SCHEMA = DATABASE()");
  facts.push_back({"size", base::format_size(std::stoull(size))});
  facts.push_back({"round trip", base::format_duration(trip)});
  const bool has_receipts = !first_of(link,
                                      "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                                      "TABLE_NAME = 'fettle_receipts'")
                                 .empty();
  facts.push_back({"receipts", has_receipts ? first_of(link, "SELECT COUNT(*) FROM fettle_receipts")
                                            : "no table yet: made by the first run"});
  return facts;
}

}  // namespace target
