// A real worker process, spoken to as runner and broker speak to it. For tests of the sandbox room.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "sandbox/zygote.hpp"

namespace support {

// What a worker told its runner, and what it asked of its broker.
struct Told {
  std::optional<core::Declaration> declaration;
  std::optional<core::Answer> answer;
  std::optional<core::Result> result;
  std::optional<core::Fault> fault;
  std::vector<core::Line> lines;
  std::vector<core::Progress> progress;
  std::vector<core::Statement> statements;
  std::vector<core::Many> batches;
  std::vector<os::Frame> asked;  // everything else that went to the broker

  std::string error() const { return fault ? fault->error : ""; }
  std::string json() const { return result ? result->json : ""; }
};

class WorkerBench {
 public:
  explicit WorkerBench(std::uint64_t memory = std::uint64_t{256} << 20U);

  // The broker's answer to a frame; not set: what suits the question (no rows, nothing affected).
  std::function<void(const os::Frame& frame, os::Channel& worker)> broker;

  core::WorkerReady start();
  // Load, Ask and Execute as far as the script comes.
  Told tell(std::string_view script);
  Told load(std::string_view script);
  Told tell_load(const core::Load& load);
  core::Load plain_load(std::string_view script) const;

  os::Channel& runner() noexcept { return runner_; }
  os::Channel& broker_channel() noexcept { return broker_; }
  const sandbox::Child& child() const noexcept { return child_; }
  // Closes the channels and waits; nullopt: it went on living.
  std::optional<core::Ended> end();
  std::optional<core::Ended> wait();

 private:
  bool listen(Told& told);
  bool hear(os::Frame frame, Told& told);
  void serve(const os::Frame& frame, Told& told);
  void step(core::Kind kind, const std::string& body, Told& told);

  sandbox::Zygote zygote_;
  std::uint64_t memory_;
  sandbox::Child child_;
  os::Channel runner_, broker_;
};

// A whole script around the body of execute(); shouldRun() says yes.
std::string script_with(std::string_view body);

// One attempt in a worker of its own.
Told attempt(std::string_view script);
Told attempt_body(std::string_view body);

// What an expression is inside execute(), as JSON.
std::string value_of(std::string_view expression);

}  // namespace support
