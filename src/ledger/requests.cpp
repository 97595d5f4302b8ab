#include "ledger/requests.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

std::int64_t number_in(const std::string& detail) noexcept {
  std::int64_t number = 0;
  std::from_chars(detail.data(), detail.data() + detail.size(), number);
  return number;
}

}  // namespace

core::Requested* RequestBook::find(std::int64_t id) noexcept {
  const auto found =
      std::find_if(requests.begin(), requests.end(), [id](const core::Requested& each) { return each.id == id; });
  return found == requests.end() ? nullptr : &*found;
}

void take_in_requests(SQLite::Database& database, RequestBook& book) {
  Query query(
      database,
      "SELECT id, at, verb, by, host, reason, detail FROM events WHERE id > ?1 AND verb >= 'request' AND verb < "
      "'requesu' ORDER BY id");
  query.number(book.last);
  while (query.next()) {
    book.last = query.take_number();
    const base::Instant at{query.take_number()};
    const std::string verb = query.take_text();
    const std::string by = query.take_text();
    const std::string host = query.take_text();
    const std::string reason = query.take_text();
    const std::string detail = query.take_text();
    if (verb == k_request) {
      if (auto scripts = core::requested_scripts(detail))
        book.requests.push_back({book.last, by, host, reason, at, *std::move(scripts), {}, {}});
      continue;
    }
    core::Requested* request = book.find(number_in(detail));
    if (request == nullptr) continue;
    if (verb == k_request_run)
      request->used = at;
    else if (verb == k_request_approve || verb == k_request_refuse)
      request->voices.push_back({by, verb == k_request_approve, reason, at});
  }
}

}  // namespace ledger
