// A script's questions to the broker and the answers to them, which come in the same order. Lives in the worker; one
// for each Lua state, used by its host functions only. A broker that breaks the protocol ends the process.
//
// A question may be sent before the answers to earlier ones were heard. Two that only write would wait for each other
// for ever, so nothing is sent while a large answer is on its way, and small ones are so few that they fit into the
// socket.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

#include "core/message.hpp"
#include "core/wire.hpp"
#include "os/channel.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/worker.hpp"

namespace sandbox {

// Whoever sends ahead. Must call forget() before it ends.
class Listener {
 public:
  virtual void take(const os::FrameView& answer) = 0;

 protected:
  ~Listener() = default;
};

class BrokerLine {
 public:
  // How much the broker may have to say.
  enum class Answer { small, large };

  explicit BrokerLine(os::Channel& broker) noexcept : broker_(broker) {}
  BrokerLine(const BrokerLine&) = delete;
  BrokerLine& operator=(const BrokerLine&) = delete;

  // Where the next question is written: empty, with the memory of those before.
  core::Writer& start() {
    out_.clear();
    return out_;
  }

  // Hears everything that was sent ahead, asks, and waits for the answer, which is valid until the next call. Throws
  // ScriptError for a question that is too large.
  os::FrameView ask(core::Kind kind, std::string_view body);

  // Does not wait: the listener takes the answer before anything else is asked, at the latest.
  void send_ahead(core::Kind kind, std::string_view body, Listener& listener, Answer answer);
  void settle_one();
  void settle();
  void forget(const Listener& listener);  // it takes what it still waits for, and nothing after that

  // Statements and fetches so far, fetches ahead not counted.
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  void post(core::Kind kind, std::string_view body);
  os::FrameView hear();

  os::Channel& broker_;
  core::Writer out_;
  std::deque<Listener*> waiting_;  // in the order of their questions
  bool large_on_its_way_ = false;  // then it is the only one
  std::uint64_t sent_ = 0;
};

// Raises what the broker says instead of an answer, with the statement that it is about.
[[noreturn]] void raise(std::uint8_t kind, std::string_view body, std::string_view sql);

template <class Answer>
Answer expect(const os::FrameView& frame, std::string_view sql = {}) {
  if (frame.kind != static_cast<std::uint8_t>(Answer::kind)) raise(frame.kind, frame.body, sql);
  auto answer = core::decode<Answer>(frame.body);
  if (!answer) ::_exit(k_exit_protocol);
  return *std::move(answer);
}

}  // namespace sandbox
