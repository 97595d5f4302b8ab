// Keeps the house in order: who may include whom, which library lives where, how large things may grow. Each rule is a
// function of source texts, so that a bad example proves that it can fail; then it is asked about src/ itself.
#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace {

using Sources = std::map<std::string, std::string>;  // "room/file.cpp" → text
using Faults = std::vector<std::string>;             // "room/file.cpp:12: what is wrong"

// ---- reading C++ roughly: enough for clang-formatted code ----

enum class Keep { code, code_and_strings };

// Comments, and if wished the insides of strings, become blanks; line ends stay, so that line numbers hold.
std::string blanked(const std::string& text, Keep keep) {
  std::string out = text;
  const auto blank = [&out](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < std::min(to, out.size()); ++at)
      if (out[at] != '\n') out[at] = ' ';
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    std::size_t end = at + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', at), text.size());
      blank(at, end);
    } else if (rest.starts_with("/*")) {
      end = std::min(text.find("*/", at), text.size() - 2) + 2;
      blank(at, end);
    } else if (rest.starts_with("R\"")) {
      const std::size_t open = text.find('(', at);
      const std::string close = ")" + text.substr(at + 2, open - at - 2) + "\"";
      end = std::min(text.find(close, open), text.size() - close.size()) + close.size();
      if (keep == Keep::code) blank(at, end);
    } else if (rest[0] == '"' ||
               (rest[0] == '\'' && (at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0))) {
      while (end < text.size() && text[end] != rest[0] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      ++end;
      if (keep == Keep::code) blank(at + 1, end - 1);
    }
    at = end;
  }
  return out;
}

struct Line {
  std::size_t number;
  std::string_view text;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (const std::string_view line : base::split(text, '\n')) lines.push_back({lines.size() + 1, line});
  if (!lines.empty() && lines.back().text.empty()) lines.pop_back();
  return lines;
}

struct Include {
  std::size_t line;
  std::string header;
  bool is_ours;  // in quotes
};

std::vector<Include> includes_of(const std::string& text) {
  std::vector<Include> found;
  const std::string code = blanked(text, Keep::code_and_strings);
  for (const auto& [number, line] : lines_of(code)) {
    std::string_view rest = base::trim(line);
    if (!rest.starts_with('#')) continue;
    rest = base::trim(rest.substr(1));
    if (!rest.starts_with("include")) continue;
    rest = base::trim(rest.substr(7));
    const std::size_t end = rest.size() < 2 ? std::string_view::npos : rest.find_first_of("\">", 1);
    if (end != std::string_view::npos) found.push_back({number, std::string(rest.substr(1, end - 1)), rest[0] == '"'});
  }
  return found;
}

struct Word {
  std::size_t line;
  std::string_view text;
};

// Identifiers and keywords. The text must outlive them.
std::vector<Word> words_of(std::string_view code) {
  std::vector<Word> words;
  const auto is_part = [](char letter) {
    return letter == '_' || std::isalnum(static_cast<unsigned char>(letter)) != 0;
  };
  for (const auto& [number, line] : lines_of(code)) {
    for (std::size_t at = 0; at < line.size();) {
      std::size_t end = at;
      while (end < line.size() && is_part(line[end])) ++end;
      if (end > at) words.push_back({number, line.substr(at, end - at)});
      at = std::max(end, at + 1);
    }
  }
  return words;
}

