#include "sandbox/many.hpp"

#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "sandbox/broker_line.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_statement.hpp"

namespace sandbox {
namespace {

constexpr std::size_t k_part_bytes = std::size_t{64} << 10U;
constexpr std::size_t k_parts_per_sql = 4;  // a long statement goes with larger parts
constexpr std::size_t k_most_unanswered = 3;

// One call. Its rows are sent in parts, and the broker works on one while the next is written; when a row fails, it
// passes over the parts that follow.
class Many final : private Listener {
 public:
  Many(lua_State* lua, std::string_view sql) : line_(host_of(lua).line), database_(database_of(lua)), sql_(sql) {
    line_.settle();
    begin();
  }
  Many(const Many&) = delete;
  Many& operator=(const Many&) = delete;
  ~Many() { line_.forget(*this); }

  // The row at the top of the stack. A row before it that the database refused is told of first.
  void add(lua_State* lua) {
    try {
      write(lua, ++number_);
    } catch (const ScriptError&) {
      hear();
      throw;
    }
    if (out_.size() >= rows_at_ + k_part_bytes + k_parts_per_sql * sql_.size() || values_ >= core::k_most_values)
      send();
  }

  lua_Integer finish() {
    if (rows_ > 0) send();
    hear();
    return affected_;
  }

 private:
  // The head of core::Many.
  void begin() {
    out_.clear();
    out_.put(database_).put(sql_).put(false);
    rows_at_ = out_.size();
    out_.put(std::uint32_t{0});
    rows_ = 0;
    values_ = 0;
  }

  void write(lua_State* lua, lua_Integer number) {
    if (lua_istable(lua, -1) == 0)
      throw ScriptError(fmt::format("row {} is a {}; executemany takes a list of lists: {{{{1, 'a'}}, {{2, 'b'}}}}",
                                    number, luaL_typename(lua, -1)));
    const auto length = static_cast<lua_Integer>(lua_rawlen(lua, -1));
    if (length > static_cast<lua_Integer>(core::k_most_values)) check_number(length, fmt::format("row {}", number));
    out_.put(static_cast<std::uint32_t>(length));
    Parameters parameters(out_);
    for (lua_Integer item = 1; item <= length; ++item) {
      lua_rawgeti(lua, -1, item);
      parameters.add(lua, -1, {item, number});
      lua_pop(lua, 1);
    }
    ++rows_;
    values_ += static_cast<std::size_t>(length) + 1;
  }

  // A function that gives the rows may have used the database meanwhile, so that the answers are there already.
  void send() {
    if (fault_) hear();
    out_.replace(rows_at_ - sizeof(bool), unanswered_ > 0);
    out_.replace(rows_at_, rows_);
    line_.send_ahead(core::Kind::many, out_.bytes(), *this, BrokerLine::Answer::small);
    ++unanswered_;
    while (unanswered_ > k_most_unanswered) line_.settle_one();
    if (fault_) hear();
    begin();
  }

  // All answers. The first fault is what went wrong: after it the broker only says that it passes over.
  void hear() {
    line_.forget(*this);
    if (fault_) raise(fault_->kind, fault_->body, sql_);
  }

  void take(const os::FrameView& frame) override {
    --unanswered_;
    if (fault_) return;
    if (frame.kind == static_cast<std::uint8_t>(core::Kind::affected))
      affected_ += expect<core::Affected>(frame).rows;
    else
      fault_ = os::Frame{frame.kind, std::string(frame.body), {}};
  }

  BrokerLine& line_;
  std::string_view database_, sql_;
  core::Writer out_;  // the part at hand
  std::size_t rows_at_ = 0;
  std::uint32_t rows_ = 0;
  std::size_t values_ = 0;
  lua_Integer number_ = 0;  // of the last row of all
  std::size_t unanswered_ = 0;
  lua_Integer affected_ = 0;
  std::optional<os::Frame> fault_;
};

void add_list(lua_State* lua, Many& many) {
  const auto count = static_cast<lua_Integer>(lua_rawlen(lua, 2));
  for (lua_Integer number = 1; number <= count; ++number) {
    lua_rawgeti(lua, 2, number);
    many.add(lua);
    lua_pop(lua, 1);
  }
}

// Until it returns nil. It may use the database itself.
void add_returned(lua_State* lua, Many& many) {
  for (;;) {
    lua_pushvalue(lua, 2);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) return;
    many.add(lua);
    lua_pop(lua, 1);
  }
}

}  // namespace

int execute_many(lua_State* lua) {
  check_phase(lua);
  Many many(lua, sql_at(lua, 1));
  if (lua_istable(lua, 2))
    add_list(lua, many);
  else if (lua_isfunction(lua, 2))
    add_returned(lua, many);
  else
    throw ScriptError(
        "executemany takes a list of rows, {{1, 'a'}, {2, 'b'}}, or a function that returns one row after another");
  lua_pushinteger(lua, many.finish());
  return 1;
}

}  // namespace sandbox
