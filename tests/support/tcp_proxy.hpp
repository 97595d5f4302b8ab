// Stands between a client and a server on the loopback and lets a test cut or stall the line at a chosen message. What
// arrives at once counts as one message, in whichever direction. A thread of the test program.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace support {

class TcpProxy {
 public:
  static constexpr std::size_t k_never = std::numeric_limits<std::size_t>::max();
  // before: the message is lost with the line. after: it arrives, and then the line is cut. stall: from then on nothing
  // passes, and nobody is told.
  enum class Fault { before, after, stall };

  explicit TcpProxy(int server_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const noexcept { return port_; }
  // Counted from now, over all connections; further connections after the fault pass.
  void strike_at(std::size_t message, Fault fault);
  // At the first message from a client with this text in it; no further connection is taken then, until heal().
  void strike_on(const std::string& text, Fault fault);
  void stall();  // from now on nothing passes on any line, new ones too, and nobody is told
  void heal();   // what stalls goes on
  std::size_t messages() const noexcept { return seen_; }
  bool has_struck() const noexcept { return struck_; }
  std::size_t waiting() const noexcept { return waiting_; }  // bytes that clients sent into lines that stall

 private:
  struct Line {
    int client, server;
    bool stalled = false;
  };
  void serve();
  void accept_one();
  bool pass(Line& line, int from, int to);
  static void close(Line& line);
  std::size_t bytes_waiting() const;

  int server_port_, listener_ = -1, port_ = 0;
  int wake_[2] = {-1, -1};
  std::vector<Line> lines_;
  std::mutex mutex_;
  std::size_t strike_ = k_never;
  Fault fault_ = Fault::before;
  std::string strike_text_;
  bool healed_ = false, all_stall_ = false, isolated_ = false;
  std::atomic<std::size_t> seen_{0}, waiting_{0};
  std::atomic<bool> struck_{false};
  std::thread thread_;
};

}  // namespace support
