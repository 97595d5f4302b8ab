#include "target/libmariadb.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "target/connection.hpp"

namespace target {
namespace {

constexpr const char* k_library = "libmariadb.so.3";
constexpr const char* k_how = "install MariaDB's client library (Debian: apt install libmariadb3)";

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr)
    throw SqlError(core::Cause::unreachable,
                   fmt::format("{} has no {}: it is older than Connector/C 3.2; {}", k_library, name, k_how));
  function = reinterpret_cast<Function>(found);
}

// Never unloaded: what it registers with the C library and with OpenSSL lives as long as the process. MySQL's own
// library speaks the same protocol, but keeps its data in other places, so it cannot stand in.
Libmariadb load() {
  void* const library = ::dlopen(k_library, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw SqlError(core::Cause::unreachable, fmt::format("{} cannot be loaded; {}", k_library, k_how));
  Libmariadb table{};
  find(library, "mysql_close", table.close);
  find(library, "mysql_errno", table.errno_of);
  find(library, "mysql_error", table.error);
  find(library, "mysql_fetch_fields", table.fetch_fields);
  find(library, "mysql_fetch_lengths", table.fetch_lengths);
  find(library, "mysql_fetch_row", table.fetch_row);
  find(library, "mysql_free_result", table.free_result);
  find(library, "mysql_get_client_info", table.get_client_info);
  find(library, "mariadb_get_infov", table.get_infov);
  find(library, "mysql_get_server_info", table.get_server_info);
  find(library, "mysql_get_socket", table.get_socket);
  find(library, "mysql_get_ssl_cipher", table.get_ssl_cipher);
  find(library, "mysql_init", table.init);
  find(library, "mysql_num_fields", table.num_fields);
  find(library, "mysql_optionsv", table.optionsv);
  find(library, "mysql_real_connect", table.real_connect);
  find(library, "mysql_real_query", table.real_query);
  find(library, "mysql_reset_connection", table.reset_connection);
  find(library, "mysql_sqlstate", table.sqlstate);
  find(library, "mysql_affected_rows", table.affected_rows);
  find(library, "mysql_stmt_affected_rows", table.stmt_affected_rows);
  find(library, "mysql_stmt_attr_set", table.stmt_attr_set);
  find(library, "mysql_stmt_bind_param", table.stmt_bind_param);
  find(library, "mysql_stmt_bind_result", table.stmt_bind_result);
  find(library, "mysql_stmt_close", table.stmt_close);
  find(library, "mysql_stmt_errno", table.stmt_errno);
  find(library, "mysql_stmt_error", table.stmt_error);
  find(library, "mysql_stmt_execute", table.stmt_execute);
  find(library, "mysql_stmt_fetch", table.stmt_fetch);
  find(library, "mysql_stmt_fetch_column", table.stmt_fetch_column);
  find(library, "mysql_stmt_field_count", table.stmt_field_count);
  find(library, "mysql_stmt_free_result", table.stmt_free_result);
  find(library, "mysql_stmt_init", table.stmt_init);
  find(library, "mysql_stmt_more_results", table.stmt_more_results);
  find(library, "mysql_stmt_next_result", table.stmt_next_result);
  find(library, "mysql_stmt_num_rows", table.stmt_num_rows);
  find(library, "mysql_stmt_param_count", table.stmt_param_count);
  find(library, "mysql_stmt_prepare", table.stmt_prepare);
  find(library, "mysql_stmt_result_metadata", table.stmt_result_metadata);
  find(library, "mysql_stmt_sqlstate", table.stmt_sqlstate);
  find(library, "mysql_stmt_store_result", table.stmt_store_result);
  find(library, "mysql_store_result", table.store_result);
  find(library, "mysql_thread_id", table.thread_id);
  return table;
}

}  // namespace

const Libmariadb& libmariadb() {
  static const Libmariadb table = load();
  return table;
}

}  // namespace target
