// Statements of our own that come with every script: the server keeps them parsed and planned under names, which saves
// most of what they cost. Lives in the broker.
//
// A script can, through DO and functions, take such a name away or give it to a statement of its own. So the names are
// used only while they are known to stand for what we prepared: they are looked at before a commit, inside its
// transaction, and after every rollback. Nothing is kept behind a pooler, where the next transaction may meet another
// session.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "target/postgresql_link.hpp"

namespace target {

class PgKept {
 public:
  explicit PgKept(PgLink& link) : link_(link) {}

  // Outside a transaction, before one that writes. The first one only shows which statements there are: a run of one
  // script keeps none.
  void prepare();
  // Like PgLink::send(), one result.
  void send(const std::string& sql, const PgParameters& parameters);
  // Sends a statement, when there is something to look at, that fails (k_division_by_zero) unless the names stand for
  // what they stood for. How many it sent.
  std::size_t send_check();
  // With the same purpose, outside a transaction; the answer that it comes with is judged by prepare().
  void send_look();
  void take_look(std::shared_ptr<PgAnswer> answer);
  // Whether that is why nothing was committed; check: the statement after it.
  static bool was_touched(const PgError& error, std::size_t check);
  static std::string no_touching();
  void give_up();  // nothing is kept on this connection any more

  static constexpr const char* k_division_by_zero = "22012";
  static constexpr const char* k_no_such_statement = "26000";
  static constexpr const char* k_other_parameters = "08P01";

 private:
  bool is_used() const noexcept { return stage_ == Stage::used && !names_.empty(); }
  bool is_ours();

  PgLink& link_;
  enum class Stage { learning, learnt, used, given_up } stage_ = Stage::learning;
  std::map<std::string, std::string> names_;  // statement → name, which tells it apart from any other statement
  std::shared_ptr<PgAnswer> looked_;          // its last result tells; nullptr: nothing to judge
};

}  // namespace target
