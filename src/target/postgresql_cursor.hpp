// A query that is being read with a cursor of the server. While the rows of one FETCH are handed on, the server works
// at the next: what is read once is read on as a rule. Lives in the broker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "target/connection.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_values.hpp"

namespace target {

// Whose transaction it is read in.
class PgReader {
 public:
  virtual ~PgReader() = default;
  virtual std::shared_ptr<PgAnswer> fetch(const std::string& cursor, int rows) = 0;  // does not wait
  virtual PgResult hear(const std::shared_ptr<PgAnswer>& fetched) = 0;
  virtual void forget(std::string cursor) = 0;  // nobody reads it any more
};

inline constexpr int k_pg_first_rows = 16;  // fetched at once, before their size is known

class PgCursor final : public Cursor {
 public:
  // first: its first rows. name: empty: these are all; otherwise k_pg_first_rows were asked for.
  PgCursor(PgReader& reader, PgResult first, std::string name);
  ~PgCursor() override;
  const std::vector<std::string>& columns() const override { return columns_.names(); }
  bool next(core::Writer& row) override;

 private:
  bool read_on();
  void fetch();

  PgReader& reader_;
  const Libpq& pq_;
  PgResult rows_;
  PgColumns columns_;
  std::string name_;
  int asked_ = k_pg_first_rows;  // rows, of the last FETCH
  int count_, at_ = 0;
  bool more_;  // the server may have more
  int most_;   // rows that the next FETCH may ask for
  std::shared_ptr<PgAnswer> ahead_;
};

}  // namespace target
