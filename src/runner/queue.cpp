#include "runner/queue.hpp"

#include <algorithm>
#include <utility>

#include "core/dependency.hpp"
#include "core/order.hpp"

namespace runner {

bool Queue::Before::operator()(std::string_view left, std::string_view right) const noexcept {
  return core::runs_before(left, right, order);
}

bool Queue::late_is_next() const noexcept {
  if (late_.empty()) return false;
  return index_ == names_.size() || late_.key_comp()(*late_.begin(), names_[index_]);
}

std::string Queue::take() {
  if (late_is_next()) return std::move(late_.extract(late_.begin()).value());
  return std::move(names_[index_++]);
}

void Queue::add(const std::string& name) {
  const auto ahead = names_.begin() + static_cast<std::ptrdiff_t>(index_);
  if (!std::binary_search(ahead, names_.end(), name, late_.key_comp())) late_.insert(name);
}

std::vector<std::string> Queue::called(std::string_view word) const {
  std::vector<std::string> found;
  for (std::size_t at = index_; at < names_.size(); ++at)
    if (core::is_called(names_[at], word)) found.push_back(names_[at]);
  for (const std::string& name : late_)
    if (core::is_called(name, word)) found.push_back(name);
  return found;
}

}  // namespace runner
