#include "target/sql_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"

namespace target {
namespace {

constexpr std::size_t k_kept_words = 8;

bool is_word_start(char letter) noexcept {
  const auto byte = static_cast<unsigned char>(letter);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

bool is_word_part(char letter) noexcept {
  return is_word_start(letter) || is_digit(letter) || letter == '$';
}

bool is_blank(char letter) noexcept {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f' || letter == '\v';
}

bool is_control_or_blank(char letter) noexcept {
  const auto byte = static_cast<unsigned char>(letter);
  return byte <= ' ' || byte == 0x7f;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return out;
}

class SqlReader {
 public:
  SqlReader(std::string_view sql, Dialect dialect, const std::vector<std::string_view>& wanted)
      : sql_(sql), dialect_(dialect), wanted_(wanted) {}

  SqlText read() {
    text_.sql.reserve(sql_.size() + 16);
    while (at_ < sql_.size()) piece();
    return std::move(text_);
  }

  std::vector<SqlToken> tokens() {
    std::vector<SqlToken> all;
    while (at_ < sql_.size()) {
      const char letter = sql_[at_];
      const std::size_t start = text_.sql.size();
      const bool is_nothing = is_blank(letter) || is_comment();
      piece();
      if (is_nothing) continue;
      std::string text = text_.sql.substr(start);
      std::string plain = kind_ == SqlToken::Kind::word ? lower(text) : std::string();
      all.push_back({kind_, std::move(text), start, std::move(plain)});
    }
    return all;
  }

 private:
  bool is_postgresql() const noexcept { return dialect_ == Dialect::postgresql; }
  bool quotes_names() const noexcept {
    return is_postgresql() || dialect_ == Dialect::mariadb_ansi || dialect_ == Dialect::mariadb_ansi_plain;
  }
  bool has_backslashes() const noexcept { return dialect_ == Dialect::mariadb || dialect_ == Dialect::mariadb_ansi; }
  char look(std::size_t ahead) const noexcept { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  void copy_to(std::size_t end) {
    text_.sql.append(sql_.substr(at_, end - at_));
    at_ = end;
  }

  void piece() {
    const char letter = sql_[at_];
    if (is_blank(letter)) return copy_to(at_ + 1);
    if (is_comment()) return comment();
    if (ended_) text_.several = true;
    if (letter == ';') ended_ = true;
    if (text_.verb() == "set") setting(letter);
    kind_ = SqlToken::Kind::sign;
    if (letter == '\'') return quoted(has_backslashes());
    if (letter == '"') return quotes_names() ? name() : quoted(has_backslashes());
    if (letter == '`' && !is_postgresql()) return name();
    if (letter == '$' && is_postgresql()) return dollar();
    if (letter == '?') return placeholder();
    if (is_digit(letter)) return number();
    if (is_word_start(letter)) return word();
    copy_to(at_ + 1);
  }

  // Each thing that a SET gives a value to stands behind the word or a comma outside of brackets.
  void setting(char letter) {
    if (std::exchange(awaits_target_, letter == ',' && depth_ == 0) && (letter != '@' || look(1) == '@'))
      text_.sets_more = true;
    if (letter == '(') ++depth_;
    if (letter == ')') --depth_;
  }

  bool is_comment() const noexcept {
    const char letter = sql_[at_];
    if (letter == '/' && look(1) == '*') return true;
    if (is_postgresql()) return letter == '-' && look(1) == '-';
    const bool dashes = letter == '-' && look(1) == '-' && is_control_or_blank(look(2));  // or the end
    return letter == '#' || dashes;
  }

  void comment() {
    if (sql_[at_] != '/')
      return copy_to(std::min(sql_.find_first_of(is_postgresql() ? "\r\n" : "\n", at_), sql_.size()));
    if (!is_postgresql() && (look(2) == '!' || (look(2) == 'M' && look(3) == '!'))) text_.hidden = true;
    std::size_t depth = 1, end = at_ + 2;
    for (; end < sql_.size() && depth > 0; ++end) {
      const std::string_view two = sql_.substr(end, 2);
      if (two == "*/") --depth;
      if (two == "/*" && is_postgresql()) ++depth;
      if (two == "*/" || (two == "/*" && is_postgresql())) ++end;
    }
    if (depth > 0) text_.unended = true;
    copy_to(std::min(end, sql_.size()));
  }

  // Behind the closing quote; a doubled one stands for itself.
  std::size_t end_of_quoted(std::size_t at, bool backslashes) {
    const char quote = sql_[at++];
    for (; at < sql_.size(); ++at) {
      if (backslashes && sql_[at] == '\\') {
        ++at;
        continue;
      }
      if (sql_[at] != quote) continue;
      if (at + 1 >= sql_.size() || sql_[at + 1] != quote) return at + 1;
      ++at;
    }
    text_.unended = true;
    return sql_.size();
  }

  void quoted(bool backslashes) {
    kind_ = SqlToken::Kind::text;
    copy_to(end_of_quoted(at_, backslashes));
  }

  void name() {
    kind_ = SqlToken::Kind::name;
    const std::size_t start = at_;
    const std::size_t end = end_of_quoted(at_, false);
    mark(lower(sql_.substr(start + 1, end >= start + 2 ? end - start - 2 : 0)));
    copy_to(end);
  }

  void dollar() {
    std::size_t end = at_ + 1;
    while (end < sql_.size() && is_word_part(sql_[end]) && sql_[end] != '$') ++end;
    const bool is_tag = end < sql_.size() && sql_[end] == '$' && !is_digit(look(1));
    if (!is_tag) return copy_to(end);
    kind_ = SqlToken::Kind::text;
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const std::size_t close = sql_.find(tag, end + 1);
    if (close == std::string_view::npos) text_.unended = true;
    copy_to(close == std::string_view::npos ? sql_.size() : close + tag.size());
  }

  void placeholder() {
    if (look(1) == '?') {
      text_.sql += '?';
      at_ += 2;
      return;
    }
    ++text_.placeholders;
    kind_ = SqlToken::Kind::placeholder;
    if (!is_postgresql()) return copy_to(at_ + 1);
    text_.sql += fmt::format("${}", text_.placeholders);
    ++at_;
  }

  // MariaDB takes 2024_shop for a name.
  void number() {
    std::size_t end = at_;
    while (end < sql_.size() && is_digit(sql_[end])) ++end;
    if (!is_postgresql() && end < sql_.size() && is_word_part(sql_[end])) return word();
    while (end < sql_.size() && (is_word_part(sql_[end]) || sql_[end] == '.')) ++end;
    kind_ = SqlToken::Kind::number;
    copy_to(end);
  }

  void word() {
    kind_ = SqlToken::Kind::word;
    std::size_t end = at_;
    while (end < sql_.size() && is_word_part(sql_[end])) ++end;
    std::string found = lower(sql_.substr(at_, end - at_));
    const char next = end < sql_.size() ? sql_[end] : '\0';
    copy_to(end);
    if (next == '\'' && is_postgresql() && found == "e") return quoted(true);
    if (next == '&' && is_postgresql() && found == "u" && end + 1 < sql_.size() &&
        (sql_[end + 1] == '"' || sql_[end + 1] == '\''))
      text_.coded = true;
    mark(found);
    if (text_.words.size() < k_kept_words && !ended_) text_.words.push_back(std::move(found));
  }

  // A name in Unicode escapes (U&"…") could spell anything; its letters are compared as they stand.
  void mark(const std::string& word) {
    const bool is_wanted = std::find(wanted_.begin(), wanted_.end(), word) != wanted_.end();
    if (is_wanted && !text_.has(word)) text_.marked.push_back(word);
  }

  std::string_view sql_;
  Dialect dialect_;
  const std::vector<std::string_view>& wanted_;
  SqlText text_;
  std::size_t at_ = 0;
  SqlToken::Kind kind_ = SqlToken::Kind::sign;  // of the last piece
  bool ended_ = false;
  bool awaits_target_ = true;  // of a SET
  int depth_ = 0;              // of its brackets
};

}  // namespace

bool SqlText::has(std::string_view word) const noexcept {
  return std::find(marked.begin(), marked.end(), word) != marked.end();
}

bool SqlText::starts(std::string_view first, std::string_view second) const noexcept {
  return words.size() > 1 && words[0] == first && words[1] == second;
}

SqlText read_sql(std::string_view sql, Dialect dialect, const std::vector<std::string_view>& wanted) {
  return SqlReader(sql, dialect, wanted).read();
}

std::vector<SqlToken> tokens_of(std::string_view sql, Dialect dialect) {
  static const std::vector<std::string_view> none;
  return SqlReader(sql, dialect, none).tokens();
}

bool is_plain_query(std::string_view sql) {
  sql = base::trim(sql);
  const std::string word =
      lower(sql.substr(0, sql.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")));
  return word == "select" || word == "values" || word == "show";
}

std::string upper(std::string_view word) {
  std::string out(word);
  for (char& letter : out)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - ('a' - 'A'));
  return out;
}

}  // namespace target
