// All tools whose history fettle understands.
#pragma once

#include <span>
#include <string_view>

#include "exchange/tool.hpp"

namespace exchange {

extern const Tool k_oto, k_sequencer, k_laravel, k_deploy_operations, k_flyway, k_liquibase, k_golang_migrate, k_goose,
    k_dbmate, k_rails, k_data_migrate, k_after_party, k_knex, k_alembic, k_django, k_sqitch, k_prisma, k_umzug,
    k_maintenance_tasks, k_md_oss, k_ecto, k_vantapress, k_sql_migrate, k_fettle;

std::span<const Tool* const> tools() noexcept;

// nullptr: there is none of this name.
const Tool* find_tool(std::string_view name) noexcept;

}  // namespace exchange
