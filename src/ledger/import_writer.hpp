// Writes what another tool has recorded into the ledger: one import in one transaction. Nothing of it is there unless
// finish() has returned; then all of it is, durably, with its entry in the chain. Lives in the process of `fettle
// import`, which holds the run lock; memory does not grow with the number of facts. Throws Error(ledger_broken), and
// after that takes nothing more.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ledger/imported.hpp"

namespace ledger {

struct ImportStart {
  Origin origin;
  std::string by, host, reason, command;
  std::int64_t pid = 0;
  base::Instant at;
};

class ImportWriter {
 public:
  // Makes the ledger when it is missing.
  ImportWriter(const std::string& path, ImportStart start);
  ~ImportWriter();  // what is not finished is taken back
  ImportWriter(const ImportWriter&) = delete;
  ImportWriter& operator=(const ImportWriter&) = delete;

  // false: an earlier import of the same origin has brought it, in the same state. Rows of one source that say the same
  // are as many facts.
  bool add(const ImportedFact& fact);
  // The import's id.
  std::int64_t finish(const ImportCounts& counts);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace ledger
