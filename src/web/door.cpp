#include "web/door.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "os/clock.hpp"

namespace web {
namespace {

using os::Deadline;
using Id = std::uint64_t;

constexpr Id k_listener = 0, k_answers = 1, k_first = 16;
constexpr std::size_t k_most_untaken = 256 * 1024;  // bytes that a live connection may leave lying
constexpr std::chrono::seconds k_ping{15};          // a comment to those who listen, so that a dead one is noticed

enum class State { idle, reading, waiting, answering, writing, live };

struct Connection {
  os::Fd fd;
  std::string address;
  State state = State::idle;
  std::string in, out;
  std::size_t head = 0, size = 0;  // of the request that is whole
  bool close = false, live = false;
  Deadline deadline;
};

struct Job {
  Id id = 0;
  std::string request;
  std::size_t head = 0;
  std::string address;
};

struct Done {
  Id id = 0;
  Answer answer;
};

// The generic cell rate algorithm: one number for each address says when its next request would be due.
class Pace {
 public:
  explicit Pace(std::size_t per_second)
      : interval_(std::chrono::duration_cast<Deadline::duration>(std::chrono::seconds(1)) /
                  static_cast<std::int64_t>(per_second)),
        burst_(std::chrono::seconds(1)) {}

  // When a request of this address may be answered: now, or later.
  Deadline turn(const std::string& address, Deadline now) {
    if (due_.size() > k_most_addresses) std::erase_if(due_, [now](const auto& each) { return each.second < now; });
    Deadline& due = due_[address];
    due = std::max(due, now) + interval_;
    return std::max(now, due - burst_);
  }

 private:
  static constexpr std::size_t k_most_addresses = 10'000;
  Deadline::duration interval_, burst_;
  std::unordered_map<std::string, Deadline> due_;
};

void allow_descriptors(std::size_t wanted) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t allowed_descriptors() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 1024;
}

}  // namespace

