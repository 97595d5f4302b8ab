#include "base/checksum.hpp"

#include <array>
#include <bit>
#include <cstddef>

namespace base {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() noexcept {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t at = 0; at < table.size(); ++at) {
    std::uint32_t value = at;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
    table[at] = value;
  }
  return table;
}

constexpr auto k_crc = crc_table();
constexpr std::size_t k_block = 64;  // bytes

using Sha1 = std::array<std::uint32_t, 5>;

void add_block(Sha1& state, std::string_view block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t at = 0; at < k_block; ++at)
    words[at / 4] = words[at / 4] << 8U | static_cast<unsigned char>(block[at]);
  for (std::size_t at = 16; at < words.size(); ++at)
    words[at] = std::rotl(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::uint32_t mixed = at < 20   ? ((b & c) | (~b & d)) + 0x5A827999U
                                : at < 40 ? (b ^ c ^ d) + 0x6ED9EBA1U
                                : at < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU
                                          : (b ^ c ^ d) + 0xCA62C1D6U;
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + words[at];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const Sha1 added = {a, b, c, d, e};
  for (std::size_t at = 0; at < state.size(); ++at) state[at] += added[at];
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) noexcept {
  std::uint32_t value = ~before;
  for (const char byte : bytes) value = k_crc[(value ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (value >> 8U);
  return ~value;
}

std::string sha1_hex(std::string_view bytes) {
  Sha1 state = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  std::string_view rest = bytes;
  for (; rest.size() >= k_block; rest.remove_prefix(k_block)) add_block(state, rest.substr(0, k_block));
  std::string end(rest);
  end += '\x80';
  end.append((2 * k_block - 8 - end.size()) % k_block, '\0');
  for (unsigned shift = 64; shift > 0; shift -= 8)
    end += static_cast<char>(std::uint64_t{bytes.size()} * 8 >> (shift - 8) & 0xFFU);
  for (std::size_t at = 0; at < end.size(); at += k_block) add_block(state, std::string_view(end).substr(at, k_block));
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string hex;
  for (const std::uint32_t word : state)
    for (unsigned shift = 32; shift > 0; shift -= 4) hex += k_digits[word >> (shift - 4) & 0xFU];
  return hex;
}

}  // namespace base