// "lua_script" and "LuaScript" → {lua, script}
std::vector<std::string> parts_of(std::string_view identifier) {
  std::vector<std::string> parts(1);
  for (const char letter : identifier) {
    if (letter == '_' || std::isupper(static_cast<unsigned char>(letter)) != 0) parts.emplace_back();
    if (letter != '_') parts.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return parts;
}

std::string at(const std::string& file, std::size_t line, std::string_view what) {
  return fmt::format("{}:{}: {}", file, line, what);
}

// ---- rooms and floors ----

const std::map<std::string, int, std::less<>> k_floors = {
    {"base", 0},   {"core", 1},  {"os", 1},       {"folder", 2}, {"ledger", 2}, {"target", 2}, {"sandbox", 2},
    {"runner", 3}, {"watch", 3}, {"exchange", 3}, {"backup", 3}, {"cli", 4},    {"web", 5}};
constexpr int k_above_all = 6;  // main.cpp

std::string room_of(const std::string& path) {
  return path.substr(0, path.find('/'));
}

std::optional<int> floor_of(const std::string& path) {
  if (path.find('/') == std::string::npos) return k_above_all;
  const auto found = k_floors.find(room_of(path));
  return found == k_floors.end() ? std::nullopt : std::optional<int>(found->second);
}

Faults includes_that_point_up_or_sideways(const Sources& sources) {
  Faults faults;
  for (const auto& [file, text] : sources) {
    const std::optional<int> from = floor_of(file);
    if (!from) faults.push_back(at(file, 1, "lies in no known room"));
    for (const Include& include : includes_of(text)) {
      if (!include.is_ours || !from) continue;
      const std::optional<int> to = floor_of(include.header);
      if (include.header.find('/') == std::string::npos || !to)
        faults.push_back(at(file, include.line, "\"" + include.header + "\" is not of the form \"room/file.hpp\""));
      else if (room_of(file) != room_of(include.header) && *to >= *from)
        faults.push_back(at(file, include.line,
                            fmt::format("includes {}: {}", include.header,
                                        *to > *from ? "that points up" : "rooms of one floor are strangers")));
    }
  }
  return faults;
}

Faults include_circles(const Sources& sources) {
  Faults faults;
  std::set<std::string> done;
  std::vector<std::string> way;
  const std::function<void(const std::string&)> walk = [&](const std::string& file) {
    if (done.contains(file)) return;
    way.push_back(file);
    for (const Include& include : includes_of(sources.at(file))) {
      if (!include.is_ours || !sources.contains(include.header)) continue;
      const auto begin = std::find(way.begin(), way.end(), include.header);
      if (begin == way.end())
        walk(include.header);
      else
        faults.push_back(at(file, include.line,
                            fmt::format("closes a circle of {} files through {}", way.end() - begin, include.header)));
    }
    way.pop_back();
    done.insert(file);
  };
  for (const auto& [file, text] : sources) walk(file);
  return faults;
}

// ---- libraries and their places ----

struct Confined {
  std::vector<std::string> headers;  // names, or folders with a slash at the end
  std::vector<std::string> places;   // files, or rooms with a slash at the end; "*" stands for any ending
  std::size_t most_files = 1000;
};

const std::vector<Confined> k_confined = {
    {{"lua.h", "lua.hpp", "lauxlib.h", "lualib.h", "luaconf.h"}, {"sandbox/"}},
    {{"SQLiteCpp/", "sqlite3.h"}, {"ledger/", "target/sqlite*"}},
    {{"libpq-fe.h"}, {"target/libpq.hpp"}},
    {{"mysql.h"}, {"target/libmariadb.hpp"}},
    {{"dlfcn.h"}, {"target/libpq.cpp", "target/libmariadb.cpp"}},
    {{"spdlog/"}, {"os/log.cpp"}},
    {{"toml++/"}, {"cli/"}, 1},
    {{"CLI/"}, {"cli/argument*"}, 2},
    {{"httplib.h"}, {"web/http.cpp"}},
    {{"nlohmann/"},
     {"base/json.cpp", "sandbox/lua_json.cpp", "cli/json_parts.hpp", "watch/notice.cpp", "exchange/",
      "backup/manifest.cpp"}},
    {{"sodium.h"}, {"base/hash.cpp", "backup/secret.cpp", "backup/pack.cpp"}},
    {{"zstd.h"}, {"ledger/", "backup/pack.cpp"}},
    {{"linux/landlock.h", "linux/seccomp.h", "seccomp.h"}, {"sandbox/lockdown.cpp", "os/lockdown.cpp"}},
    {{"doctest/", "iostream", "regex"}, {}},
};

bool fits(const std::string& path, const std::string& pattern) {
  if (pattern.ends_with('/')) return path.starts_with(pattern);
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return path == pattern;
  return path.starts_with(pattern.substr(0, star)) && path.ends_with(pattern.substr(star + 1));
}

bool fits_any(const std::string& path, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return fits(path, pattern); });
}

Faults headers_outside_their_place(const Sources& sources) {
  Faults faults;
  for (const Confined& rule : k_confined) {
    std::set<std::string> files;
    for (const auto& [file, text] : sources) {
      for (const Include& include : includes_of(text)) {
        if (!fits_any(include.header, rule.headers)) continue;
        files.insert(file);
        if (!fits_any(file, rule.places))
          faults.push_back(
              at(file, include.line,
                 fmt::format("<{}> belongs in {}", include.header,
                             rule.places.empty() ? "no file here" : fmt::format("{}", fmt::join(rule.places, ", ")))));
        else if (files.size() > rule.most_files)
          faults.push_back(
              at(file, include.line,
                 fmt::format("<{}> belongs in one file, {} has it already", include.header, *files.begin())));
      }
    }
  }
  return faults;
}

