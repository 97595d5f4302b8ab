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

// What is read where it lies is what is copied out, and is refused when that is.
template <class Owner, class View>
void same_where_it_lies(std::string_view body) {
  const auto owner = core::decode<Owner>(body);
  auto view = core::decode<View>(body);
  must(owner.has_value() == view.has_value(), "a message is good for both readers or for none");
  if (!view) return;
  core::Values row;
  for (const core::Row& expected : owner->rows) {
    must(view->rows.next(row) && row.size() == expected.size(), "both see the same rows");
    core::Writer seen, sent;
    for (const core::ValueView& value : row) seen.put(value);
    for (const core::Value& value : expected) sent.put(value);
    must(seen.bytes() == sent.bytes(), "both see the same values");
  }
  must(!view->rows.next(row), "there are no more rows than were sent");
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
          Result, Fault, Begin, Finish, Inquire, Inquired, BrokerReady, Began, ChangedRows, Done, Statement, Many,
          Fetch, Close, Describe, Rows, Affected, SqlFault, StandingBy, Go, Look, Left, LogRecord, RunOver>(body);
  same_where_it_lies<Many, ManyView>(body);
  same_where_it_lies<Rows, RowsView>(body);
  must(decode<Statement>(body).has_value() == decode<StatementView>(body).has_value(),
       "a statement is good for both readers or for none");
}

}  // namespace fuzz
