// Values in the one form that digests are made of (schema.sql, table chain): two different rows never give the same
// bytes. Both sides of the ledger use it. Throws nothing of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ledger {

class Canonical {
 public:
  Canonical& null();
  Canonical& number(std::int64_t number);
  Canonical& text(std::string_view bytes);
  Canonical& text_or_null(std::string_view bytes);  // empty: NULL

  bool empty() const noexcept { return bytes_.empty(); }
  std::string digest() const;  // SHA-256, 64 hexadecimal digits
  std::string_view bytes() const noexcept { return bytes_; }
  void clear() noexcept { bytes_.clear(); }

 private:
  void append(std::uint64_t number);

  std::string bytes_;
};

}  // namespace ledger
