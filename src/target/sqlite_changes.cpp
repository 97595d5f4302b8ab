#define SQLITE_ENABLE_PREUPDATE_HOOK  // declares it; Debian's library has it
#include "target/sqlite_changes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <utility>

#include "base/text.hpp"

namespace target {
namespace {

using core::Cause;
using Kind = core::RowChange::Kind;

constexpr double k_exact_integers = 9007199254740992.0;  // 2^53: a real number has each integer below
constexpr const char* k_without_transaction = "it ran without a transaction";

// Fettle's own word in the middle of a script's: the guard goes on listening to whom it did.
class Aside {
 public:
  explicit Aside(SqliteGuard& guard) : guard_(guard), speaker_(guard.speaker()) {
    guard_.listen_to(SqliteGuard::Speaker::fettle);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside() { guard_.listen_to(speaker_); }

 private:
  SqliteGuard& guard_;
  SqliteGuard::Speaker speaker_;
};

void check(int code) {
  if (code != SQLITE_OK) throw SqlError(cause_of(code), sqlite3_errstr(code));
}

Kind kind_of(int operation) noexcept {
  if (operation == SQLITE_INSERT) return Kind::inserted;
  return operation == SQLITE_UPDATE ? Kind::updated : Kind::deleted;
}

std::vector<std::string> names_of(const SqliteTable& table) {
  std::vector<std::string> names;
  for (const SqliteColumn& column : table.columns) names.push_back(column.name);
  return names;
}

std::vector<std::string> key_names_of(const SqliteTable& table) {
  std::vector<std::string> names;
  for (const std::size_t column : table.key) names.push_back(table.columns[column].name);
  return names;
}

std::optional<std::int64_t> root_of(sqlite3* database, const std::string& table) {
  SqliteQuestion ask(database, "SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = ?");
  return ask.with(table).next() ? std::optional(ask.number(0)) : std::nullopt;
}

}  // namespace

SqliteChanges::~SqliteChanges() {
  if (watches_) sqlite3_preupdate_hook(database_, nullptr, nullptr);
}

void SqliteChanges::watch(std::uint64_t images) {
  log_.keep(images);
  SqliteQuestion encoding(database_, "PRAGMA main.encoding");
  utf8_ = encoding.next() && encoding.text(0) == "UTF-8";
  sqlite3_preupdate_hook(database_, &SqliteChanges::on_write, this);
  watches_ = true;
}

void SqliteChanges::begin(core::Access access) {
  if (catalogue_) known_.clear();  // its version of the schema may have been rolled back, and come again as another
  log_.start_anew();
  written_.clear();
  dropped_.clear();
  last_ = nullptr;
  looked_ = stale_ = altered_ = false;
  catalogue_.reset();
  settings_.reset();
  drop_.reset();
  fault_.reset();
  ++attempt_;
  piecemeal_ = access == core::Access::piecemeal;
  active_ = watches_ && (access == core::Access::write || piecemeal_);
}

// --- the hook ------------------------------------------------------------------------------------------------------

void SqliteChanges::on_write(void* self, sqlite3* /*database*/, int operation, const char* schema, const char* table,
                             sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) noexcept {
  auto& changes = *static_cast<SqliteChanges*>(self);
  if (!changes.active_ || std::strcmp(schema, "main") != 0) return;
  try {
    changes.written(operation, table, old_rowid, new_rowid);
    return;
  } catch (const SqlError& error) {
    changes.fault_.emplace(error);
  } catch (const std::bad_alloc&) {
    changes.fault_.emplace(Cause::memory, "");
  }
  changes.active_ = false;
  changes.log_.start_anew();
}

void SqliteChanges::written(int operation, const char* table, std::int64_t old_rowid, std::int64_t new_rowid) {
  Known& known = last_ != nullptr && !stale_ && last_->name == table ? *last_ : find(table);
  if (!known.rows) return;
  log_.count(known.log, kind_of(operation));
  if (known.notes && operation != SQLITE_INSERT) note_old(known, old_rowid);
  if (known.notes && operation != SQLITE_DELETE) note_new(known, operation, new_rowid);
}

sqlite3_value* SqliteChanges::old_value(const SqliteTable& table, const SqliteColumn& column) {
  sqlite3_value* value = nullptr;
  check(sqlite3_preupdate_old(database_, table.without_rowid ? column.number : column.stored, &value));
  return value;
}

// Of an UPDATE the values lie in the order of the row, of an INSERT as those of the old row do.
sqlite3_value* SqliteChanges::new_value(const SqliteTable& table, const SqliteColumn& column, int operation) {
  sqlite3_value* value = nullptr;
  const bool by_number = table.without_rowid && operation == SQLITE_INSERT;
  check(sqlite3_preupdate_new(database_, by_number ? column.number : column.stored, &value));
  return value;
}

void SqliteChanges::note_old(Known& known, std::int64_t rowid) {
  const SqliteTable& table = known.rows->table();
  if (table.by_values() && !table.direct && !table.without_rowid) return note_read_old(known, rowid);
  bool exact = true;
  known.rows->put_key(key_, rowid, [&](std::size_t place) {
    const core::ValueView value = where_it_lies(old_value(table, table.columns[place]));
    const auto* real = std::get_if<double>(&value);
    if (table.columns[place].misread && real != nullptr && std::abs(*real) >= k_exact_integers) exact = false;
    return value;
  });
  if (!exact) return give_up(known, "SQLite does not tell large numbers of its key exactly");
  if (!log_.touch(known.log, key_)) return;
  const std::optional<bool> fits = table.direct ? pack_hooked(table) : std::nullopt;
  if (!fits) return note_read_old(known, rowid);
  note(known, *fits);
}

// By SQL, where the hook does not give the row as it is. It still lies there.
void SqliteChanges::note_read_old(Known& known, std::int64_t rowid) {
  SqliteRows& rows = *known.rows;
  const Aside aside(guard_);
  SqliteQuestion& row = rows.table().without_rowid ? rows.by_key(key_) : rows.by_rowid(rowid, rowid);
  if (!row.next()) throw SqlError(Cause::error, "a row that is about to be written cannot be read");
  if (!rows.table().without_rowid) rows.put_key(key_, rowid, row.statement());
  const bool is_new = log_.touch(known.log, key_);
  const bool fits = !is_new || rows.pack(row_, row.statement());
  row.again();
  if (is_new) note(known, fits);
}

void SqliteChanges::note_new(Known& known, int operation, std::int64_t rowid) {
  const SqliteTable& table = known.rows->table();
  known.rows->put_key(new_key_, rowid,
                      [&](std::size_t place) { return view_of(new_value(table, table.columns[place], operation)); });
  if (operation == SQLITE_UPDATE && new_key_ == key_) return;
  if (!log_.touch(known.log, new_key_)) return;
  log_.was(known.log, std::nullopt);
  known.notes = !log_.is_given_up(known.log);
}

void SqliteChanges::give_up(Known& known, std::string_view gap) {
  log_.give_up(known.log, gap);
  known.notes = false;
}

void SqliteChanges::note(Known& known, bool fits) {
  if (!fits) return give_up(known, image_too_large());
  log_.was(known.log, row_.bytes());
  known.notes = !log_.is_given_up(known.log);
}

// SQLite copies a text to end it with a zero when it is asked for as such.
core::ValueView SqliteChanges::where_it_lies(sqlite3_value* value) const {
  if (!utf8_ || sqlite3_value_type(value) != SQLITE_TEXT) return view_of(value);
  const void* bytes = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return bytes != nullptr ? std::string_view(static_cast<const char*>(bytes), size) : std::string_view("");
}

// false: it is too large. nullopt: it may end before columns that were added to the table later, which the hook gives
// as NULL and not with their defaults (SQLite 3.40).
std::optional<bool> SqliteChanges::pack_hooked(const SqliteTable& table) {
  row_.clear();
  row_.put(static_cast<std::uint32_t>(table.columns.size()));
  bool doubtful = false;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const SqliteColumn& column = table.columns[at];
    sqlite3_value* value = old_value(table, column);
    if (row_.size() + bytes_of(value) > k_largest_image) return false;
    core::ValueView view = where_it_lies(value);
    const auto* integer = std::get_if<std::int64_t>(&view);
    if (column.is_real && integer != nullptr) view = static_cast<double>(*integer);
    row_.put(view);
    if (table.without_rowid && std::find(table.key.begin(), table.key.end(), at) != table.key.end()) continue;
    const bool is_null = std::holds_alternative<core::Null>(view);
    doubtful = is_null && (doubtful || column.has_default);
  }
  return doubtful ? std::nullopt : std::optional(true);
}

// --- tables --------------------------------------------------------------------------------------------------------

SqliteChanges::Known& SqliteChanges::find(std::string_view table) {
  const Aside aside(guard_);
  refresh();
  Known& known = look_at(std::string(table));
  if (known.rows) open(known);
  last_ = &known;
  return known;
}

SqliteChanges::Known& SqliteChanges::look_at(const std::string& table) {
  if (const auto found = known_.find(table); found != known_.end()) return found->second;
  std::optional<SqliteTable> seen = is_untold(table) ? std::nullopt : look_at_table(database_, table);
  Known& known = known_[table];
  known.name = table;
  if (seen) known.rows.emplace(database_, std::move(*seen));
  return known;
}

void SqliteChanges::open(Known& known) {
  if (known.attempt == attempt_) return;
  const SqliteTable& table = known.rows->table();
  known.made = was_made(table.name);
  known.log = log_.add({table.name, names_of(table), key_names_of(table), 0, 0, 0, true, {}});
  known.attempt = attempt_;
  written_.push_back(&known);
  if (piecemeal_) log_.give_up(known.log, k_without_transaction);
  if (!table.gap.empty()) log_.give_up(known.log, table.gap);
  known.notes = !known.made && !log_.is_given_up(known.log);
}

// One that was renamed is none that was made.
bool SqliteChanges::was_made(const std::string& table) {
  if (!catalogue_ || catalogue_->find("table", table) != nullptr) return false;
  const SqliteObject* former = altered_ ? catalogue_->table_at(root_of(database_, table).value_or(0)) : nullptr;
  return former == nullptr || root_of(database_, former->name).has_value();
}

std::int64_t SqliteChanges::ask(const char* sql) {
  SqliteQuestion question(database_, sql);
  return question.next() ? question.number(0) : 0;
}

std::uint64_t SqliteChanges::count_rows(const std::string& table) {
  return static_cast<std::uint64_t>(ask(("SELECT count(*) FROM main." + quoted(table)).c_str()));
}

// What is known of tables is brought up to the schema as it is now. A statement never changes it while it writes rows,
// and is compiled anew before it writes behind one that did.
void SqliteChanges::refresh() {
  if (looked_ && !stale_) return;
  const std::int64_t version = ask("PRAGMA main.schema_version");
  if (!looked_ && version != schema_version_) known_.clear();
  const bool same = !looked_ || version == schema_version_;
  schema_version_ = version;
  looked_ = true;
  stale_ = false;
  if (same) return;
  for (auto& [name, known] : known_) {
    if (!known.rows) continue;
    std::optional<SqliteTable> now = look_at_table(database_, name);
    if (now == known.rows->table()) continue;
    if (known.attempt == attempt_ && !known.made)
      give_up(known, now ? "its columns were changed by the same script" : "it was renamed by the same script");
    if (now) known.rows.emplace(database_, std::move(*now));
  }
}

// --- the schema ----------------------------------------------------------------------------------------------------

void SqliteChanges::before(std::string_view sql) {
  if (!active_) return;
  const SqliteWords words = first_words(sql);
  const bool alters = words.verb == "alter";
  if (alters || words.verb == "create" || words.verb == "drop") {
    const Aside aside(guard_);
    settle_drop();
    if (!catalogue_) catalogue_ = read_catalogue(database_);
    altered_ = altered_ || alters;
    stale_ = true;
    if (!words.dropped_table.empty()) prepare_drop(words.dropped_table);
  } else if (words.verb == "pragma" && !settings_) {
    const Aside aside(guard_);
    settings_ = {ask("PRAGMA main.user_version"), ask("PRAGMA main.application_id")};
  } else if (drop_) {
    const Aside aside(guard_);
    settle_drop();
  }
  if (catalogue_) stale_ = true;
}

// How many rows it had before the script: those that it has now, but for what the script did to them.
void SqliteChanges::prepare_drop(const std::string& table) {
  SqliteQuestion ask_name(
      database_,
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = ? COLLATE "
      "NOCASE");
  if (!ask_name.with(table).next()) return;
  Drop drop{ask_name.text(0)};
  ask_name.again();
  const auto same = [&drop](const Drop& earlier) { return earlier.table == drop.table; };
  if (is_untold(drop.table) || was_made(drop.table) || std::any_of(dropped_.begin(), dropped_.end(), same)) return;
  refresh();
  Known& known = look_at(drop.table);
  drop.rows = count_rows(drop.table);
  drop.net = !piecemeal_;
  if (known.attempt == attempt_ && known.notes) {
    const NotedRows& rows = log_.rows(known.log);
    for (std::size_t row = 0; row < rows.size(); ++row) drop.rows += rows.before(row) ? 1 : 0;
    known.rows->read_again(rows, [&drop](std::size_t, std::optional<std::string_view>) { --drop.rows; });
  } else if (known.attempt == attempt_) {
    const core::TableChanges& written = log_.written(known.log);
    drop.rows = drop.rows + written.deleted - std::min(written.inserted, drop.rows + written.deleted);
    drop.net = false;
  }
  drop_ = std::move(drop);
}

// It may have failed.
void SqliteChanges::settle_drop() {
  if (!drop_) return;
  Drop drop = *std::exchange(drop_, std::nullopt);
  if (root_of(database_, drop.table)) return;
  Known& known = look_at(drop.table);
  if (!known.rows) return;
  open(known);
  known.notes = false;
  log_.drop(known.log, drop.rows, drop.net, "it was dropped");
  dropped_.push_back(std::move(drop));
}

// --- the end -------------------------------------------------------------------------------------------------------

core::Changes SqliteChanges::tell(const Connection::TellRow& tell) {
  if (fault_) throw SqlError(*fault_);
  if (!active_) return {};
  const Aside aside(guard_);
  settle_drop();
  std::optional<SqliteCatalogue> now;
  if (catalogue_) {
    now = read_catalogue(database_);
    stale_ = true;
    refresh();
    open_made(*now);
    open_dropped(*now);
  }
  active_ = false;
  core::Changes changes = log_.net(
      [this](ChangeLog::Table table, ChangeLog::Netting& netting) { tell_rows(*written_[table], netting); }, tell);
  if (now) changes.schema = difference(*catalogue_, *now, altered_);
  add_settings(changes.schema);
  changes.schema = within_bounds(std::move(changes.schema));
  return changes;
}

void SqliteChanges::add_settings(std::vector<core::SchemaChange>& changes) {
  if (!settings_) return;
  const auto add = [&changes](const char* name, std::int64_t before, std::int64_t after) {
    if (before != after)
      changes.push_back(
          {core::SchemaChange::Kind::altered, "pragma", name, std::to_string(before), std::to_string(after)});
  };
  add("user_version", settings_->user_version, ask("PRAGMA main.user_version"));
  add("application_id", settings_->application_id, ask("PRAGMA main.application_id"));
}

// CREATE TABLE … AS writes rows without the hook.
void SqliteChanges::open_made(const SqliteCatalogue& now) {
  for (const SqliteObject& object : now.objects) {
    if (object.type != "table" || object.root == 0 || catalogue_->find("table", object.name) != nullptr) continue;
    Known& known = look_at(object.name);
    if (known.rows) open(known);
  }
}

void SqliteChanges::open_dropped(const SqliteCatalogue& now) {
  for (const Drop& drop : dropped_) {
    if (now.find("table", drop.table) == nullptr) continue;
    const Known& known = look_at(drop.table);
    log_.drop(known.log, drop.rows, false, "it was dropped and made anew by the same script");
    log_.count(known.log, Kind::inserted, count_rows(drop.table));
  }
}

void SqliteChanges::tell_rows(Known& known, ChangeLog::Netting& now) {
  if (known.made) return tell_made(known, now);
  if (!known.notes) return;
  known.rows->read_again(log_.rows(known.log),
                         [&now](std::size_t row, std::optional<std::string_view> packed) { now.is_now(row, packed); });
}

void SqliteChanges::tell_made(Known& known, ChangeLog::Netting& now) {
  const SqliteTable& table = known.rows->table();
  if (!root_of(database_, known.name)) return now.was_made({}, {});
  if (piecemeal_ || !table.gap.empty()) return;
  now.was_made(names_of(table), key_names_of(table));
  known.rows->read_all([&now](std::optional<std::string_view> packed) { now.added(packed); });
}

}  // namespace target
