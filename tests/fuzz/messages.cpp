#include <string>
#include <string_view>

#include "core/message.hpp"
#include "fuzz/target.hpp"

namespace fuzz {
namespace {

template <class Message>
void round_trip(std::string_view body) {
  const auto first = core::decode<Message>(body);
  if (!first) return;
  const std::string bytes = encode(*first);
  must(bytes.size() <= body.size(), "a message is not larger than what it was decoded from");
  const auto second = core::decode<Message>(bytes);
  must(second.has_value(), "what was encoded can be decoded");
  must(encode(*second) == bytes, "a message means the same after a second journey");
}

template <class... Messages>
void as_each(std::string_view body) {
  (round_trip<Messages>(body), ...);
}

}  // namespace

void messages(const std::uint8_t* data, std::size_t size) {
  using namespace core;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  as_each<Spawn, Spawned, Ended, WorkerSettings, BrokerSettings, Load, Ask, Execute, WorkerReady, Loaded, Line, Answer,
          Result, Fault, Begin, Finish, Inquire, Inquired, BrokerReady, Began, Done, Statement, Many, Fetch, Close,
          Describe, Rows, Affected, SqlFault>(body);
}

}  // namespace fuzz
