// One kind of database as a target of black-box tests: where scripts reach a fresh, empty one, and how the test looks
// into it beside them. Servers are the real ones that the tests start.
#pragma once

#include <fmt/format.h>
#include <functional>
#include <string>
#include <vector>

#include "support/mariadb_server.hpp"
#include "support/postgresql_server.hpp"
#include "support/site.hpp"

namespace support {

struct Engine {
  std::string name;  // as db.engine tells it
  std::string url;
  std::function<std::string(const std::string& sql)> ask;  // by another client: the first column, a line each
};

inline Engine sqlite_engine(const Site& site) {
  return {"sqlite", "sqlite:app.db", [&site](const std::string& sql) { return site.sql(sql); }};
}

inline Engine engine_on(PostgresqlServer& server) {
  const std::string database = server.make_database();
  return {"postgresql", server.url(database),
          [&server, database](const std::string& sql) { return server.ask(database, sql); }};
}

inline Engine engine_on(MariadbServer& server) {
  const std::string database = server.make_database();
  return {"mariadb", server.url(database),
          [&server, database](const std::string& sql) { return server.ask(sql, database); }};
}

// The test is skipped, and says so, where the server is not installed: name is empty then.
inline Engine postgresql_engine() {
  PostgresqlServer* server = PostgresqlServer::shared();
  return server != nullptr ? engine_on(*server) : Engine{};
}

inline Engine mariadb_engine() {
  MariadbServer* server = MariadbServer::shared();
  return server != nullptr ? engine_on(*server) : Engine{};
}

inline std::vector<Engine> engines(const Site& site) {
  std::vector<Engine> all = {sqlite_engine(site)};
  for (Engine& engine : std::vector<Engine>{postgresql_engine(), mariadb_engine()})
    if (!engine.name.empty()) all.push_back(std::move(engine));
  return all;
}

// The same database where something listens that stands between.
inline Engine through(int port, Engine engine, int server_port) {
  const std::string direct = fmt::format(":{}/", server_port);
  engine.url.replace(engine.url.find(direct), direct.size(), fmt::format(":{}/", port));
  return engine;
}

inline void use(const Site& site, const Engine& engine, const std::string& more = "") {
  site.write("config.toml", "[databases.main]\nurl = \"" + engine.url + "\"\n[run]\ntimeout = \"120s\"\n" + more);
}

}  // namespace support
