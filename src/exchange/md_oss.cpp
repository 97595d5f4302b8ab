// @md-oss/migrations: a table, a store of keys and values (as a JSON object of them), or a folder of NAME.done and
// NAME.error files. What is completed was applied, also where an old error stands beside it.
#include <fmt/format.h>
#include <map>

#include "exchange/files.hpp"
#include "exchange/json_file.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t { id, name, completed, completed_at, duration, error, last_attempt_at };

// What is not completed failed if there is an error; else nothing says that it came to its end.
void take_end(bool is_completed, const std::string& fault, Fact& fact) {
  if (is_completed) return;
  fact.state = fault.empty() ? State::pending : State::failed;
  fact.note = fault;
}

Meaning row_of(const Cells& row, Fact& fact) {
  const auto is_completed = row.flag(completed);
  if (!is_completed) return failed("completed is neither true nor false");
  take_end(*is_completed, row.text(error), fact);
  if (!take_time(row, *is_completed ? completed_at : last_attempt_at, fact)) return failed(k_no_time);
  fact.duration_ms = row.number(duration);
  return {};
}

void take(const std::string& key, bool is_completed, const std::string& fault, const std::string& result,
          Facts& facts) {
  Fact fact;
  fact.key = fact.name = key;
  fact.stem = stem_of(key);
  take_end(is_completed, fault, fact);
  const nlohmann::ordered_json json = nlohmann::ordered_json::parse(result, nullptr, false);
  if (json.is_object()) fact.further = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  facts.take(fact);
}

struct Ends {
  bool completed = false;
  std::string error, result;
};

std::string text_of(const nlohmann::ordered_json& json) {
  return json.is_string() ? json.get<std::string>()
                          : json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// "migration:NAME:completed", ":result", ":error".
void read_keys(const std::string& path, Facts& facts) {
  constexpr std::string_view k_front = "migration:";
  const nlohmann::ordered_json json = json_in(path);
  if (!json.is_object()) return facts.fail({}, "the file is no object of keys and values");
  std::map<std::string, Ends> all;
  for (const auto& [key, value] : json.items()) {
    const std::size_t last = key.rfind(':');
    if (!key.starts_with(k_front) || last < k_front.size()) {
      facts.skip(key, "a key of something else");
      continue;
    }
    Ends& ends = all[key.substr(k_front.size(), last - k_front.size())];
    const std::string word = key.substr(last + 1);
    if (word == "completed") ends.completed = text_of(value) == "true";
    if (word == "error") ends.error = text_of(value);
    if (word == "result") ends.result = text_of(value);
  }
  for (const auto& [migration, ends] : all) take(migration, ends.completed, ends.error, ends.result, facts);
}

std::string folder_of(const std::string& path) {
  return is_folder(path + "/.migrations") ? path + "/.migrations" : path;
}

void read_files(const std::string& path, Facts& facts) {
  const std::string folder = folder_of(path);
  std::map<std::string, Ends> all;
  for (const std::string& file : files_in(folder)) {
    const std::size_t dot = file.rfind('.');
    const std::string ending = dot == std::string::npos ? std::string() : file.substr(dot);
    if (ending == ".done")
      all[file.substr(0, dot)].completed = true, all[file.substr(0, dot)].result = read_whole(folder + "/" + file);
    else if (ending == ".error")
      all[file.substr(0, dot)].error = read_whole(folder + "/" + file);
    else
      facts.skip(file, "a file of something else");
  }
  for (const auto& [migration, ends] : all) take(migration, ends.completed, ends.error, ends.result, facts);
}

bool looks_like_it(const std::string& path) {
  if (is_folder(path)) {
    for (const std::string& file : files_in(folder_of(path)))
      if (file.ends_with(".done") || file.ends_with(".error")) return true;
    return false;
  }
  const nlohmann::ordered_json json = json_or_not(path);
  if (!json.is_object()) return false;
  for (const auto& [key, value] : json.items())
    if (key.starts_with("migration:")) return true;
  return false;
}

}  // namespace

const Tool k_md_oss{.name = "md-oss",
                    .title = "@md-oss/migrations",
                    .table = "Migration",
                    .columns = "id name completed completedat",
                    .read =
                        [](const Asked& asked, Facts& facts) {
                          read_rows(asked,
                                    {"id name completed completedat duration error lastattemptat", "completedat id"},
                                    row_of, facts);
                        },
                    .read_file = read_keys,
                    .read_folder = read_files,
                    .owns = looks_like_it};

}  // namespace exchange
