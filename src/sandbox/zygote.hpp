// The small process that forks brokers and workers. Started by the runner before anything is opened, so that a child
// never inherits the ledger, a folder or a database, and so that forking stays cheap (fork cost grows with the parent's
// memory). It ends with the runner; its children end with it (PR_SET_PDEATHSIG).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "os/channel.hpp"
#include "os/fd.hpp"

namespace sandbox {

// What a forked child does; it never returns to the zygote. Gets its settings and its own descriptors.
using RoleMain = std::function<void(std::string_view settings, std::vector<os::Fd> descriptors)>;

struct Roles {
  RoleMain worker, broker;
  std::function<void()> prepare;  // what is done once, in the zygote, for every child to inherit; may be empty
};

// A child, held by the runner.
struct Child {
  std::int64_t pid = 0;
  os::Fd pidfd;
};

// The runner's handle. One thread; descriptors to poll are given out.
class Zygote {
 public:
  // Forks the zygote. Call before threads and before anything is opened. Throws Error(internal).
  explicit Zygote(const Roles& roles);
  ~Zygote();  // ends it, and with it every child that is left
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // descriptors are duplicated into the child; the caller keeps its own. Throws Error(internal) when the zygote is
  // gone.
  Child spawn(core::Role role, std::string settings, const std::vector<int>& descriptors);
  // The same in two steps, so that the caller need not wait for the fork: children come in the order of their orders.
  void order(core::Role role, std::string settings, const std::vector<int>& descriptors);
  Child take_child();

  // Waits until this child has ended; its status and what it used. nullopt: it did not end in time.
  std::optional<core::Ended> wait(const Child& child, std::chrono::milliseconds most);

 private:
  // Reads one frame of the zygote and sorts it in. false: none in time.
  bool receive(os::Deadline deadline);

  os::Channel channel_;
  std::int64_t pid_ = 0;
  std::deque<Child> spawned_;
  std::map<std::int64_t, core::Ended> ended_;
};

}  // namespace sandbox
