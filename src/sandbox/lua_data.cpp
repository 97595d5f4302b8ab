#include "sandbox/lua_data.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"
#include "core/message.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

constexpr std::size_t k_longest_record = std::size_t{16} << 20U;  // bytes of a line or of a CSV record
constexpr std::size_t k_most_columns = 4096;

// The part of the file from the offset on; empty: it ends there.
std::string ask(lua_State* lua, std::string_view name, lua_Integer offset) {
  Host& host = host_of(lua);
  if (host.phase == Phase::loading) throw ScriptError("data works only inside the functions of the script");
  const core::ReadData wish{std::string(name), offset};
  if (host.runner.send(static_cast<std::uint8_t>(core::ReadData::kind), encode(wish)) != os::SendResult::sent)
    ::_exit(k_exit_protocol);
  const std::optional<os::Frame> frame = host.runner.receive();
  auto data = frame && frame->kind == static_cast<std::uint8_t>(core::Data::kind)
                  ? core::decode<core::Data>(frame->body)
                  : std::nullopt;
  if (!data) ::_exit(k_exit_protocol);
  if (!data->fault.empty()) throw ScriptError(data->fault);
  return std::move(data->bytes);
}

std::string_view name_at(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TSTRING) throw ScriptError("the name of a data file must be a string");
  return text_at(lua, index);
}

int read_all(lua_State* lua) {
  const std::string name(name_at(lua, 1));
  luaL_Buffer whole;
  luaL_buffinit(lua, &whole);
  for (lua_Integer offset = 0;;) {
    const std::string part = ask(lua, name, offset);
    if (part.empty()) break;
    luaL_addlstring(&whole, part.data(), part.size());
    offset += static_cast<lua_Integer>(part.size());
  }
  luaL_pushresult(&whole);
  return 1;
}

// --- reading on --------------------------------------------------------------------------------------------------

// What an iterator keeps as upvalues, so that the state of Lua owns all of it.
enum Upvalue { k_name = 1, k_offset, k_buffer, k_position, k_number, k_separator, k_columns };

// Text that was fetched and not used yet.
class Unread {
 public:
  explicit Unread(lua_State* lua) : lua_(lua) {
    position_ = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(k_position)));
  }

  std::string_view text() const { return text_at(lua_, lua_upvalueindex(k_buffer)).substr(position_); }

  // More behind it; false: the file ends.
  bool fetch() {
    const lua_Integer offset = lua_tointeger(lua_, lua_upvalueindex(k_offset));
    if (offset < 0) return false;
    std::string part = ask(lua_, text_at(lua_, lua_upvalueindex(k_name)), offset);
    lua_pushinteger(lua_, part.empty() ? -1 : offset + static_cast<lua_Integer>(part.size()));
    lua_replace(lua_, lua_upvalueindex(k_offset));
    if (part.empty()) return false;
    if (offset == 0 && part.starts_with("\xEF\xBB\xBF")) part.erase(0, 3);
    part.insert(0, text());
    lua_pushlstring(lua_, part.data(), part.size());
    lua_replace(lua_, lua_upvalueindex(k_buffer));
    position_ = 0;
    if (part.size() > 2 * k_longest_record)
      throw ScriptError(fmt::format("{}: a line is longer than {}",
                                    base::escape(text_at(lua_, lua_upvalueindex(k_name))),
                                    base::format_size(k_longest_record)));
    return true;
  }

  void use(std::size_t bytes) {
    position_ += bytes;
    lua_pushinteger(lua_, static_cast<lua_Integer>(position_));
    lua_replace(lua_, lua_upvalueindex(k_position));
  }

 private:
  lua_State* lua_;
  std::size_t position_ = 0;
};

