#include "exchange/tools.hpp"

#include <algorithm>
#include <array>

namespace exchange {
namespace {

constexpr std::array k_tools = {
    &k_oto,
    &k_sequencer,
    &k_laravel,
    &k_deploy_operations,
    &k_flyway,
    &k_liquibase,
    &k_golang_migrate,
    &k_goose,
    &k_dbmate,
    &k_rails,
    &k_data_migrate,
    &k_after_party,
    &k_knex,
    &k_alembic,
    &k_django,
    &k_sqitch,
    &k_prisma,
    &k_umzug,
    &k_maintenance_tasks,
    &k_md_oss,
    &k_ecto,
    &k_vantapress,
    &k_sql_migrate,
    &k_fettle,
};

}  // namespace

std::span<const Tool* const> tools() noexcept {
  return k_tools;
}

const Tool* find_tool(std::string_view name) noexcept {
  const auto found =
      std::find_if(k_tools.begin(), k_tools.end(), [name](const Tool* tool) { return tool->name == name; });
  return found == k_tools.end() ? nullptr : *found;
}

}  // namespace exchange
