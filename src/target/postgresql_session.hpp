// What holds for a connection to PostgreSQL while a script is at work on it, whatever the server's defaults are, and
// how it is put back for the next one. Lives in the broker.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "target/connection.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"

namespace target {

// Sent, to be collected by the caller. Settings are the transaction's own, or the session's where there is none.
void send_beginning(PgLink& link, const Beginning& how,
                    PgKept* kept = nullptr);  // of a transaction: k_beginning statements
void send_settings(PgLink& link, const Beginning& how, PgKept* kept = nullptr);
inline constexpr std::size_t k_beginning = 2;

// The application_name, which shows others who is at work on what; the server cuts it at 63 bytes.
std::string pg_name_of(const std::string& node, const std::string& script);
std::pair<std::string, std::string> node_and_script(std::string_view name);

// Everything that would outlive the script, but for the locks of the session.
inline constexpr std::array k_put_back = {
    "SET CONSTRAINTS ALL IMMEDIATE", "CLOSE ALL", "DISCARD TEMP", "RESET ALL", "UNLISTEN *",
    "RESET SESSION AUTHORIZATION",   "RESET ROLE"};
inline constexpr const char* k_let_go = "SELECT pg_catalog.pg_advisory_unlock_all()";  // of those

// For the transaction that is open: its names are found where fettle means them, and its commit waits for the disk.
inline constexpr const char* k_wait_for_disk =
    "SELECT pg_catalog.set_config('search_path', 'pg_catalog', true), "
    "pg_catalog.set_config('synchronous_commit', CASE pg_catalog.current_setting('synchronous_commit') "
    "WHEN 'off' THEN 'on' WHEN 'local' THEN 'on' ELSE pg_catalog.current_setting('synchronous_commit') END, true)";

}  // namespace target
