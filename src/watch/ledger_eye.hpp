// The ledger as the watcher sees it: read only, and kept open, since no run need make the files of its log anew while
// somebody has them open. A ledger that is moved away or made anew is followed by its path. What cannot be read is
// logged and left out: the runs find it out for themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ledger/history.hpp"

namespace watch {

class LedgerEye {
 public:
  explicit LedgerEye(std::string path) : path_(std::move(path)) {}

  // The newest hash of the chain: another one means that something was recorded. nullopt: it cannot be read.
  std::optional<std::string> head();
  std::optional<ledger::Attempt> in_work();

 private:
  template <class Read>
  auto guarded(Read read);
  const ledger::History* history();

  std::string path_;
  std::optional<ledger::History> history_;
  std::pair<std::uint64_t, std::uint64_t> file_{};  // device, inode
};

}  // namespace watch
