// Prepared statements of one connection. What was prepared is kept while it is likely to come again, so that a
// statement in a loop is sent and parsed once. Knows nothing of scripts. Lives in the broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "target/mariadb_bulk.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_values.hpp"

namespace target {

class MariaStatement {
 public:
  // Prepares it. Throws MariaError.
  MariaStatement(MariaLink& link, std::string sql);
  ~MariaStatement();
  MariaStatement(const MariaStatement&) = delete;
  MariaStatement& operator=(const MariaStatement&) = delete;

  enum class Reading { none, stored, on };  // on: read by and by, while other statements are executed
  // Rows affected; of what returns rows: how many were stored. Throws MariaError.
  std::uint64_t execute(const core::Values& values, Reading reading);
  // The same for all rows of a bulk, which gets an answer without rows.
  std::uint64_t execute(MariaBulk& bulk);
  bool has_rows() const noexcept { return columns_ != nullptr; }
  const MariaColumns& columns() const noexcept { return *columns_; }  // has_rows()
  // Appends the next row; false: there is none. Throws SqlError.
  bool next(core::Writer& row);
  // What a procedure returns beside its first result nobody asks for, but for what went wrong in it. Throws MariaError.
  void skip_further_results();
  // Done with it, so that it can be executed again.
  void finish() noexcept;

  const std::string& sql() const noexcept { return sql_; }
  bool is_usable() const noexcept { return usable_ && epoch_ == link_.resets() && !link_.lost(); }

 private:
  template <class Call>
  void must(const Call& call);
  [[noreturn]] void raise();
  void bind_columns();
  void set_batch(std::size_t rows);
  void set_bulk(std::size_t rows);

  MariaLink& link_;
  std::string sql_;
  MYSQL_STMT* statement_ = nullptr;
  std::uint64_t epoch_;
  bool usable_ = false;
  bool reads_on_ = false;
  MariaParameters parameters_;
  std::unique_ptr<MariaColumns> columns_;
  std::size_t batch_ = 0, taken_ = 0, bytes_ = 0;  // rows that were asked for together; what came of them so far
};

class MariaStatements {
 public:
  explicit MariaStatements(MariaLink& link) : link_(link) {}

  std::unique_ptr<MariaStatement> take(const std::string& sql);
  // Back again, when it is usable and done with.
  void keep(std::unique_ptr<MariaStatement> statement);
  void forget_all() noexcept { idle_.clear(); }

 private:
  MariaLink& link_;
  std::vector<std::unique_ptr<MariaStatement>> idle_;  // the last one was used last
};

}  // namespace target