int next_line(lua_State* lua) {
  Unread unread(lua);
  std::size_t seen = 0, end = std::string_view::npos;
  while ((end = unread.text().find('\n', seen)) == std::string_view::npos) {
    seen = unread.text().size();
    if (!unread.fetch()) break;
  }
  const std::string_view text = unread.text();
  if (end == std::string_view::npos && text.empty()) return 0;
  std::string_view line = text.substr(0, std::min(end, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  lua_pushlstring(lua, line.data(), line.size());
  unread.use(end == std::string_view::npos ? text.size() : end + 1);
  return 1;
}

void push_reader(lua_State* lua, std::string_view name) {
  lua_pushlstring(lua, name.data(), name.size());
  lua_pushinteger(lua, 0);
  lua_pushliteral(lua, "");
  lua_pushinteger(lua, 0);
  lua_pushinteger(lua, 0);
}

int lines(lua_State* lua) {
  const std::string name(name_at(lua, 1));
  (void)ask(lua, name, 0);  // that it cannot be read is told here
  push_reader(lua, name);
  lua_pushcclosure(lua, guarded<next_line>, k_number);
  return 1;
}

// --- CSV -------------------------------------------------------------------------------------------------------------

struct Record {
  std::vector<std::string> fields;
  std::size_t bytes = 0, lines = 0;  // that it takes, with its line end
  bool whole = false;                // its end was seen
  bool open = false;                 // the text ends inside of quotes
};

Record parse(std::string_view text, char separator) {
  Record record;
  record.fields.emplace_back();
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    std::string& field = record.fields.back();
    if (letter == '\n') ++record.lines;
    if (quoted) {
      if (letter != '"') {
        field += letter;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        field += letter;
        ++at;
      } else {
        quoted = false;
      }
    } else if (letter == '"' && field.empty()) {
      quoted = true;
    } else if (letter == separator) {
      record.fields.emplace_back();
    } else if (letter == '\n') {
      if (field.ends_with('\r')) field.pop_back();
      record.bytes = at + 1;
      record.whole = true;
      return record;
    } else {
      field += letter;
    }
  }
  record.bytes = text.size();
  record.open = quoted;
  return record;
}

std::string at_line(lua_State* lua) {
  return fmt::format("{}:{}", base::escape(text_at(lua, lua_upvalueindex(k_name))),
                     lua_tointeger(lua, lua_upvalueindex(k_number)) + 1);
}

// nullopt: there is no further one.
std::optional<Record> next_record(lua_State* lua) {
  const char separator = text_at(lua, lua_upvalueindex(k_separator)).front();
  Unread unread(lua);
  Record record = parse(unread.text(), separator);
  // A quote at the very end may be the first of two.
  while ((!record.whole || record.bytes == unread.text().size()) && unread.fetch())
    record = parse(unread.text(), separator);
  if (unread.text().empty()) return std::nullopt;
  if (record.open) throw ScriptError(fmt::format("{}: a field in quotes does not end", at_line(lua)));
  if (record.fields.size() > k_most_columns)
    throw ScriptError(fmt::format("{}: more than {} fields", at_line(lua), k_most_columns));
  unread.use(record.bytes);
  return record;
}

void count_lines(lua_State* lua, const Record& record) {
  lua_pushinteger(lua, lua_tointeger(lua, lua_upvalueindex(k_number)) +
                           static_cast<lua_Integer>(std::max<std::size_t>(record.lines, 1)));
  lua_replace(lua, lua_upvalueindex(k_number));
}

void push_fields(lua_State* lua, const Record& record) {
  lua_createtable(lua, static_cast<int>(record.fields.size()), 0);
  for (std::size_t at = 0; at < record.fields.size(); ++at) {
    lua_pushlstring(lua, record.fields[at].data(), record.fields[at].size());
    lua_rawseti(lua, -2, static_cast<lua_Integer>(at) + 1);
  }
}

int next_row(lua_State* lua) {
  bool has_header = lua_toboolean(lua, lua_upvalueindex(k_columns)) != 0;
  std::optional<Record> record = next_record(lua);
  if (record && has_header && !lua_istable(lua, lua_upvalueindex(k_columns))) {
    push_fields(lua, *record);
    lua_replace(lua, lua_upvalueindex(k_columns));
    count_lines(lua, *record);
    record = next_record(lua);
  }
  // Empty lines are no records.
  while (record && record->fields.size() == 1 && record->fields[0].empty()) {
    count_lines(lua, *record);
    record = next_record(lua);
  }
  if (!record) return 0;
  if (!has_header) {
    push_fields(lua, *record);
    count_lines(lua, *record);
    return 1;
  }
  const int columns = lua_upvalueindex(k_columns);
  if (lua_rawlen(lua, columns) != record->fields.size())
    throw ScriptError(fmt::format("{}: {} fields, where the header has {}", at_line(lua), record->fields.size(),
                                  lua_rawlen(lua, columns)));
  count_lines(lua, *record);
  lua_createtable(lua, 0, static_cast<int>(record->fields.size()));
  for (std::size_t at = 0; at < record->fields.size(); ++at) {
    lua_rawgeti(lua, columns, static_cast<lua_Integer>(at) + 1);
    lua_pushlstring(lua, record->fields[at].data(), record->fields[at].size());
    lua_rawset(lua, -3);
  }
  return 1;
}

// data.csv(name, { header = true, separator = "," })
int csv(lua_State* lua) {
  const std::string name(name_at(lua, 1));
  std::string separator = ",";
  bool header = true;
  if (!lua_isnoneornil(lua, 2)) {
    if (!lua_istable(lua, 2)) throw ScriptError("the options of data.csv must be a table");
    lua_pushliteral(lua, "separator");
    lua_rawget(lua, 2);
    if (!lua_isnil(lua, -1)) separator = text_at(lua, -1);
    lua_pushliteral(lua, "header");
    lua_rawget(lua, 2);
    header = lua_isnil(lua, -1) || lua_toboolean(lua, -1) != 0;
    lua_pop(lua, 2);
  }
  if (separator.size() != 1 || separator == "\"" || separator == "\n")
    throw ScriptError("the separator of data.csv must be one character, such as \";\"");
  (void)ask(lua, name, 0);
  push_reader(lua, name);
  lua_pushlstring(lua, separator.data(), separator.size());
  lua_pushboolean(lua, header ? 1 : 0);
  lua_pushcclosure(lua, guarded<next_row>, k_columns);
  return 1;
}

}  // namespace

void add_data(lua_State* lua) {
  lua_createtable(lua, 0, 3);
  lua_pushcfunction(lua, guarded<read_all>);
  lua_setfield(lua, -2, "read");
  lua_pushcfunction(lua, guarded<lines>);
  lua_setfield(lua, -2, "lines");
  lua_pushcfunction(lua, guarded<csv>);
  lua_setfield(lua, -2, "csv");
  lua_setfield(lua, -2, "data");
}

}  // namespace sandbox
