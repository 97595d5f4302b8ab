#include "target/mariadb_form.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace target {
namespace {

using Kind = MariaForm::Kind;

// Functions, and what looks like one, that change nothing and say the same of the same row.
constexpr std::array<std::string_view, 69> k_known = {
    "abs",    "all",      "and",      "any",         "as",          "avg",      "between",  "binary",    "by",
    "cast",   "ceil",     "ceiling",  "char",        "char_length", "coalesce", "concat",   "concat_ws", "convert",
    "count",  "date",     "date_add", "date_format", "date_sub",    "decimal",  "distinct", "div",       "else",
    "exists", "floor",    "format",   "from",        "greatest",    "having",   "hex",      "if",        "ifnull",
    "in",     "interval", "left",     "least",       "length",      "like",     "lower",    "ltrim",     "max",
    "md5",    "min",      "mod",      "not",         "nullif",      "or",       "replace",  "right",     "round",
    "rtrim",  "select",   "sha2",     "substr",      "substring",   "sum",      "then",     "trim",      "upper",
    "values", "varchar",  "when",     "where",       "xor",         "set"};
// That change nothing; but what they say is not the same the next time. Some are written without brackets.
constexpr std::array<std::string_view, 19> k_passing = {"now",
                                                        "rand",
                                                        "uuid",
                                                        "sysdate",
                                                        "curdate",
                                                        "curtime",
                                                        "unix_timestamp",
                                                        "user",
                                                        "current_user",
                                                        "last_insert_id",
                                                        "row_count",
                                                        "localtime",
                                                        "utc_date",
                                                        "utc_time",
                                                        "current_date",
                                                        "current_time",
                                                        "current_timestamp",
                                                        "localtimestamp",
                                                        "utc_timestamp"};

// What makes a statement another one than the three that are known, or its rows uncertain.
constexpr std::array<std::string_view, 21> k_uncertain = {
    "ignore", "low_priority", "high_priority", "delayed",       "quick",  "returning", "duplicate",
    "limit",  "partition",    "order",         "straight_join", "join",   "using",     "portion",
    "with",   "history",      "union",         "intersect",     "except", "procedure", "nextval"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_name(const SqlToken& token) {
  return token.kind == SqlToken::Kind::word || token.kind == SqlToken::Kind::name;
}

std::string unquoted(const SqlToken& token) {
  if (token.kind != SqlToken::Kind::name) return token.text;
  std::string out;
  for (std::size_t at = 1; at + 1 < token.text.size(); ++at) {
    out += token.text[at];
    if (token.text[at] == token.text[0]) ++at;  // doubled
  }
  return out;
}

std::string plain_name(const std::vector<SqlToken>& tokens, std::size_t at) {
  return name_at(tokens, at).name;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  return out;
}

// behind: of the name of the table that is written to, whose list of columns looks like a call.
bool is_call(const std::vector<SqlToken>& tokens, std::size_t at, std::size_t behind) {
  return at + 1 < tokens.size() && at + 1 != behind && is_name(tokens[at]) && tokens[at + 1].is_sign('(');
}

bool is_known(const std::vector<SqlToken>& tokens, std::size_t at) {
  const bool is_qualified = at > 0 && tokens[at - 1].is_sign('.');
  return tokens[at].kind == SqlToken::Kind::word && !is_qualified && contains(k_known, tokens[at].plain);
}

std::set<std::string> unknown_in(const std::vector<SqlToken>& tokens, std::size_t behind) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < tokens.size(); ++at)
    if (is_call(tokens, at, behind) && !is_known(tokens, at) && !contains(k_passing, tokens[at].plain))
      names.insert(plain_name(tokens, at));
  return names;
}

bool is_uncertain(const std::vector<SqlToken>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(), [](const SqlToken& token) {
    return token.is_sign('@') || token.is_sign(';') ||
           (token.kind == SqlToken::Kind::word && contains(k_uncertain, token.plain));
  });
}

std::size_t word_outside(const std::vector<SqlToken>& tokens, std::size_t from, std::string_view word) {
  int depth = 0;
  for (std::size_t at = from; at < tokens.size(); ++at) {
    if (tokens[at].is_sign('(')) ++depth;
    if (tokens[at].is_sign(')')) --depth;
    if (depth == 0 && tokens[at].is_word(word)) return at;
  }
  return tokens.size();
}

