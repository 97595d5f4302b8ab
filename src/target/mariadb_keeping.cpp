// Backups of MariaDB databases: saved by mariadb-dump in one transaction, put back into a database of its own. Nothing
// swaps two databases there at once, with their triggers, views and routines, so that a person does the last step.
#include <fmt/format.h>
#include <map>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "os/command.hpp"
#include "target/keeping.hpp"
#include "target/mariadb_address.hpp"
#include "target/mariadb_link.hpp"

namespace target {
namespace {

using core::Cause;
using core::Fact;

constexpr std::chrono::hours k_no_limit{24 * 24};  // of the programs: whoever waits can stop them
constexpr std::size_t k_longest_start = 30;        // of a name, which has 64 letters at most
constexpr unsigned k_denied = 1044;
constexpr const char* k_mark = "fettle restore, not whole yet";

MariaAddress address_of(const KeepingWish& wish) {
  return read_mariadb_address(std::string_view(wish.url).substr(wish.url.find(':') + 1));
}

// For the programs; the password goes another way.
std::string options_of(const MariaAddress& address) {
  using Encryption = MariaAddress::Encryption;
  std::string text =
      fmt::format(" --no-defaults --default-character-set=utf8mb4 --user={}", base::shell_quote(address.user));
  if (!address.socket.empty())
    text += fmt::format(" --protocol=socket --socket={}", base::shell_quote(address.socket));
  else
    text += fmt::format(" --protocol=tcp --host={} --port={}", base::shell_quote(address.host), address.port);
  if (address.encryption == Encryption::disabled) text += " --skip-ssl";
  if (address.encryption == Encryption::required || address.encryption == Encryption::verify_ca) text += " --ssl";
  if (address.encryption == Encryption::verify_full) text += " --ssl --ssl-verify-server-cert";
  if (!address.ca_file.empty()) text += fmt::format(" --ssl-ca={}", base::shell_quote(address.ca_file));
  return text;
}

void run(const KeepingWish& wish, const MariaAddress& address, const std::string& what, const std::string& text,
         const std::string& file) {
  const auto must_stop = [&wish] {
    pollfd wake{wish.wake, POLLIN, 0};
    return ::poll(&wake, 1, 0) > 0;
  };
  const os::CommandEnd end = os::run_command(
      {text, "/", {{"FETTLE_FILE", file}, {"MYSQL_PWD", address.password}, {"LC_ALL", "C"}}, {}, k_no_limit}, wish.wake,
      must_stop);
  if (end.how == os::CommandEnd::How::exited && end.code == 0) return;
  const std::string said(base::trim(end.fault.empty() ? end.output : end.fault));
  throw SqlError(Cause::error, fmt::format("{}: {}", what, said.empty() ? "it was stopped" : base::escape(said)));
}

// Says nothing of when, where and by which program: two of the same data are the same bytes.
void dump(const KeepingWish& wish, const MariaAddress& address, const std::string& file) {
  run(wish, address, "mariadb-dump did not save it",
      fmt::format("program=$(command -v mariadb-dump || command -v mysqldump) && exec \"$program\"{} "
                  "--single-transaction --quick --routines --triggers --events --hex-blob --skip-comments "
                  "--skip-dump-date --result-file=\"$FETTLE_FILE\" {}",
                  options_of(address), base::shell_quote(address.database)),
      file);
}

std::vector<Fact> rows_in(MariaLink& link, const std::string& database) {
  std::vector<Fact> rows;
  const auto tables = link.ask(
      fmt::format("SELECT table_name, concat('`', replace(table_name, '`', '``'), '`') FROM information_schema.tables "
                  "WHERE table_schema = {} AND table_type = 'BASE TABLE' ORDER BY 1",
                  maria_literal(database)));
  for (const auto& table : tables)
    rows.push_back({*table.at(0), *link.ask(fmt::format("SELECT count(*) FROM {}", *table.at(1))).at(0).at(0)});
  return rows;
}

// The dump has a snapshot of its own, so only what nobody changed meanwhile is known for sure.
std::vector<Fact> save(const KeepingWish& wish) {
  const MariaAddress address = address_of(wish);
  MariaLink link(address);
  const auto before = rows_in(link, address.database);
  dump(wish, address, wish.keeping.file);
  std::map<std::string, std::string> counts;
  for (const Fact& fact : before) counts[fact.name] = fact.text;
  std::vector<Fact> sure;
  for (Fact& fact : rows_in(link, address.database))
    if (const auto found = counts.find(fact.name); found != counts.end() && found->second == fact.text)
      sure.push_back(std::move(fact));
  return sure;
}

// Of the server, whether or not the database is there. information_schema always is.
class Server {
 public:
  explicit Server(const KeepingWish& wish)
      : address_(address_of(wish)), token_(wish.keeping.name), link_(elsewhere()) {}

