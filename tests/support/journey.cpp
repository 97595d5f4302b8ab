#include "support/journey.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <sys/stat.h>

#include "base/text.hpp"

namespace support {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> k_verbs = {"exit", "out", "err", "json", "file", "no", "sql", "tree"};
constexpr std::size_t k_shown = 2000;  // bytes of an output that a failure message repeats

std::string_view take_word(std::string_view& text) {
  text = base::trim(text);
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = base::trim(text.substr(end));
  return word;
}

char escaped(std::string_view text, std::size_t& at) {
  switch (text[at]) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'x': {
      unsigned value = 0;
      if (at + 2 >= text.size()) throw std::runtime_error("\\x needs two digits");
      std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16);
      at += 2;
      return static_cast<char>(value);
    }
    default:
      return text[at];
  }
}

// A text in double quotes, with escapes, from the front of `text`; what follows it stays there.
std::string take_quoted(std::string_view& text) {
  std::string result;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && ++at < text.size())
      result += escaped(text, at);
    else
      result += text[at];
  }
  if (at >= text.size()) throw std::runtime_error("a quote is not closed");
  text = base::trim(text.substr(at + 1));
  return result;
}

std::string take_name(std::string_view& text) {
  text = base::trim(text);
  if (text.starts_with('"')) return take_quoted(text);
  return std::string(take_word(text));
}

// The rest of a line: as it stands, or in double quotes with escapes.
std::string text_of(std::string_view rest) {
  rest = base::trim(rest);
  if (rest.size() < 2 || !rest.starts_with('"')) return std::string(rest);
  std::string text = take_quoted(rest);
  if (!rest.empty()) throw std::runtime_error("something follows the closing quote");
  return text;
}

std::string shown(std::string_view text) {
  return base::escape_lines(base::cap(text, k_shown));
}

// is, has, lacks, empty: the questions to a text.
std::string ask_text(std::string_view what, std::string_view text, std::string_view question) {
  const std::string_view verb = take_word(question);
  if (verb == "empty" && question.empty())
    return text.empty() ? "" : fmt::format("{} is not empty:\n{}", what, shown(text));
  const std::string wanted = text_of(question);
  if (wanted.empty()) throw std::runtime_error(fmt::format("'{}' needs a text", verb));
  const bool has = text.find(wanted) != std::string_view::npos;
  if (verb == "has") return has ? "" : fmt::format("{} lacks '{}':\n{}", what, base::escape(wanted), shown(text));
  if (verb == "lacks") return !has ? "" : fmt::format("{} has '{}':\n{}", what, base::escape(wanted), shown(text));
  if (verb == "is") return base::trim(text) == wanted ? "" : fmt::format("{} is:\n{}", what, shown(text));
  throw std::runtime_error(fmt::format("unknown question '{}' to {}", verb, what));
}

// One part of a path: ".name", "[3]" or "[key=text]".
const json* step_into(const json& value, std::string_view part) {
  if (part.front() == '.') {
    const auto found = value.is_object() ? value.find(std::string(part.substr(1))) : value.end();
    return found == value.end() ? nullptr : &*found;
  }
  part = part.substr(1, part.size() - 2);
  if (!value.is_array()) return nullptr;
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) {
    std::size_t index = 0;
    std::from_chars(part.data(), part.data() + part.size(), index);
    return index < value.size() ? &value[index] : nullptr;
  }
  const std::string key(part.substr(0, equals));
  const std::string_view wanted = part.substr(equals + 1);
  for (const json& item : value) {
    const auto field = item.is_object() ? item.find(key) : item.end();
    if (field != item.end() && (field->is_string() ? field->get<std::string>() == wanted : field->dump() == wanted))
      return &item;
  }
  return nullptr;
}

const json* find(const json& document, std::string_view path) {
  const json* value = &document;
  if (path == ".") return value;
  while (!path.empty() && value != nullptr) {
    if (path.front() != '.' && path.front() != '[') throw std::runtime_error("a JSON path begins with . or [");
    std::size_t end = 0;
    if (path.front() == '[') {
      end = path.find(']');
      if (end == std::string_view::npos) throw std::runtime_error("a bracket is not closed");
      ++end;
    } else {
      end = std::min(path.find_first_of(".[", 1), path.size());
    }
    value = step_into(*value, path.substr(0, end));
    path.remove_prefix(end);
  }
  return value;
}

