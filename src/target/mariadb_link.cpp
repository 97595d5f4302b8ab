#include "target/mariadb_link.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace target {
namespace {

using core::Cause;
using Encryption = MariaAddress::Encryption;

constexpr std::chrono::milliseconds k_between_looks{100};  // at the clock, while the server works
constexpr std::chrono::seconds k_to_stop{10};              // for a server that was told to
constexpr std::chrono::milliseconds k_between_words{500};  // to it
constexpr std::size_t k_longest_fault = std::size_t{4} << 10U;
constexpr unsigned k_longest_wait = 86'400;  // seconds; the library wants a number, the wait is ours
constexpr unsigned k_interrupted = 1317, k_ssl_fault = 2026;

bool is_any(unsigned number, std::initializer_list<unsigned> numbers) noexcept {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Numbers from 2000 to 2999 are the library's own: nearly all say that the conversation is over.
bool is_lost(unsigned number) noexcept {
  const bool is_librarys = number >= 2000 && number < 3000 && !is_any(number, {2008, 2020});
  return is_librarys || is_any(number, {1053, 1152, 1153, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1927, 4031});
}

// docs/scripts.md names them.
Cause cause_of(unsigned number) noexcept {
  if (is_lost(number) || is_any(number, {1040, 1047, 1203, 1226})) return Cause::unreachable;
  if (is_any(number, {k_interrupted, 1969, 3024})) return Cause::timeout;
  if (is_any(number, {1205, 1213, 1614})) return Cause::locked;
  return number == 2008 ? Cause::memory : Cause::error;
}

// The library hands its callback a descriptor and nothing else.
std::vector<MariaLink*>& links() {
  static std::vector<MariaLink*> all;
  return all;
}

int wait_for(my_socket socket, my_bool reads, int milliseconds) {
  for (MariaLink* link : links())
    if (link->socket() == socket) return link->wait(reads != 0);
  pollfd wait{socket, static_cast<short>(reads != 0 ? POLLIN : POLLOUT), 0};  // it is connecting
  return ::poll(&wait, 1, milliseconds <= 0 ? -1 : milliseconds);
}

// A server or a network that is gone is noticed within half a minute.
void keep_alive(int socket, bool over_network) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);  // only slower to notice where it is refused
  };
  if (over_network) {
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 25'000);
  }
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

}  // namespace

std::string maria_literal(std::string_view text) {
  std::string out = "_utf8mb4 X'";
  for (const char letter : text) out += fmt::format("{:02x}", static_cast<unsigned char>(letter));
  return out + "'";
}

// --- opening -------------------------------------------------------------------------------------------------------

MariaLink::MariaLink(const MariaAddress& address) : library_(libmariadb()) {
  const bool prefers = address.encryption == Encryption::preferred;
  try {
    open(address, address.encryption != Encryption::disabled && !(prefers && !address.socket.empty()));
  } catch (const MariaError& error) {
    if (!prefers || error.number() != k_ssl_fault) throw;
    open(address, false);
  }
  keep_alive(socket(), address.socket.empty());
  links().push_back(this);
}

MariaLink::~MariaLink() {
  lost_ = true;  // a goodbye that cannot be sent at once is not waited for
  library_.close(connection_);
  std::erase(links(), this);
}

void MariaLink::configure(const MariaAddress& address, bool encrypted) {
  const auto set = [this](mysql_option option, const void* value) {
    if (library_.optionsv(connection_, option, value) != 0)
      throw MariaError(Cause::unreachable,
                       "the client library libmariadb.so.3 is too old: fettle needs Connector/C 3.2 or newer", 0);
  };
  const auto set_number = [&](mysql_option option, unsigned value) { set(option, &value); };
  const auto set_flag = [&](mysql_option option, bool value) {
    const auto flag = static_cast<my_bool>(value);
    set(option, &flag);
  };
  set_number(MYSQL_OPT_CONNECT_TIMEOUT, address.connect_timeout);
  set_number(MYSQL_OPT_READ_TIMEOUT, k_longest_wait);
  set_number(MYSQL_OPT_WRITE_TIMEOUT, k_longest_wait);
  set_number(MYSQL_OPT_LOCAL_INFILE, 0);
  set_number(MYSQL_OPT_PROTOCOL, address.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET);
  set_flag(MYSQL_OPT_RECONNECT, false);
  set_flag(MYSQL_REPORT_DATA_TRUNCATION, false);
  set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
  set_flag(MYSQL_OPT_SSL_ENFORCE, encrypted);
  set_flag(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, address.encryption == Encryption::verify_full);
  if (encrypted && !address.ca_file.empty()) set(MYSQL_OPT_SSL_CA, address.ca_file.c_str());
  set(MARIADB_OPT_IO_WAIT, reinterpret_cast<const void*>(&wait_for));
}

void MariaLink::open(const MariaAddress& address, bool encrypted) {
  connection_ = library_.init(nullptr);
  if (connection_ == nullptr) throw SqlError(Cause::memory, "out of memory");
  configure(address, encrypted);
  const bool local = !address.socket.empty();
  const MYSQL* const open = library_.real_connect(
      connection_, local ? nullptr : address.host.c_str(), address.user.c_str(), address.password.c_str(),
      address.database.c_str(), address.port, local ? address.socket.c_str() : nullptr,
      CLIENT_FOUND_ROWS);  // an UPDATE tells the rows that it found, as it does everywhere else
  const unsigned number = library_.errno_of(connection_);
  std::string fault = open != nullptr ? "" : base::cap(library_.error(connection_), k_longest_fault);
  const bool demanded = encrypted && address.encryption != Encryption::preferred;
  if (open != nullptr && demanded && library_.get_ssl_cipher(connection_) == nullptr)
    fault = "the connection is not encrypted, as ssl-mode in the URL demands";
  if (fault.empty()) return;
  library_.close(std::exchange(connection_, nullptr));
  throw MariaError(Cause::unreachable, fmt::format("{} (error {})", fault, number), number);
}

