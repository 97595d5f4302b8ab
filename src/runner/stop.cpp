#include "runner/stop.hpp"

#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <utility>

#include "base/text.hpp"

namespace runner {
namespace {

constexpr std::chrono::milliseconds k_between_looks{1000};  // where the file system does not tell, as of another host

}  // namespace

Stop::Stop(const core::Config& config, std::int64_t run, std::function<void(const std::string&)> on_first)
    : orders_(config),
      alert_(signals_.fd(), orders_.folder(), k_between_looks),
      run_(run),
      on_first_(std::move(on_first)) {}

void Stop::look() {
  alert_.quiet();
  while (const int signal = signals_.take()) {
    if (++count_ == 1) {
      signal_ = signal;
      on_first_(at_work);
    }
  }
  look_for_cancel();
}

void Stop::look_for_cancel() {
  std::optional<Order> order = orders_.find("cancel");
  if (order && !order->fault.empty()) return;               // it is not known for whom
  if (order && order->run != run_) orders_.take("cancel");  // it was meant for one that has ended
  if (!order || order->run != run_) return;
  if (!order->script.empty() && order->script != base::escape(script_)) return;
  orders_.take("cancel");
  only_this_ = true;
  if (order->script.empty()) {
    count_ = 2;
    if (signal_ == 0) signal_ = SIGTERM;
  }
  obeyed_ = order;
  cancelled_ = std::move(order);
}

void Stop::works_on(const std::string& script) {
  script_ = script;
  only_this_ = false;
  if (count_ == 0) cancelled_.reset();
}

std::string Stop::reason() const {
  if (!cancelled_) return "stopped by a signal before it was finished";
  return fmt::format("cancelled {}", describe(*cancelled_));
}

}  // namespace runner
