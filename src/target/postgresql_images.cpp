#include "target/postgresql_images.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "core/wire.hpp"
#include "target/postgresql_values.hpp"

namespace target {
namespace {

using Kind = core::RowChange::Kind;

constexpr std::uint64_t k_smallest_record = 40;                   // bytes that the log takes for a row
constexpr std::uint64_t k_most_text = std::uint64_t{256} << 20U;  // bytes of rows in one answer of the server

// No more answers than the server would take for worth compiling.
constexpr const char* k_declare =
    "DECLARE fettle_was NO SCROLL CURSOR FOR SELECT pg_catalog.query_to_xml(pg_catalog.current_setting('fettle.ask'),"
    " false, true, '') FROM (SELECT pg_catalog.generate_series(1, 10000)) calls";
constexpr const char* k_set_question = "SELECT pg_catalog.set_config('fettle.ask', $1, true)";
constexpr const char* k_ask_then = "FETCH 1 FROM fettle_was";

// The snapshot; of each table: where it lies, and its columns.
constexpr const char* k_shapes =
    "SELECT txid_current_snapshot()::text || chr(10) || string_agg(concat_ws(' ', c.oid, c.relfilenode, (SELECT "
    "string_agg(concat_ws(',', a.attnum, a.attname,"
    " a.atttypid, a.atttypmod, a.attisdropped), ';' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid"
    " AND a.attnum > 0)), chr(10)) AS x FROM pg_class c WHERE c.oid IN ({})";

constexpr const char* k_versions =
    "SELECT coalesce(sum(octet_length(l)), 0)::text || ' ' || coalesce(string_agg(l, '') FILTER (WHERE u <= {}), '')"
    " AS x FROM (SELECT l, sum(octet_length(l)) OVER (ROWS UNBOUNDED PRECEDING) AS u FROM (SELECT"
    " ARRAY[t.ctid::text, {}, {}{}]::text AS l FROM ONLY {} t WHERE age(t.xmin) <= 0 OR age(t.xmax) <= 0{}) a) b";

// Whether it still goes on, of a transaction that began when this one did or later. A row only has the lower half of
// its number.
std::string state_of(std::string_view column, std::int64_t transaction) {
  constexpr std::int64_t k_half = std::int64_t{1} << 32U;
  return fmt::format("CASE WHEN age(t.{0}) <= 0 THEN txid_status({1} + (t.{0}::text::int8 - {2} + {3}) % {3}) END",
                     column, transaction, transaction % k_half, k_half);
}

// pg_type.dat. Those whose cast to text is what the server writes of them; it writes others by a slower way.
bool casts_as_written(Oid type) {
  constexpr std::array<Oid, 17> k_types = {16,  17,   20,   21,   23,   25,   26,   114, 700,
                                           701, 1043, 1082, 1083, 1114, 1184, 1700, 2950};
  return std::find(k_types.begin(), k_types.end(), type) != k_types.end();
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) {
    if (letter == '"') text += letter;
    text += letter;
  }
  return text + '"';
}

std::string columns_of(const PgWritten& table) {
  std::string all;
  for (std::size_t at = 0; at < table.types.size(); ++at) {
    const std::string name = "t." + quoted(table.said.columns[at]);
    all += casts_as_written(table.types[at])
               ? fmt::format(", {}::text", name)
               : fmt::format(", CASE WHEN num_nulls({0}) = 0 THEN format('%s', {0}) END", name);
  }
  return all;
}

// What stands in the one element of the one row that query_to_xml() has made.
std::string text_in_xml(std::string_view xml) {
  constexpr std::string_view k_open = "<x>", k_close = "</x>";
  const std::size_t open = xml.find(k_open), close = xml.rfind(k_close);
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  xml = xml.substr(open + k_open.size(), close - open - k_open.size());
  static constexpr std::array<std::pair<std::string_view, char>, 4> k_escaped = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&#x0d;", '\r'}}};
  std::string text;
  text.reserve(xml.size());
  while (!xml.empty()) {
    const std::size_t plain = std::min(xml.find('&'), xml.size());
    text.append(xml.substr(0, plain));
    xml.remove_prefix(plain);
    for (const auto& [word, letter] : k_escaped) {
      if (!xml.starts_with(word)) continue;
      text += letter;
      xml.remove_prefix(word.size());
      break;
    }
  }
  return text;
}

// Arrays of texts as the server writes them, one behind the other: {a,"b \"c\"",NULL}{…
class Arrays {
 public:
  explicit Arrays(std::string_view text) : text_(text) {}

