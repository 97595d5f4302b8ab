// One connection to a MariaDB or MySQL server: one command at a time, and while the server works at it the word to stop
// is heard. Knows nothing of scripts. Lives in the broker; one of them in the child that stops statements
// (interrupter.hpp).
//
// The library asks us to wait for the socket whenever it has to (its IO_WAIT callback); the socket never blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.hpp"
#include "os/clock.hpp"
#include "target/connection.hpp"
#include "target/libmariadb.hpp"
#include "target/mariadb_address.hpp"

namespace target {

// What the server said of a statement that failed, or the library of a connection that was lost.
class MariaError : public SqlError {
 public:
  MariaError(core::Cause cause, std::string message, unsigned number)
      : SqlError(cause, std::move(message)), number_(number) {}
  unsigned number() const noexcept { return number_; }  // of MariaDB and MySQL; 0: it is not the server who says so

 private:
  unsigned number_;
};

class MariaLink {
 public:
  // Throws SqlError(unreachable); no message repeats the password.
  explicit MariaLink(const MariaAddress& address);
  ~MariaLink();
  MariaLink(const MariaLink&) = delete;
  MariaLink& operator=(const MariaLink&) = delete;

  // How a wait for the server ends early. interrupt: is called until the server says that it has stopped, for a while.
  struct Stop {
    std::function<bool()> asked;
    std::function<void()> interrupt;
    int wake = -1;
  };
  void stop_when(Stop stop) { stop_ = std::move(stop); }

  // One statement without parameters; its rows as text, NULL as nothing. For what is ours: none of a script's.
  using Texts = std::vector<std::optional<std::string>>;
  enum class Patience { until_stopped, to_the_end };
  std::vector<Texts> ask(const std::string& sql, Patience patience = Patience::until_stopped);
  std::uint64_t run(const std::string& sql, Patience patience = Patience::until_stopped);  // rows affected

  // One call of the library on behalf of a statement; whoever calls looks at what it returns, and raises.
  template <class Call>
  auto with(Patience patience, const Call& call) {
    begin_call(patience);
    const auto result = call();
    return result;
  }
  [[noreturn]] void raise(unsigned number, std::string_view state, std::string_view said);

  // As new: rolled back, without temporary tables, locks by name, prepared statements and settings.
  void reset();
  // Asks the server whether the transaction is still there: after an error nobody has said so.
  void look();
  // Outside of what matters: waits until no word to stop is on its way any more.
  void settle();

  bool in_transaction() const noexcept;
  bool lost() const noexcept { return lost_; }
  std::uint64_t resets() const noexcept { return resets_; }  // what was prepared before the last one is gone
  const Libmariadb& library() const noexcept { return library_; }
  MYSQL* handle() const noexcept { return connection_; }
  int socket() const noexcept { return static_cast<int>(library_.get_socket(connection_)); }  // -1 once it is closed
  int wait(bool reads);  // of the library's callback: 1: ready, -1: given up

 private:
  void open(const MariaAddress& address, bool encrypted);
  void configure(const MariaAddress& address, bool encrypted);
  void begin_call(Patience patience);
  bool mind_stop();
  [[noreturn]] void lose();

  const Libmariadb& library_;
  MYSQL* connection_ = nullptr;
  Stop stop_;
  Patience patience_ = Patience::to_the_end;
  bool lost_ = false;
  bool stuck_ = false;           // the server was told to stop and does not
  bool interrupted_ = false;     // it was told so during this call
  int words_ = 0, stopped_ = 0;  // to stop; that a statement was stopped by
  std::uint64_t resets_ = 0;
  os::Deadline give_up_, say_again_;
};

// A text as the server reads it in a statement, whatever is in it and whatever sql_mode says.
std::string maria_literal(std::string_view text);

}  // namespace target