// ---- sizes ----

constexpr std::size_t k_longest_file = 450;
constexpr std::size_t k_longest_function = 80;

Faults things_too_long(const Sources& sources) {
  Faults faults;
  for (const auto& [file, text] : sources) {
    const std::string code = blanked(text, Keep::code);
    const std::vector<Line> lines = lines_of(code);
    const std::vector<Line> raw = lines_of(text);
    if (lines.size() > k_longest_file)
      faults.push_back(at(file, lines.size(), fmt::format("the file is over {} lines", k_longest_file)));
    std::size_t head = 0;  // line on which the last thing at column 0 began
    for (const auto& [number, line] : lines) {
      if (line == "}" && raw[number - 1].text == "}" && head > 0 && number - head + 1 > k_longest_function)
        faults.push_back(at(
            file, head, fmt::format("a function of {} lines, {} is the most", number - head + 1, k_longest_function)));
      if (!line.empty() && (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '_' || line[0] == '['))
        head = number;
    }
  }
  return faults;
}

// ---- what a room may not know ----

Faults core_that_touches_the_world(const Sources& sources) {
  const std::vector<std::string> headers = {"ctime",    "time.h",   "fstream",  "cstdio",  "stdio.h",
                                            "cstdlib",  "stdlib.h", "unistd.h", "fcntl.h", "filesystem",
                                            "dirent.h", "sys/",     "iostream", "thread"};
  const std::set<std::string_view> names = {"getenv", "secure_getenv", "system_clock", "steady_clock", "fopen"};
  Faults faults;
  for (const auto& [file, text] : sources) {
    if (room_of(file) != "core") continue;
    for (const Include& include : includes_of(text))
      if (fits_any(include.header, headers))
        faults.push_back(at(file, include.line, "core may not include <" + include.header + ">"));
    const std::string code = blanked(text, Keep::code);
    for (const Word& word : words_of(code))
      if (names.contains(word.text))
        faults.push_back(at(file, word.line, fmt::format("core may not use {}", word.text)));
  }
  return faults;
}

Faults base_that_knows_the_domain(const Sources& sources) {
  const std::set<std::string_view> known = {
      "ledger_broken"};  // a kind of error ends the process, so its exit code is base's
  const std::set<std::string> domain = {"script", "scripts", "ledger", "ledgers", "attempt", "attempts"};
  Faults faults;
  for (const auto& [file, text] : sources) {
    if (room_of(file) != "base") continue;
    const std::string code = blanked(text, Keep::code);
    for (const Word& word : words_of(code)) {
      if (known.contains(word.text)) continue;
      const std::vector<std::string> parts = parts_of(word.text);
      if (std::any_of(parts.begin(), parts.end(), [&](const std::string& part) { return domain.contains(part); }))
        faults.push_back(at(file, word.line, fmt::format("\"{}\" is a word of core, not of base", word.text)));
    }
  }
  return faults;
}

// ---- catching ----

struct Catcher {
  std::string file;
  std::size_t sites;
  std::string reason;
};

