// The copies that a rehearsal has servers keep of their databases: under which names, and that they are gone with it.
// Their names and marks tell a later rehearsal of the same ledger which ones a killed one has left. Lives in the runner
// process.
#pragma once

#include <cstddef>
#include <string>

#include "core/config.hpp"
#include "core/message.hpp"
#include "runner/stage.hpp"

namespace runner {

class CopiesOnServers {
 public:
  // Opens the ledger for its id where a server is configured. Throws Error(ledger_broken).
  CopiesOnServers(const core::Config& config, const Stage& stage);
  ~CopiesOnServers();  // has them dropped, unless they are kept; what goes wrong is a warning
  CopiesOnServers(const CopiesOnServers&) = delete;
  CopiesOnServers& operator=(const CopiesOnServers&) = delete;

  // Of the database at this place in the configuration.
  std::string name(std::size_t at) const;
  // For the broker that is to make them; those of dead rehearsals it drops.
  core::ServerCopies wish() const;
  void keep() noexcept { kept_ = true; }

 private:
  void drop() const;

  const core::Config& config_;
  const Stage& stage_;
  std::string mark_, prefix_;  // empty: there is no server
  bool kept_ = false;
};

}  // namespace runner