// Only a whole number or text is compared as written: 3 and 3.0 differ.
std::string compare_json(std::string_view path, const json& found, std::string_view wanted) {
  const json value = json::parse(wanted, nullptr, false);
  if (value.is_discarded()) throw std::runtime_error(fmt::format("'{}' is not JSON", wanted));
  if (found == value) return "";
  return fmt::format("{} is {}, not {}", path, shown(found.dump()), wanted);
}

std::string check_json(std::string_view rest, const std::string& out) {
  const json document = json::parse(out, nullptr, false);
  if (document.is_discarded()) return fmt::format("the output is not one JSON value:\n{}", shown(out));
  std::string_view question = rest;
  const std::string path(take_word(question));
  const json* found = find(document, path);
  std::string_view words = question;
  const std::string_view verb = take_word(words);
  if (verb == "absent" && words.empty())
    return found == nullptr ? "" : fmt::format("{} is {}", path, shown(found->dump()));
  if (found == nullptr) return fmt::format("there is no {} in:\n{}", path, shown(document.dump(1)));
  if (verb == "=") return compare_json(path, *found, words);
  if (verb == "size") {
    const std::string size = std::to_string(found->size());
    return size == words ? "" : fmt::format("{} has size {}, not {}", path, size, words);
  }
  return ask_text(path, found->is_string() ? found->get<std::string>() : found->dump(), question);
}

std::string check_file(std::string_view rest, const std::string& directory) {
  const std::string name = take_name(rest);
  const std::string path = directory + "/" + name;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path)))
    return fmt::format("there is no file {}; the folders hold: {}", base::escape(name),
                       fmt::join(tree_of(directory), ", "));
  return rest.empty() ? "" : ask_text(base::escape(name), read_file(path), rest);
}

std::string check_no(std::string_view rest, const std::string& directory) {
  if (take_word(rest) != "file") throw std::runtime_error("only 'no file NAME' can be expected");
  const std::string name = take_name(rest);
  if (name.empty() || !rest.empty()) throw std::runtime_error("'no file' needs one name");
  const bool exists = std::filesystem::exists(std::filesystem::symlink_status(directory + "/" + name));
  return exists ? fmt::format("{} exists", base::escape(name)) : "";
}

std::string check_sql(std::string_view rest, const std::string& directory) {
  const std::string_view database = take_word(rest);
  const std::size_t equals = rest.rfind(" = ");
  if (equals == std::string_view::npos) throw std::runtime_error("'sql' needs FILE QUERY = VALUE");
  const std::string query(rest.substr(0, equals));
  const std::string wanted = text_of(rest.substr(equals + 3));
  if (!std::filesystem::exists(directory + "/" + std::string(database)))
    return fmt::format("there is no database {}", database);
  const Ended ended = run({.command = {"sqlite3", "-batch", "-bail", "-newline", "; ", std::string(database), query},
                           .directory = directory,
                           .environment = {}});
  if (ended.status != 0) return fmt::format("{}: {}", query, ended.err);
  std::string found = ended.out;
  if (found.ends_with("; ")) found.resize(found.size() - 2);
  return found == wanted ? "" : fmt::format("{}: '{}', not '{}'", query, shown(found), wanted);
}

std::string check_tree(const std::vector<std::string>& wanted, const std::string& directory) {
  std::vector<std::string> sorted = wanted;
  std::sort(sorted.begin(), sorted.end());
  const std::vector<std::string> found = tree_of(directory);
  if (found == sorted) return "";
  return fmt::format("the folders hold:\n  {}\nnot:\n  {}", fmt::join(found, "\n  "), fmt::join(sorted, "\n  "));
}

std::string check_exit(std::string_view rest, const Ended& ended) {
  int wanted = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), wanted);
  if (problem != std::errc() || end != rest.data() + rest.size()) throw std::runtime_error("'exit' needs a number");
  if (ended.timed_out) return "it did not end in time and was killed";
  if (ended.status == wanted) return "";
  return fmt::format("exit code {}, not {}; it printed:\n{}{}", ended.status, wanted, shown(ended.out),
                     shown(ended.err));
}

std::runtime_error at_line(std::size_t line, std::string_view what) {
  return std::runtime_error(fmt::format("line {}: {}", line, what));
}