  using Texts = std::vector<std::optional<std::string>>;
  bool next(Texts& all) {
    all.clear();
    if (at_ >= text_.size() || text_[at_] != '{') return false;
    do {
      ++at_;
      all.push_back(element());
    } while (at_ < text_.size() && text_[at_] == ',');
    ++at_;  // }
    return true;
  }

 private:
  std::optional<std::string> element() {
    if (at_ < text_.size() && text_[at_] == '"') return in_quotes();
    const std::size_t end = std::min(text_.find_first_of(",}", at_), text_.size());
    std::string plain(text_.substr(at_, end - at_));
    at_ = end;
    if (plain == "NULL") return std::nullopt;
    return plain;
  }

  std::string in_quotes() {
    std::string text;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) text += text_[at_];
    }
    ++at_;
    return text;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::int64_t number_at(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string_view only_value(const PGresult* result) {
  return {libpq().getvalue(result, 0, 0), static_cast<std::size_t>(libpq().getlength(result, 0, 0))};
}

}  // namespace

void PgImages::send_beginning() {
  link_.send(k_declare);
}

// What it says in the snapshot of the beginning; now: and in the one of now.
std::string PgImages::ask_both(const std::string& sql, std::string& now) {
  link_.send(k_set_question, PgParameters({std::string_view(sql)}));
  link_.send(k_ask_then);
  link_.send(sql);
  const std::vector<PgResult> results = link_.collect();
  now = only_value(results.at(results.size() - 1).get());
  const PGresult* then = results.at(results.size() - 2).get();
  if (link_.pq().ntuples(then) != 1) throw PgError(core::Cause::error, "the snapshot of the beginning is gone", {}, 0);
  return text_in_xml(only_value(then));
}

// --- which tables --------------------------------------------------------------------------------------------------

// TRUNCATE, and whatever writes a table anew, leaves it in another file, and no count.
void PgImages::compare_shapes(std::vector<PgWritten>& tables) {
  std::vector<std::int64_t> numbers;
  for (const PgWritten& table : tables) numbers.push_back(table.number);
  std::string now_text;
  const std::string then_text = ask_both(fmt::format(k_shapes, fmt::join(numbers, ", ")), now_text);
  const auto read = [](std::string_view text) {
    std::map<std::int64_t, std::string_view> shapes;
    for (const std::string_view line : base::split(text, '\n')) {
      shapes[number_at(line)] = line;
    }
    return shapes;
  };
  const std::size_t head = std::min(then_text.find('\n'), then_text.size());
  snapshot_ = then_text.substr(0, head);
  const auto then = read(std::string_view(then_text).substr(head)), now = read(now_text);
  const auto file_of = [](std::string_view shape) { return shape.substr(0, shape.find(' ', shape.find(' ') + 1)); };
  for (PgWritten& table : tables) {
    const auto before = then.find(table.number), after = now.find(table.number);
    if (before == then.end() || after == now.end()) continue;  // made by the script
    if (file_of(before->second) != file_of(after->second))
      table.gap = "it was emptied (TRUNCATE) or written anew, which counts no rows";
    else if (before->second != after->second)
      table.gap = "its columns were changed by the same script";
  }
}

void PgImages::look(std::vector<PgWritten>& tables) {
  if (tables.empty()) return;
  compare_shapes(tables);
  for (std::size_t at = 0; at < tables.size(); ++at) {
    const PgWritten& table = tables[at];
    const core::TableChanges& said = table.said;
    const std::uint64_t writes = said.inserted + said.updated + said.deleted;
    if (!table.gap.empty())
      log_.give_up(at, table.gap);
    else if (writes > images_ / k_smallest_record)
      log_.give_up(at, log_.too_much());
    else if (writes > 0)
      read(table, at);
  }
}

core::Changes PgImages::tell(std::vector<PgWritten> tables, const Scope& scope, const Connection::TellRow& tell) {
  scope_ = scope;
  log_.keep(images_);
  log_.start_anew();
  after_.assign(tables.size(), {});
  for (const PgWritten& table : tables) {
    core::TableChanges said = table.said;
    said.inserted = said.updated = said.deleted = 0;
    const ChangeLog::Table at = log_.add(std::move(said));
    log_.count(at, Kind::inserted, table.said.inserted);
    log_.count(at, Kind::updated, table.said.updated);
    log_.count(at, Kind::deleted, table.said.deleted);
  }
  const auto give_all_up = [&](const std::string& gap) {
    for (ChangeLog::Table at = 0; at < tables.size(); ++at) log_.give_up(at, gap);
  };
  if (is_on() && !scope.is_there) give_all_up("the script has taken away what knows its rows as they were (a cursor)");
  if (is_on() && scope.is_there && !tables.empty()) {
    link_.send("SAVEPOINT fettle_told");
    try {
      look(tables);
    } catch (const PgError& error) {
      if (error.cause() != core::Cause::error || link_.lost()) throw;
      link_.send("ROLLBACK TO SAVEPOINT fettle_told");
      link_.collect();
      give_all_up(fmt::format("its rows could not be read: {}", base::first_line(error.what())));
    }
  }
  core::Changes changes = log_.net(
      [this](ChangeLog::Table table, ChangeLog::Netting& now) {
        for (const After& after : after_[table])
          now.is_now(after.row, after.packed.size() > k_largest_image ? std::nullopt
                                                                      : std::optional<std::string_view>(after.packed));
      },
      tell);
  for (PgWritten& table : tables) {
    if (table.gap.empty() || table.said.inserted + table.said.updated + table.said.deleted > 0) continue;
    table.said.net = false;
    table.said.gap = std::move(table.gap);
    changes.tables.push_back(std::move(table.said));
  }
  log_.start_anew();
  after_.clear();
  return changes;
}

// --- which rows ----------------------------------------------------------------------------------------------------

// nullopt: more than is kept.
std::optional<PgImages::Versions> PgImages::versions_in(const PgWritten& table, std::string_view text) const {
  std::uint64_t bytes = 0;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (bytes > std::min(images_, k_most_text)) return std::nullopt;
  constexpr std::size_t k_before_columns = 3;
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) throw PgError(core::Cause::error, "the server said nothing", {}, 0);
  Arrays arrays(text.substr(blank + 1));
  Versions all;
  core::Writer packed, key;
  for (Arrays::Texts texts; arrays.next(texts);) {
    if (texts.size() != k_before_columns + table.types.size()) throw PgError(core::Cause::error, "not a row", {}, 0);
    Version& version = all.emplace_back();
    version.place = texts[0].value_or("");
    version.made = texts[1] == "in progress";
    version.ended = texts[2] == "in progress";
    version.is_unsure = !version.ended && texts[2] != "committed";
    packed.clear();
    key.clear();
    packed.put(static_cast<std::uint32_t>(table.types.size()));
    for (std::size_t at = 0; at < table.types.size(); ++at) {
      const std::optional<std::string>& value = texts[k_before_columns + at];
      const std::vector<std::string>& keys = table.said.key;
      put_pg_value(table.types[at], value, packed);
      if (std::find(keys.begin(), keys.end(), table.said.columns[at]) != keys.end())
        put_pg_value(table.types[at], value, key);
    }
    version.packed = packed.bytes();
    version.key = key.bytes();
  }
  return all;
}

