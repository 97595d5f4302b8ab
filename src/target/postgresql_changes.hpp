// What a script changes in a PostgreSQL database: how many rows of which tables, by the server's own account of the
// transaction, which counts what triggers, foreign keys and functions write as well; and the schema, by comparing the
// catalogue, once a statement comes that may change it. The rows themselves postgresql_images.hpp finds. Lives in the
// broker.
//
// The server counts each write, so a row that was written twice counts twice, and what an inner block undid counts as
// well: that is told where the rows cannot be. A backend may still hold counts of earlier transactions: those that are
// there at the beginning are taken off.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/changes.hpp"
#include "core/message.hpp"
#include "target/connection.hpp"
#include "target/postgresql_images.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"

namespace target {

class PgChanges {
 public:
  PgChanges(PgLink& link, PgKept& kept) : link_(link), kept_(kept) {}

  void watch(std::uint64_t images);
  // The account starts anew, in a transaction that has begun: take_beginning() wants the result of the last statement
  // that is sent. is_on(): otherwise nothing is told, and neither is called.
  bool is_on() const noexcept { return is_on_; }
  void send_beginning();
  void take_beginning(const PGresult* result);
  void begin_later();  // the same once more, since there was a wait
  // Without a transaction only what statements say of themselves is known.
  void begin_piecemeal();
  void undone() noexcept { undid_ = true; }              // a part of the transaction was
  void count(std::string_view tag, std::uint64_t rows);  // of a statement that was executed: "INSERT 0 1"

  // Before the first statement of a transaction that may change the schema: some statements are sent, and
  // take_schema() wants the result of the last but one.
  bool wants_schema() const noexcept { return is_on_ && !piecemeal_ && !has_schema_; }
  void send_schema();
  void take_schema(const PGresult* result);

  // Behind the last statement, which leaves the transaction's search path changed. Constraints that were deferred are
  // checked first, since triggers write, too. Throws PgError.
  core::Changes tell(const Connection::TellRow& tell);

 private:
  using Counts = std::array<std::uint64_t, 3>;  // inserted, updated, deleted
  struct Thing {
    std::string type, name, definition, file;
  };
  using Schema = std::map<std::pair<std::string, std::int64_t>, Thing>;  // by catalogue and number in it

  Schema schema_in(const PGresult* result) const;
  core::Changes tell_piecemeal() const;
  static std::string gap_in(std::string_view letter);
  std::vector<PgWritten> tables_in(const PGresult* result) const;
  void tell_emptied(const Schema& now, core::Changes& changes) const;
  void tell_schema(const Schema& now, core::Changes& changes) const;
  std::vector<PgResult> collect();

  PgLink& link_;
  PgKept& kept_;
  PgImages images_{link_};
  std::int64_t snapshot_ = 0;  // when it was taken; 0: there is none
  std::int64_t multis_ = 0;    // MultiXactIds that were given out by then
  bool undid_ = false;
  bool is_on_ = false, piecemeal_ = false, has_schema_ = false;
  std::map<std::int64_t, Counts> at_beginning_;  // by the table's number
  Counts of_statements_{};
  Schema schema_;  // before the first statement that may have changed it
};

}  // namespace target