std::vector<std::string> targets_of(const std::vector<SqlToken>& tokens, std::size_t from, std::size_t end) {
  std::vector<std::string> targets;
  int depth = 0;
  bool awaited = true;
  for (std::size_t at = from; at < end; ++at) {
    if (tokens[at].is_sign('(')) ++depth;
    if (tokens[at].is_sign(')')) --depth;
    if (std::exchange(awaited, depth == 0 && tokens[at].is_sign(','))) {
      if (at + 2 < end && tokens[at + 1].is_sign('.')) at += 2;  // of an alias
      targets.push_back(lower(plain_name(tokens, at)));
    }
  }
  return targets;
}

// What follows WHERE must say the same of the rows twice: no further table, whose rows nobody locks, and no clock.
void read_condition(const std::string& sql, const std::vector<SqlToken>& tokens, std::size_t at, MariaForm& form) {
  for (std::size_t before = 0; before < at; ++before)
    form.placeholders_before += tokens[before].kind == SqlToken::Kind::placeholder ? 1 : 0;
  if (at == tokens.size()) return;
  form.where = sql.substr(tokens[at].at, tokens.back().end() - tokens[at].at);
  for (std::size_t each = at; each < tokens.size(); ++each)
    if (tokens[each].is_word("select") || (is_call(tokens, each, 0) && !is_known(tokens, each)) ||
        (tokens[each].kind == SqlToken::Kind::word && contains(k_passing, tokens[each].plain)))
      form.kind = Kind::other;
}

}  // namespace

SqlName name_at(const std::vector<SqlToken>& tokens, std::size_t at) {
  const auto is_name = [&](std::size_t which) {
    return which < tokens.size() &&
           (tokens[which].kind == SqlToken::Kind::word || tokens[which].kind == SqlToken::Kind::name);
  };
  if (!is_name(at)) return {"", "", at};
  if (at + 1 < tokens.size() && tokens[at + 1].is_sign('.') && is_name(at + 2))
    return {unquoted(tokens[at]), unquoted(tokens[at + 2]), at + 3};
  return {"", unquoted(tokens[at]), at + 1};
}

MariaForm form_of(const std::string& sql, Dialect dialect) {
  const std::vector<SqlToken> tokens = tokens_of(sql, dialect);
  MariaForm form;
  if (tokens.empty()) return form;
  const bool inserts = tokens[0].is_word("insert"), updates = tokens[0].is_word("update"),
             deletes = tokens[0].is_word("delete");
  const bool has_word = tokens.size() > 1 && tokens[1].is_word(inserts ? "into" : "from");
  const std::size_t at = updates ? 1 : 2;
  const SqlName name = name_at(tokens, at);
  form.calls = tokens[0].is_word("call");
  form.unknown = unknown_in(tokens, inserts ? name.end : 0);
  if (!(updates || ((inserts || deletes) && has_word)) || is_uncertain(tokens) || name.name.empty()) return form;
  form.schema = name.schema;
  form.table = name.name;
  if (inserts) {
    const bool is_plain =
        name.end < tokens.size() && (tokens[name.end].is_sign('(') || tokens[name.end].is_word("values") ||
                                     tokens[name.end].is_word("select") || tokens[name.end].is_word("set"));
    if (is_plain) form.kind = Kind::inserts;
    return form;
  }
  std::size_t end = name.end;
  if (updates) {
    if (end < tokens.size() && tokens[end].is_word("as")) ++end;
    if (end < tokens.size() && is_name(tokens[end]) && !tokens[end].is_word("set")) ++end;
    if (end >= tokens.size() || !tokens[end].is_word("set")) return form;
  }
  form.from = sql.substr(tokens[at].at, tokens[end - 1].end() - tokens[at].at);
  const std::size_t where = word_outside(tokens, end, "where");
  if (deletes && where != end) return form;
  form.kind = updates ? Kind::updates : Kind::deletes;
  if (updates) form.sets = targets_of(tokens, end + 1, where);
  read_condition(sql, tokens, where, form);
  return form;
}

}  // namespace target
