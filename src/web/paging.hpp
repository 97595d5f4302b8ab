// Pages of lists that are too long for one: each begins behind the last id of the page before, so that the thousandth
// costs what the first does. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web {

// "before=1234" of an address; 0: from the newest on, also for what is no id.
inline std::int64_t id_of(std::string_view text) noexcept {
  std::int64_t id = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
  return fault == std::errc{} && end == text.data() + text.size() && id > 0 ? id : 0;
}

// Of a list that was asked for one item more than a page holds: cuts it. Gives where the next page begins; 0: there is
// none.
template <class Item>
std::int64_t cut_page(std::vector<Item>& items, std::int64_t most) {
  if (items.size() <= static_cast<std::size_t>(most)) return 0;
  items.resize(static_cast<std::size_t>(most));
  return items.back().id;
}

// Links to the newest page and the next one. before: of this page; next: 0: it is the last.
std::string pages(std::string_view address, std::vector<std::pair<std::string, std::string>> filter,
                  std::int64_t before, std::int64_t next);

}  // namespace web
