// Preloaded into fettle, it takes over a locked-down helper at the moment when a hostile script would get at it: a
// worker when it has received the script's text, which says what it then tries or puts on its channel, the broker when
// it has received the script's SQL. fettle itself has no hook of this kind; what runs is the program as it is shipped,
// on the very path of every script.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.hpp"

namespace {

using takeover::Call;
using takeover::Fate;
using takeover::Page;
using takeover::Slot;

using Receive = decltype(&::recv);
using ReceiveMessage = decltype(&::recvmsg);

Page* g_page = nullptr;
Receive g_receive = nullptr;
ReceiveMessage g_receive_message = nullptr;
std::array<std::string, 64> g_pieces;  // by descriptor: what came since the end of a frame

// Before the first fork: every helper inherits the page, and no look-up is left for a locked process.
[[gnu::constructor]] void start() {
  g_receive = reinterpret_cast<Receive>(::dlsym(RTLD_NEXT, "recv"));
  g_receive_message = reinterpret_cast<ReceiveMessage>(::dlsym(RTLD_NEXT, "recvmsg"));
  const char* name = ::getenv("TAKEOVER_PAGE");
  const int fd = name != nullptr ? ::open(name, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) return;
  g_page = static_cast<Page*>(memory);
  g_page->runner = ::getpid();
}

// The number behind the word; -1: the word is not there, -2: there is no number behind it.
int number_behind(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return -1;
  text.remove_prefix(at + word.size());
  int number = -2;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1))
    number = (number < 0 ? 0 : number * 10) + (text[0] - '0');
  return number;
}

void attempt(int number, Slot* slots) {
  slots[number].state = Slot::begun;
  slots[number].result = takeover::calls()[number].attempt(*g_page);
  slots[number].state = Slot::returned;
}

// The first descriptor that takes bytes: the worker's channel to the runner.
int channel_to_runner() {
  for (int fd = 3; fd < 64; ++fd)
    if (::write(fd, "", 0) == 0) return fd;
  return -1;
}

unsigned digit(char letter) {
  return letter <= '9' ? static_cast<unsigned>(letter - '0') : static_cast<unsigned>(letter - 'a') + 10;
}

// "-- says 3 times: 00ff…" puts these bytes on the channel to the runner, past everything that frames and caps them;
// "-- falls silent" never comes back.
void speak(std::string_view text) {
  constexpr std::string_view k_says = "-- says ", k_times = " times: ";
  const int channel = channel_to_runner();
  for (std::size_t at = text.find(k_says); at != std::string_view::npos; at = text.find(k_says, at + 1)) {
    const int times = number_behind(text.substr(at), k_says);
    std::string_view digits = text.substr(text.find(k_times, at) + k_times.size());
    digits = digits.substr(0, digits.find('\n'));
    std::string bytes;
    for (std::size_t index = 0; index + 1 < digits.size(); index += 2)
      bytes += static_cast<char>(digit(digits[index]) * 16 + digit(digits[index + 1]));
    for (int time = 0; time < times; ++time)
      for (std::string_view left = bytes; !left.empty();) {
        const ssize_t written = ::write(channel, left.data(), left.size());
        if (written <= 0) return;
        left.remove_prefix(static_cast<std::size_t>(written));
      }
  }
  while (text.find("-- falls silent") != std::string_view::npos) {
    char byte = 0;
    if (g_receive(channel, &byte, 1, 0) <= 0) return;  // the call that a worker may make
  }
}

// The head of a frame is 8 bytes (os/channel.hpp); the first 4 tell the length of the body.
bool ends_a_frame(std::string_view text) {
  constexpr std::size_t k_head = 8;
  while (text.size() >= k_head) {
    std::uint32_t length = 0;
    std::memcpy(&length, text.data(), sizeof length);
    if (text.size() - k_head < length) return false;
    text.remove_prefix(k_head + length);
  }
  return text.empty();
}

// All that the broker may be asked in one go: what would end it is asked by number.
void attempt_all() {
  for (int number = 0; !takeover::calls()[number].name.empty(); ++number) {
    const Call& call = takeover::calls()[number];
    if (call.broker != Fate::killed && call.worker != Fate::useless) attempt(number, g_page->broker);
  }
}

}  // namespace

extern "C" {

// Only workers call it: for the script, which may come in pieces, and for the broker's answers.
[[gnu::visibility("default")]] ssize_t recv(int fd, void* bytes, std::size_t size, int flags) {
  const ssize_t got = g_receive(fd, bytes, size, flags);
  if (g_page == nullptr || got <= 0 || static_cast<std::size_t>(fd) >= g_pieces.size()) return got;
  std::string& text = g_pieces[static_cast<std::size_t>(fd)];
  text.append(static_cast<const char*>(bytes), static_cast<std::size_t>(got));
  if (!ends_a_frame(text)) return got;
  if (const int number = number_behind(text, "-- take over: "); number >= 0) attempt(number, g_page->worker);
  speak(text);
  text.clear();
  return got;
}

// All others call it. The runner hears of a script's SQL too, when it failed, and stays as it is.
[[gnu::visibility("default")]] ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const ssize_t got = g_receive_message(fd, message, flags);
  if (g_page == nullptr || got <= 0 || ::getpid() == g_page->runner) return got;
  const std::string_view text(static_cast<const char*>(message->msg_iov[0].iov_base), static_cast<std::size_t>(got));
  const int number = number_behind(text, "/* take over: ");
  if (number >= 0) attempt(number, g_page->broker);
  if (number == -2) attempt_all();
  return got;
}

}  // extern "C"
