#include "runner/batches.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/json.hpp"

namespace runner {
namespace {

constexpr std::size_t k_most_failures = 100;  // that are kept of one batch

}  // namespace

bool Batches::has(const std::string& name) const noexcept {
  return std::any_of(all_.begin(), all_.end(), [&](const Batch& batch) { return batch.name == name; });
}

void Batches::open(const core::Bookmark& found, bool anew) {
  Batch batch;
  batch.name = found.name;
  batch.anew = anew;
  batch.ended = found.ended && !anew;
  if (!anew) {
    batch.pages = found.pages;
    batch.rows = found.rows;
    batch.failed = found.failed;
  }
  all_.push_back(std::move(batch));
}

// What lay uncommitted behind the last page of a batch before is committed with this one.
void Batches::turn(const core::TurnPage& page) {
  Batch& batch = all_.back();
  for (const std::string& failure : page.failures)
    if (batch.failures.size() < k_most_failures) batch.failures.push_back(failure);
  batch.last_rows = page.rows;
  batch.last_failed = page.failed;
  batch.ended = page.ended;
  if (page.ended) return;
  advanced_ = true;
  batch.anew = false;
  for (Batch& each : all_) {
    each.pages += &each == &batch || each.last_rows > 0 ? 1 : 0;
    each.rows += std::exchange(each.last_rows, 0);
    each.failed += std::exchange(each.last_failed, 0);
  }
}

void Batches::settle(const core::Paged& said) noexcept {
  in_doubt_ = false;
  asked_ = true;
  said_ = said;
  advanced_ |= said.advanced;
}

core::Paged Batches::paged() const noexcept {
  core::Paged paged = asked_ ? said_ : core::Paged{};
  if (!asked_)
    for (const Batch& batch : all_) {
      paged.pages += batch.pages;
      paged.rows += batch.rows;
    }
  paged.advanced = advanced_;
  return paged;
}

std::string Batches::result(bool whole) const {
  std::string list;
  for (const Batch& batch : all_) {
    const bool more = whole && batch.last_rows > 0;
    std::string failures;
    for (const std::string& failure : batch.failures)
      failures += (failures.empty() ? "" : ",") + base::json_quote(failure);
    list += fmt::format(R"({}{{"name":{},"rows":{},"pages":{},"failed":{},"failures":[{}]}})", list.empty() ? "" : ",",
                        base::json_quote(batch.name), batch.rows + (more ? batch.last_rows : 0),
                        batch.pages + (more ? 1 : 0), batch.failed + (more ? batch.last_failed : 0), failures);
  }
  return fmt::format(R"({{"batches":[{}]}})", list);
}

// Both are whole objects, ours is not empty.
std::string with_batches(const std::string& result, const std::string& batches) {
  if (result.empty() || result == "{}") return batches;
  if (base::has_field(result, "batches")) return result;
  return result.substr(0, result.rfind('}')) + "," + batches.substr(1);
}

}  // namespace runner
