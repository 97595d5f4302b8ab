#include "target/libpq.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "target/connection.hpp"

namespace target {
namespace {

constexpr const char* k_library = "libpq.so.5";
constexpr const char* k_how = "install PostgreSQL's client library (Debian: apt install libpq5)";

template <class Function>
void find(void* library, const char* name, Function& function) {
  void* const found = ::dlsym(library, name);
  if (found == nullptr)
    throw SqlError(core::Cause::unreachable,
                   fmt::format("{} has no {}: it is older than PostgreSQL 14; {}", k_library, name, k_how));
  function = reinterpret_cast<Function>(found);
}

// Never unloaded: what it registers with the C library and with OpenSSL lives as long as the process.
Libpq load() {
  void* const library = ::dlopen(k_library, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw SqlError(core::Cause::unreachable, fmt::format("{} cannot be loaded; {}", k_library, k_how));
  Libpq table{};
  find(library, "PQcancel", table.cancel);
  find(library, "PQclear", table.clear);
  find(library, "PQcmdTuples", table.cmdTuples);
  find(library, "PQcmdStatus", table.cmdStatus);
  find(library, "PQconndefaults", table.conndefaults);
  find(library, "PQconninfoFree", table.conninfoFree);
  find(library, "PQconninfoParse", table.conninfoParse);
  find(library, "PQconnectdbParams", table.connectdbParams);
  find(library, "PQconsumeInput", table.consumeInput);
  find(library, "PQdb", table.db);
  find(library, "PQenterPipelineMode", table.enterPipelineMode);
  find(library, "PQerrorMessage", table.errorMessage);
  find(library, "PQfinish", table.finish);
  find(library, "PQflush", table.flush);
  find(library, "PQfname", table.fname);
  find(library, "PQfreeCancel", table.freeCancel);
  find(library, "PQfreemem", table.freemem);
  find(library, "PQftype", table.ftype);
  find(library, "PQgetCancel", table.getCancel);
  find(library, "PQgetResult", table.getResult);
  find(library, "PQgetisnull", table.getisnull);
  find(library, "PQgetlength", table.getlength);
  find(library, "PQgetvalue", table.getvalue);
  find(library, "PQhost", table.host);
  find(library, "PQisBusy", table.isBusy);
  find(library, "PQlibVersion", table.libVersion);
  find(library, "PQnfields", table.nfields);
  find(library, "PQntuples", table.ntuples);
  find(library, "PQport", table.port);
  find(library, "PQbackendPID", table.backendPID);
  find(library, "PQpipelineSync", table.pipelineSync);
  find(library, "PQresultErrorField", table.resultErrorField);
  find(library, "PQresultErrorMessage", table.resultErrorMessage);
  find(library, "PQresultMemorySize", table.resultMemorySize);
  find(library, "PQresultStatus", table.resultStatus);
  find(library, "PQsendPrepare", table.sendPrepare);
  find(library, "PQsendQueryParams", table.sendQueryParams);
  find(library, "PQsendQueryPrepared", table.sendQueryPrepared);
  find(library, "PQserverVersion", table.serverVersion);
  find(library, "PQsetNoticeReceiver", table.setNoticeReceiver);
  find(library, "PQsetnonblocking", table.setnonblocking);
  find(library, "PQsocket", table.socket);
  find(library, "PQsslAttribute", table.sslAttribute);
  find(library, "PQsslInUse", table.sslInUse);
  find(library, "PQstatus", table.status);
  find(library, "PQtransactionStatus", table.transactionStatus);
  find(library, "PQuser", table.user);
  return table;
}

}  // namespace

const Libpq& libpq() {
  static const Libpq table = load();
  return table;
}

}  // namespace target
