#include "sandbox/broker_line.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"

namespace sandbox {
namespace {

constexpr std::size_t k_most_waiting = 8;  // answers of some KiB at most
constexpr std::size_t k_shown_sql = 160;   // bytes of a statement in an error

}  // namespace

void BrokerLine::post(core::Kind kind, std::string_view body) {
  const auto sent = broker_.send(static_cast<std::uint8_t>(kind), body);
  if (sent == os::SendResult::too_large)
    throw ScriptError(
        fmt::format("this statement with its parameters is larger than {} MiB", os::k_largest_frame >> 20U));
  if (sent != os::SendResult::sent) ::_exit(k_exit_protocol);
}

os::FrameView BrokerLine::hear() {
  const std::optional<os::FrameView> frame = broker_.receive_view();
  if (!frame) ::_exit(k_exit_protocol);
  return *frame;
}

os::FrameView BrokerLine::ask(core::Kind kind, std::string_view body) {
  settle();
  ++sent_;
  post(kind, body);
  return hear();
}

void BrokerLine::send_ahead(core::Kind kind, std::string_view body, Listener& listener, Answer answer) {
  if (large_on_its_way_ || answer == Answer::large) settle();
  while (waiting_.size() >= k_most_waiting) settle_one();
  if (answer == Answer::small) ++sent_;
  post(kind, body);
  waiting_.push_back(&listener);
  large_on_its_way_ = answer == Answer::large;
}

void BrokerLine::settle_one() {
  Listener& listener = *waiting_.front();
  waiting_.pop_front();
  large_on_its_way_ = false;
  listener.take(hear());
}

void BrokerLine::settle() {
  while (!waiting_.empty()) settle_one();
}

void BrokerLine::forget(const Listener& listener) {
  while (std::find(waiting_.begin(), waiting_.end(), &listener) != waiting_.end()) settle_one();
}

void raise(std::uint8_t kind, std::string_view body, std::string_view sql) {
  const auto fault = core::decode<core::SqlFault>(body);
  if (!fault || kind != static_cast<std::uint8_t>(core::Kind::sql_fault)) ::_exit(k_exit_protocol);
  if (sql.empty()) throw ScriptError(fault->message);
  throw ScriptError(fmt::format("{}\n  in: {}", fault->message, base::cap(base::trim(sql), k_shown_sql)));
}

}  // namespace sandbox
