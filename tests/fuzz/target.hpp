// What a fuzzer runs for one input. The same functions are built three ways: by clang with libFuzzer (tools/fuzz), into
// the ordinary tests, which replay every file of corpus/, and there with the sanitizers. A broken promise ends the
// process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fuzz {

using Run = void (*)(const std::uint8_t* data, std::size_t size);

// Bytes from a worker, cut anywhere, through os::Channel: the same frames come out however they were cut, and never
// more bytes than went in.
void frames(const std::uint8_t* data, std::size_t size);
// A body as each kind of message: what can be decoded can be encoded, and means the same again.
void messages(const std::uint8_t* data, std::size_t size);
// Lua values that a hostile script could build, through every conversion: to a parameter, to JSON, to a declaration, to
// an answer, to a result.
void values(const std::uint8_t* data, std::size_t size);
// A text through json.decode, and what came of it back and forth.
void json(const std::uint8_t* data, std::size_t size);
// Bytes that a stranger sends to the page, as the request that they are: read alike however they come, answered once,
// let in only with the token, and made to no command that a person could not have typed.
void requests(const std::uint8_t* data, std::size_t size);

struct Target {
  std::string_view name;  // of its folder in corpus/
  Run run;
};
inline constexpr std::array<Target, 5> k_targets = {Target{"frames", frames}, Target{"messages", messages},
                                                    Target{"values", values}, Target{"json", json},
                                                    Target{"requests", requests}};

// Ends the process with a message: the fuzzer keeps the input.
void must(bool holds, std::string_view promise);

}  // namespace fuzz
