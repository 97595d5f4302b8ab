// A query that a script reads: the rows at hand and the broker's cursor for the rest. Lives in the worker.
//
// While a script only reads, the next rows are fetched while it works on these. One that sends statements between two
// fetches finds the rows as they are when they are needed.
#pragma once

#include <cstdint>
#include <lua.hpp>
#include <optional>
#include <string>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "sandbox/broker_line.hpp"
#include "sandbox/lua_api.hpp"

namespace sandbox {

class Reading final : private Listener {
 public:
  // Asks the SQL at 1 with its parameters above, and leaves the names of the columns on the stack. Every function may
  // throw ScriptError.
  explicit Reading(lua_State* lua);
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading();

  // false: there is no further row.
  bool advance();

  // The row at hand as a table. names: where the stack has the names of the columns.
  void push_row(lua_State* lua, int names) const;
  // Its first value.
  void push_first(lua_State* lua) const;

  // The rest is not wanted.
  void close();

 private:
  void take(const os::FrameView& frame) override;
  void fetch();
  void use(os::Frame frame);

  Host& host_;
  BrokerLine& line_;
  Phase phase_;  // in which it was begun: the broker forgets it when that ends
  std::string sql_;
  os::Frame frame_;  // that the batch lies in
  core::RowsView batch_;
  core::Values row_;
  std::optional<os::Frame> ahead_;
  std::uint64_t sent_ = 0;  // questions when the batch came
};

}  // namespace sandbox
