#include "target/postgresql_clone.hpp"

#include <fmt/format.h>
#include <utility>

namespace target {
namespace {

constexpr int k_icu_version = 150000;      // from then on a database has a provider of its locale
constexpr int k_builtin_version = 170000;  // with further providers

// A value of a connection string.
std::string quoted_value(std::string_view value) {
  std::string text = "'";
  for (const char sign : value) text += sign == '\'' || sign == '\\' ? std::string{'\\', sign} : std::string(1, sign);
  return text + '\'';
}

}  // namespace

std::string pg_identifier(std::string_view name) {
  std::string text = "\"";
  for (const char sign : name) text += sign == '"' ? std::string("\"\"") : std::string(1, sign);
  return text + '"';
}

PgTexts pg_ask(PgLink& link, const std::string& sql, const core::Values& parameters) {
  link.send(sql, PgParameters(parameters));
  const PgResult result = std::move(link.collect().back());
  const Libpq& pq = link.pq();
  PgTexts rows;
  for (int row = 0; row < pq.ntuples(result.get()); ++row) {
    rows.emplace_back();
    for (int column = 0; column < pq.nfields(result.get()); ++column)
      rows.back().emplace_back(pq.getvalue(result.get(), row, column));
  }
  return rows;
}

std::string pg_connection_string(const std::string& url, const std::string& database, std::string* password) {
  std::string text = fmt::format("dbname={}", quoted_value(database));
  PQconninfoOption* const options = libpq().conninfoParse(url.c_str(), nullptr);
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val == nullptr || keyword == "dbname") continue;
    if (keyword == "password")
      *password = option->val;
    else if (keyword != "sslpassword")
      text += fmt::format(" {}={}", keyword, quoted_value(option->val));
  }
  if (options != nullptr) libpq().conninfoFree(options);
  return text;
}

std::string pg_statement_to_make_alike(PgLink& link, const std::string& name) {
  const int version = link.pq().serverVersion(link.handle());
  std::string locale = "''";
  if (version >= k_builtin_version)
    locale =
        "CASE datlocprovider WHEN 'i' THEN pg_catalog.format(' LOCALE_PROVIDER icu ICU_LOCALE %L', datlocale) WHEN 'b' "
        "THEN pg_catalog.format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', datlocale) ELSE '' END";
  else if (version >= k_icu_version)
    locale =
        "CASE datlocprovider WHEN 'i' THEN pg_catalog.format(' LOCALE_PROVIDER icu ICU_LOCALE %L', daticulocale) ELSE "
        "'' END";
  return pg_ask(link,
                fmt::format(
                    "SELECT pg_catalog.format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L "
                    "LC_CTYPE %L', $1::text, pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype) || {} "
                    "FROM pg_catalog.pg_database WHERE datname = current_database()",
                    locale),
                {name})
      .at(0)
      .at(0);
}

void pg_copy_settings(PgLink& link, const std::string& name) {
  const PgTexts settings = pg_ask(
      link,
      "SELECT DISTINCT (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(part), '.' ORDER BY place) FROM "
      "pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.split_part(said, '=', 1), '.')) WITH ORDINALITY AS "
      "parts "
      "(part, place)) FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) AS said WHERE s.setdatabase "
      "= (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND s.setrole IN (0, (SELECT oid "
      "FROM pg_catalog.pg_roles WHERE rolname = current_user)) AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings p "
      "WHERE pg_catalog.lower(p.name) = pg_catalog.lower(pg_catalog.split_part(said, '=', 1)) AND p.context <> "
      "'user')");
  for (const auto& row : settings)
    pg_ask(link, fmt::format("ALTER DATABASE {} SET {} FROM CURRENT", pg_identifier(name), row.at(0)));
}

}  // namespace target