// Where one room's library speaks in exceptions and the room must not, each with its reason. Everything else counts
// towards the few sites that are allowed without one.
const std::vector<Catcher> k_known_catchers = {
    {"os/program.cpp", 1, "a child that cannot be held is not left behind"},
    {"os/log.cpp", 1, "spdlog: a log file that cannot be opened becomes an Error"},
    {"cli/arguments.cpp", 1, "CLI11 answers wrong arguments and --help by exceptions"},
    {"cli/backing_up.cpp", 1, "a backup before a run that cannot be made lets no script begin, and is told"},
    {"cli/putting_back.cpp", 3,
     "a ledger that cannot be read may be put back all the same, when asked to; what was restored by then is told"},
    {"serve_main.cpp", 2, "as main.cpp, of the program that serves the page"},
    {"web/site.cpp", 3, "whatever goes wrong with one request is its answer; the next one is served"},
    {"web/serve.cpp", 3, "what fails at one beat of a daemon is tried again at the next"},
    {"web/health.cpp", 1, "a ledger that cannot be read is what a monitor asks for"},
    {"web/pulse.cpp", 1, "a ledger that cannot be read now is looked at again at the next beat"},
    {"cli/config_file.cpp", 1, "toml++ reports a syntax error by an exception"},
    {"ledger/connection.cpp", 3, "SQLiteCpp: opening to write, to read, and the first read become Errors"},
    {"ledger/history.cpp", 1, "SQLiteCpp: the one guard of all reading becomes an Error"},
    {"ledger/rows.cpp", 3, "SQLiteCpp: the guards of reading and of writing, and a file that cannot be made"},
    {"ledger/import_writer.cpp", 1, "SQLiteCpp: the one guard of an import becomes an Error"},
    {"exchange/foreign.cpp", 1, "what the database of another tool refuses becomes an Error"},
    {"exchange/ledger_place.cpp", 1, "what was written and could not be read back is said to be there"},
    {"cli/ledger_state.cpp", 1, "what is pruned stays so, whether the file gets smaller or not"},
    {"exchange/out_file.cpp", 1, "a file that is not whole is not left behind"},
    {"exchange/ledger_postgresql.cpp", 1, "what the server says of a ledger becomes an Error"},
    {"ledger/replace.cpp", 1, "SQLiteCpp: a ledger that is open elsewhere, or damaged, is told so"},
    {"ledger/verify.cpp", 1, "SQLiteCpp: damage that SQLite itself finds becomes a finding"},
    {"ledger/ledger.cpp", 4,
     "SQLiteCpp: the one guard of all writing, and a destructor that must not throw; an end is kept although nothing "
     "comes of the next beginning"},
    {"target/database.cpp", 4, "what a database cannot do or tell is part of the answer to the runner's question"},
    {"target/keeping.cpp", 3, "the boundary of a backup's step: what went wrong is in the database's status"},
    {"target/sqlite_keeping.cpp", 4, "SQLiteCpp: what is locked, damaged or cannot be read is told as such"},
    {"target/postgresql_keeping.cpp", 3,
     "a program that says by its exit code that two differ; others who are connected"},
    {"target/mariadb_keeping.cpp", 2,
     "a program that says by its exit code that two differ; a right that is missing is named"},
    {"target/sqlite.cpp", 1, "rows of one call are executed all or none"},
    {"target/sqlite_address.cpp", 1, "SQLiteCpp: a database that cannot be opened becomes an SqlError"},
    {"runner/adding.cpp", 1, "a text that the ledger does not have as it was is a no, and the file is left"},
    {"runner/runner.cpp", 1, "what is only done ahead must not come between a commit and its answer"},
    {"runner/session.cpp", 1, "a destructor that must not throw"},
    {"runner/server_copies.cpp", 1, "a destructor that must not throw"},
    {"runner/standby.cpp", 1, "a ledger that cannot be opened ahead is opened, and refused, when it is needed"},
    {"watch/ledger_eye.cpp", 1, "a watcher outlives a ledger that cannot be read"},
    {"watch/watcher.cpp", 3, "a watcher outlives what goes wrong: a look, the start of a run, a new configuration"},
    {"runner/ledger_state.cpp", 1, "what cannot be looked at is a finding, not the end"},
    {"ledger/upkeep.cpp", 2, "SQLiteCpp: a file that cannot be written anew, or pruned, becomes an Error"},
    {"runner/doctor.cpp", 1, "a thing that cannot be tried is a finding of the doctor, not its end"},
    {"target/broker.cpp", 6, "the boundary of a statement: each SqlError becomes a message to worker or runner"},
    {"target/mariadb.cpp", 5,
     "what the server says of a commit or a lock is told in fettle's words; what was begun in vain is made as new"},
    {"target/mariadb_connection.hpp", 1, "what the server says of a statement is told in fettle's words"},
    {"target/mariadb_images.cpp", 1, "what cannot be selected is a gap; the statement itself says what is wrong"},
    {"target/mariadb_script.cpp", 3, "what the server says of a procedure is told in fettle's words"},
    {"target/changed_rows.cpp", 1, "an account that does not fit into the memory fails the attempt, not the broker"},
    {"target/sqlite_changes.cpp", 2, "no exception may fly through SQLite's hook: it fails the attempt at its end"},
    {"target/restoring.cpp", 2,
     "a row that cannot be put back is a conflict; what else goes wrong is part of the answer"},
    {"target/mariadb_killer.cpp", 1, "a word to stop that cannot be said is seen by its not stopping"},
    {"target/mariadb_piecemeal.cpp", 1, "rows of one call are executed all or none"},
    {"target/mariadb_link.cpp", 2, "a server without encryption; a word to stop that finds the next statement"},
    {"target/mariadb_statements.cpp", 1, "what could not be prepared is given back"},
    {"target/postgresql.cpp", 9, "what the server says of a commit or a lock is told in fettle's words"},
    {"target/paging.cpp", 3, "what a database says of a page is part of the answer to the runner"},
    {"target/postgresql_statements.cpp", 2, "what the server says of a statement is told in fettle's words"},
    {"target/postgresql_changes.cpp", 1, "what a script took away of ours is told in fettle's words"},
    {"target/postgresql_images.cpp", 1, "rows that cannot be read are a gap in what is told, no fault of the script"},
    {"target/postgresql_silence.cpp", 1, "who may not silence triggers finds out by being refused"},
    {"target/postgresql_copy.cpp", 1, "a database that is in use is copied in another way"},
    {"target/postgresql_link.cpp", 1, "a word to stop that finds the next statement is no fault"},
    {"web/screen_parts.cpp", 1,
     "of a text that was altered is said so; the rest of the screen is what one looks for then"},
    {"web/screen_history.cpp", 1, "a filter that means nothing is told beside the form, whose fields stay filled in"},
    {"sandbox/many.cpp", 1, "a row that the database refused is told of before one that no statement can take"},
    {"sandbox/lua_state.hpp", 2, "the guard of every host function: a C++ exception becomes a Lua error"},
};
constexpr std::size_t k_most_catch_sites = 8;

