#include "target/mariadb_receipts.hpp"

#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

constexpr std::size_t k_longest_lock = 64;  // of the server
constexpr std::int64_t k_all = 1'000'000;   // rows: MariaDB has no word for it

// docs/receipts.md explains it to people who meet it in their database. The row format is that which lets the key be as
// long as it is.
constexpr const char* k_make =
    "CREATE TABLE IF NOT EXISTS fettle_receipts ("
    " script varchar(255) NOT NULL, sha256 varchar(64) NOT NULL, ledger varchar(64) NOT NULL, attempt bigint NOT NULL,"
    " run bigint NOT NULL, node varchar(255) NOT NULL, applied_at datetime(3) NOT NULL, fettle varchar(64) NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt))"
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

constexpr const char* k_make_begun =
    "CREATE TABLE IF NOT EXISTS fettle_begun ("
    " script varchar(255) NOT NULL, sha256 varchar(64) NOT NULL, ledger varchar(64) NOT NULL, attempt bigint NOT NULL,"
    " run bigint NOT NULL, node varchar(255) NOT NULL, begun_at datetime(3) NOT NULL, fettle varchar(64) NOT NULL,"
    " PRIMARY KEY (script, sha256, ledger, attempt))"
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

// Name of the time, table, condition.
constexpr const char* k_find =
    "SELECT script, sha256, ledger, node, CONCAT(REPLACE(CAST({0} AS CHAR), ' ', 'T'), 'Z'), fettle, attempt, run FROM "
    "{1} WHERE {2} ORDER BY {0} DESC, script, ledger, attempt LIMIT {3}";

std::int64_t number_in(const std::optional<std::string>& text) {
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

// In the order of the columns.
std::string values_of(const core::Receipt& receipt) {
  return fmt::format("{}, {}, {}, {}, {}, {}, {}, {}", maria_literal(receipt.script), maria_literal(receipt.sha256),
                     maria_literal(receipt.ledger), receipt.attempt, receipt.run, maria_literal(receipt.node),
                     maria_literal(maria_datetime_of(receipt.applied_at)), maria_literal(receipt.version));
}

std::string version_is(const std::string& script, const std::string& sha256) {
  return fmt::format("script = {} AND sha256 = {}", maria_literal(script), maria_literal(sha256));
}

std::string attempt_is(const std::string& script, const std::string& sha256, const std::string& ledger,
                       std::int64_t attempt) {
  return fmt::format("{} AND ledger = {} AND attempt = {}", version_is(script, sha256), maria_literal(ledger), attempt);
}

core::Receipt receipt_in(MariaLink::Texts& row) {
  const auto text = [&](std::size_t column) { return std::move(row.at(column)).value_or(""); };
  return core::Receipt{
      text(0), text(1), text(2), text(3), text(4), text(5), number_in(row.at(6)), number_in(row.at(7))};
}

std::vector<core::Receipt> receipts_in(std::vector<MariaLink::Texts> rows) {
  std::vector<core::Receipt> all;
  for (MariaLink::Texts& row : rows) all.push_back(receipt_in(row));
  return all;
}

std::optional<core::Receipt> first_in(std::vector<MariaLink::Texts> rows) {
  if (rows.empty()) return std::nullopt;
  return receipt_in(rows.front());
}

}  // namespace

std::string maria_datetime_of(std::string_view moment) {
  std::string out(moment.substr(0, moment.find('Z')));
  if (const std::size_t place = out.find('T'); place != std::string::npos) out[place] = ' ';
  return out;
}

std::string maria_lock_of(std::string_view database, std::string_view script) {
  return ("fettle_" + base::sha256_hex(fmt::format("{}\n{}", database, script))).substr(0, k_longest_lock);
}

std::string maria_lock_of_node(std::string_view database, std::string_view node) {
  return ("fettle_node_" + base::sha256_hex(fmt::format("{}\n{}", database, node))).substr(0, k_longest_lock);
}

std::string holder_of(MariaLink& link, const std::string& lock) {
  const auto rows =
      link.ask(fmt::format("SELECT ID, USER, HOST, CAST(UTC_TIMESTAMP() - INTERVAL TIME SECOND AS CHAR) FROM "
                           "information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{}')",
                           lock),
               MariaLink::Patience::to_the_end);
  if (rows.empty() || !rows[0][1] || !rows[0][2] || !rows[0][3]) return "another node is at work on this script";
  return fmt::format(
      "another node is at work on this script: {} from {}, server connection {}, last heard of at {} UTC",
      base::escape(*rows[0][1]), base::escape(*rows[0][2]), rows[0][0].value_or("?"), *rows[0][3]);
}

bool MariaReceipts::has_table(std::string_view name) {
  return !link_
              .ask(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME "
                               "= '{}'",
                               name))
              .empty();
}

bool MariaReceipts::look() {
  return has_table(k_receipts);
}

void MariaReceipts::make() {
  link_.run(k_make, MariaLink::Patience::to_the_end);
}

std::optional<core::Receipt> MariaReceipts::find_where(const std::string& condition) {
  return first_in(link_.ask(fmt::format(k_find, "applied_at", k_receipts, condition, 1)));
}

std::optional<core::Receipt> MariaReceipts::find(const std::string& script, const std::string& sha256) {
  return find_where(version_is(script, sha256));
}

