// The sockets of `fettle serve`: one thread holds all of them, and waits for none. It gathers each request until it is
// whole, within limits of size and time, hands it to a few threads that answer, and writes what they give. So who
// connects and says nothing, or a byte a second, costs a descriptor and a deadline, and nobody else waits for it.
// Lives in the process of `fettle serve`.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "web/address.hpp"
#include "web/http.hpp"

namespace web {

struct DoorLimits {
  Sizes sizes = {};
  std::size_t connections = 4096;            // more: the one that has been idle longest is closed
  std::size_t live = 256;                    // of them listening for changes
  std::size_t threads = 8;                   // that answer
  std::chrono::milliseconds idle{30'000};    // between two requests
  std::chrono::milliseconds head{10'000};    // from its first byte to the end of the head
  std::chrono::milliseconds body{20'000};    // from there to its end
  std::chrono::milliseconds write{20'000};   // for an answer to be taken
  std::chrono::milliseconds goodbye{5'000};  // at the end, for what is being answered
  // Requests a second of one address; what comes faster waits for its turn.
  std::size_t pace = 200;
};

class Door {
 public:
  // Listens from here on. Throws Error(io): the address is taken, or not ours.
  Door(const Address& address, Handler handler, const DoorLimits& limits = {});
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  int port() const noexcept;  // the one that the system chose where 0 was asked for; 0: a Unix socket

  // tick: called in this thread at every beat; gives what the live connections are to be told (empty: nothing), or
  // nullopt to end.
  void serve(std::chrono::milliseconds beat, const std::function<std::optional<std::string>()>& tick);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace web
