// The client library of MariaDB and MySQL, loaded when a database of that kind is used for the first time: a run
// against others neither needs nor starts it. Its functions under their own names, as members. Lives in the broker.
#pragma once

#include <memory>
#include <mysql.h>

namespace target {

struct Libmariadb {
  decltype(&::mysql_close) close;
  decltype(&::mysql_errno) errno_of;
  decltype(&::mysql_error) error;
  decltype(&::mysql_fetch_fields) fetch_fields;
  decltype(&::mysql_fetch_lengths) fetch_lengths;
  decltype(&::mysql_fetch_row) fetch_row;
  decltype(&::mysql_free_result) free_result;
  decltype(&::mysql_get_client_info) get_client_info;
  decltype(&::mariadb_get_infov) get_infov;
  decltype(&::mysql_get_server_info) get_server_info;
  decltype(&::mysql_get_socket) get_socket;
  decltype(&::mysql_get_ssl_cipher) get_ssl_cipher;
  decltype(&::mysql_init) init;
  decltype(&::mysql_num_fields) num_fields;
  decltype(&::mysql_optionsv) optionsv;
  decltype(&::mysql_real_connect) real_connect;
  decltype(&::mysql_real_query) real_query;
  decltype(&::mysql_reset_connection) reset_connection;
  decltype(&::mysql_sqlstate) sqlstate;
  decltype(&::mysql_affected_rows) affected_rows;
  decltype(&::mysql_stmt_affected_rows) stmt_affected_rows;
  decltype(&::mysql_stmt_attr_set) stmt_attr_set;
  decltype(&::mysql_stmt_bind_param) stmt_bind_param;
  decltype(&::mysql_stmt_bind_result) stmt_bind_result;
  decltype(&::mysql_stmt_close) stmt_close;
  decltype(&::mysql_stmt_errno) stmt_errno;
  decltype(&::mysql_stmt_error) stmt_error;
  decltype(&::mysql_stmt_execute) stmt_execute;
  decltype(&::mysql_stmt_fetch) stmt_fetch;
  decltype(&::mysql_stmt_fetch_column) stmt_fetch_column;
  decltype(&::mysql_stmt_field_count) stmt_field_count;
  decltype(&::mysql_stmt_free_result) stmt_free_result;
  decltype(&::mysql_stmt_init) stmt_init;
  decltype(&::mysql_stmt_more_results) stmt_more_results;
  decltype(&::mysql_stmt_next_result) stmt_next_result;
  decltype(&::mysql_stmt_num_rows) stmt_num_rows;
  decltype(&::mysql_stmt_param_count) stmt_param_count;
  decltype(&::mysql_stmt_prepare) stmt_prepare;
  decltype(&::mysql_stmt_result_metadata) stmt_result_metadata;
  decltype(&::mysql_stmt_sqlstate) stmt_sqlstate;
  decltype(&::mysql_stmt_store_result) stmt_store_result;
  decltype(&::mysql_store_result) store_result;
  decltype(&::mysql_thread_id) thread_id;
};

// Throws SqlError(unreachable) when it is not installed; the message names the package.
const Libmariadb& libmariadb();

struct FreeMariaResult {
  void operator()(MYSQL_RES* result) const noexcept { libmariadb().free_result(result); }
};
using MariaResult = std::unique_ptr<MYSQL_RES, FreeMariaResult>;

}  // namespace target
