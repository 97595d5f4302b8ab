#include "backup/tar.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>

namespace backup {
namespace {

constexpr std::size_t k_block = 512;
constexpr std::size_t k_longest_name = 100, k_name = 0, k_mode = 100, k_size = 124, k_time = 136, k_sum = 148;
constexpr std::size_t k_type = 156, k_magic = 257;
constexpr std::size_t k_largest = std::size_t{64} << 20U;  // of one file: scripts are far smaller

std::size_t padded(std::size_t size) {
  return (size + k_block - 1) / k_block * k_block;
}

void put_octal(std::string& block, std::size_t at, std::size_t digits, std::uint64_t value) {
  const std::string text = fmt::format("{:0{}o}", value, digits);
  block.replace(at, text.size(), text);
}

std::uint64_t octal(std::string_view text) {
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '7') break;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

std::uint64_t sum_of(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < k_block; ++at)
    sum += at >= k_sum && at < k_sum + 8 ? ' ' : static_cast<unsigned char>(block[at]);
  return sum;
}

// "37 path=NAME\n", whose number counts itself.
std::string pax_record(std::string_view name) {
  const std::size_t rest = std::strlen(" path=\n") + name.size();
  std::size_t length = rest + 1;
  while (rest + fmt::format("{}", length).size() != length) length = rest + fmt::format("{}", length).size();
  return fmt::format("{} path={}\n", length, name);
}

}  // namespace

void TarWriter::write(std::string_view name, std::string_view bytes, std::int64_t modified, char type) {
  std::string block(k_block, '\0');
  block.replace(k_name, std::min(name.size(), k_longest_name), name.substr(0, k_longest_name));
  put_octal(block, k_mode, 7, 0644);
  put_octal(block, k_mode + 8, 7, 0);
  put_octal(block, k_mode + 16, 7, 0);
  put_octal(block, k_size, 11, bytes.size());
  put_octal(block, k_time, 11, static_cast<std::uint64_t>(std::max<std::int64_t>(modified, 0)));
  block[k_type] = type;
  block.replace(k_magic, 8, std::string_view("ustar\00000", 8));
  put_octal(block, k_sum, 6, sum_of(block));
  block[k_sum + 6] = '\0';
  block[k_sum + 7] = ' ';
  put_(block);
  put_(bytes);
  put_(std::string(padded(bytes.size()) - bytes.size(), '\0'));
}

void TarWriter::add(std::string_view name, std::string_view bytes, std::int64_t modified) {
  if (name.size() > k_longest_name) write("long-name", pax_record(name), modified, 'x');
  write(name, bytes, modified, '0');
}

void TarWriter::finish() {
  put_(std::string(2 * k_block, '\0'));
}

void TarReader::add(std::string_view bytes) {
  if (ended_ || !fault_.empty()) return;
  held_ += bytes;
  take_entries();
}

void TarReader::take_entries() {
  std::string_view rest = held_;
  while (fault_.empty() && !ended_ && take_entry(rest)) {
  }
  held_.erase(0, held_.size() - rest.size());
}

// false: more has to come first.
bool TarReader::take_entry(std::string_view& rest) {
  if (rest.size() < k_block) return false;
  const std::string_view block = rest.substr(0, k_block);
  if (block.find_first_not_of('\0') == std::string_view::npos) {
    ended_ = true;
    return false;
  }
  const std::uint64_t size = octal(block.substr(k_size, 12));
  if (sum_of(block) != octal(block.substr(k_sum, 6)) || size > k_largest) {
    fault_ = "its tar is not as fettle writes it";
    return false;
  }
  if (rest.size() < k_block + padded(size)) return false;
  const std::string_view bytes = rest.substr(k_block, size);
  rest.remove_prefix(k_block + padded(size));
  if (block[k_type] == 'x') {
    const std::size_t equals = bytes.find('=');
    long_name_ = equals == std::string_view::npos ? "" : bytes.substr(equals + 1, bytes.size() - equals - 2);
    return true;
  }
  std::string name(block.substr(k_name, k_longest_name));
  name.resize(std::strlen(name.c_str()));
  if (!long_name_.empty()) name = std::move(long_name_);
  long_name_.clear();
  take_(name, bytes);
  return true;
}

std::string TarReader::end() const {
  return !fault_.empty() ? fault_ : ended_ ? "" : "its tar ends too early";
}

}  // namespace backup
