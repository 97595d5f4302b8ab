#include "target/postgresql_session.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace target {
namespace {

constexpr std::chrono::hours k_longest{24 * 24};  // PostgreSQL counts milliseconds in 31 bits
constexpr std::chrono::seconds k_grace{5};        // the broker's own clock is to be first

std::string milliseconds_until(os::Deadline deadline) {
  if (deadline == os::Deadline::max()) return "0";  // no limit
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - os::Steady::now()) + k_grace;
  return fmt::format("{}", std::clamp<std::int64_t>(left.count(), 1, std::chrono::milliseconds(k_longest).count()));
}

}  // namespace

std::string pg_name_of(const std::string& node, const std::string& script) {
  if (script.empty()) return "fettle";
  return node.empty() ? "fettle " + script : fmt::format("fettle {}: {}", node, script);
}

std::pair<std::string, std::string> node_and_script(std::string_view name) {
  name.remove_prefix(std::min(name.size(), std::string_view("fettle ").size()));
  const std::size_t end = name.find(": ");
  if (end == std::string_view::npos) return {"", std::string(name)};
  return {std::string(name.substr(0, end)), std::string(name.substr(end + 2))};
}

// A host that is gone closes no connection. The server asks ours after a few seconds of silence, and gives it up 15 s
// after it was heard last, which frees what the session has locked. Not so short that a network which stutters ends a
// script. An operating system that cannot do it leaves it out.
constexpr std::string_view k_dead_peer =
    " ('tcp_keepalives_idle', '6'), ('tcp_keepalives_interval', '3'), ('tcp_keepalives_count', '3'),"
    " ('tcp_user_timeout', '15s'),";

// A server that does not hear of us any more ends the transaction at the attempt's limit, and looks every second while
// it works whether we are still there.
void send_beginning(PgLink& link, const Beginning& how, PgKept* kept) {
  const bool reads = only_reads(how.access);
  link.send(reads ? "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
                  : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE");
  send_settings(link, how, kept);
}

// Of the transaction, or of the session where there is none.
void send_settings(PgLink& link, const Beginning& how, PgKept* kept) {
  constexpr int k_gives_us_up = 120000;   // version: from then on it can be told how long it waits for an answer
  constexpr int k_looks_for_us = 140000;  // version: from then on a server at work can notice that its client is gone
  const bool piecemeal = how.access == core::Access::piecemeal;
  const bool looks = link.pq().serverVersion(link.handle()) >= k_looks_for_us;
  const std::string sql = fmt::format(
      "SELECT pg_catalog.set_config(name, value, {}) FROM (VALUES ('statement_timeout', $1),"
      " ('idle_in_transaction_session_timeout', $1), ('lock_timeout', '30s'), {}{}{}"
      " ('cursor_tuple_fraction', '1'), ('standard_conforming_strings', 'on'), ('bytea_output', 'hex'),"
      " ('extra_float_digits', '1'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'),"
      " ('application_name', $2)) AS settings (name, value)",
      !piecemeal, looks ? "('client_connection_check_interval', '1s')," : "",
      looks && piecemeal ? "('idle_session_timeout', $1)," : "",
      link.pq().serverVersion(link.handle()) >= k_gives_us_up ? k_dead_peer : "");
  const PgParameters parameters({milliseconds_until(how.deadline), pg_name_of(how.node, how.script)});
  if (kept != nullptr) return kept->send(sql, parameters);
  link.send(sql, parameters);
}

}  // namespace target
