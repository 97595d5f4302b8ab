// Values between scripts and PostgreSQL. Parameters travel as text with the type of what the script gave, so that the
// server converts as it does for a literal of that type; texts have no type, which lets the server take them for a
// date, a UUID, JSON or an exact decimal as the place demands. Lives in the broker.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "core/wire.hpp"
#include "target/libpq.hpp"

namespace target {

// The parameters of one statement, in the arrays that libpq takes. Used again for the next row.
class PgParameters {
 public:
  PgParameters() = default;
  explicit PgParameters(const core::Values& values) { set(values); }
  // Throws SqlError for a text with a zero byte, which PostgreSQL cannot hold.
  void set(const core::Values& values);

  int count() const noexcept { return static_cast<int>(types_.size()); }
  const std::vector<Oid>& types() const noexcept { return types_; }
  const char* const* values() const noexcept { return pointers_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  void add(const core::ValueView& value);
  void add(Oid type, std::string_view text);

  std::string bytes_;  // every value with a zero byte behind it
  std::vector<Oid> types_;
  std::vector<std::size_t> starts_;  // in bytes_; npos: NULL
  std::vector<const char*> pointers_;
  std::vector<int> lengths_, formats_;
};

// The columns of a query. Booleans, whole numbers up to 64 bits, floating-point numbers and bytea become values of
// their kind, everything else is text as the server writes it.
class PgColumns {
 public:
  // Throws SqlError when their names are too long to be told.
  explicit PgColumns(const PGresult* result);

  const std::vector<std::string>& names() const noexcept { return names_; }
  // Appends a row of a result with these columns as it travels in core::Rows. Throws SqlError when it is larger than an
  // answer can hold.
  void put_row(const PGresult* result, int row, core::Writer& out) const;

 private:
  const Libpq& pq_;
  std::vector<std::string> names_;
  std::vector<Oid> types_;
};

// A value of this type as the server writes it, or casts it to text; nothing: NULL.
void put_pg_value(Oid type, const std::optional<std::string>& text, core::Writer& out);

}  // namespace target
