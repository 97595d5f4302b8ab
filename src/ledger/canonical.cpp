#include "ledger/canonical.hpp"

#include "base/hash.hpp"

namespace ledger {

Canonical& Canonical::null() {
  bytes_ += 'n';
  return *this;
}

Canonical& Canonical::number(std::int64_t number) {
  bytes_ += 'i';
  append(static_cast<std::uint64_t>(number));
  return *this;
}

Canonical& Canonical::text(std::string_view bytes) {
  bytes_ += 't';
  append(bytes.size());
  bytes_ += bytes;
  return *this;
}

Canonical& Canonical::text_or_null(std::string_view bytes) {
  return bytes.empty() ? null() : text(bytes);
}

std::string Canonical::digest() const {
  return base::sha256_hex(bytes_);
}

void Canonical::append(std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(number >> shift & 0xffU);
}

}  // namespace ledger
