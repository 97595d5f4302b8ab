#include "exchange/ledger_json.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "exchange/ledger_text.hpp"
#include "exchange/out_file.hpp"
#include "ledger/schema.hpp"

namespace exchange {
namespace {

using nlohmann::json;

constexpr const char* k_main = "ledger.jsonl";
constexpr const char* k_unchanged = "Nothing was changed.";

// --- writing -------------------------------------------------------------------------------------------------------

std::string head_line() {
  return fmt::format("{{\"fettle_ledger\": {{\"format\": 1, \"schema\": {}}}}}\n", ledger::k_version);
}

std::string last_line(const ledger::Digest& digest) {
  return fmt::format("{{\"end\": {{\"rows\": {}, \"sha256\": \"{}\"}}}}\n", digest.rows(), digest.sha256);
}

std::string line_of(const ledger::Shape& shape, const core::Row& row) {
  std::string line = fmt::format("{{\"{}\": {{", shape.table);
  for (std::size_t at = 0; at < row.size(); ++at) {
    const std::optional<std::string> text = text_of(row[at]);
    const bool bare = !text || shape.columns[at].type == ledger::Shape::Type::number;
    line += fmt::format("{}\"{}\": {}", at == 0 ? "" : ", ", shape.columns[at].name,
                        !text  ? "null"
                        : bare ? *text
                               : base::json_quote(*text));
  }
  return line + "}}\n";
}

// Which run a row belongs to; 0: none.
class Owners {
 public:
  std::int64_t run_of(const ledger::Shape& shape, const core::Row& row) {
    if (shape.table == "runs") return number(shape, row, "id");
    const std::int64_t run = number(shape, row, "run");
    if (shape.table == "attempts") runs_.emplace_back(number(shape, row, "id"), run);
    if (run != 0) return run;
    const std::int64_t attempt = number(shape, row, "attempt");
    const auto found = std::lower_bound(runs_.begin(), runs_.end(), std::pair{attempt, std::int64_t{0}});
    return found != runs_.end() && found->first == attempt ? found->second : 0;
  }

 private:
  static std::int64_t number(const ledger::Shape& shape, const core::Row& row, std::string_view column) {
    for (std::size_t at = 0; at < row.size(); ++at)
      if (shape.columns[at].name == column)
        if (const auto* value = std::get_if<std::int64_t>(&row[at])) return *value;
    return 0;
  }

  std::vector<std::pair<std::int64_t, std::int64_t>> runs_;  // of attempts, by their ids
};

// --- reading -------------------------------------------------------------------------------------------------------

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw base::Error(base::ErrorKind::usage, fmt::format("{}: {}", base::escape(path), why), k_unchanged);
}

core::Value value_at(const std::string& place, const json& row, const ledger::Shape::Column& column) {
  const auto found = row.find(column.name);
  if (found == row.end() || found->is_null()) return core::Null{};
  const bool is_number = column.type == ledger::Shape::Type::number;
  if (is_number && found->is_number_integer()) return found->get<std::int64_t>();
  if (!is_number && found->is_string())
    if (auto value = value_in(found->get<std::string>(), column.type)) return *std::move(value);
  refuse(place, fmt::format("{} is not what this column holds", column.name));
}

class Lines {
 public:
  Lines(std::string path, ledger::RowWriter& into) : path_(std::move(path)), into_(into) {}

  // head: it begins and ends as a ledger does; otherwise it has rows alone. Gives the digest.
  std::string read(bool head) {
    std::ifstream file(path_, std::ios::binary);
    if (!file) base::throw_errno(base::ErrorKind::io, fmt::format("cannot read {}", base::escape(path_)), k_unchanged);
    std::string line;
    while (std::getline(file, line)) {
      ++number_;
      const json parsed = json::parse(line, nullptr, false);
      if (!parsed.is_object() || parsed.size() != 1) refuse(place(), "this is no line of a ledger");
      if (!end_.empty()) refuse(place(), "there is more behind its end");
      take(parsed.begin().key(), parsed.begin().value(), head);
    }
    if (file.bad()) base::throw_errno(base::ErrorKind::io, fmt::format("cannot read {}", base::escape(path_)));
    if (head && end_.empty()) refuse(path_, "it is not whole: its last line is missing");
    return end_;
  }

