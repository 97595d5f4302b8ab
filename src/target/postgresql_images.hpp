// The rows that a script changed in a PostgreSQL database, as they were and as they are, whoever wrote them:
// statements, triggers, foreign keys, functions. No statement is read for it. A cursor that is declared before the
// script begins keeps the snapshot of that moment, and runs in it whatever it is asked later (query_to_xml, which reads
// in the snapshot of its caller). At the end each table that was written to, by the server's own counts, is searched
// for row versions that this transaction made or ended, in that snapshot and in the one of now: what lies at the same
// place in both is untouched. Lives in the broker.
//
// What others committed meanwhile is told apart by who made or ended a version. Where somebody else changed a row
// between the beginning and the script's own change of it, its former version cannot be seen: then there are not as
// many versions as were counted. That may also come of a part that was undone, which counts all the same, and of
// several transactions within this one that were at a row. So where the numbers differ, or mean nothing, and anybody
// else has committed anything since the beginning, the table gets a gap. (What would escape this: a function that
// undoes a part of its own work on a table by EXCEPTION, just as many rows as somebody else changed in the same table
// before the script did.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "target/change_log.hpp"
#include "target/connection.hpp"
#include "target/postgresql_link.hpp"

namespace target {

// A table that the transaction wrote to.
struct PgWritten {
  std::int64_t number = 0;  // oid
  std::string name;         // with its schema, quoted
  core::TableChanges said;  // with the counts of writes
  std::vector<Oid> types;   // of the columns
  std::string gap;          // why its rows cannot be read; empty: they can
};

class PgImages {
 public:
  explicit PgImages(PgLink& link) : link_(link) {}

  void keep(std::uint64_t images) noexcept { images_ = images; }
  bool is_on() const noexcept { return images_ > 0; }
  // In a transaction: one statement. k_when says when that was, and how many numbers for several transactions at one
  // row (MultiXactId) were given out by now.
  void send_beginning();
  static constexpr const char* k_when =
      "SELECT (pg_catalog.date_part('epoch', creation_time) * 1000000)::pg_catalog.int8,"
      " pg_catalog.mxid_age('1')::pg_catalog.int8, 0::pg_catalog.int8 FROM pg_catalog.pg_cursors WHERE name ="
      " 'fettle_was'";

  // Behind the last statement, with pg_catalog alone in the search path. Tables that were emptied without any count get
  // their gap, others without counts are left out.
  struct Scope {
    bool is_there = false;         // the cursor, as it was declared
    std::int64_t transaction = 0;  // its number
    std::int64_t multis = 0;       // MultiXactIds that were given out since
    bool undid = false;            // a part of the script's work was undone, and counts all the same
  };
  core::Changes tell(std::vector<PgWritten> tables, const Scope& scope, const Connection::TellRow& tell);

 private:
  // A version of a row that this transaction may have made or ended.
  struct Version {
    std::string place;                 // ctid
    bool made = false, ended = false;  // by a transaction that goes on: this one, as a rule
    std::string key, packed;
    bool is_unsure = false;  // whether it was ended by this one
    bool is_common = false;
  };
  using Versions = std::vector<Version>;
  struct After {
    std::size_t row = 0;  // in the log
    std::string packed;
  };

  void look(std::vector<PgWritten>& tables);
  bool others_committed();
  void compare_shapes(std::vector<PgWritten>& tables);
  void read(const PgWritten& table, ChangeLog::Table log);
  bool note(const PgWritten& table, ChangeLog::Table log, Versions& before, Versions& now);
  void note_after(ChangeLog::Table log, Version& version);
  std::string ask_both(const std::string& sql, std::string& now);
  std::optional<Versions> versions_in(const PgWritten& table, std::string_view text) const;

  PgLink& link_;
  std::uint64_t images_ = 0;
  ChangeLog log_;
  Scope scope_;
  std::string snapshot_;                   // of the beginning, as the server writes it: xmin:xmax:others that went on
  std::vector<std::vector<After>> after_;  // by table of the log
};

}  // namespace target
