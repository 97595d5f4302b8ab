// fettle-api.lua tells editors what scripts can use. It is held against what a script really finds, so that neither can
// have what the other has not.
#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/editor_help.hpp"
#include "sandbox/worker_bench.hpp"
#include "support/program.hpp"

namespace {

using Names = std::set<std::string>;

// What gives nothing back.
const Names k_silent = {"bar.finish", "bar.set", "bar.step", "error",           "log.debug",    "log.error", "log.info",
                        "log.warn",   "print",   "skip",     "math.randomseed", "table.insert", "table.sort"};

std::string text() {
  return cli::annotations({{.name = "main", .url = {}}, {.name = "other", .url = {}}});
}

std::string_view word(std::string_view line, std::size_t from) {
  line.remove_prefix(std::min(from, line.size()));
  return line.substr(0, line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:"));
}

struct Field {
  std::string name, type;
};

// The comment above a name, and the name.
struct Block {
  std::string described, type_name;
  std::vector<Field> fields;
  Names parameters;
  bool returns = false;

  void add(std::string_view line) {
    const auto rest_of = [&](std::string_view tag) {
      return line.starts_with(tag) ? line.substr(tag.size()) : std::string_view();
    };
    if (!line.starts_with("---@")) described += line.substr(3);
    if (const auto rest = rest_of("---@class "); !rest.empty())
      type_name = word(rest.starts_with('(') ? rest.substr(rest.find(' ') + 1) : rest, 0);
    if (const auto rest = rest_of("---@field "); !rest.empty() && rest.front() != '[') {
      const std::string_view name = word(rest, 0);
      fields.push_back({std::string(name), std::string(word(rest, rest.find(' ') + 1))});
    }
    if (const auto rest = rest_of("---@param "); !rest.empty()) {
      const std::string_view name = rest.starts_with("...") ? "..." : word(rest, 0);
      const auto words = base::split(rest, ' ');
      CHECK_MESSAGE(words.size() >= 3, line);  // name, type, meaning
      parameters.emplace(name);
    }
    returns = returns || line.starts_with("---@return ");
  }
};

struct Annotated {
  Names names;                                        // "db.query function", "ctx.script value"
  std::map<std::string, std::vector<Field>> classes;  // that stand for no variable
  std::vector<Field> typed;                           // fields of variables, by their whole name
};

void add_function(Annotated& all, const Block& block, std::string_view line) {
  std::string name(word(line, std::string_view("function ").size()));
  std::replace(name.begin(), name.end(), ':', '.');
  CAPTURE(name);
  all.names.insert(name + " function");
  CHECK(!block.described.empty());
  CHECK(block.returns != k_silent.contains(name));
  Names parameters;
  const std::string_view inside = line.substr(line.find('(') + 1, line.find(')') - line.find('(') - 1);
  for (const std::string_view parameter : base::split(inside, ','))
    if (!base::trim(parameter).empty()) parameters.emplace(base::trim(parameter));
  CHECK(block.parameters == parameters);
}

void add_variable(Annotated& all, const Block& block, std::string_view line) {
  const std::string name(word(line, line.starts_with("local ") ? 6 : 0));
  if (!line.starts_with("local ")) all.names.insert(name + " value");
  for (const Field& field : block.fields) all.typed.push_back({name + "." + field.name, field.type});
}

Annotated annotated() {
  const std::string whole = text();
  Annotated all;
  Block block;
  for (const std::string_view line : base::split(whole, '\n')) {
    if (line.starts_with("---")) {
      block.add(line);
      continue;
    }
    if (line.starts_with("function "))
      add_function(all, block, line);
    else if (line.find(" = ") != std::string_view::npos && !line.starts_with("--"))
      add_variable(all, block, line);
    else if (!block.type_name.empty())
      all.classes[block.type_name] = block.fields;
    block = {};
  }
  for (const Field& field : all.typed) {
    all.names.insert(field.name + " value");
    for (const Field& inner : all.classes[field.type]) all.names.insert(field.name + "." + inner.name + " value");
  }
  return all;
}

Names found() {
  const support::Told told = support::attempt_body(R"lua(
    local found, seen = {}, { [_G] = true, [databases.main] = true, [databases.other] = true }
    local function walk(table, path)
      for key, value in next, table do
        local name = path .. key
        found[#found + 1] = name .. (type(value) == "function" and " function" or " value")
        if type(value) == "table" and not seen[value] then
          seen[value] = true
          walk(value, name .. ".")
        end
      end
    end
    walk(_G, "")
    walk(progress(1), "bar.")
    for name in pairs(db) do assert(databases.main[name] ~= nil and databases.other[name] ~= nil, name) end
    return { executed = true, message = table.concat(found, "\n") }
  )lua");
  REQUIRE_MESSAGE(told.result, told.error());
  Names names;
  for (const std::string_view line : base::split(told.result->message, '\n')) names.emplace(line);
  return names;
}

Names script_fields() {
  const Annotated all = annotated();
  Names names;
  for (const Field& field : all.classes.at("fettle.Script")) names.insert(field.name);
  return names;
}

}  // namespace

TEST_CASE("annotations: whatever a script can reach is annotated, and whatever is annotated a script can reach") {
  const Names real = found();
  const Names told = annotated().names;
  std::string differences;
  for (const std::string& name : real)
    if (!told.contains(name)) differences += "not annotated: " + name + "\n";
  for (const std::string& name : told)
    if (!real.contains(name)) differences += "not there: " + name + "\n";
  CHECK_MESSAGE(differences.empty(), differences);
  CHECK(told.contains("databases.main value"));
  CHECK(told.contains("db.query function"));
  CHECK(real.size() > 100);
}

TEST_CASE("annotations: the fields of a script are those that fettle knows") {
  const Names fields = script_fields();
  for (const std::string& field : fields) {
    CAPTURE(field);
    const std::string both = "shouldRun = function() end, execute = function() end";
    const support::Told told =
        support::attempt(fmt::format("return {{ {}, {} }}", both, fmt::format("{} = error", field)));
    CHECK(told.error().find("unknown field") == std::string::npos);
  }
  CHECK(
      support::attempt("return { shouldRun = error, execute = error, descripton = 1 }").error().find("unknown field") !=
      std::string::npos);
  // Those that the documents explain, in the table below "Form".
  const std::string document = support::read_file(FETTLE_SOURCE_DIR "/docs/scripts.md");
  bool inside = false;
  std::size_t explained = 0;
  for (const std::string_view line : base::split(document, '\n')) {
    inside = line == "| field | |" || (inside && line.starts_with('|'));
    if (!inside || !line.starts_with("| `")) continue;
    ++explained;
    CHECK_MESSAGE(fields.contains(std::string(word(line, 3))), line);
  }
  CHECK(explained > 8);
}

TEST_CASE("annotations: they are Lua that can be read, and begin as language servers want it") {
  const std::string whole = text();
  CHECK(whole.starts_with("---@meta\n-- Generated by fettle " FETTLE_VERSION "."));
  for (const char* place : {"%VERSION%", "%DATABASES%"}) CHECK(whole.find(place) == std::string::npos);
  const support::Told told =
      support::attempt_body("local function all()\n" + whole + "\nend\nreturn { executed = true }");
  REQUIRE_MESSAGE(told.result, told.error());
  for (const std::string_view line : base::split(whole, '\n')) CHECK_MESSAGE(base::display_width(line) <= 120, line);
}

TEST_CASE("annotations: the settings leave Lua's libraries to the annotations, and know the names of global scripts") {
  const auto settings = nlohmann::json::parse(cli::luarc_text());
  CHECK(settings.at("runtime.version") == "Lua 5.4");
  for (const auto& [library, state] : settings.at("runtime.builtin").items()) CHECK(state == "disable");
  for (const char* library : {"basic", "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"})
    CHECK(settings.at("runtime.builtin").contains(library));
  CHECK(settings.at("diagnostics.globals").get<Names>() == script_fields());
}