// --- waiting -------------------------------------------------------------------------------------------------------

void MariaLink::begin_call(Patience patience) {
  if (lost_) lose();
  patience_ = patience;
  interrupted_ = false;
}

// Whether to wait on. A word that comes before the server has begun with the statement is forgotten there, so it is
// said again.
bool MariaLink::mind_stop() {
  const os::Deadline now = os::Steady::now();
  if (interrupted_ && now >= give_up_) {
    stuck_ = true;
    return false;
  }
  if (interrupted_ ? now < say_again_ : patience_ == Patience::to_the_end || !stop_.asked || !stop_.asked())
    return true;
  if (!interrupted_) give_up_ = os::in(k_to_stop);
  say_again_ = os::in(k_between_words);
  interrupted_ = true;
  ++words_;
  stop_.interrupt();
  return true;
}

int MariaLink::wait(bool reads) {
  while (!lost_ && mind_stop()) {
    const bool listens = patience_ == Patience::until_stopped && !interrupted_;
    std::array<pollfd, 2> wait = {pollfd{socket(), static_cast<short>(reads ? POLLIN : POLLOUT), 0},
                                  pollfd{listens ? stop_.wake : -1, POLLIN, 0}};
    ::poll(wait.data(), wait.size(), static_cast<int>(k_between_looks.count()));
    if (wait[0].revents != 0) return 1;
  }
  return -1;
}

// The server may have finished just before it was told to stop: the words are then still on their way, and must not hit
// what comes next. They have all come once it slept through a while undisturbed.
void MariaLink::settle() {
  constexpr int k_most = 20;
  for (int time = 0; time < k_most && words_ > stopped_ && !lost_; ++time) {
    try {
      const auto slept = ask("SELECT SLEEP(0.5)", Patience::to_the_end);
      if (slept.at(0).at(0) == "0")
        words_ = stopped_ = 0;  // 1: it was stopped
      else
        ++stopped_;
    } catch (const MariaError& error) {
      if (error.number() != k_interrupted) throw;
    }
  }
}

void MariaLink::lose() {
  lost_ = true;
  throw MariaError(Cause::unreachable, "the connection to the database was lost", 0);
}

void MariaLink::raise(unsigned number, std::string_view state, std::string_view said) {
  if (stuck_) {
    lost_ = true;  // not to be used again: what it is at nobody knows
    throw MariaError(Cause::unreachable, "the server did not stop the statement when it was told to", 0);
  }
  if (number == k_interrupted) ++stopped_;
  const Cause cause = cause_of(number);
  lost_ = lost_ || is_lost(number);
  std::string text = fmt::format("{} (SQLSTATE {}, error {})", base::trim(said), state, number);
  if (cause == Cause::timeout) text = fmt::format("the statement was stopped at the time limit ({})", text);
  if (lost_) text = fmt::format("the connection to the database was lost: {}", text);
  throw MariaError(cause, base::cap(text, k_longest_fault), number);
}

// --- asking --------------------------------------------------------------------------------------------------------

std::vector<MariaLink::Texts> MariaLink::ask(const std::string& sql, Patience patience) {
  const auto fault = [this] {
    raise(library_.errno_of(connection_), library_.sqlstate(connection_), library_.error(connection_));
  };
  const bool said = with(patience, [&] { return library_.real_query(connection_, sql.data(), sql.size()) == 0; });
  if (!said) fault();
  const MariaResult result(with(patience, [&] { return library_.store_result(connection_); }));
  if (!result && library_.errno_of(connection_) != 0) fault();
  std::vector<Texts> rows;
  if (!result) return rows;
  const unsigned columns = library_.num_fields(result.get());
  while (const MYSQL_ROW row = library_.fetch_row(result.get())) {
    const unsigned long* const lengths = library_.fetch_lengths(result.get());
    Texts& texts = rows.emplace_back(columns);
    for (unsigned column = 0; column < columns; ++column)
      if (row[column] != nullptr) texts[column] = std::string(row[column], lengths[column]);
  }
  return rows;
}

std::uint64_t MariaLink::run(const std::string& sql, Patience patience) {
  ask(sql, patience);
  return library_.affected_rows(connection_);
}

void MariaLink::reset() {
  settle();
  ++resets_;
  const bool done = with(Patience::to_the_end, [&] { return library_.reset_connection(connection_) == 0; });
  if (!done) raise(library_.errno_of(connection_), library_.sqlstate(connection_), library_.error(connection_));
}

// The library hears the flags of a statement only, not those of a ping.
void MariaLink::look() {
  settle();
  run("DO 0", Patience::to_the_end);
}

bool MariaLink::in_transaction() const noexcept {
  unsigned status = 0;
  library_.get_infov(connection_, MARIADB_CONNECTION_SERVER_STATUS, &status);
  return !lost_ && (status & SERVER_STATUS_IN_TRANS) != 0;
}

}  // namespace target