// Lines of "catch (" in code; insides: of those that catch everything only.
enum class Catches { every, nameless };

std::vector<std::size_t> catch_lines(const std::string& text, Catches wanted) {
  std::vector<std::size_t> found;
  const std::string code = blanked(text, Keep::code);
  for (const auto& [number, line] : lines_of(code)) {
    for (std::size_t at = line.find("catch ("); at != std::string_view::npos; at = line.find("catch (", at + 1))
      if (wanted == Catches::every || line.substr(at).starts_with("catch (...)")) found.push_back(number);
  }
  return found;
}

Faults catches_of_everything_below_lua(const Sources& sources) {
  Faults faults;
  for (const auto& [file, text] : sources)
    if (room_of(file) == "sandbox")
      for (const std::size_t line : catch_lines(text, Catches::nameless))
        faults.push_back(at(file, line, "catch (...) would swallow Lua's own errors"));
  return faults;
}

Faults too_many_catch_sites(const Sources& sources, const std::vector<Catcher>& known) {
  Faults sites;
  for (const auto& [file, text] : sources) {
    const auto entry = std::find_if(known.begin(), known.end(), [&](const Catcher& one) { return one.file == file; });
    std::size_t allowed = entry == known.end() ? 0 : entry->sites;
    for (const std::size_t line : catch_lines(text, Catches::every)) {
      if (allowed > 0)
        --allowed;
      else
        sites.push_back(
            at(file, line, fmt::format("a catch site; more than {} need a reason in this test", k_most_catch_sites)));
    }
  }
  return sites.size() > k_most_catch_sites ? sites : Faults{};
}

// ---- promises ----

Faults notes_to_self(const Sources& sources) {
  Faults faults;
  for (const auto& [file, text] : sources)
    for (const Word& word : words_of(text))
      if (word.text == "TODO" || word.text == "FIXME" || word.text == "XXX")
        faults.push_back(at(file, word.line, fmt::format("{}: do it, or open an issue", word.text)));
  return faults;
}

// ---- the house itself ----

Sources read_house() {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(FETTLE_SOURCE_DIR) / "src";
  Sources sources;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    sources[fs::relative(entry.path(), root).generic_string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  REQUIRE(sources.size() > 20);
  return sources;
}

std::string together(const Faults& faults) {
  return fmt::format("\n{}\n", fmt::join(faults, "\n"));
}

void check_clean(const Faults& faults) {
  INFO(together(faults));
  CHECK(faults.empty());
}

}  // namespace