struct Door::Inside {
  Inside(const Address& at, Handler answering, const DoorLimits& limits_of)
      : address(at), handler(std::move(answering)), limits(limits_of), pace(limits.pace), listener(listen_at(at)) {
    constexpr std::size_t k_others = 64;  // ledger, folders, children
    allow_descriptors(limits.connections + k_others);
    limits.connections =
        std::min(limits.connections, allowed_descriptors() - std::min(allowed_descriptors(), k_others));
    poll.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    watch(listener.get(), k_listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(wake.get(), k_answers, EPOLLIN, EPOLL_CTL_ADD);
    for (std::size_t each = 0; each < limits.threads; ++each) threads.emplace_back([this] { work(); });
  }
  ~Inside() {
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    wanted.notify_all();
    for (std::thread& thread : threads) thread.join();
    if (address.host.empty()) ::unlink(address.path.c_str());
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  void watch(int fd, Id id, std::uint32_t events, int how) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (::epoll_ctl(poll.get(), how, fd, &event) != 0) base::throw_errno(base::ErrorKind::internal, "epoll_ctl");
  }

  // In the threads that answer.
  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      wanted.wait(lock, [this] { return ended || !jobs.empty(); });
      if (ended) return;
      const Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      Answer given = answer(job.request, job.head, job.address, handler);
      lock.lock();
      done.push_back({job.id, std::move(given)});
      const std::uint64_t one = 1;
      if (::write(wake.get(), &one, sizeof one) < 0) continue;  // it is full: it wakes all the same
    }
  }

  // All of the rest in the one thread that holds the sockets.

  void shut(Id id) { connections.erase(id); }

  void interest(Id id, const Connection& connection, std::uint32_t events) {
    watch(connection.fd.get(), id, events, EPOLL_CTL_MOD);
  }

  void make_room() {
    if (connections.size() < limits.connections) return;
    auto oldest = connections.end();
    for (auto each = connections.begin(); each != connections.end(); ++each)
      if ((each->second.state == State::idle || each->second.state == State::reading) &&
          (oldest == connections.end() || each->second.deadline < oldest->second.deadline))
        oldest = each;
    if (oldest != connections.end()) connections.erase(oldest);
  }

  void take_in() {
    constexpr int k_at_once = 64;
    for (int count = 0; count < k_at_once; ++count) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      os::Fd fd(::accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd) {
        if (errno == EMFILE || errno == ENFILE) make_room_for_certain();
        return;
      }
      make_room();
      if (connections.size() >= limits.connections) continue;  // all are being answered: this one is closed
      const int yes = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // no effect on a Unix socket
      const Id id = next++;
      Connection connection;
      connection.address = peer_text(from);
      connection.deadline = os::in(limits.idle);
      connection.fd = std::move(fd);
      const int raw = connection.fd.get();
      connections.emplace(id, std::move(connection));
      watch(raw, id, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
    }
  }

  void make_room_for_certain() {
    limits.connections = std::max<std::size_t>(16, std::min(limits.connections, connections.size()));
    make_room();
  }

  void read_from(Id id, Connection& connection) {
    std::array<char, 16 * 1024> part{};
    for (;;) {
      const ssize_t got = ::recv(connection.fd.get(), part.data(), part.size(), 0);
      if (got == 0) return shut(id);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) break;
      if (got < 0) return shut(id);
      connection.in.append(part.data(), static_cast<std::size_t>(got));
      if (connection.in.size() > limits.sizes.head + limits.sizes.body) break;
      if (static_cast<std::size_t>(got) < part.size()) break;
    }
    look_at(id, connection);
  }

  // Whether what has come is a request by now.
  void look_at(Id id, Connection& connection) {
    if (connection.in.empty()) {
      connection.state = State::idle;
      connection.deadline = os::in(limits.idle);
      return interest(id, connection, EPOLLIN | EPOLLRDHUP);
    }
    if (connection.state == State::idle) {
      connection.state = State::reading;
      connection.head = 0;
      connection.deadline = os::in(limits.head);
    }
    const Framing framing = framing_of(connection.in, limits.sizes);
    if (framing.state == Framing::State::refused) return send(id, connection, {refusal(framing.refusal), true, false});
    if (framing.state == Framing::State::incomplete) {
      if (framing.head > 0 && connection.head == 0) connection.deadline = os::in(limits.body);
      connection.head = framing.head;
      return interest(id, connection, EPOLLIN | EPOLLRDHUP);
    }
    connection.head = framing.head;
    connection.size = framing.size;
    connection.state = State::waiting;
    connection.deadline = pace.turn(connection.address, os::Steady::now());
    interest(id, connection, EPOLLRDHUP);
    if (connection.deadline <= os::Steady::now())
      hand_over(id, connection);
    else
      queue.emplace(connection.deadline, id);
  }

  void hand_over(Id id, Connection& connection) {
    connection.state = State::answering;
    Job job{id, connection.in.substr(0, connection.size), connection.head, connection.address};
    connection.in.erase(0, connection.size);
    {
      const std::lock_guard lock(mutex);
      jobs.push_back(std::move(job));
    }
    wanted.notify_one();
  }

  void take_answers() {
    std::uint64_t count = 0;
    if (::read(wake.get(), &count, sizeof count) < 0) count = 0;
    std::vector<Done> all;
    {
      const std::lock_guard lock(mutex);
      all.swap(done);
    }
    for (Done& each : all) {
      const auto found = connections.find(each.id);
      if (found != connections.end()) send(each.id, found->second, std::move(each.answer));
    }
  }

  void send(Id id, Connection& connection, Answer answer) {
    if (answer.live && those_that_listen() >= limits.live) answer = {refusal(503), true, false};
    connection.out += answer.bytes;
    connection.close = answer.close && !answer.live;
    connection.live = answer.live;
    connection.state = State::writing;
    connection.deadline = os::in(limits.write);
    write_to(id, connection);
  }

  void write_to(Id id, Connection& connection) {
    while (!connection.out.empty()) {
      const ssize_t count = ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return interest(id, connection, EPOLLOUT | EPOLLRDHUP);
      if (count < 0) return shut(id);
      connection.out.erase(0, static_cast<std::size_t>(count));
    }
    if (connection.close) return close_kindly(id, connection);
    if (connection.live) {
      connection.state = State::live;
      return interest(id, connection, EPOLLRDHUP);
    }
    connection.state = State::idle;
    connection.deadline = os::in(limits.idle);
    look_at(id, connection);  // the next request may lie there already
  }

  // What was refused may still be sending: closed at once, its answer would be lost.
  void close_kindly(Id id, Connection& connection) {
    ::shutdown(connection.fd.get(), SHUT_WR);
    std::array<char, 16 * 1024> part{};
    while (::recv(connection.fd.get(), part.data(), part.size(), 0) > 0) {
    }
    shut(id);
  }

  void tell_live(const std::string& text) {
    if (text.empty()) return;
    std::vector<Id> all;
    for (const auto& [id, connection] : connections)
      if (connection.state == State::live || (connection.live && connection.state == State::writing)) all.push_back(id);
    for (const Id id : all) {
      Connection& connection = connections.at(id);
      if (connection.out.size() + text.size() > k_most_untaken) {
        shut(id);
        continue;
      }
      connection.out += text;
      connection.deadline = os::in(limits.write);
      connection.state = State::writing;
      write_to(id, connection);
    }
  }

  void look_at_deadlines() {
    const Deadline now = os::Steady::now();
    std::vector<Id> late;
    for (const auto& [id, connection] : connections)
      if (connection.deadline <= now && connection.state != State::answering && connection.state != State::live &&
          connection.state != State::waiting)
        late.push_back(id);
    for (const Id id : late) {
      Connection& connection = connections.at(id);
      if (connection.state == State::reading)
        send(id, connection, {refusal(408), true, false});
      else
        shut(id);
    }
  }

  void let_in_those_whose_turn_it_is() {
    const Deadline now = os::Steady::now();
    while (!queue.empty() && queue.begin()->first <= now) {
      const Id id = queue.begin()->second;
      queue.erase(queue.begin());
      const auto found = connections.find(id);
      if (found != connections.end() && found->second.state == State::waiting) hand_over(id, found->second);
    }
  }

  void handle(const epoll_event& event) {
    const Id id = event.data.u64;
    if (id == k_listener) return take_in();
    if (id == k_answers) return take_answers();
    const auto found = connections.find(id);
    if (found == connections.end()) return;
    Connection& connection = found->second;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) return shut(id);
    if ((event.events & EPOLLOUT) != 0) return write_to(id, connection);
    const bool listens = connection.state == State::idle || connection.state == State::reading;
    if (listens && (event.events & (EPOLLIN | EPOLLRDHUP)) != 0) return read_from(id, connection);
    if ((event.events & EPOLLRDHUP) != 0) {
      if (connection.state == State::live || connection.state == State::waiting) return shut(id);
      interest(id, connection,
               connection.state == State::writing ? std::uint32_t{EPOLLOUT} : 0U);  // it may still read its answer
    }
  }

  std::size_t those_that_listen() const {
    return static_cast<std::size_t>(
        std::count_if(connections.begin(), connections.end(), [](const auto& each) { return each.second.live; }));
  }

  std::size_t at_work() const {
    return static_cast<std::size_t>(std::count_if(connections.begin(), connections.end(), [](const auto& each) {
      return each.second.state == State::answering || (each.second.state == State::writing && !each.second.live);
    }));
  }

  void one_round(Deadline until) {
    std::array<epoll_event, 128> events{};
    if (!queue.empty()) until = std::min(until, queue.begin()->first);
    const int count = ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), os::poll_timeout(until));
    for (int each = 0; each < count; ++each) handle(events[static_cast<std::size_t>(each)]);
    let_in_those_whose_turn_it_is();
  }

  Address address;
  Handler handler;
  DoorLimits limits;
  Pace pace;
  os::Fd listener, poll, wake;
  Id next = k_first;
  std::map<Id, Connection> connections;
  std::multimap<Deadline, Id> queue;  // of those that wait for their turn

  std::mutex mutex;  // of the three below
  std::condition_variable wanted;
  std::deque<Job> jobs;
  std::vector<Done> done;
  bool ended = false;
  std::vector<std::thread> threads;
};

Door::Door(const Address& address, Handler handler, const DoorLimits& limits)
    : inside_(std::make_unique<Inside>(address, std::move(handler), limits)) {}

Door::~Door() = default;

int Door::port() const noexcept {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(inside_->listener.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  if (name.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(name).sin_port);
  return name.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(name).sin6_port) : 0;
}

void Door::serve(std::chrono::milliseconds beat, const std::function<std::optional<std::string>()>& tick) {
  Inside& in = *inside_;
  Deadline next_beat = os::in(beat), next_ping = os::in(k_ping);
  for (;;) {
    in.one_round(next_beat);
    if (os::Steady::now() < next_beat) continue;
    next_beat = os::in(beat);
    in.look_at_deadlines();
    const std::optional<std::string> news = tick();
    if (!news) break;
    in.tell_live(*news);
    if (os::Steady::now() < next_ping) continue;
    next_ping = os::in(k_ping);
    in.tell_live(": still here\n\n");
  }
  in.listener.reset();
  for (const Deadline end = os::in(in.limits.goodbye); in.at_work() > 0 && os::Steady::now() < end;) in.one_round(end);
}

}  // namespace web
