// Tools that keep nothing but the numbers of what is applied: dbmate, Rails, data_migrate, after_party, Ecto. Down
// removes a row. The first four look alike, and are told by what stands beside them.
#include "exchange/numbered.hpp"

#include <algorithm>

#include "exchange/tools.hpp"

namespace exchange {
namespace {

constexpr std::string_view k_version = "version";

bool is_beside_rails(const Foreign& database) {
  return database.find("ar_internal_metadata") != nullptr;
}

bool is_called(const ForeignTable& table, std::string_view part) {
  return lowered(table.name).find(part) != std::string::npos;
}

bool has_own_name(const ForeignTable& table) {
  return is_called(table, "data_migrations") || is_called(table, "task_records");
}

void read_numbers(const Asked& asked, Facts& facts) {
  read_versions(asked, {"version version", "version"}, facts);
}

}  // namespace

void name_by_version(Fact& fact) {
  fact.stem = core::wild_stem(fact.name);
}

void read_versions(const Asked& asked, const Reading& reading, Facts& facts) {
  const bool timed = std::count(reading.columns.begin(), reading.columns.end(), ' ') == 2;
  read_rows(
      asked, reading,
      [timed](const Cells& row, Fact& fact) {
        name_by_version(fact);
        return !timed || take_time(row, 2, fact) ? Meaning{} : failed(k_no_time);
      },
      facts);
}

const Tool k_dbmate{
    .name = "dbmate",
    .title = "dbmate",
    .table = "schema_migrations",
    .columns = k_version,
    .only = k_version,
    .also = [](const Foreign& database,
               const ForeignTable& table) { return !has_own_name(table) && !is_beside_rails(database); },
    .read = read_numbers};

const Tool k_rails{.name = "rails",
                   .title = "Rails migrations",
                   .table = "schema_migrations",
                   .columns = k_version,
                   .only = k_version,
                   .also = [](const Foreign&, const ForeignTable& table) { return !has_own_name(table); },
                   .read = read_numbers};

const Tool k_data_migrate{
    .name = "data-migrate",
    .title = "data_migrate",
    .table = "data_migrations",
    .columns = k_version,
    .only = k_version,
    .also = [](const Foreign&, const ForeignTable& table) { return is_called(table, "data_migrations"); },
    .read = read_numbers};

const Tool k_after_party{
    .name = "after-party",
    .title = "after_party",
    .table = "task_records",
    .columns = k_version,
    .only = "version id",
    .also = [](const Foreign&, const ForeignTable& table) { return is_called(table, "task_records"); },
    .read = read_numbers};

const Tool k_ecto{.name = "ecto",
                  .title = "Ecto",
                  .table = "schema_migrations",
                  .columns = "version inserted_at",
                  .read = [](const Asked& asked, Facts& facts) {
                    read_versions(asked, {"version version inserted_at", "version"}, facts);
                  }};

}  // namespace exchange
