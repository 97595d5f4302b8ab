// A real broker process under its lock-down, spoken to as the runner and a worker speak to it.
#pragma once

#include <doctest/doctest.h>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "sandbox/zygote.hpp"
#include "target/broker.hpp"

namespace support {

class BrokerBench {
 public:
  explicit BrokerBench(const core::BrokerSettings& settings) : zygote_({{}, target::broker_main, {}}) {
    auto [here, there] = os::Channel::pair();
    child_ = zygote_.spawn(core::Role::broker, {}, {there.fd()});
    there.close();
    runner_ = std::move(here);
    runner_.set_nonblocking();
    send(runner_, settings);
    const auto frame = hear(runner_);
    REQUIRE(frame);
    const auto told = core::decode<core::BrokerReady>(frame->body);
    REQUIRE(told);
    ready = *told;
  }

  core::BrokerReady ready;

  // Of a new worker. Reading is not answered: what is given back says that nothing is wrong.
  core::Began begin(const std::string& database, core::Access access, int milliseconds = 30'000) {
    auto [here, there] = os::Channel::pair();
    worker_ = std::move(here);
    worker_.set_nonblocking();
    return begin(database, access, {there.fd()}, milliseconds);
  }
  // Of the worker that is there already.
  core::Began go_on(const std::string& database, core::Access access) { return begin(database, access, {}, 30'000); }
  core::Done finish(bool commit) {
    send(runner_, core::Finish{commit});
    return answer<core::Done>(runner_);
  }

  template <class Message>
  std::optional<os::Frame> ask(const Message& message) {
    send(worker_, message);
    return hear(worker_);
  }
  // The SqlFault's text; what else it was: "no fault", "gone".
  template <class Message>
  std::string fault(const Message& message) {
    const auto frame = ask(message);
    if (!frame) return "gone";
    const auto fault = core::decode<core::SqlFault>(frame->body);
    return fault && frame->kind == static_cast<std::uint8_t>(core::Kind::sql_fault) ? fault->message : "no fault";
  }
  std::string exec(const std::string& sql, const std::string& database = "") {
    return fault(core::Statement{core::Statement::Wants::affected, database, sql, {}});
  }
  core::Rows rows(const std::string& sql, const std::string& database = "") {
    const auto frame = ask(core::Statement{core::Statement::Wants::rows, database, sql, {}});
    REQUIRE(frame);
    const auto found = core::decode<core::Rows>(frame->body);
    REQUIRE(found);
    return *found;
  }

  os::Channel& runner() noexcept { return runner_; }
  os::Channel& worker() noexcept { return worker_; }
  const sandbox::Child& child() const noexcept { return child_; }

  // Lets it go; its exit code, -1000: it went on living.
  int end() {
    runner_.close();
    const auto ended = zygote_.wait(child_, std::chrono::seconds(20));
    if (!ended) return -1000;
    return WIFEXITED(ended->status) ? WEXITSTATUS(ended->status) : -WTERMSIG(ended->status);
  }

  static os::Deadline soon() { return os::Steady::now() + std::chrono::seconds(30); }

 private:
  core::Began begin(const std::string& database, core::Access access, const std::vector<int>& descriptors,
                    int milliseconds) {
    core::Begin wish;
    wish.database = database;
    wish.access = access;
    wish.milliseconds = milliseconds;
    wish.receipt = {"bench.lua", "version", "ledger", "node", "2026-01-01T00:00:00.000Z", "0", ++attempt_, 1};
    wish.once = false;
    REQUIRE(runner_.send(static_cast<std::uint8_t>(core::Kind::begin), encode(wish), soon(), descriptors) ==
            os::SendResult::sent);
    return access == core::Access::write ? answer<core::Began>(runner_) : core::Began{};
  }

  template <class Message>
  static void send(os::Channel& channel, const Message& message) {
    channel.send(static_cast<std::uint8_t>(Message::kind), encode(message), soon());
  }
  template <class Message>
  static Message answer(os::Channel& channel) {
    const auto frame = hear(channel);
    REQUIRE(frame);
    REQUIRE(frame->kind == static_cast<std::uint8_t>(Message::kind));
    const auto message = core::decode<Message>(frame->body);
    REQUIRE(message);
    return *message;
  }
  static std::optional<os::Frame> hear(os::Channel& channel) { return channel.await(soon()); }

  sandbox::Zygote zygote_;
  sandbox::Child child_;
  os::Channel runner_, worker_;
  std::int64_t attempt_ = 0;
};

}  // namespace support