TEST_CASE("house: includes point down, and rooms of one floor are strangers") {
  check_clean(includes_that_point_up_or_sideways(read_house()));
  CHECK(includes_that_point_up_or_sideways({{"base/a.hpp", "#include \"core/b.hpp\"\n"}}) ==
        Faults{"base/a.hpp:1: includes core/b.hpp: that points up"});
  CHECK(includes_that_point_up_or_sideways({{"core/a.cpp", "\n#include \"os/fd.hpp\"\n"}}) ==
        Faults{"core/a.cpp:2: includes os/fd.hpp: rooms of one floor are strangers"});
  CHECK(includes_that_point_up_or_sideways({{"folder/a.cpp", "#include \"ledger/b.hpp\"\n"}}).size() == 1);
  CHECK(includes_that_point_up_or_sideways({{"runner/a.cpp", "#include \"cli/b.hpp\"\n"}}).size() == 1);
  CHECK(includes_that_point_up_or_sideways({{"cli/a.cpp", "#include \"b.hpp\"\n"}}).size() == 1);
  CHECK(includes_that_point_up_or_sideways({{"attic/a.cpp", ""}}).size() == 1);
  CHECK(includes_that_point_up_or_sideways({{"main.cpp", "#include \"cli/a.hpp\"\n#include \"base/b.hpp\"\n"},
                                            {"core/a.cpp", "// #include \"cli/a.hpp\"\n#include \"core/b.hpp\"\n"}})
            .empty());
}

TEST_CASE("house: no files include each other in a circle") {
  check_clean(include_circles(read_house()));
  const Sources circle = {{"os/a.hpp", "#include \"os/b.hpp\"\n"},
                          {"os/b.hpp", "#pragma once\n#include \"os/c.hpp\"\n"},
                          {"os/c.hpp", "#include \"os/a.hpp\"\n"}};
  CHECK(include_circles(circle) == Faults{"os/c.hpp:1: closes a circle of 3 files through os/a.hpp"});
  CHECK(include_circles({{"os/a.hpp", "#include \"os/a.hpp\"\n"}}).size() == 1);
  CHECK(include_circles(
            {{"os/a.hpp", "#include \"os/c.hpp\"\n"}, {"os/b.hpp", "#include \"os/c.hpp\"\n"}, {"os/c.hpp", ""}})
            .empty());
}

TEST_CASE("house: every library stays in its place") {
  check_clean(headers_outside_their_place(read_house()));
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"runner/a.cpp", "lua.h"},          {"target/sqlite.cpp", "lauxlib.h"},
      {"cli/a.cpp", "lualib.h"},          {"runner/a.cpp", "SQLiteCpp/Database.h"},
      {"target/broker.cpp", "sqlite3.h"}, {"target/connection.hpp", "sqlite3.h"},
      {"os/fd.cpp", "spdlog/spdlog.h"},   {"core/config.cpp", "toml++/toml.h"},
      {"runner/a.cpp", "CLI/CLI.hpp"},    {"cli/show.cpp", "nlohmann/json.hpp"},
      {"ledger/a.cpp", "sodium.h"},       {"base/a.cpp", "zstd.h"},
      {"target/a.cpp", "seccomp.h"},      {"os/fd.cpp", "linux/landlock.h"},
      {"cli/a.cpp", "doctest/doctest.h"}, {"cli/a.cpp", "iostream"},
      {"base/text.cpp", "regex"},
  };
  for (const auto& [file, header] : bad) {
    CAPTURE(file);
    CAPTURE(header);
    CHECK(headers_outside_their_place({{file, "#include <" + header + ">\n"}}).size() == 1);
  }
  CHECK(headers_outside_their_place(
            {{"cli/a.cpp", "#include <toml++/toml.h>\n"}, {"cli/b.cpp", "#include <toml++/toml.h>\n"}}) ==
        Faults{"cli/b.cpp:1: <toml++/toml.h> belongs in one file, cli/a.cpp has it already"});
  CHECK(headers_outside_their_place({{"sandbox/a.cpp", "#include <lua.h>\n"},
                                     {"target/sqlite_rows.cpp", "#include <sqlite3.h>\n"},
                                     {"cli/a.cpp", "#include <toml++/toml.h>\n#include <string>\n"}})
            .empty());
}

