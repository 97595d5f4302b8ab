// PostgreSQL's client library, loaded when a database of that kind is used for the first time: a run against SQLite
// neither needs nor starts it. Its functions under their own names, as members. Lives in the broker.
#pragma once

#include <libpq-fe.h>
#include <memory>

namespace target {

struct Libpq {
  decltype(&::PQcancel) cancel;
  decltype(&::PQclear) clear;
  decltype(&::PQcmdTuples) cmdTuples;
  decltype(&::PQcmdStatus) cmdStatus;
  decltype(&::PQconndefaults) conndefaults;
  decltype(&::PQconninfoFree) conninfoFree;
  decltype(&::PQconninfoParse) conninfoParse;
  decltype(&::PQconnectdbParams) connectdbParams;
  decltype(&::PQconsumeInput) consumeInput;
  decltype(&::PQdb) db;
  decltype(&::PQenterPipelineMode) enterPipelineMode;
  decltype(&::PQerrorMessage) errorMessage;
  decltype(&::PQfinish) finish;
  decltype(&::PQflush) flush;
  decltype(&::PQfname) fname;
  decltype(&::PQfreeCancel) freeCancel;
  decltype(&::PQfreemem) freemem;
  decltype(&::PQftype) ftype;
  decltype(&::PQgetCancel) getCancel;
  decltype(&::PQgetResult) getResult;
  decltype(&::PQgetisnull) getisnull;
  decltype(&::PQgetlength) getlength;
  decltype(&::PQgetvalue) getvalue;
  decltype(&::PQhost) host;
  decltype(&::PQisBusy) isBusy;
  decltype(&::PQlibVersion) libVersion;
  decltype(&::PQnfields) nfields;
  decltype(&::PQntuples) ntuples;
  decltype(&::PQport) port;
  decltype(&::PQbackendPID) backendPID;
  decltype(&::PQpipelineSync) pipelineSync;
  decltype(&::PQresultErrorField) resultErrorField;
  decltype(&::PQresultErrorMessage) resultErrorMessage;
  decltype(&::PQresultMemorySize) resultMemorySize;
  decltype(&::PQresultStatus) resultStatus;
  decltype(&::PQsendPrepare) sendPrepare;
  decltype(&::PQsendQueryParams) sendQueryParams;
  decltype(&::PQsendQueryPrepared) sendQueryPrepared;
  decltype(&::PQserverVersion) serverVersion;
  decltype(&::PQsetNoticeReceiver) setNoticeReceiver;
  decltype(&::PQsetnonblocking) setnonblocking;
  decltype(&::PQsocket) socket;
  decltype(&::PQsslAttribute) sslAttribute;
  decltype(&::PQsslInUse) sslInUse;
  decltype(&::PQstatus) status;
  decltype(&::PQtransactionStatus) transactionStatus;
  decltype(&::PQuser) user;
};

// Throws SqlError(unreachable) when it is not installed; the message names the package.
const Libpq& libpq();

struct FreeResult {
  void operator()(PGresult* result) const noexcept { libpq().clear(result); }
};
using PgResult = std::unique_ptr<PGresult, FreeResult>;

}  // namespace target