class Reader {
 public:
  void read(std::size_t number, std::string_view line) {
    if (line.starts_with("$ ")) return begin(number, line.substr(2));
    if (line.starts_with("> ") || line == ">")
      return extend(number, line.substr(std::min<std::size_t>(2, line.size())));
    if (line.starts_with("  ")) return add_to_block(number, base::trim(line));
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) return;
    std::string_view rest = line;
    const std::string_view verb = take_word(rest);
    if (steps_.empty()) throw at_line(number, "an expectation needs a command above it");
    if (verb == "limit") return set_limit(number, rest);
    if (std::find(k_verbs.begin(), k_verbs.end(), verb) == k_verbs.end())
      throw at_line(number, fmt::format("unknown expectation '{}'", verb));
    steps_.back().expectations.push_back({number, std::string(verb), std::string(rest), {}});
  }

  std::vector<JourneyStep> finish() {
    const bool expects =
        std::any_of(steps_.begin(), steps_.end(), [](const JourneyStep& step) { return !step.expectations.empty(); });
    if (!expects) throw std::runtime_error("this journey expects nothing");
    return std::move(steps_);
  }

 private:
  void begin(std::size_t number, std::string_view command) {
    JourneyStep step;
    step.line = number;
    step.command = std::string(command);
    steps_.push_back(std::move(step));
  }

  void extend(std::size_t number, std::string_view line) {
    if (steps_.empty() || !steps_.back().expectations.empty())
      throw at_line(number, "'>' continues a command, and there is none above it");
    steps_.back().command += fmt::format("\n{}", line);
  }

  void add_to_block(std::size_t number, std::string_view line) {
    if (steps_.empty() || steps_.back().expectations.empty() || steps_.back().expectations.back().verb != "tree")
      throw at_line(number, "an indented line belongs below 'tree'");
    steps_.back().expectations.back().block.emplace_back(line);
  }

  void set_limit(std::size_t number, std::string_view rest) {
    int seconds = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
    if (problem != std::errc() || end != rest.data() + rest.size() || seconds <= 0)
      throw at_line(number, "'limit' needs a number of seconds");
    steps_.back().limit = Seconds(seconds);
  }

  std::vector<JourneyStep> steps_;
};

std::string mark_of(const std::filesystem::file_status& status) {
  switch (status.type()) {
    case std::filesystem::file_type::directory:
      return "/";
    case std::filesystem::file_type::symlink:
      return "@";
    case std::filesystem::file_type::fifo:
      return "|";
    default:
      return "";
  }
}

}  // namespace

std::vector<JourneyStep> parse_journey(std::string_view text) {
  Reader reader;
  std::size_t number = 0;
  for (const std::string_view line : base::split(text, '\n')) reader.read(++number, line);
  return reader.finish();
}

std::string check(const Expectation& expectation, const Ended& ended, const std::string& directory) {
  if (expectation.verb == "exit") return check_exit(expectation.rest, ended);
  if (expectation.verb == "out") return ask_text("stdout", ended.out, expectation.rest);
  if (expectation.verb == "err") return ask_text("stderr", ended.err, expectation.rest);
  if (expectation.verb == "json") return check_json(expectation.rest, ended.out);
  if (expectation.verb == "file") return check_file(expectation.rest, directory);
  if (expectation.verb == "no") return check_no(expectation.rest, directory);
  if (expectation.verb == "sql") return check_sql(expectation.rest, directory);
  if (expectation.verb == "tree") return check_tree(expectation.block, directory);
  throw std::runtime_error("unknown expectation " + expectation.verb);
}

std::vector<std::string> walk(const JourneyStep& step, const std::string& directory,
                              const std::vector<std::string>& environment) {
  const Ended ended =
      run({.command = {"/bin/sh", "-c", step.command}, .directory = directory, .environment = environment}, step.limit);
  std::vector<std::string> differences;
  const auto ask = [&](const Expectation& expectation) {
    if (const std::string difference = check(expectation, ended, directory); !difference.empty())
      differences.push_back(fmt::format("line {}, after '{}': {} {}: {}", expectation.line, step.command,
                                        expectation.verb, expectation.rest, difference));
  };
  const bool names_exit = std::any_of(step.expectations.begin(), step.expectations.end(),
                                      [](const Expectation& expectation) { return expectation.verb == "exit"; });
  if (!names_exit) ask({step.line, "exit", "0", {}});
  for (const Expectation& expectation : step.expectations) ask(expectation);
  return differences;
}

std::vector<std::string> tree_of(const std::string& directory) {
  std::vector<std::string> names;
  for (const char* folder : {"fix-scripts", "successfully-ran", "failed"}) {
    if (!std::filesystem::is_directory(directory + "/" + folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/" + folder))
      names.push_back(base::escape(
          fmt::format("{}/{}{}", folder, entry.path().filename().string(), mark_of(entry.symlink_status()))));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace support
