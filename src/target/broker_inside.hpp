// The class behind broker_main(): connections, the one transaction, the worker and the runner at its ends. broker.cpp
// holds how it begins and ends, broker_statements.cpp what it does for a script. Lives in the broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "os/spin.hpp"
#include "target/databases.hpp"
#include "target/paging.hpp"
#include "target/row_batch.hpp"
#include "target/spending.hpp"
#include "target/transaction.hpp"

namespace target {

constexpr std::chrono::seconds k_patience{30};  // for the runner or the worker to take a message

class Broker {
 public:
  Broker(const core::BrokerSettings& settings, os::Channel runner, std::vector<os::Fd> held);

  void serve();

 private:
  template <class Message>
  void tell_runner(const Message& message);
  template <class Message>
  void answer(const Message& message);
  void answer(core::Kind kind, std::string_view body);

  bool hear_runner();
  bool obey(os::Frame frame);
  bool put_back(const os::Frame& frame);
  bool obey_in_batch(const os::Frame& frame);
  bool hears_worker() const { return transaction_ && worker_ && !transaction_->between_pages; }
  template <class Wish, class Look>
  bool tell_of(const os::Frame& frame, Look look);
  void commit_with_receipt(Connection& own, core::Done& done);
  void begin(const core::Begin& wish, std::vector<os::Fd> descriptors);
  void open_transaction(const core::Begin& wish, core::Began& began);
  void begin_own();
  void finish(const core::Finish& wish);
  core::Done conclude(bool commit);
  void end_transactions();

  void hear_worker();
  void handle(const os::FrameView& frame);
  void perform(const os::FrameView& frame);
  void perform(const core::StatementView& statement);
  void perform(const core::ManyView& many);
  void perform(const core::Fetch& fetch);
  void perform(const core::Describe& describe);
  void send_rows(std::uint32_t id);
  void explain(core::Cause cause, std::string said);
  void check_transaction();
  void count_statements(std::uint64_t count);
  Connection& connection(std::string_view name);
  bool should_stop() const;

  os::Channel runner_;
  std::vector<os::Fd> held_;
  os::Spin spin_ = os::Spin::for_this_machine();  // which asks what may not be asked any more once it is locked down
  Databases databases_;
  core::SandboxLevel level_;
  bool previews_;
  os::Channel worker_;
  Spending spending_;  // of the attempt that worker_ makes
  std::optional<Transaction> transaction_;
  RowBatch batch_;
};

template <class Message>
void Broker::tell_runner(const Message& message) {
  runner_.send(static_cast<std::uint8_t>(Message::kind), encode(message), os::in(k_patience));
}

template <class Message>
void Broker::answer(const Message& message) {
  answer(Message::kind, encode(message));
}

}  // namespace target
