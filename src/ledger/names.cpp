#include "ledger/names.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/script.hpp"
#include "ledger/sql.hpp"

namespace ledger {
namespace {

constexpr std::size_t k_longest_name = 255;  // NAME_MAX of Linux, bytes

constexpr const char* k_next_name = R"sql(
  SELECT script FROM attempts INDEXED BY attempts_by_script
  WHERE script >= ?1 AND script < ?2 ORDER BY script LIMIT 1)sql";

class Names {
 public:
  explicit Names(SQLite::Database& database) : next_(database, k_next_name) {}

  void add(const std::string& name) { add_between(name, name + '\0'); }

  // Names that start with `number` and go on with anything but a digit.
  void add_numbered(const std::string& number) {
    add_between(number, number + '0');
    add_between(number + ':', after(number));
  }

  bool empty() const noexcept { return found_.empty(); }

  std::vector<std::string> take() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  // The first text behind all those that start with `number`.
  static std::string after(std::string number) {
    ++number.back();
    return number;
  }

  void add_between(std::string from, const std::string& to) {
    while (std::optional<std::string> name = next(from, to)) {
      from = *name + '\0';
      found_.push_back(*std::move(name));
    }
  }

  std::optional<std::string> next(const std::string& from, const std::string& to) {
    Query query(next_);
    if (!query.text(from).text(to).next()) return std::nullopt;
    return query.take_text();
  }

  Kept next_;
  std::vector<std::string> found_;
};

constexpr const char* k_name_from = R"sql(
  SELECT script FROM attempts INDEXED BY attempts_by_script WHERE script >= ?1 ORDER BY script LIMIT 1)sql";

std::string lowered(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

void add_same_value(Names& names, std::string_view number) {
  const std::size_t zeros = std::min(number.find_first_not_of('0'), number.size() - 1);
  std::string padded(number.substr(zeros));
  for (; padded.size() < k_longest_name; padded.insert(0, 1, '0')) names.add_numbered(padded);
}

}  // namespace

// Each side leaps over what the other one lacks.
std::vector<std::string> find_attempted(SQLite::Database& database, const std::vector<std::string>& names) {
  Kept name_from(database, k_name_from);
  std::vector<std::string> found;
  for (auto at = names.begin(); at != names.end();) {
    Query query(name_from);
    if (!query.text(*at).next()) break;
    std::string next = query.take_text();
    at = std::lower_bound(at, names.end(), next);
    if (at == names.end() || *at != next) continue;
    found.push_back(std::move(next));
    ++at;
  }
  return found;
}

std::vector<std::string> find_names_with(SQLite::Database& database, const std::string& part, std::size_t most) {
  constexpr int k_most_looked_at = 20'000;
  Kept name_from(database, k_name_from);
  const std::string wanted = lowered(part);
  std::vector<std::string> found;
  std::string from;
  for (int looked_at = 0; looked_at < k_most_looked_at && found.size() < most; ++looked_at) {
    Query query(name_from);
    if (!query.text(from).next()) break;
    std::string name = query.take_text();
    from = name + '\0';
    if (lowered(name).find(wanted) != std::string::npos) found.push_back(std::move(name));
  }
  return found;
}

std::vector<std::string> find_names(SQLite::Database& database, const std::string& word) {
  if (word.empty()) return {};
  const bool is_number = core::number_of(word) == word;
  Names names(database);
  names.add(word);
  names.add(word + ".lua");
  if (is_number) names.add_numbered(word);
  if (is_number && names.empty()) add_same_value(names, word);
  return names.take();
}

}  // namespace ledger
