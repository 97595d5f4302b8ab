// The floor of work on a PostgreSQL server: libpq's own calls, one script three round trips, many rows one pipeline.
#include <array>
#include <libpq-fe.h>
#include <string>

#include "parts.hpp"

namespace bench {
namespace {

class Server {
 public:
  explicit Server(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
    need(PQstatus(connection_) == CONNECTION_OK, PQerrorMessage(connection_));
  }
  ~Server() { PQfinish(connection_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  PGconn* get() const noexcept { return connection_; }
  void execute(const std::string& sql) const {
    PGresult* const result = PQexec(connection_, sql.c_str());
    need(PQresultStatus(result) == PGRES_COMMAND_OK, PQerrorMessage(connection_));
    PQclear(result);
  }

 private:
  PGconn* connection_;
};

}  // namespace

void run_server_scripts(const std::string& url, long count) {
  const Server server(url);
  for (long number = 1; number <= count; ++number) {
    server.execute("BEGIN");
    server.execute("insert into item (id, a, b) values (" + std::to_string(number) + ", 1, 'one row')");
    server.execute("COMMIT");
  }
}

void insert_server_rows(const std::string& url, long count) {
  const Server server(url);
  PGconn* const connection = server.get();
  constexpr long k_synced = 1000;  // rows: what was answered is read now and then
  server.execute("BEGIN");
  need(PQenterPipelineMode(connection) == 1, "pipeline mode");
  PQsendPrepare(connection, "", "insert into item (id, a, b) values ($1, $2, $3)", 0, nullptr);
  const auto read_answers = [&] {
    need(PQpipelineSync(connection) == 1, "sync");
    for (bool synced = false; !synced;) {
      PGresult* const result = PQgetResult(connection);
      if (result == nullptr) continue;
      const ExecStatusType status = PQresultStatus(result);
      need(status == PGRES_COMMAND_OK || status == PGRES_PIPELINE_SYNC, PQerrorMessage(connection));
      synced = status == PGRES_PIPELINE_SYNC;
      PQclear(result);
    }
  };
  for (long number = 1; number <= count; ++number) {
    const std::string id = std::to_string(number), name = "name " + id;
    const std::array<const char*, 3> values = {id.c_str(), id.c_str(), name.c_str()};
    need(PQsendQueryPrepared(connection, "", 3, values.data(), nullptr, nullptr, 0) == 1, "send");
    if (number % k_synced == 0) read_answers();
  }
  read_answers();
  need(PQexitPipelineMode(connection) == 1, "pipeline mode");
  server.execute("COMMIT");
}

void read_server_rows(const std::string& url) {
  const Server server(url);
  PGconn* const connection = server.get();
  need(PQsendQuery(connection, "select id, a, b from item") == 1 && PQsetSingleRowMode(connection) == 1, "query");
  long long sum = 0;
  while (PGresult* const result = PQgetResult(connection)) {
    if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) sum += std::stoll(PQgetvalue(result, 0, 1));
    PQclear(result);
  }
  need(sum > 0, "no rows");
}

}  // namespace bench
