// HTTP/1.1 between bytes and web/request.hpp. What a request is made of and how an answer is written cpp-httplib knows;
// how much of it is taken, web/frame_of decides before. No socket: web/door has those. Called by several threads at
// once.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "web/request.hpp"

namespace web {

struct Sizes {
  std::size_t head = 16 * 1024;    // request line and headers, bytes
  std::size_t body = 1024 * 1024;  // bytes
};

// How much of a request has come.
struct Framing {
  enum class State { incomplete, complete, refused } state = State::incomplete;
  std::size_t size = 0;  // of complete: bytes that belong to it
  std::size_t head = 0;  // of them head, with the empty line; 0: the head is not complete
  int refusal = 0;       // of refused: the status to answer with
};

// Refuses what is too large, what says its length twice or in parts (Transfer-Encoding), and a head with bytes that
// none has: two programs must not read two different requests out of it.
Framing framing_of(std::string_view received, const Sizes& sizes);

struct Answer {
  std::string bytes;
  bool close = false;  // the connection, once they are sent
  bool live = false;   // it is kept, and told what changes
};

using Handler = std::function<Response(const Request&)>;

// request: complete, as framing_of says. address: whose it is. handler must not throw.
Answer answer(std::string_view request, std::size_t head, const std::string& address, const Handler& handler);

// For a request that no handler sees: too large, too slow, not understood.
std::string refusal(int status);

// "a%2Fb": a name as one part of a path; and back.
std::string path_part(std::string_view name);
std::string decoded(std::string_view part);
// "a=b&c" decoded, in the order of the text.
Pairs form_pairs(std::string_view text);

}  // namespace web
