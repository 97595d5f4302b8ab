#include "core/batch.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::string_view k_goes_on = "of its batches; the next try goes on behind them";

}  // namespace

std::string what_is_kept(const Paged& paged) {
  return fmt::format("committed so far and kept: {} ({}) {}", base::plural(paged.pages, "page"),
                     base::plural(paged.rows, "row"), k_goes_on);
}

bool keeps_pages(const Outcome& outcome) noexcept {
  return outcome.error.find(k_goes_on) != std::string::npos;
}

}  // namespace core
