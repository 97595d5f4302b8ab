// One connection to a PostgreSQL server: statements are sent without waiting and answered together, so that what
// belongs together costs one journey over the network (libpq's pipeline mode). Knows nothing of scripts. Lives in the
// broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.hpp"
#include "os/clock.hpp"
#include "target/connection.hpp"
#include "target/libpq.hpp"
#include "target/postgresql_values.hpp"

namespace target {

// What the server said of a statement that failed, or the library of a connection that was lost.
class PgError : public SqlError {
 public:
  PgError(core::Cause cause, std::string message, std::string state, std::size_t statement)
      : SqlError(cause, std::move(message)), state_(std::move(state)), statement_(statement) {}
  const std::string& state() const noexcept { return state_; }   // SQLSTATE; empty: it is not the server who says so
  std::size_t statement() const noexcept { return statement_; }  // which of those sent together

 private:
  std::string state_;
  std::size_t statement_;
};

// What the server answers to statements that were sent together: one result each, as far as it executed them.
struct PgAnswer {
  std::vector<std::string> sent;  // for messages about a place in the text
  std::vector<PgResult> results;
  std::optional<PgError> fault;  // of the first that failed
  bool is_here = false;
};

class PgLink {
 public:
  // url: postgresql://…, with its password; never repeated in a message. Throws SqlError(unreachable).
  explicit PgLink(const std::string& url);
  ~PgLink();
  PgLink(const PgLink&) = delete;
  PgLink& operator=(const PgLink&) = delete;

  // How a wait for the server ends early. interrupt: is called once, then the server has a while to say so.
  struct Stop {
    std::function<bool()> asked;
    std::function<void()> interrupt;
    int wake = -1;
  };
  void stop_when(Stop stop) { stop_ = std::move(stop); }

  // Sends a statement; its result comes with the next collect(). sql has one statement.
  void send(const std::string& sql, const PgParameters& parameters = {});
  // The same statement for further parameters, without its being sent and parsed again.
  void send_again(const std::string& sql, const PgParameters& parameters);
  // Under a name, for as long as the session lasts.
  void send_prepare(const std::string& name, const std::string& sql);
  void send_kept(const std::string& name, const std::string& sql, const PgParameters& parameters);

  // Waits for everything that was sent: one result each. Throws PgError for the first that failed; the server has then
  // executed none of those behind it.
  enum class Patience { until_stopped, to_the_end };
  std::vector<PgResult> collect(Patience patience = Patience::until_stopped);
  bool is_settled() const noexcept { return words_ <= stopped_; }
  // Waits until no word to stop is on its way any more. Outside a transaction, or behind a savepoint that `first` goes
  // back to.
  void settle(const char* first = nullptr);

  // Has what was sent executed, and does not wait. The answer is filled in when it is heard, with whatever else is
  // heard after it at the latest; without an owner it is forgotten.
  std::shared_ptr<PgAnswer> post(Patience patience);
  // Waits until it is there. Throws only when the connection was lost: what failed stands in the answer.
  void hear(const PgAnswer& answer);
  void hear_posted();
  // Nobody wants to know any more: waits this long for what was posted, then has it stopped.
  void abandon_posted(std::chrono::milliseconds patience);
  // What failed first of all that was posted, since forget_fault().
  const std::optional<PgError>& posted_fault() const noexcept { return posted_fault_; }
  void forget_fault() noexcept { posted_fault_.reset(); }

  bool in_transaction() const noexcept;  // or in one that begins with what was sent
  bool failed() const noexcept;          // the transaction is aborted
  bool lost() const noexcept { return lost_; }
  const Libpq& pq() const noexcept { return pq_; }
  PGconn* handle() const noexcept { return connection_; }

 private:
  void flush();
  PgResult take(Patience patience);
  void await(short events, Patience patience);
  void mind_stop(Patience patience);
  void hear_next_posted();
  void hear_journey(PgAnswer& answer, Patience patience);
  [[noreturn]] void lose();
  PgError fault_in(const PGresult* result, const std::string& sql, std::size_t statement);

  struct Posted {
    std::shared_ptr<PgAnswer> answer;
    Patience patience;
  };

  const Libpq& pq_;
  PGconn* connection_ = nullptr;
  Stop stop_;
  std::vector<std::string> sent_;  // since the last collect() or post()
  std::deque<Posted> posted_;      // not heard yet, in the order in which they are answered
  std::optional<PgError> posted_fault_;
  std::string parsed_;  // what the server holds as the unnamed statement
  std::vector<Oid> parsed_types_;
  bool lost_ = false;
  bool interrupted_ = false;     // the server was told to stop during this collect()
  int words_ = 0, stopped_ = 0;  // to stop; that a statement was stopped by
  os::Deadline give_up_, again_;
  std::optional<os::Deadline> impatient_;  // when what was posted is stopped, whoever else asks for it
};

}  // namespace target
