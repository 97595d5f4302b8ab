#include "web/reading.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/argument_values.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "web/answers.hpp"
#include "web/openapi.hpp"

namespace web {
namespace {

constexpr std::int64_t k_most_rows = 10'000;  // of one answer
constexpr std::int64_t k_rows = 100;

// What a command prints, kept in memory.
class Printed {
 public:
  Printed() : file_(::open_memstream(&text_, &size_)) {
    if (file_ == nullptr) base::throw_errno(base::ErrorKind::internal, "cannot keep what a command prints");
  }
  ~Printed() {
    std::fclose(file_);
    std::free(text_);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  std::FILE* file() noexcept { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

std::string printed_by(int (*command)(const cli::Context&), const cli::Arguments& arguments, const Look& look) {
  Printed out, talk;
  command({.arguments = arguments, .loaded = look.loaded, .style = {}, .out = out.file(), .talk = talk.file()});
  return out.text();
}

std::int64_t id_of(const std::string& text) {
  const std::int64_t id = cli::whole_number(text, "the number in the address");
  if (id <= 0) throw base::Error(base::ErrorKind::usage, "numbers in an address count from 1", "Nothing was done.");
  return id;
}

cli::Arguments history_arguments(const Request& request) {
  cli::Arguments arguments;
  const auto given = [&request](std::string_view name) { return request.parameter(name); };
  if (!given("outcome").empty()) arguments.outcome = cli::outcome_word(given("outcome"));
  if (!given("since").empty()) arguments.since = cli::point_in_time(given("since"), "since");
  if (!given("until").empty()) arguments.up_to = cli::point_in_time(given("until"), "until");
  if (!given("run").empty()) arguments.run = id_of(given("run"));
  arguments.script = given("script");
  arguments.by = given("by");
  arguments.text = given("q");
  if (!given("before").empty()) arguments.before = id_of(given("before"));
  arguments.limit = given("limit").empty() ? k_rows : id_of(given("limit"));
  if (arguments.limit > k_most_rows)
    throw base::Error(base::ErrorKind::usage, fmt::format("one answer has at most {} attempts", k_most_rows),
                      "Nothing was done.", "All of them: fettle history --json --limit 0");
  return arguments;
}

Response history_answer(const Look& look) {
  cli::Arguments arguments = history_arguments(look.request);
  arguments.csv = look.request.parameter("format") == "csv";
  arguments.json = !arguments.csv;
  std::string text = printed_by(cli::history_command, arguments, look);
  if (!arguments.csv) return json_answer(std::move(text));
  Response response = text_answer(std::move(text), "text/csv; charset=utf-8");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"fettle-history.csv\"");
  return response;
}

Response runs_answer(const Look& look) {
  constexpr std::int64_t k_most_runs = 1000;
  const auto given = [&look](std::string_view name) { return look.request.parameter(name); };
  const std::int64_t limit = given("limit").empty() ? k_rows : std::min(id_of(given("limit")), k_most_runs);
  const std::int64_t before = given("before").empty() ? 0 : id_of(given("before"));
  return json_answer(cli::runs_json(look.history ? look.history->runs(limit, before) : std::vector<ledger::Run>()) +
                     "\n");
}

Response plain(int (*command)(const cli::Context&), cli::Arguments arguments, const Look& look) {
  arguments.json = true;
  return json_answer(printed_by(command, arguments, look));
}

std::optional<Response> read_one(const std::string& kind, const std::string& name, const Look& look) {
  cli::Arguments arguments;
  arguments.full = look.request.parameter("rows") == "all";
  if (kind == "attempts") {
    arguments.words = {fmt::format("{}", id_of(name))};
    if (!look.history || !look.history->attempt(id_of(name))) return std::nullopt;
    return plain(cli::show_command, arguments, look);
  }
  if (kind == "scripts") {
    const auto latest = look.history ? look.history->latest(name) : std::nullopt;
    if (!latest) return std::nullopt;
    arguments.words = {fmt::format("{}", latest->id)};
    return plain(cli::show_command, arguments, look);
  }
  if (kind == "runs") {
    const auto run = look.history ? look.history->run(id_of(name)) : std::nullopt;
    return run ? std::optional(json_answer(cli::ledger_run_json(*run) + "\n")) : std::nullopt;
  }
  if (kind == "previews") {
    arguments.preview_run = id_of(name);
    if (!look.history || !look.history->preview(arguments.preview_run)) return std::nullopt;
    return plain(cli::show_command, arguments, look);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Response> read_api(const std::vector<std::string>& path, const Look& look) {
  if (path.size() == 2) return read_one(path[0], path[1], look);
  if (path.size() != 1) return std::nullopt;
  const std::string& what = path.front();
  cli::Arguments arguments;
  if (what == "status") return plain(cli::status_command, arguments, look);
  if (what == "history") return history_answer(look);
  if (what == "version") return plain(cli::version_command, arguments, look);
  if (what == "ledger")
    return look.history ? std::optional(plain(cli::ledger_info_command, arguments, look)) : std::nullopt;
  if (what == "previews") {
    arguments.previews = true;
    return plain(cli::history_command, arguments, look);
  }
  if (what == "runs") return runs_answer(look);
  if (what == "requests") return plain(cli::request_list_command, arguments, look);
  if (what == "openapi.json") return json_answer(std::string(openapi_text()));
  return std::nullopt;
}

}  // namespace web