  const MariaAddress& address() const noexcept { return address_; }
  MariaLink& link() noexcept { return link_; }
  bool is_there() {
    return !link_
                .ask(fmt::format("SELECT 1 FROM information_schema.schemata WHERE schema_name = {}",
                                 maria_literal(address_.database)))
                .empty();
  }
  std::string restored() const { return fmt::format("{}{}", start(), token_); }

  void drop_made() {
    const auto found = link_.ask(
        fmt::format("SELECT schema_name FROM information_schema.schemata WHERE left(schema_name, {}) = {} AND "
                    "schema_comment = {}",
                    start().size(), maria_literal(start()), maria_literal(k_mark)));
    for (const auto& row : found) link_.run(fmt::format("DROP DATABASE IF EXISTS `{}`", *row.at(0)));
  }

 private:
  std::string start() const {
    std::string text;
    for (const char letter : address_.database)
      text += (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9')
                  ? letter
                  : '_';
    return text.substr(0, k_longest_start) + "_restored_";
  }

  MariaAddress elsewhere() const {
    MariaAddress other = address_;
    other.database = "information_schema";
    return other;
  }

  MariaAddress address_;
  std::string token_;
  MariaLink link_;
};

std::string compare(const KeepingWish& wish) {
  Server server(wish);
  if (!server.is_there()) return std::string(k_missing);
  const std::string now = wish.keeping.file + ".now";
  ::unlink(now.c_str());
  dump(wish, server.address(), now);
  try {
    run(wish, server.address(), "differs", "cmp -s \"$FETTLE_FILE\" \"$FETTLE_FILE.now\"", wish.keeping.file);
    ::unlink(now.c_str());
  } catch (const SqlError&) {
    ::unlink(now.c_str());
    return "what is in it was changed since";
  }
  return {};
}

void make_empty(Server& server, const std::string& alike) {
  try {
    server.link().run(fmt::format("CREATE DATABASE `{}`{} COMMENT '{}'", server.restored(), alike, k_mark));
  } catch (const MariaError& error) {
    if (error.number() != k_denied) throw;
    const std::string all = server.restored().substr(0, server.restored().rfind("restored_"));
    throw SqlError(Cause::error,
                   fmt::format("its user may not make the database that is restored into; an administrator can let it: "
                               "GRANT ALL ON `{}restored_%`.* TO that user",
                               all));
  }
}

void make(const KeepingWish& wish) {
  Server server(wish);
  server.drop_made();
  std::string alike;
  for (const auto& row : server.link().ask(
           fmt::format("SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
                       "WHERE schema_name = {}",
                       maria_literal(server.address().database))))
    alike = fmt::format(" CHARACTER SET {} COLLATE {}", *row.at(0), *row.at(1));
  const std::string made = server.restored();
  make_empty(server, alike);
  MariaAddress address = server.address();
  address.database = made;
  run(wish, address, "mariadb did not put it back",
      fmt::format("program=$(command -v mariadb || command -v mysql) && exec \"$program\"{} {} < \"$FETTLE_FILE\"",
                  options_of(address), base::shell_quote(made)),
      wish.keeping.file);
  MariaLink link(address);
  check_rows(wish.keeping.rows, rows_in(link, made));
}

std::vector<Fact> swap(const KeepingWish& wish) {
  Server server(wish);
  server.link().run(fmt::format("ALTER DATABASE `{}` COMMENT ''", server.restored()));  // it stays
  return {{std::string(k_restored_as), server.restored()}};
}

void drop(const KeepingWish& wish) {
  Server(wish).drop_made();
}

}  // namespace

const Keeper& mariadb_keeper() {
  static const Keeper keeper{.save = save,
                             .compare = compare,
                             .make = make,
                             .swap = swap,
                             .drop = drop,
                             .file_ending = "sql",
                             .programs = {{"mariadb-dump", "mysqldump"}, {"mariadb", "mysql"}},
                             .package = "mariadb-client"};
  return keeper;
}

}  // namespace target
