#include "watch/run_child.hpp"

#include <chrono>
#include <csignal>
#include <poll.h>

#include "os/clock.hpp"

namespace watch {
namespace {

constexpr std::size_t k_most_bytes = std::size_t{32} << 10U;  // of names at once; beyond, the run looks at everything
constexpr std::chrono::seconds k_to_take{10};                 // a small message, by a child that reads often

template <class Message>
std::optional<Message> as(const os::Frame& frame) {
  if (frame.kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame.body);
}

}  // namespace

RunChild::RunChild(const std::string& config_file, std::string_view config)
    : program_(
          os::start_program(os::k_own_program, {"fettle", "--config", config_file, "run", "--supervised"}, config)) {}

RunChild::~RunChild() {
  if (reaped_) return;
  signal(SIGKILL);
  os::reap(program_);
}

int RunChild::reap() noexcept {
  reaped_ = true;
  return os::reap(program_);
}

bool RunChild::go(const core::Go& wish) {
  state_ = State::running;
  looking_ = false;
  untold_ = {};
  untold_bytes_ = 0;
  return program_.channel.send(static_cast<std::uint8_t>(core::Go::kind), encode(wish), os::in(k_to_take)) ==
         os::SendResult::sent;
}

void RunChild::look(bool all, const std::vector<std::string>& names) {
  for (const std::string& name : names) untold_bytes_ += name.size() + sizeof(std::uint32_t);
  untold_.all = untold_.all || all || untold_bytes_ > k_most_bytes;
  if (untold_.all)
    untold_.names.clear();
  else
    untold_.names.insert(untold_.names.end(), names.begin(), names.end());
  tell_names();
}

// One at a time, each far smaller than what the socket holds: the watcher never waits for its child.
void RunChild::tell_names() {
  if (state_ != State::running || looking_ || (!untold_.all && untold_.names.empty())) return;
  looking_ = true;
  untold_bytes_ = 0;
  program_.channel.send(static_cast<std::uint8_t>(core::Look::kind), encode(std::exchange(untold_, {})),
                        os::in(k_to_take));
}

bool RunChild::says_more() const noexcept {
  pollfd wait{channel_fd(), POLLIN, 0};
  return wait.fd >= 0 && ::poll(&wait, 1, 0) > 0;
}

RunChild::Said RunChild::take() {
  Said said;
  if (heard_all_) return said;
  const os::FillResult filled = program_.channel.fill();
  while (const std::optional<os::Frame> frame = program_.channel.next()) hear(*frame, said);
  if (filled != os::FillResult::open) heard_all_ = true;
  return said;
}

void RunChild::hear(const os::Frame& frame, Said& said) {
  if (as<core::StandingBy>(frame) && state_ == State::starting) state_ = State::standing_by;
  if (as<core::Heard>(frame)) {
    looking_ = false;
    tell_names();
  }
  if (auto left = as<core::Left>(frame)) said.left.push_back(std::move(*left));
  if (auto record = as<core::LogRecord>(frame)) said.records.push_back(std::move(*record));
  if (const auto over = as<core::RunOver>(frame)) {
    over_ = *over;
    state_ = State::over;
  }
}

}  // namespace watch
