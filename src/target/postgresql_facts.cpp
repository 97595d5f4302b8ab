#include "target/postgresql_facts.hpp"

#include <chrono>
#include <fmt/format.h>

#include "base/text.hpp"
#include "os/clock.hpp"

namespace target {
namespace {

std::vector<std::string> first_row(PgLink& link, const std::string& sql, const core::Values& parameters = {}) {
  link.send(sql, PgParameters(parameters));
  const PgResult result = std::move(link.collect(PgLink::Patience::to_the_end).back());
  const Libpq& pq = link.pq();
  std::vector<std::string> row;
  if (pq.ntuples(result.get()) == 0) return row;
  for (int column = 0; column < pq.nfields(result.get()); ++column)
    row.emplace_back(pq.getvalue(result.get(), 0, column));
  return row;
}

std::string encryption_of(PgLink& link) {
  const Libpq& pq = link.pq();
  if (pq.sslInUse(link.handle()) == 0) return "not encrypted (sslmode=verify-full in the URL demands it)";
  const auto attribute = [&](const char* name) {
    const char* const text = pq.sslAttribute(link.handle(), name);
    return std::string(text == nullptr ? "" : text);
  };
  return fmt::format("{}, {}", attribute("protocol"), attribute("cipher"));
}

}  // namespace

bool is_standby(PgLink& link) {
  return first_row(link, "SELECT pg_catalog.pg_is_in_recovery()").at(0) == "t";
}

bool has_lock(PgLink& link, std::int64_t lock) {
  return first_row(
             link,
             "SELECT pg_catalog.count(*) > 0 FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.granted "
             "AND l.pid = pg_catalog.pg_backend_pid() AND l.classid::pg_catalog.int8 = ($1::pg_catalog.int8 >> 32) "
             "& 4294967295 AND l.objid::pg_catalog.int8 = $1::pg_catalog.int8 & 4294967295 AND l.objsubid = 1",
             {lock})
             .at(0) == "t";
}

bool is_behind_pooler(PgLink& link) {
  return first_row(link, "SELECT pg_catalog.pg_backend_pid()").at(0) !=
         fmt::format("{}", link.pq().backendPID(link.handle()));
}

std::string holder_of(PgLink& link, std::int64_t lock) {
  // An advisory lock's number stands in two halves.
  const std::vector<std::string> row =
      first_row(link,
                "SELECT a.pid, a.application_name, coalesce(pg_catalog.host(a.client_addr), 'this host'), "
                "pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM "
                "pg_catalog.pg_locks l "
                "JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND "
                "l.classid::pg_catalog.int8 = ($1::pg_catalog.int8 >> 32) & 4294967295 AND l.objid::pg_catalog.int8 = "
                "$1::pg_catalog.int8 & 4294967295 AND l.objsubid = 1",
                {lock});
  if (row.size() < 4) return "another node is at work on this script";
  return fmt::format("another node is at work on this script: {} from {}, server process {}, since {}",
                     base::escape(row[1]), row[2], row[0], row[3]);
}

std::vector<core::Fact> facts_of(PgLink& link) {
  const Libpq& pq = link.pq();
  const auto start = os::Steady::now();
  const std::vector<std::string> row =
      first_row(link,
                "SELECT pg_catalog.current_setting('server_version'), current_user, "
                "pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), "
                "pg_catalog.current_setting('fsync'), pg_catalog.current_setting('full_page_writes'), "
                "pg_catalog.pg_database_size(pg_catalog.current_database()), "
                "pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'), pg_catalog.current_schema(), "
                "pg_catalog.to_regclass('fettle_receipts') IS NOT NULL");
  const auto trip = std::chrono::duration_cast<std::chrono::microseconds>(os::Steady::now() - start);
  if (row.size() < 10) return {};
  std::vector<core::Fact> facts;
  facts.push_back(
      {"server", fmt::format("{} port {}, database {}, as {}", base::escape(pq.host(link.handle())),
                             pq.port(link.handle()), base::escape(pq.db(link.handle())), base::escape(row[1]))});
  facts.push_back({"version", fmt::format("PostgreSQL {} (client library {})", row[0], pq.libVersion() / 10000)});
  facts.push_back({"role", row[2] == "t" ? "standby: it can only be read" : "primary"});
  const bool pooled = row[3] != fmt::format("{}", pq.backendPID(link.handle()));
  facts.push_back({"pooler", pooled ? "behind a pooler" : "no pooler"});
  facts.push_back({"encryption", encryption_of(link)});
  const bool safe = row[4] == "on" && row[5] == "on";
  facts.push_back({"durability", safe ? "fsync, full_page_writes; each commit waits for the disk"
                                      : fmt::format("fsync {}, full_page_writes {}: a power cut may lose the database",
                                                    row[4], row[5])});
  facts.push_back({"size", base::format_size(std::stoull(row[6]))});
  facts.push_back({"round trip", fmt::format("a round trip takes {}", base::format_duration(trip))});
  if (row[9] != "t")
    facts.push_back({"receipts", row[7] == "t"
                                     ? "no table yet: made by the first run"
                                     : fmt::format("no table yet, and no right to make it in schema {}", row[8])});
  else
    facts.push_back(
        {"receipts", fmt::format("{} receipts", first_row(link, "SELECT count(*) FROM fettle_receipts").at(0))});
  return facts;
}

}  // namespace target
