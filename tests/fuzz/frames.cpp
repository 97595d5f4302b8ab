#include <algorithm>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "fuzz/target.hpp"
#include "os/channel.hpp"

namespace fuzz {
namespace {

struct Heard {
  std::vector<std::pair<std::uint8_t, std::string>> frames;
  bool malformed = false;
};

// Delivers the bytes in pieces of these lengths (then the rest), reading after each as the runner and the broker do.
Heard hear(std::string_view bytes, std::string_view cuts) {
  auto [here, there] = os::Channel::pair();
  here.set_nonblocking();
  Heard heard;
  while (!bytes.empty() && !heard.malformed) {
    std::size_t length = bytes.size();
    if (!cuts.empty()) {
      length = std::min<std::size_t>(length, static_cast<unsigned char>(cuts.front()) + 1U);
      cuts.remove_prefix(1);
    }
    const ssize_t written = ::write(there.fd(), bytes.data(), std::min<std::size_t>(length, 32'768));
    must(written > 0, "the socket takes what is read at once");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    heard.malformed = here.fill() == os::FillResult::malformed;
    while (auto frame = here.next()) {
      must(frame->descriptors.empty(), "no descriptor comes out where none was put in");
      heard.frames.emplace_back(frame->kind, std::move(frame->body));
    }
  }
  return heard;
}

}  // namespace

// First byte: how many of the following ones are lengths of pieces.
void frames(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view cuts = all.substr(0, std::min<std::size_t>(data[0] % 32, all.size()));
  const std::string_view bytes = all.substr(cuts.size());
  const Heard whole = hear(bytes, {});
  const Heard pieces = hear(bytes, cuts);
  std::size_t out = 0;
  for (const auto& [kind, body] : whole.frames) out += 8 + body.size();
  must(out <= bytes.size(), "no more comes out than went in");
  must(pieces.frames == whole.frames, "the frames are the same however the bytes were cut");
  must(pieces.malformed == whole.malformed, "bad framing is noticed however the bytes were cut");
}

}  // namespace fuzz