 private:
  std::string place() const { return fmt::format("{}, line {}", path_, number_); }

  void take(const std::string& name, const json& value, bool head) {
    if (!value.is_object()) refuse(place(), "this is no line of a ledger");
    if (head && number_ == 1) return take_head(name, value);
    if (head && name == "end") {
      if (value.contains("sha256") && value["sha256"].is_string()) end_ = value["sha256"].get<std::string>();
      return;
    }
    const ledger::Shape* shape = ledger::find_shape(name);
    if (shape == nullptr) refuse(place(), fmt::format("a ledger has no table {}", base::escape(name)));
    for (const auto& [column, unused] : value.items())
      if (std::none_of(shape->columns.begin(), shape->columns.end(),
                       [&column = column](const ledger::Shape::Column& each) { return each.name == column; }))
        refuse(place(), fmt::format("{} has no column {}", name, base::escape(column)));
    core::Row row;
    for (const ledger::Shape::Column& column : shape->columns) row.push_back(value_at(place(), value, column));
    into_.add(*shape, row);
  }

  void take_head(const std::string& name, const json& value) {
    if (name != "fettle_ledger" || !value.contains("schema") || !value["schema"].is_number_integer())
      refuse(path_, "this is no ledger: its first line is not that of one");
    const auto schema = value["schema"].get<std::int64_t>();
    if (schema < ledger::k_oldest_shown || schema > ledger::k_version)
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("{}: it is of schema {}, and this fettle knows {}", base::escape(path_), schema,
                                    ledger::k_version),
                        k_unchanged,
                        schema > ledger::k_version
                            ? "use the newer fettle"
                            : "let the fettle that wrote it bring it back to a SQLite ledger, which this one brings up "
                              "to date");
  }

  std::string path_;
  ledger::RowWriter& into_;
  std::uint64_t number_ = 0;
  std::string end_;
};

}  // namespace

void write_json_lines(const ledger::RowReader& from, const std::string& path) {
  OutFile file(path);
  file.write(head_line());
  for (const ledger::Shape& shape : ledger::shapes())
    from.each(shape, [&](const core::Row& row) { file.write(line_of(shape, row)); });
  file.write(last_line(from.digest()));
  file.finish();
}

// A table at a time, whose rows come run by run as a rule: so one file is open beside the main one.
void write_json_runs(const ledger::RowReader& from, const std::string& folder) {
  make_new_folder(folder);
  OutFile main(folder + "/" + k_main);
  main.write(head_line());
  Owners owners;
  for (const ledger::Shape& shape : ledger::shapes()) {
    std::optional<OutFile> file;
    std::int64_t open = 0;
    from.each(shape, [&](const core::Row& row) {
      const std::int64_t run = owners.run_of(shape, row);
      if (run == 0) return main.write(line_of(shape, row));
      if (run != open) {
        if (file) file->close();
        file.emplace(fmt::format("{}/run-{:06}.jsonl", folder, run), OutFile::Opens::to_append);
        open = run;
      }
      file->write(line_of(shape, row));
    });
    if (file) file->close();
  }
  main.write(last_line(from.digest()));
  main.finish();
}

std::string read_json_lines(const std::string& path, ledger::RowWriter& into) {
  return Lines(path, into).read(true);
}

std::string read_json_runs(const std::string& folder, ledger::RowWriter& into) {
  std::vector<std::string> runs;
  std::error_code fault;
  for (const auto& entry : std::filesystem::directory_iterator(folder, fault)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("run-") && name.ends_with(".jsonl")) runs.push_back(entry.path().string());
  }
  if (fault) refuse(folder, "it cannot be read: " + fault.message());
  std::sort(runs.begin(), runs.end());
  for (const std::string& run : runs) Lines(run, into).read(false);
  return Lines(folder + "/" + k_main, into).read(true);
}

}  // namespace exchange