// Of all transactions that the snapshot of the beginning does not see: whether one is committed. Those of ours are not.
bool PgImages::others_committed() {
  constexpr std::int64_t k_most = 100'000;
  const std::vector<std::string_view> parts = base::split(snapshot_, ':');
  if (parts.size() != 3) return true;
  link_.send(fmt::format(
      "SELECT txid_snapshot_xmax(txid_current_snapshot()) - {0} > {1} OR EXISTS (SELECT FROM (SELECT"
      " generate_series({0}, least({0} + {1}, txid_snapshot_xmax(txid_current_snapshot()) - 1)) AS x UNION ALL SELECT"
      " unnest('{{{2}}}'::int8[])) unseen WHERE txid_status(x) = 'committed')",
      number_at(parts[1]), k_most, parts[2]));
  return only_value(link_.collect().back().get()) == "t";
}

// What ends a row that was locked by another part of this transaction leaves a MultiXactId at it.
void PgImages::read(const PgWritten& table, ChangeLog::Table log) {
  const std::string several =
      scope_.multis > 0 ? fmt::format(" OR mxid_age(t.xmax) BETWEEN 1 AND {}", scope_.multis) : std::string();
  const std::string sql = fmt::format(k_versions, std::min(images_, k_most_text), state_of("xmin", scope_.transaction),
                                      state_of("xmax", scope_.transaction), columns_of(table), table.name, several);
  std::string now_text;
  const std::string then_text = ask_both(sql, now_text);
  std::optional<Versions> then = versions_in(table, then_text), now = versions_in(table, now_text);
  if (!then || !now) return log_.give_up(log, log_.too_much());
  if (note(table, log, *then, *now)) return;
  after_[log].clear();
  log_.give_up(log, "which of its rows were changed is not certain: somebody else was at them, or a part was undone");
}

