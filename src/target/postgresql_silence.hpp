// While recorded rows are put back in a PostgreSQL database no trigger and no foreign key is to do anything, since what
// they did is among the rows. The server does that for those who may say session_replication_role = replica; foreign
// keys are then looked at behind the last row. For anybody else they go on, and what would do more than look is a
// reason to refuse. Lives in the broker.
#pragma once

#include <string>
#include <vector>

#include "core/changes.hpp"
#include "target/postgresql_link.hpp"

namespace target {

class PgSilence {
 public:
  explicit PgSilence(PgLink& link) : link_(link) {}

  void begin();  // in a transaction that has begun
  // Throws SqlError when something would act on rows of these tables.
  void look_at(const std::vector<core::TableChanges>& tables);
  // Behind the last row. Throws SqlError when a row refers to one that is not there.
  void check();

 private:
  std::string told_by(const std::string& sql);  // the first value; empty: there is none
  std::string among() const;

  PgLink& link_;
  bool is_silent_ = false;
  std::vector<std::string> tables_;  // quoted
};

}  // namespace target
