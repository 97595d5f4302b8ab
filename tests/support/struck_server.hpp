// A database server of a test's own that has a bad day at the test's word: it ends sessions, takes its time over a
// COMMIT, dies and comes back. Only sessions of the scripts' user are touched.
#pragma once

#include <memory>

#include "support/engine.hpp"

namespace support {

class StruckServer {
 public:
  // Where a COMMIT is kept: before it is durable, or behind, when only the answer is missing.
  enum class Kept { before, behind };
  enum class Whose { one, all };
  enum class End { killed, at_once, in_order };  // every process by SIGKILL, or what the server calls so

  virtual ~StruckServer() = default;
  StruckServer(const StruckServer&) = delete;
  StruckServer& operator=(const StruckServer&) = delete;

  virtual Engine make_engine() = 0;  // a new, empty database
  virtual int port() const = 0;
  virtual std::string nap() const = 0;  // a query that takes some milliseconds

  virtual void keep_commits(Kept where) = 0;
  virtual void let_commits_go() = 0;  // also when none are kept, or the server is down
  virtual bool is_committing() = 0;
  virtual void end_sessions(Whose whose) = 0;
  virtual void end(End how) = 0;
  virtual void start() = 0;

 protected:
  StruckServer() = default;
};

// nullptr where it is not installed; the test is then skipped, and says so.
std::unique_ptr<StruckServer> struck_postgresql();
std::unique_ptr<StruckServer> struck_mariadb();

}  // namespace support