// What lies at the same place in both snapshots is none that the script made or ended. Without a key a row is told
// apart by all that is in it, and how many there are alike. false: there are others than were counted.
bool PgImages::note(const PgWritten& table, ChangeLog::Table log, Versions& before, Versions& now) {
  std::unordered_map<std::string_view, Version*> places;
  for (Version& version : before) places[version.place] = &version;
  for (Version& version : now) {
    const auto found = places.find(version.place);
    if (found != places.end()) version.is_common = found->second->is_common = true;
  }
  bool is_alone = false;
  const auto is_old = [&](const Version& version) { return !version.is_common && (version.ended || is_alone); };
  const auto is_new = [&](const Version& version) { return !version.is_common && (version.made || is_alone); };
  const auto made = std::count_if(now.begin(), now.end(), is_new);
  const auto ended = std::count_if(before.begin(), before.end(), is_old);
  const bool is_unsure = std::any_of(before.begin(), before.end(),
                                     [](const Version& version) { return !version.is_common && version.is_unsure; });
  const auto counted = static_cast<std::int64_t>(table.said.inserted) - static_cast<std::int64_t>(table.said.deleted);
  if (made - ended != counted || is_unsure || scope_.undid) {
    if (others_committed()) return false;
    is_alone = true;  // so whatever changed is the script's
  }
  const auto tell_apart = [&](Versions& versions, const auto& wanted) {
    std::unordered_map<std::string, std::uint32_t> alike;
    for (Version& version : versions) {
      if (!table.said.key.empty() || !wanted(version)) continue;
      core::Writer key;
      key.put(++alike[version.packed]);
      version.key = version.packed + key.bytes();
    }
  };
  tell_apart(before, is_old);
  tell_apart(now, is_new);
  for (const Version& version : before) {
    if (!is_old(version)) continue;
    if (version.packed.size() > k_largest_image) {
      log_.give_up(log, image_too_large());
      return true;
    }
    if (log_.is_given_up(log)) return true;
    if (!log_.touch(log, version.key)) return false;
    log_.was(log, version.packed);
  }
  for (Version& version : now)
    if (is_new(version)) note_after(log, version);
  return true;
}

void PgImages::note_after(ChangeLog::Table log, Version& version) {
  if (log_.touch(log, version.key)) log_.was(log, std::nullopt);
  if (log_.is_given_up(log)) return;
  if (const auto row = log_.rows(log).find(version.key)) after_[log].push_back({*row, std::move(version.packed)});
}

}  // namespace target
