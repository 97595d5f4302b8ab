// One SQL statement of a script as a server's dialect reads it: where its placeholders are, which words it is made of.
// Not a parser: it only knows what is text, name, comment and word, so that nothing inside a text is taken for a
// command, and no command hides in one. For engines whose client library says nothing about a statement before the
// server executes it. Lives in the broker.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace target {

enum class Dialect {
  postgresql,          // 'it''s', E'it\'s', "name", $tag$text$tag$, nested comments
  mariadb,             // 'it\'s', "text", `name`, # comment
  mariadb_ansi,        // the same with "name" (sql_mode ANSI_QUOTES)
  mariadb_plain,       // 'it''s', without backslashes (NO_BACKSLASH_ESCAPES)
  mariadb_ansi_plain,  // both
};

struct SqlText {
  std::string sql;  // ready to be sent: `?` became $1, $2 … where the dialect has numbers; `??` became `?`
  std::size_t placeholders = 0;
  std::vector<std::string> words;   // the first of them, in lower case: what kind of statement it is
  std::vector<std::string> marked;  // those of `wanted` that occur anywhere, names in quotes included; in lower case
  bool several = false;             // something follows a semicolon
  bool coded = false;               // PostgreSQL: U&"…" or U&'…', whose letters may be written as numbers
  bool hidden = false;              // an executable comment of MariaDB or MySQL: /*! … */
  bool unended = false;             // a text, name or comment is not closed
  bool sets_more = false;           // a SET of something other than variables of one's own (@name) of MariaDB or MySQL

  std::string_view verb() const noexcept { return words.empty() ? std::string_view() : words.front(); }
  bool has(std::string_view word) const noexcept;  // of `wanted`
  bool starts(std::string_view first, std::string_view second) const noexcept;
};

// wanted: words in lower case.
SqlText read_sql(std::string_view sql, Dialect dialect, const std::vector<std::string_view>& wanted);

// A piece of a statement that is neither blank nor comment.
struct SqlToken {
  enum class Kind { word, name, text, number, placeholder, sign } kind = Kind::sign;  // name: in quotes
  std::string text;                                                                   // as it is sent, quotes included
  std::size_t at = 0;                                                                 // in SqlText::sql
  std::string plain;                                                                  // of a word, in lower case

  bool is_word(std::string_view word) const noexcept { return kind == Kind::word && plain == word; }
  bool is_sign(char sign) const noexcept { return kind == Kind::sign && text[0] == sign; }
  std::size_t end() const noexcept { return at + text.size(); }
};
std::vector<SqlToken> tokens_of(std::string_view sql, Dialect dialect);

// By its first word; what functions do in it nobody can see.
bool is_plain_query(std::string_view sql);

// A word as messages show it: "COMMIT".
std::string upper(std::string_view word);

}  // namespace target
