#include "target/connection.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <poll.h>

namespace target {

void Connection::take_lock(os::Deadline give_up, const std::function<bool()>& taken,
                           const std::function<std::string()>& holder) const {
  constexpr std::chrono::milliseconds k_first_pause{5}, k_longest_pause{200};
  for (auto pause = k_first_pause; !taken(); pause = std::min(pause * 2, k_longest_pause)) {
    if (should_stop() || os::Steady::now() + pause >= give_up) throw BusyElsewhere(holder());
    pollfd wait{wake(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(pause.count()));
  }
}

void Connection::copy_to(const std::string& /*file*/, int /*wake*/) {
  throw SqlError(core::Cause::unreachable, fmt::format("a database of {} cannot be copied into a file", engine()));
}

void Connection::watch_changes(std::uint64_t /*images*/) {}

core::Changes Connection::changes(const TellRow& /*tell*/) {
  return {};
}

void Connection::preview() {
  throw SqlError(core::Cause::unreachable, fmt::format("a database of {} cannot be previewed", engine()));
}

}  // namespace target
