#include "sandbox/reading.hpp"

#include <utility>

#include "sandbox/lua_db.hpp"
#include "sandbox/lua_statement.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

os::Frame kept(const os::FrameView& frame) {
  return {frame.kind, std::string(frame.body), {}};
}

// A query that failed is over, and its error is not told to who has stopped reading.
std::uint32_t cursor_in(const os::Frame& frame) {
  const auto rows = core::decode<core::RowsView>(frame.body);
  return frame.kind == static_cast<std::uint8_t>(core::Kind::rows) && rows ? rows->cursor : 0;
}

}  // namespace

Reading::Reading(lua_State* lua) : host_(host_of(lua)), line_(host_.line), phase_(host_.phase), sql_(sql_at(lua, 1)) {
  use(kept(ask_statement(lua, core::Statement::Wants::rows)));
  sent_ = line_.sent();
  lua_createtable(lua, static_cast<int>(batch_.columns.size()), 0);
  lua_Integer number = 0;
  for (const std::string_view name : batch_.columns) {
    lua_pushlstring(lua, name.data(), name.size());
    lua_rawseti(lua, -2, ++number);
  }
}

Reading::~Reading() {
  line_.forget(*this);
}

bool Reading::advance() {
  if (host_.phase != phase_) throw ScriptError("this query was begun in shouldRun(), which is over; begin it again");
  while (!batch_.rows.next(row_)) {
    if (batch_.cursor == 0) return false;
    fetch();
  }
  return true;
}

void Reading::push_row(lua_State* lua, int names) const {
  lua_createtable(lua, 0, static_cast<int>(row_.size()));
  lua_Integer number = 0;
  for (const core::ValueView& value : row_) {
    lua_rawgeti(lua, names, ++number);
    push_value(lua, value);
    lua_rawset(lua, -3);
  }
}

void Reading::push_first(lua_State* lua) const {
  if (row_.empty())
    lua_pushnil(lua);
  else
    push_value(lua, row_[0]);
}

void Reading::close() {
  line_.settle();
  const std::uint32_t cursor = ahead_ ? cursor_in(*ahead_) : batch_.cursor;
  batch_ = {};
  ahead_.reset();
  frame_ = {};
  if (cursor == 0 || host_.phase != phase_) return;
  expect<core::Affected>(line_.ask(core::Kind::close, encode(core::Close{cursor})));
}

void Reading::take(const os::FrameView& frame) {
  ahead_ = kept(frame);
}

// After a batch without rows, which is what is told ahead near a limit, nothing is asked ahead.
void Reading::fetch() {
  const bool only_reads = line_.sent() == sent_ && batch_.rows.size() > 0;
  line_.settle();
  if (ahead_)
    use(*std::exchange(ahead_, std::nullopt));
  else
    use(kept(line_.ask(core::Kind::fetch, encode(core::Fetch{batch_.cursor}))));
  sent_ = line_.sent();
  if (only_reads && batch_.cursor != 0 && batch_.rows.size() > 0)
    line_.send_ahead(core::Kind::fetch, encode(core::Fetch{batch_.cursor, true}), *this, BrokerLine::Answer::large);
}

// A query that failed is asked again when it is read on, so that its error is told again.
void Reading::use(os::Frame frame) {
  frame_ = std::move(frame);
  batch_ = {batch_.cursor, {}, {}};
  batch_ = expect<core::RowsView>({frame_.kind, frame_.body}, sql_);
}

}  // namespace sandbox
