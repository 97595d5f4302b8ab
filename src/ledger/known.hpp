// What the ledger knows of one script name, for core/plan. Used by both sides of the ledger. Throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <optional>
#include <string>

#include "core/plan.hpp"
#include "ledger/imported.hpp"
#include "ledger/sql.hpp"

namespace ledger {

class KnownQueries {
 public:
  explicit KnownQueries(SQLite::Database& database) noexcept;
  core::Known ask(const std::string& script, const std::string& sha256);

 private:
  void look_at_newest(const std::string& script, core::Known& known);
  std::optional<core::Known::Seen> applied(const std::string& script);
  void same_version(const std::string& script, const std::string& sha256, core::Known& known);

  Kept newest_, applied_, same_version_;
  ImportedQueries imported_;
};

}  // namespace ledger
