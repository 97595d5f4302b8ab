#include "exchange/ledger_postgresql.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "exchange/ledger_text.hpp"
#include "ledger/schema.hpp"
#include "target/postgresql_link.hpp"

namespace exchange {
namespace {

constexpr std::string_view k_schema = "fettle_ledger";
constexpr const char* k_unchanged = "Nothing was changed.";
constexpr std::size_t k_at_once = 500;                          // rows that are sent or fetched together
constexpr std::size_t k_bytes_at_once = std::size_t{4} << 20U;  // or so many of them

using Texts = std::vector<std::optional<std::string>>;

std::string identifier(std::string_view name) {
  return fmt::format("\"{}\"", name);  // those of a ledger have no quotes in them
}

// What a table of the ledger is called there.
std::string place_of(const ledger::Shape& shape) {
  return fmt::format("{}.{}", k_schema, identifier(shape.table));
}

std::string columns_of(const ledger::Shape& shape) {
  std::vector<std::string> names;
  for (const ledger::Shape::Column& column : shape.columns) names.push_back(identifier(column.name));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string definition_of(const ledger::Shape& shape) {
  std::vector<std::string> parts, key;
  for (const ledger::Shape::Column& column : shape.columns) {
    using Type = ledger::Shape::Type;
    const char* type = column.type == Type::number ? "bigint" : column.type == Type::text ? "text" : "bytea";
    parts.push_back(fmt::format("{} {}", identifier(column.name), type));
    if (column.is_key) key.push_back(identifier(column.name));
  }
  return fmt::format("CREATE TABLE {} ({}, PRIMARY KEY ({}))", place_of(shape), fmt::join(parts, ", "),
                     fmt::join(key, ", "));
}

class Server {
 public:
  explicit Server(const std::string& url) : link_(url) {}

  std::vector<Texts> ask(const std::string& sql, const core::Values& parameters = {}) {
    link_.send(sql, target::PgParameters(parameters));
    const target::PgResult result = std::move(link_.collect().back());
    const target::Libpq& pq = link_.pq();
    std::vector<Texts> rows;
    for (int row = 0; row < pq.ntuples(result.get()); ++row) {
      Texts& texts = rows.emplace_back();
      for (int column = 0; column < pq.nfields(result.get()); ++column) {
        if (pq.getisnull(result.get(), row, column) != 0)
          texts.emplace_back();
        else
          texts.emplace_back(std::string(pq.getvalue(result.get(), row, column),
                                         static_cast<std::size_t>(pq.getlength(result.get(), row, column))));
      }
    }
    return rows;
  }

  // Sends a row with others; settle() waits for all.
  void insert(const std::string& sql, const Texts& texts) {
    core::Values values;
    for (const auto& text : texts) {
      bytes_ += text ? text->size() : 0;
      if (text)
        values.emplace_back(std::string_view(*text));
      else
        values.emplace_back(core::Null{});
    }
    parameters_.set(values);
    link_.send_again(sql, parameters_);
    if (++sent_ >= k_at_once || bytes_ >= k_bytes_at_once) settle();
  }

  void settle() {
    if (sent_ > 0) link_.collect();
    sent_ = bytes_ = 0;
  }

 private:
  target::PgLink link_;
  target::PgParameters parameters_;
  std::size_t sent_ = 0, bytes_ = 0;
};

// At the server's boundary: what it refused becomes an error for the person. state: of what it may have changed, as
// the work has come to it.
template <class Work>
auto with_server(const std::string& url, const std::string& state, Work&& work) {
  try {
    Server server(url);
    return work(server);
  } catch (const target::SqlError& error) {
    const bool is_away = error.cause() == core::Cause::unreachable;
    throw base::Error(is_away ? base::ErrorKind::target_unreachable : base::ErrorKind::io,
                      fmt::format("the PostgreSQL database: {}", base::escape(error.what())), state);
  }
}

// The comment of the schema; nullopt: there is no such schema.
std::optional<std::string> comment_in(Server& server) {
  const std::vector<Texts> found = server.ask(
      "SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = "
      "'fettle_ledger'");
  if (found.empty()) return std::nullopt;
  return found.front().front().value_or("");
}

std::string comment_of(const ledger::Digest& digest) {
  return fmt::format("fettle ledger, schema {}, {}, sha256 {}", ledger::k_version,
                     base::plural(static_cast<std::uint64_t>(digest.rows()), "row"), digest.sha256);
}

// Gives the digest that it tells.
std::string check_comment(const std::optional<std::string>& comment) {
  if (!comment)
    throw base::Error(base::ErrorKind::usage, "there is no ledger in the PostgreSQL database: no schema fettle_ledger",
                      k_unchanged);
  const std::size_t sum = comment->rfind("sha256 ");
  for (int version = ledger::k_oldest_shown; version <= ledger::k_version && sum != std::string::npos; ++version)
    if (comment->starts_with(fmt::format("fettle ledger, schema {},", version))) return comment->substr(sum + 7);
  throw base::Error(
      base::ErrorKind::usage,
      fmt::format("the schema fettle_ledger is no ledger of schema {}: its comment says \"{}\"", ledger::k_version,
                  base::escape(*comment)),
      k_unchanged,
      "let the fettle that wrote it bring it back to a SQLite ledger, which a newer one brings up to date");
}

void read_table(Server& server, const ledger::Shape& shape, ledger::RowWriter& into) {
  server.ask(
      fmt::format("DECLARE fettle_rows NO SCROLL CURSOR FOR SELECT {} FROM {}", columns_of(shape), place_of(shape)));
  for (;;) {
    // Those with images are large: a few at a time.
    const bool is_large =
        std::any_of(shape.columns.begin(), shape.columns.end(),
                    [](const ledger::Shape::Column& column) { return column.type == ledger::Shape::Type::bytes; });
    const std::vector<Texts> rows = server.ask(fmt::format("FETCH {} FROM fettle_rows", is_large ? 20 : k_at_once));
    if (rows.empty()) break;
    for (const Texts& texts : rows) {
      core::Row row;
      for (std::size_t at = 0; at < texts.size(); ++at) {
        auto value = value_in(texts[at], shape.columns[at].type);
        if (!value)
          throw base::Error(
              base::ErrorKind::usage,
              fmt::format("{}: {} is not what this column holds", place_of(shape), shape.columns[at].name),
              k_unchanged);
        row.push_back(*std::move(value));
      }
      into.add(shape, row);
    }
  }
  server.ask("CLOSE fettle_rows");
}

}  // namespace

bool is_empty_postgresql(const std::string& url) {
  return with_server(url, k_unchanged, [](Server& server) { return !comment_in(server); });
}

void write_postgresql(const ledger::RowReader& from, const std::string& url) {
  const ledger::Digest digest = from.digest();
  std::string state = "Nothing was changed: what was written so far was rolled back.";
  with_server(url, state, [&](Server& server) {
    server.ask("BEGIN");
    server.ask(fmt::format("CREATE SCHEMA {}", k_schema));
    for (const ledger::Shape& shape : ledger::shapes()) {
      server.ask(definition_of(shape));
      std::vector<std::string> marks;
      for (std::size_t at = 1; at <= shape.columns.size(); ++at) marks.push_back(fmt::format("${}", at));
      const std::string insert =
          fmt::format("INSERT INTO {} ({}) VALUES ({})", place_of(shape), columns_of(shape), fmt::join(marks, ", "));
      from.each(shape, [&](const core::Row& row) {
        Texts texts;
        for (const core::Value& value : row) texts.push_back(text_of(value));
        server.insert(insert, texts);
      });
      server.settle();
    }
    server.ask(fmt::format("COMMENT ON SCHEMA {} IS '{}'", k_schema, comment_of(digest)));
    state = "Nobody can say whether it was committed: see whether there is a schema fettle_ledger, and drop it.";
    server.ask("COMMIT");
  });
}

std::string read_postgresql(const std::string& url, ledger::RowWriter& into) {
  return with_server(url, k_unchanged, [&](Server& server) {
    server.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    server.ask("SELECT pg_catalog.set_config('bytea_output', 'hex', true)");
    std::string sum = check_comment(comment_in(server));
    for (const ledger::Shape& shape : ledger::shapes()) read_table(server, shape, into);
    server.ask("COMMIT");
    return sum;
  });
}

}  // namespace exchange
