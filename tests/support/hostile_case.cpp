// Reads the files of the catalogue. The format stands in tests/hostile/README.md.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>

#include "base/text.hpp"
#include "support/hostile.hpp"
#include "support/program.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_catalogue = FETTLE_SOURCE_DIR "/tests/hostile";  // also asked before main()
constexpr std::string_view k_lines_here = "--@ lines\n";

std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(text, '|')) parts.emplace_back(base::trim(part));
  return parts;
}

// "failed memory|timeout": a word alone is a cause of the outcome before it, unless it is an outcome itself.
std::vector<HostileEnding> endings(std::string_view text) {
  std::vector<HostileEnding> found;
  for (const std::string& part : alternatives(text)) {
    const std::size_t space = part.find(' ');
    const std::string first = part.substr(0, space);
    const bool outcome = first == "succeeded" || first == "skipped" || first == "failed" || first == "ignored";
    if (!outcome && found.empty()) throw std::runtime_error("expect: no outcome in " + std::string(text));
    if (outcome)
      found.push_back({first, space == std::string::npos ? "" : part.substr(space + 1)});
    else
      found.push_back({found.back().outcome, part});
  }
  return found;
}

double number(std::string_view text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("no number: " + std::string(text));
  return value;
}

double unit(std::string_view text) {
  if (text == "ms" || text == "%") return 1;
  if (text == "KiB") return 1024;
  if (text == "MiB") return 1024.0 * 1024;
  throw std::runtime_error("no unit: " + std::string(text));
}

// "250 ms over 300 ms", "10 % over 32 MiB", "64 KiB".
HostileBound bound(std::string_view text) {
  const std::vector<std::string_view> words = base::split(text, ' ');
  if (words.size() != 2 && (words.size() != 5 || words[2] != "over"))
    throw std::runtime_error("no bound: " + std::string(text));
  HostileBound result{number(words[0]) * unit(words[1]), 0, words[1] == "%"};
  if (words.size() == 5) result.over = number(words[3]) * unit(words[4]);
  return result;
}

std::string bytes_of_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    int value = 0;
    std::from_chars(digits.data() + at, digits.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// "100000 ::l%d::": that many lines, with their number for %d.
std::string many_lines(std::string_view text) {
  const std::size_t space = text.find(' ');
  const auto count = static_cast<long>(number(text.substr(0, space)));
  const std::string_view line = text.substr(space + 1);
  const std::size_t place = line.find("%d");
  std::string lines;
  for (long at = 1; at <= count; ++at) {
    lines += line.substr(0, place);
    if (place != std::string_view::npos) lines += std::to_string(at) + std::string(line.substr(place + 2));
    lines += '\n';
  }
  return lines;
}

// \xHH, \n, \r, \" and \\ in a name in double quotes.
std::string unquoted(std::string_view text) {
  std::string result;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] != '\\') {
      result += text[at];
      continue;
    }
    const char letter = text[++at];
    if (letter == 'x') {
      result += bytes_of_hex(text.substr(at + 1, 2));
      at += 2;
    } else {
      result += letter == 'n' ? '\n' : letter == 'r' ? '\r' : letter;
    }
  }
  return result;
}

void put_lines(std::string& text, std::string_view lines) {
  const std::size_t place = text.find(k_lines_here);
  if (place == std::string::npos)
    text += many_lines(lines);
  else
    text.replace(place, k_lines_here.size(), many_lines(lines));
}

void take_field(HostileCase& found, std::string_view key, std::string_view value) {
  if (key == "expect")
    found.expected = endings(value);
  else if (key == "error")
    found.error.push_back(alternatives(value));
  else if (key == "reason")
    found.reason = value;
  else if (key == "result")
    found.result = value;
  else if (key == "name")
    found.file_name = unquoted(value);
  else if (key == "bytes")
    found.text = bytes_of_hex(value);
  else if (key == "lines")
    put_lines(found.text, value);
  else if (key == "time")
    found.time = bound(value);
  else if (key == "memory")
    found.memory = bound(value);
  else if (key == "ledger")
    found.ledger = bound(value);
  else
    throw std::runtime_error("unknown field: " + std::string(key));
}

