#include "runner/attention.hpp"

#include <fmt/format.h>
#include <optional>
#include <poll.h>

#include "os/log.hpp"
#include "runner/orders.hpp"

namespace runner {
namespace {

constexpr int k_longest_look = 1000;  // ms

}  // namespace

void Attention::note(const Order& order) {
  if (order.fault.empty()) ledger_.note(event_of(order));
}

bool Attention::look() {
  const Orders& orders = stop_.orders();
  stop_.look();
  if (const std::optional<Order> order = stop_.obeyed()) note(*order);
  const std::optional<Order> pause = orders.find("pause");
  if (pause && pause->fault.empty() && !pause->recorded && pause->at != noted_) {
    note(*pause);
    noted_ = pause->at;
    if (const std::string fault = orders.set_recorded(*pause); !fault.empty())
      os::log_warning(fmt::format("{}; the pause may be noted twice", fault));
  }
  if (const std::optional<Order> over = orders.take(k_over); over && over->at != noted_) note(*over);
  if (const std::optional<Order> resumed = orders.take("resume")) note(*resumed);
  return pause.has_value();
}

void Attention::wait_while_paused(const std::function<void()>& prepare, const std::function<bool()>& goes_on) {
  if (!look() || stop_.requested()) return;
  if (const std::optional<Order> pause = stop_.orders().find("pause"))
    observer_.waiting(fmt::format("paused {}; fettle resume lets it go on", describe(*pause)));
  prepare();
  ledger_.settle();
  while (!stop_.requested() && goes_on() && look()) {
    ledger_.settle();
    pollfd wake{stop_.fd(), POLLIN, 0};
    (void)::poll(&wake, 1, k_longest_look);
  }
}

}  // namespace runner