TEST_CASE("house: files and functions stay small") {
  check_clean(things_too_long(read_house()));
  std::string body;
  for (int line = 0; line < 78; ++line) body += "  x();\n";
  CHECK(things_too_long({{"os/a.cpp", "\nvoid a(int b,\n       int c) {\n" + body + "}\n"}}) ==
        Faults{"os/a.cpp:2: a function of 81 lines, 80 is the most"});
  CHECK(things_too_long({{"os/a.cpp", "void a() {\n" + body + "}\n\nvoid b() {\n" + body + "}\n"}}).empty());
  CHECK(things_too_long({{"os/a.cpp", "struct A {\n" + body + body + "};\n"}}).empty());
  CHECK(things_too_long(
            {{"os/a.cpp", "namespace a {\n" + body + body + "}  // namespace a\n\nint b() {\n  return 1;\n}\n"}})
            .empty());
  CHECK(things_too_long({{"os/a.cpp", std::string(450, '\n')}}).empty());
  CHECK(things_too_long({{"os/a.cpp", std::string(451, '\n')}}) == Faults{"os/a.cpp:451: the file is over 450 lines"});
}

TEST_CASE("house: core touches no clock, environment or file") {
  check_clean(core_that_touches_the_world(read_house()));
  for (const char* header : {"ctime", "fstream", "cstdlib", "unistd.h", "fcntl.h", "filesystem", "sys/stat.h"}) {
    CAPTURE(header);
    CHECK(core_that_touches_the_world({{"core/a.cpp", fmt::format("#include <{}>\n", header)}}).size() == 1);
  }
  CHECK(core_that_touches_the_world({{"core/a.cpp", "\nauto t = std::chrono::system_clock::now();\n"}}) ==
        Faults{"core/a.cpp:2: core may not use system_clock"});
  CHECK(core_that_touches_the_world({{"core/a.cpp", "#include <chrono>\n// getenv\nconst char* a = \"getenv\";\n"},
                                     {"os/a.cpp", "#include <unistd.h>\n"}})
            .empty());
}

TEST_CASE("house: base does not know what a script, a ledger or an attempt is") {
  check_clean(base_that_knows_the_domain(read_house()));
  CHECK(base_that_knows_the_domain({{"base/a.hpp", "\nint script_count;\n"}}) ==
        Faults{"base/a.hpp:2: \"script_count\" is a word of core, not of base"});
  CHECK(base_that_knows_the_domain({{"base/a.hpp", "struct LedgerRow {};\nint attempts;\n"}}).size() == 2);
  CHECK(base_that_knows_the_domain(
            {{"base/a.hpp", "int description; // script\nauto x = \"ledger\"; int subscription;\n"},
             {"core/a.hpp", "int script;\n"}})
            .empty());
}

TEST_CASE("house: nothing below Lua catches everything") {
  check_clean(catches_of_everything_below_lua(read_house()));
  CHECK(catches_of_everything_below_lua({{"sandbox/a.cpp", "void a() {\n  try {\n  } catch (...) {\n  }\n}\n"}}) ==
        Faults{"sandbox/a.cpp:3: catch (...) would swallow Lua's own errors"});
  CHECK(catches_of_everything_below_lua(
            {{"sandbox/a.cpp", "// never catch (...)\n} catch (const A&) {\n"}, {"os/a.cpp", "} catch (...) {\n"}})
            .empty());
}

TEST_CASE("house: few places catch, and each further one has a reason") {
  check_clean(too_many_catch_sites(read_house(), k_known_catchers));
  std::string eight;
  for (int site = 0; site < 8; ++site) eight += "} catch (const A&) {\n";
  CHECK(too_many_catch_sites({{"os/a.cpp", eight}}, {}).empty());
  CHECK(too_many_catch_sites({{"os/a.cpp", eight}, {"os/b.cpp", "} catch (const A&) {\n"}}, {}).size() == 9);
  CHECK(too_many_catch_sites({{"os/a.cpp", eight}, {"os/b.cpp", "} catch (const A&) {\n"}}, {{"os/b.cpp", 1, "why"}})
            .empty());
  for (const Catcher& known : k_known_catchers) CHECK(!known.reason.empty());
  CHECK(too_many_catch_sites({{"os/a.cpp", eight + "} catch (const A&) {\n} catch (const B&) {\n"}},
                             {{"os/a.cpp", 1, "why"}})
            .size() == 9);
}

TEST_CASE("house: no notes to self in the code") {
  check_clean(notes_to_self(read_house()));
  CHECK(notes_to_self({{"os/a.cpp", "int a;\n// TODO: b\n"}}) == Faults{"os/a.cpp:2: TODO: do it, or open an issue"});
  CHECK(notes_to_self({{"os/a.cpp", "/* FIXME */\n"}}).size() == 1);
  CHECK(notes_to_self({{"os/a.cpp", "int TODOS;\n"}}).empty());
}