HostileCase read_case(const fs::path& file) {
  HostileCase found;
  found.name = fs::relative(file, k_catalogue).replace_extension().string();
  found.file_name = fmt::format("NNN_{}.lua", file.stem().string());
  const std::string whole = read_file(file.string());
  found.text = whole;
  bool first = true;  // the sentence that says what the script tries
  for (std::string_view line : base::split(whole, '\n')) {
    if (!line.starts_with("-- ")) break;
    line.remove_prefix(3);
    const std::size_t colon = line.find(": ");
    if (!first && colon == std::string_view::npos && !line.ends_with(':'))
      throw std::runtime_error("a line of the header has no field: " + std::string(line));
    if (!first)
      take_field(found, line.substr(0, std::min(colon, line.size() - 1)),
                 colon == std::string_view::npos ? std::string_view() : line.substr(colon + 2));
    first = false;
  }
  if (found.expected.empty()) throw std::runtime_error("expect: is missing");
  return found;
}

}  // namespace

const std::vector<HostileCase>& hostile_cases() {
  static const std::vector<HostileCase> all = [] {
    std::vector<HostileCase> found;
    for (const auto& entry : fs::recursive_directory_iterator(k_catalogue)) {
      if (entry.path().extension() != ".lua") continue;
      try {
        found.push_back(read_case(entry.path()));
      } catch (const std::runtime_error& error) {
        throw std::runtime_error(fmt::format("{}: {}", entry.path().string(), error.what()));
      }
    }
    std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
    return found;
  }();
  return all;
}

// --- what was wanted and what was found ------------------------------------------------------------------------------

namespace {

bool ended_as(const HostileCase& wanted, const HostileFacts& found) {
  return std::any_of(wanted.expected.begin(), wanted.expected.end(), [&](const HostileEnding& ending) {
    return ending.outcome == found.outcome && (ending.cause.empty() || ending.cause == found.cause);
  });
}

bool has_one(const std::string& text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return text.find(part) != std::string::npos; });
}

double most_bytes(const HostileBound& bound) {
  return bound.over + (bound.share ? bound.over * bound.most / 100 : bound.most);
}

}  // namespace

std::optional<double> overshoot_of_time(const HostileCase& wanted, const HostileFacts& found) {
  if (!wanted.time || wanted.time->over <= 0 || found.cause != "timeout") return std::nullopt;
  return found.milliseconds - wanted.time->over;
}

std::optional<double> overshoot_of_memory(const HostileCase& wanted, const HostileFacts& found, std::uint64_t base) {
  if (!wanted.memory) return std::nullopt;
  return static_cast<double>(found.peak_memory) - static_cast<double>(base) - wanted.memory->over;
}

std::vector<std::string> compare(const HostileCase& wanted, const HostileFacts& found, std::uint64_t base_memory,
                                 double slack) {
  std::vector<std::string> faults;
  if (!ended_as(wanted, found)) faults.push_back(fmt::format("it ended as {} {}", found.outcome, found.cause));
  for (const auto& parts : wanted.error)
    if (!has_one(found.error, parts)) faults.push_back(fmt::format("not in its error: {}", fmt::join(parts, " | ")));
  if (found.reason.find(wanted.reason) == std::string::npos)
    faults.push_back(fmt::format("not in its reason ({}): {}", base::escape(found.reason), wanted.reason));
  if (found.result.find(wanted.result) == std::string::npos)
    faults.push_back(fmt::format("not in its result ({}): {}", base::escape(found.result), wanted.result));
  if (!faults.empty()) faults.push_back("its error: " + base::escape(base::cap(found.error, 600)));
  if (wanted.time && found.milliseconds > wanted.time->over + wanted.time->most + slack)
    faults.push_back(fmt::format("it took {:.0f} ms", found.milliseconds));
  if (wanted.memory &&
      static_cast<double>(found.peak_memory) > most_bytes(*wanted.memory) + static_cast<double>(base_memory))
    faults.push_back(fmt::format("its worker held {}, an honest one {}", base::format_size(found.peak_memory),
                                 base::format_size(base_memory)));
  if (wanted.ledger && static_cast<double>(found.ledger_bytes) > most_bytes(*wanted.ledger))
    faults.push_back(fmt::format("it took {} of the ledger", base::format_size(found.ledger_bytes)));
  return faults;
}

}  // namespace support