std::optional<core::Receipt> MariaReceipts::find(const core::Inquire& attempt) {
  return find_where(attempt_is(attempt.script, attempt.sha256, attempt.ledger, attempt.attempt));
}

bool MariaReceipts::has(const core::Receipt& attempt) {
  return find_where(attempt_is(attempt.script, attempt.sha256, attempt.ledger, attempt.attempt)).has_value();
}

std::vector<std::string> MariaReceipts::scripts_with(const std::string& part) {
  std::vector<std::string> names;
  for (const MariaLink::Texts& row : link_.ask(fmt::format(
           "SELECT DISTINCT script FROM fettle_receipts WHERE LOCATE({}, script) > 0", maria_literal(part))))
    names.push_back(row.at(0).value_or(""));
  return names;
}

bool MariaReceipts::leave(const core::Receipt& receipt, const std::string& lock) {
  return link_.run(fmt::format("INSERT INTO fettle_receipts (script, sha256, ledger, attempt, run, node, applied_at, "
                               "fettle) SELECT {} FROM DUAL WHERE IS_USED_LOCK('{}') = CONNECTION_ID()",
                               values_of(receipt), lock)) == 1;
}

void MariaReceipts::take_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) {
  for (const std::int64_t attempt : attempts)
    if (link_.run("DELETE FROM fettle_receipts WHERE " +
                  attempt_is(version.script, version.sha256, version.ledger, attempt)) != 1)
      throw SqlError(core::Cause::error, receipt_is_gone());
}

// --- without a transaction -----------------------------------------------------------------------------------------

std::vector<core::Receipt> MariaReceipts::find_starts(const std::string& script, const std::string& sha256) {
  if (!has_table(k_begun)) return {};
  return receipts_in(link_.ask(fmt::format(k_find, "begun_at", k_begun, version_is(script, sha256), k_all)));
}

// In a transaction, so that the rows of a ledger are never both gone.
void MariaReceipts::leave_start(const core::Receipt& receipt) {
  if (!has_table(k_begun)) link_.run(k_make_begun, MariaLink::Patience::to_the_end);
  link_.run("START TRANSACTION READ WRITE", MariaLink::Patience::to_the_end);
  link_.run(fmt::format("DELETE FROM fettle_begun WHERE {} AND ledger = {}", version_is(receipt.script, receipt.sha256),
                        maria_literal(receipt.ledger)),
            MariaLink::Patience::to_the_end);
  link_.run(fmt::format("INSERT INTO fettle_begun (script, sha256, ledger, attempt, run, node, begun_at, fettle) "
                        "VALUES ({})",
                        values_of(receipt)),
            MariaLink::Patience::to_the_end);
  link_.run("COMMIT", MariaLink::Patience::to_the_end);
}

bool MariaReceipts::take_start_away(const core::Receipt& receipt) {
  return link_.run("DELETE FROM fettle_begun WHERE " +
                       attempt_is(receipt.script, receipt.sha256, receipt.ledger, receipt.attempt),
                   MariaLink::Patience::to_the_end) == 1;
}

void MariaReceipts::take_starts_away(const std::string& script) {
  link_.run("DELETE FROM fettle_begun WHERE script = " + maria_literal(script), MariaLink::Patience::to_the_end);
}

// --- the fleet -----------------------------------------------------------------------------------------------------

// A lock tells the connection that has it; whose that is, the lock of a node that has left receipts here.
core::Fleet MariaReceipts::muster(const core::Muster& wish, const std::string& database) {
  core::Fleet fleet;
  std::string nodes;
  const auto node_of = [&](const std::string& node) {
    nodes += fmt::format(" WHEN IS_USED_LOCK('{}') THEN {}", maria_lock_of_node(database, node), maria_literal(node));
  };
  if (look()) {
    fleet.applied = receipts_in(
        link_.ask(fmt::format(k_find, "applied_at", k_receipts, "true", fmt::format("{}, {}", wish.skip, wish.most))));
    for (const MariaLink::Texts& row : link_.ask("SELECT DISTINCT node FROM fettle_receipts LIMIT 200"))
      node_of(row.at(0).value_or(""));
  }
  if (has_table(k_begun))
    fleet.begun = receipts_in(link_.ask(fmt::format(k_find, "begun_at", k_begun, "true", wish.most)));
  std::string locks;
  for (const std::string& script : wish.scripts)
    locks += fmt::format("{}SELECT {} AS script, IS_USED_LOCK('{}') AS id", locks.empty() ? "" : " UNION ALL ",
                         maria_literal(script), maria_lock_of(database, script));
  if (locks.empty()) return fleet;
  const std::string node = nodes.empty() ? "''" : fmt::format("COALESCE(CASE l.id{} END, '')", nodes);
  for (const MariaLink::Texts& row :
       link_.ask(fmt::format("SELECT l.script, {}, COALESCE(p.HOST, ''), l.id FROM ({}) AS l LEFT JOIN "
                             "information_schema.PROCESSLIST p ON p.ID = l.id WHERE l.id IS NOT NULL",
                             node, locks)))
    fleet.at_work.push_back({row.at(0).value_or(""), row.at(1).value_or(""), "",
                             fmt::format("{}, server connection {}", row.at(2).value_or(""), row.at(3).value_or(""))});
  return fleet;
}

}  // namespace target
