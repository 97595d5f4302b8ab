// fettle import: another tool's history into the ledger; and what of it is told again, history --imported.
#include <climits>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/database_url.hpp"
#include "cli/imported.hpp"
#include "cli/json_import.hpp"
#include "cli/listing.hpp"
#include "exchange/importing.hpp"
#include "exchange/tools.hpp"
#include "folder/folders.hpp"
#include "ledger/import_writer.hpp"
#include "os/clock.hpp"
#include "os/host.hpp"
#include "runner/run_lock.hpp"
#include "target/sqlite.hpp"

namespace cli {
namespace {

constexpr int k_fault_found = 7;

std::string absolute(const std::string& path) {
  char real[PATH_MAX];
  return ::realpath(path.c_str(), real) != nullptr ? real : path;
}

// Without user, password and options: where it is, and which database.
std::string server_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url.substr(0, url.find('?'));
  const std::string rest = url.substr(scheme + 3);
  const std::size_t at = rest.rfind('@');
  const std::string place = at == std::string::npos ? rest : rest.substr(at + 1);
  return fmt::format("{}://{}", url.substr(0, scheme), place.substr(0, place.find('?')));
}

// The path in a sqlite: URL.
std::string file_of(const std::string& directory, const std::string& url) {
  std::string path = url.substr(url.find(':') + 1);
  path.resize(std::min(path.find('?'), path.size()));
  if (path.starts_with("//")) path.erase(0, 2);
  return path.starts_with('/') ? path : directory + "/" + path;
}

// directory: relative paths are relative to it.
void use_url(const std::string& directory, const std::string& url, exchange::ImportWish& wish) {
  check_scheme(url, "--from");
  wish.url = url;
  wish.directory = directory;
  wish.shown = url.starts_with("sqlite:") ? absolute(file_of(directory, url)) : server_of(url);
}

void use_connection(const Context& context, exchange::ImportWish& wish) {
  const core::Config& config = context.config();
  const std::string& name = context.arguments.connection;
  for (const core::DatabaseConfig& database : config.databases)
    if (database.name == name) return use_url(config.directory, database.url, wish);
  throw base::Error(base::ErrorKind::usage, fmt::format("config.toml has no [databases.{}]", base::escape(name)),
                    "Nothing was imported.", "fettle config show");
}

// A database is told by its URL or by its content, everything else is a file or a folder. What is typed is relative to
// where it is typed.
void use_source(const Context& context, exchange::ImportWish& wish) {
  const std::string from = fill_variables(context.arguments.from, process_environment(), "--from");
  if (exchange::is_database(from)) return use_url(".", from, wish);
  if (from.find("://") != std::string::npos) check_scheme(from, "--from");
  if (::access(from.c_str(), F_OK) != 0)
    throw base::Error(base::ErrorKind::usage, fmt::format("there is no {}", base::escape(from)),
                      "Nothing was imported.", "Name a database file, a folder, a JSON file or the URL of a server.");
  wish.shown = absolute(from);
  if (exchange::is_sqlite_file(from))
    wish.url = "sqlite:" + wish.shown;
  else
    wish.path = wish.shown;
}

exchange::ImportWish wish_of(const Context& context) {
  const Arguments& arguments = context.arguments;
  exchange::ImportWish wish;
  wish.tool = arguments.words.front();
  wish.table = arguments.table;
  wish.map = arguments.map_names;
  wish.files = arguments.files;
  wish.ledger_path = context.config().path(context.config().ledger.path);
  if (arguments.from.empty()) {
    wish.argument = "--connection " + base::shell_quote(arguments.connection);
    use_connection(context, wish);
  } else {
    wish.argument = "--from " + base::shell_quote(mask_url(arguments.from));
    use_source(context, wish);
  }
  return wish;
}

// A password that stands in the command line is none of the ledger's business.
std::string command_of(const Arguments& arguments) {
  std::string command = arguments.command_line;
  if (arguments.from.empty()) return command;
  const std::string typed = base::shell_quote(arguments.from);
  const std::string masked = base::shell_quote(mask_url(arguments.from));
  for (std::size_t at = command.find(typed); typed != masked && at != std::string::npos;
       at = command.find(typed, at + masked.size()))
    command.replace(at, typed.size(), masked);
  return command;
}

ledger::ImportStart start_of(const Context& context, const exchange::Importing& importing) {
  const Arguments& arguments = context.arguments;
  return {.origin = importing.origin(),
          .by = arguments.by.empty() ? os::user_name() : arguments.by,
          .host = os::host_name(),
          .reason = arguments.reason,
          .command = command_of(arguments),
          .pid = ::getpid(),
          .at = os::now()};
}

exchange::ImportReport look(const Context& context, exchange::Importing& importing) {
  const core::Config& config = context.config();
  const auto history = ledger::History::open(config.path(config.ledger.path));
  const folder::Folders folders = folder::Folders::open(config, folder::Missing::is_empty);
  return importing.look(history, folders.list(folder::Place::scripts).names);
}

int finish(const Context& context, const exchange::ImportReport& report, Told told) {
  if (context.arguments.json)
    context.print(import_json(report, told == Told::as_dry_run) + "\n");
  else
    print_import(context, report, told);
  return report.counts.failed > 0 ? k_fault_found : 0;
}

int list_tools(const Context& context) {
  for (const exchange::Tool* tool : exchange::tools()) {
    const std::string table = tool->table.empty() ? "folders" : fmt::format("table {}", tool->table);
    print_pair(context, tool->name, fmt::format("{}; {}", tool->title, table));
  }
  return 0;
}

}  // namespace

int import_command(const Context& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.list) return list_tools(context);
  target::use_sqlite_alone();
  exchange::Importing importing(wish_of(context));
  if (arguments.dry_run) return finish(context, look(context, importing), Told::as_dry_run);
  if (!arguments.yes) {
    const exchange::ImportReport seen = look(context, importing);
    const bool is_bad = seen.counts.failed > 0 && !arguments.keep_going;
    if (is_bad || seen.counts.imported == 0) return finish(context, seen, Told::as_done);
    if (!arguments.json) print_import(context, seen, Told::as_question);
    flush(context.out);
    if (!is_agreed(context, "Import?", "an import")) {
      context.print("Nothing was imported.\n");
      return 0;
    }
  }
  const core::Config& config = context.config();
  const os::Fd lock = runner::take_run_lock(config, std::nullopt, nullptr);
  ledger::ImportWriter writer(config.path(config.ledger.path), start_of(context, importing));
  using Failed = exchange::Importing::Failed;
  const Failed failed = arguments.keep_going ? Failed::are_left_out : Failed::nothing_is_written;
  return finish(context, importing.bring(writer, failed), Told::as_done);
}

}  // namespace cli
