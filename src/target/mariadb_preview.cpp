#include "target/mariadb_preview.hpp"

#include <fmt/format.h>
#include <random>
#include <utility>

#include "target/mariadb_changes.hpp"
#include "target/refusals.hpp"

namespace target {
namespace {

using Patience = MariaLink::Patience;

constexpr const char* k_savepoint = "SAVEPOINT fettle_script";
constexpr const char* k_back = "ROLLBACK TO SAVEPOINT fettle_script";

// A name that no procedure can end the transaction by.
std::string unheard_of() {
  std::random_device chance;
  return fmt::format("fettle preview {:08x}{:08x}", chance(), chance());
}

std::string quoted(std::string_view name) {
  std::string out = "`";
  for (const char letter : name) out.append(letter == '`' ? 2 : 1, letter);
  return out + "`";
}

// As the script wrote it.
std::string temporary_table_in(std::string_view sql, Dialect dialect) {
  const std::vector<SqlToken> tokens = tokens_of(sql, dialect);
  const std::size_t at = temporary_table_at(tokens);
  std::string name;
  if (at == 0) return name;
  for (std::size_t next = at; next < name_at(tokens, at).end; ++next) name += tokens[next].text;
  return name;
}

}  // namespace

void MariaPreview::check() const {
  if (is_over()) throw SqlError(core::Cause::unreachable, preview_is_over("the database rolled back its transaction"));
}

void MariaPreview::open() {
  link_.run(fmt::format("XA START '{}'", unheard_of()));
  link_.run(k_savepoint);
  is_open_ = true;
}

void MariaPreview::note(std::string_view sql, Dialect dialect) {
  if (!is_open_) return;
  if (std::string name = temporary_table_in(sql, dialect); !name.empty()) temporary_.push_back(std::move(name));
}

void MariaPreview::clear_session(bool is_mariadb) {
  for (const std::string& table : std::exchange(temporary_, {}))
    link_.run("DROP TEMPORARY TABLE IF EXISTS " + table, Patience::to_the_end);
  if (!is_mariadb) return;
  std::string all;
  for (const MariaLink::Texts& row : link_.ask("SELECT VARIABLE_NAME FROM information_schema.USER_VARIABLES WHERE "
                                               "VARIABLE_VALUE IS NOT NULL",
                                               Patience::to_the_end))
    all += fmt::format("{}@{} = NULL", all.empty() ? "SET " : ", ", quoted(row.at(0).value_or("")));
  if (!all.empty()) link_.run(all, Patience::to_the_end);
}

void MariaPreview::keep(bool is_mariadb) {
  clear_session(is_mariadb);
  link_.run(k_savepoint, Patience::to_the_end);
}

void MariaPreview::take_back(bool is_mariadb) {
  link_.settle();
  if (is_over()) return;
  link_.run(k_back, Patience::to_the_end);
  clear_session(is_mariadb);
}

}  // namespace target
