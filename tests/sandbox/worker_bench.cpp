#include "sandbox/worker_bench.hpp"

#include <array>
#include <chrono>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "sandbox/worker.hpp"

namespace support {
namespace {

using core::Kind;

constexpr std::chrono::seconds k_patience{30};

os::Deadline soon() {
  return os::Steady::now() + k_patience;
}

template <class Message>
std::optional<Message> as(const os::Frame& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame.body);
}

template <class Message>
bool keep(const os::Frame& frame, std::optional<Message>& into) {
  auto message = as<Message>(frame);
  if (!message) return false;
  into = std::move(message);
  return true;
}

template <class Message>
void send(os::Channel& channel, const Message& message) {
  channel.send(static_cast<std::uint8_t>(Message::kind), encode(message), soon());
}

void plain_answer(const os::Frame& frame, os::Channel& worker) {
  if (const auto statement = as<core::Statement>(frame);
      statement && statement->wants == core::Statement::Wants::affected)
    return send(worker, core::Affected{0});
  if (as<core::Many>(frame) || as<core::Close>(frame)) return send(worker, core::Affected{0});
  if (as<core::Describe>(frame)) return send(worker, core::Rows{0, {"name"}, {{false}}});
  send(worker, core::Rows{});
}

}  // namespace

WorkerBench::WorkerBench(std::uint64_t memory)
    : zygote_({sandbox::worker_main, {}, sandbox::prepare_workers}), memory_(memory) {}

core::WorkerReady WorkerBench::start() {
  auto [runner_here, runner_there] = os::Channel::pair();
  auto [broker_here, broker_there] = os::Channel::pair();
  child_ = zygote_.spawn(core::Role::worker, encode(core::WorkerSettings{memory_, 0}),
                         {runner_there.fd(), broker_there.fd()});
  runner_ = std::move(runner_here);
  broker_ = std::move(broker_here);
  runner_.set_nonblocking();
  broker_.set_nonblocking();
  for (;;) {
    if (const auto frame = runner_.next()) {
      const auto ready = as<core::WorkerReady>(*frame);
      REQUIRE(ready);
      return *ready;
    }
    pollfd wait{runner_.fd(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, os::poll_timeout(soon())) > 0);
    REQUIRE(runner_.fill() == os::FillResult::open);
  }
}

void WorkerBench::serve(const os::Frame& frame, Told& told) {
  if (auto statement = as<core::Statement>(frame))
    told.statements.push_back(std::move(*statement));
  else if (auto many = as<core::Many>(frame))
    told.batches.push_back(std::move(*many));
  else
    told.asked.push_back({frame.kind, frame.body, {}});
  (broker ? broker : plain_answer)(frame, broker_);
}

// true: that was what the runner waits for.
bool WorkerBench::hear(os::Frame frame, Told& told) {
  if (const auto line = as<core::Line>(frame)) {
    told.lines.push_back(*line);
    return false;
  }
  if (const auto told_progress = as<core::ProgressTold>(frame)) {
    told.progress.push_back(told_progress->progress);
    return false;
  }
  if (auto loaded = as<core::Loaded>(frame)) {
    told.declaration = std::move(loaded->declaration);
    return true;
  }
  const bool known = keep(frame, told.answer) || keep(frame, told.result) || keep(frame, told.fault);
  CHECK(known);
  return true;
}

// false: the worker is gone.
bool WorkerBench::listen(Told& told) {
  for (;;) {
    while (std::optional<os::Frame> frame = runner_.next())
      if (hear(std::move(*frame), told)) return true;
    while (const std::optional<os::Frame> frame = broker_ ? broker_.next() : std::nullopt) serve(*frame, told);
    std::array<pollfd, 2> wait = {pollfd{runner_.fd(), POLLIN, 0}, pollfd{broker_.fd(), POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), os::poll_timeout(soon())) <= 0) return false;
    if (wait[1].revents != 0 && broker_.fill() != os::FillResult::open) broker_.close();
    if (wait[0].revents != 0 && runner_.fill() != os::FillResult::open) return false;
  }
}

void WorkerBench::step(Kind kind, const std::string& body, Told& told) {
  if (runner_.send(static_cast<std::uint8_t>(kind), body, soon()) == os::SendResult::sent) listen(told);
}

core::Load WorkerBench::plain_load(std::string_view script) const {
  core::Load load;
  load.name = "test.lua";
  load.text = script;
  load.databases = {{"main", "sqlite"}, {"other", "sqlite"}};
  load.attempt = 7;
  load.run = 3;
  load.environment = "testing";
  load.trigger = "manual";
  return load;
}

Told WorkerBench::tell_load(const core::Load& load) {
  Told told;
  step(Kind::load, encode(load), told);
  return told;
}

Told WorkerBench::load(std::string_view script) {
  if (!child_.pidfd) start();
  return tell_load(plain_load(script));
}

Told WorkerBench::tell(std::string_view script) {
  Told told = load(script);
  if (told.declaration) step(Kind::ask, encode(core::Ask{"main", "main"}), told);
  if (told.answer && told.answer->word == core::Answer::Word::yes) step(Kind::execute, encode(core::Execute{}), told);
  return told;
}

std::optional<core::Ended> WorkerBench::wait() {
  return zygote_.wait(child_, k_patience);
}

std::optional<core::Ended> WorkerBench::end() {
  runner_.close();
  broker_.close();
  return wait();
}

std::string script_with(std::string_view body) {
  return fmt::format("return {{ shouldRun = function() return true end, execute = function()\n{}\nend }}\n", body);
}

Told attempt(std::string_view script) {
  WorkerBench bench;
  return bench.tell(script);
}

Told attempt_body(std::string_view body) {
  return attempt(script_with(body));
}

std::string value_of(std::string_view expression) {
  const Told told = attempt_body(fmt::format("return {{ executed = true, v = {} }}", expression));
  if (!told.result || told.result->word != core::Result::Word::succeeded)
    return "error: " + (told.fault ? told.fault->error : told.result ? told.result->message : "no answer");
  const std::string& json = told.result->json;  // {"v":…}
  return json.empty() ? "nil" : json.substr(5, json.size() - 6);
}

}  // namespace support
