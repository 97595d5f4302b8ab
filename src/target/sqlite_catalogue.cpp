#include "target/sqlite_catalogue.hpp"

#include <algorithm>
#include <utility>

#include "target/sqlite_table.hpp"

namespace target {
namespace {

using Kind = core::SchemaChange::Kind;

bool is_blank(char letter) noexcept {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\f' || letter == '\r';
}

bool is_word_part(char letter) noexcept {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
         byte == '$' || byte >= 0x80;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return out;
}

// Words and names one after the other, as SQLite would read them.
class Words {
 public:
  explicit Words(std::string_view sql) : left_(sql) {}

  // Empty: what comes next is neither.
  std::string next() {
    skip_blanks();
    if (left_.empty()) return {};
    if (const char open = left_.front(); open == '"' || open == '`' || open == '\'' || open == '[')
      return in_quotes(open == '[' ? ']' : open);
    const auto end = std::find_if_not(left_.begin(), left_.end(), is_word_part);
    return take(static_cast<std::size_t>(end - left_.begin()));
  }
  bool skip(char sign) {
    skip_blanks();
    if (left_.empty() || left_.front() != sign) return false;
    left_.remove_prefix(1);
    return true;
  }

 private:
  std::string take(std::size_t size) {
    std::string word(left_.substr(0, size));
    left_.remove_prefix(size);
    return word;
  }
  void skip_past(std::string_view end) {
    const std::size_t found = left_.find(end);
    left_.remove_prefix(found == std::string_view::npos ? left_.size() : found + end.size());
  }
  void skip_blanks() {
    constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";
    for (;;) {
      if (left_.starts_with("--"))
        skip_past("\n");
      else if (left_.starts_with("/*"))
        skip_past("*/");
      else if (left_.starts_with(k_byte_order_mark))
        left_.remove_prefix(k_byte_order_mark.size());
      else if (!left_.empty() && is_blank(left_.front()))
        left_.remove_prefix(1);
      else
        return;
    }
  }
  std::string in_quotes(char close) {
    std::string name;
    for (std::size_t at = 1; at < left_.size(); ++at) {
      if (left_[at] != close) {
        name += left_[at];
        continue;
      }
      if (close == ']' || at + 1 == left_.size() || left_[at + 1] != close) {
        left_.remove_prefix(at + 1);
        return name;
      }
      name += left_[at++];
    }
    left_ = {};
    return name;
  }

  std::string_view left_;
};

core::SchemaChange change(Kind kind, const SqliteObject* before, const SqliteObject* after) {
  const SqliteObject& known = before != nullptr ? *before : *after;
  return {kind, known.type, known.name, before != nullptr ? before->sql : std::string(),
          after != nullptr ? after->sql : std::string()};
}

}  // namespace

bool is_untold(std::string_view table) noexcept {
  const auto starts = [table](std::string_view word) {
    return table.size() >= word.size() &&
           sqlite3_strnicmp(table.data(), word.data(), static_cast<int>(word.size())) == 0;
  };
  return starts("sqlite_") || starts("fettle_");
}

const SqliteObject* SqliteCatalogue::find(std::string_view type, std::string_view name) const noexcept {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const SqliteObject& object) {
    return object.name == name && object.type == type;
  });
  return found == objects.end() ? nullptr : &*found;
}

const SqliteObject* SqliteCatalogue::table_at(std::int64_t root) const noexcept {
  const auto found = std::find_if(objects.begin(), objects.end(), [root](const SqliteObject& object) {
    return root != 0 && object.root == root && object.type == "table";
  });
  return found == objects.end() ? nullptr : &*found;
}

SqliteCatalogue read_catalogue(sqlite3* database) {
  SqliteCatalogue catalogue;
  SqliteQuestion ask(database, "SELECT type, name, tbl_name, sql, rootpage FROM main.sqlite_schema ORDER BY rowid");
  while (ask.next())
    if (!is_untold(ask.text(1)) && !is_untold(ask.text(2)))
      catalogue.objects.push_back({ask.text(0), ask.text(1), ask.text(3), ask.number(4)});
  return catalogue;
}

std::vector<core::SchemaChange> difference(const SqliteCatalogue& before, const SqliteCatalogue& after,
                                           bool may_be_renamed) {
  std::vector<core::SchemaChange> changes;
  for (const SqliteObject& was : before.objects) {
    const SqliteObject* is = after.find(was.type, was.name);
    if (is == nullptr && may_be_renamed && was.type == "table") {
      is = after.table_at(was.root);
      if (is != nullptr && before.find("table", is->name) != nullptr) is = nullptr;
    }
    if (is == nullptr)
      changes.push_back(change(Kind::dropped, &was, nullptr));
    else if (is->sql != was.sql || is->name != was.name)
      changes.push_back(change(Kind::altered, &was, is));
  }
  for (const SqliteObject& is : after.objects) {
    if (before.find(is.type, is.name) != nullptr) continue;
    const SqliteObject* was = may_be_renamed && is.type == "table" ? before.table_at(is.root) : nullptr;
    if (was == nullptr || after.find("table", was->name) != nullptr)
      changes.push_back(change(Kind::created, nullptr, &is));
  }
  return changes;
}

SqliteWords first_words(std::string_view sql) {
  Words words(sql);
  SqliteWords found;
  while (words.skip(';')) {
  }
  found.verb = lower(words.next());
  if (found.verb != "drop" || lower(words.next()) != "table") return found;
  found.dropped_table = words.next();
  if (lower(found.dropped_table) == "if") {
    Words further = words;
    if (lower(further.next()) == "exists") {
      words = further;
      found.dropped_table = words.next();
    }
  }
  if (words.skip('.')) found.dropped_table = words.next();
  return found;
}

}  // namespace target
