// Names and texts come from whoever wrote a script. Whatever they hold, what fettle prints may neither steer a
// terminal, nor look like another line of fettle's, nor break JSON. One folder of hostile names and texts goes through
// every command, on a terminal with colour, into a pipe and as JSON. The judge of what is safe (harm_in) shares no code
// with base::escape.
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "support/skip.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Strings = std::vector<std::string>;

// Colours that fettle itself never uses, so that one that got through is told from its own.
const Strings k_hostile = {
    "\x1b[35mviolet",                   // a colour
    "\x1b[2J\x1b[H",                    // an empty screen
    "\x1b]0;title\x07",                 // the window's title
    "\x1b]8;;http://evil\x1b\\link",    // a link
    "\x1bP+q\x1b\\",                    // a question that the terminal answers as if typed
    "line\nerror: forged",              // a line of its own
    "over\rwritten",                    // the line from its start
    "back\b\b\bspace",                  //
    "tab\tstop",                        //
    "del\x7f",                          //
    "null-free\x01\x02\x0e",            //
    "c1 \xc2\x9b\x33\x35m",             // CSI as one character
    "c1 \xc2\x9d\x30;x\xc2\x9c",        // OSC
    "raw \x9b\x33\x35m",                // the same as a byte that is no UTF-8
    "bad \xff\xfe\xc3",                 // no UTF-8 at all
    "half \xe2\x80",                    //
    "long form \xc0\xaf \xe0\x80\xaf",  //
    "surrogate \xed\xa0\x80",           //
    "rtl \xe2\x80\xae"
    "aul.1",                               // right to left override
    "isolate \xe2\x81\xa6x\xe2\x81\xa9",   //
    "mark \xe2\x80\x8f\xe2\x80\x8e",       //
    "arabic mark \xd8\x9c",                //
    "separator \xe2\x80\xa8\xe2\x80\xa9",  // other ends of a line
    "nothing \xe2\x80\x8b\xe2\x81\xa0\xef\xbb\xbf\xc2\xad",
    "tag \xf3\xa0\x81\x81",
    "annotation \xef\xbf\xb9x\xef\xbf\xbb",
    "quote \" ' \\ </script> {\"a\":1} %s %n ${HOME} $(id) `id`",
};

// Why this text is not safe to print; empty: it is.
std::string harm_of(std::uint32_t code) {
  const auto within = [code](std::uint32_t from, std::uint32_t to) { return code >= from && code <= to; };
  if (code < 0x20 || within(0x7F, 0x9F)) return "a control character";
  if (within(0x202A, 0x202E) || within(0x2066, 0x2069) || within(0x200E, 0x200F) || code == 0x61C)
    return "a change of direction";
  if (within(0x2028, 0x2029)) return "an end of line";
  if (within(0x200B, 0x200D) || within(0x2060, 0x206F) || within(0xFFF9, 0xFFFB) || within(0xE0000, 0xE007F) ||
      code == 0xAD || code == 0xFEFF || code == 0x180E)
    return "an invisible character";
  return {};
}

std::string harm_in(std::string_view text) {
  if (text.starts_with("error: forged") || text.find("\nerror: forged") != std::string::npos) return "a forged line";
  if (!base::is_utf8(text)) return "bytes that are no UTF-8";
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t next = 1; next < length; ++next)
      code = (code << 6U) | (static_cast<unsigned char>(text[at + next]) & 0x3FU);
    if (std::string harm = harm_of(code); !harm.empty() && code != '\n')
      return fmt::format("{} (U+{:04X}) after \"{}\"", harm, code,
                         text.substr(at < 60 ? 0 : at - 60, std::min<std::size_t>(at, 60)));
    at += length;
  }
  return {};
}

void take_away(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) text.erase(at, what.size());
}

// What fettle itself sends to a terminal: its colours, the line that it takes back, and the terminal's own line ends.
// What fettle itself sends to a terminal: its colours, the line that it takes back (from \r to ESC [K), and the
// terminal's own line ends.
std::string without_own_codes(std::string text) {
  for (const char* code : {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"})
    take_away(text, code);
  const std::string erase = "\x1b[K";
  for (std::size_t at = text.find(erase); at != std::string::npos; at = text.find(erase)) {
    const std::size_t start = text.rfind('\r', at);
    if (start == std::string::npos || text.find('\n', start) < at) return text;
    text.erase(start, at + erase.size() - start);
  }
  for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at)) text.erase(at, 1);
  return text;
}

// Where lines are kept as they were written, tabs are too.
std::string without_tabs(std::string text) {
  take_away(text, "\t");
  return text;
}

std::string lua_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char byte : text) quoted += fmt::format("\\{:03}", static_cast<unsigned char>(byte));
  return quoted + "\"";
}

// Every way in which a script can say something; X is the hostile text.
const Strings k_bodies = {
    "error(X)",
    "error({ message = X })",
    "return nil, X",
    "return { executed = true, message = X, [X] = X, list = { X } }",
    "return { executed = false, message = X, error = X }",
    "return { skipped = true, message = X }",
    "skip(X)",
    "log.info('%s', X) log.error('%s', X) log.debug('%s', X) print(X) return { executed = true, message = X }",
    "db.exec('select ' .. X)",
    "db.query('select * from \"' .. X .. '\"')",
    "db.exec('insert into item (name) values (?)', X) db.exec('insert into item (name) values (?)', X)",
    "return databases[X].query('select 1')",
    "return db.hasColumn(X, X) and nil or { executed = true, [X] = 1 }",
    "local t = setmetatable({}, { __index = function(_, k) error(k) end }) return t[X]",
    "load('error(...)', '=' .. X)(X)",
    "return string.rep(X, 3)",
    "ctx[X] = X",
};

std::string script_of(const std::string& body, std::string_view text) {
  return fmt::format(
      "local X = {}\nreturn {{ description = X, shouldRun = function() log.info(X) return true end,\n"
      "  execute = function() {} end }}\n",
      lua_string(text), body);
}

class Site {
 public:
  Site() {
    scratch_.write("config.toml",
                   "[databases.main]\nurl = \"sqlite:app.db\"\n[log]\nlevel = \"debug\"\nfile = \"fettle.log\"\n"
                   "[run]\nenvironment = \"\\u001b[35mlive\\u202e\"\n");
    fs::create_directories(scratch_.path("fix-scripts"));
    REQUIRE(support::run({.command = {"sqlite3", scratch_.path("app.db"), "create table item (name text unique)"},
                          .directory = "/",
                          .environment = {}})
                .status == 0);
    int number = 100;
    for (const std::string& text : k_hostile) {
      const std::string name = fmt::format("{}_{}", ++number, file_name(text));
      names_.push_back(name + ".lua");
      const std::string& body = k_bodies[static_cast<std::size_t>(number) % k_bodies.size()];
      support::write_file(path(name + ".lua"), script_of(body, text));
      support::write_file(path(name + ".txt"), "not a script");
    }
    for (const std::string& body : k_bodies)
      for (const std::size_t text : {0U, 5U, 11U, 14U, 18U}) {
        const std::string name = fmt::format("{}_body.lua", ++number);
        names_.push_back(name);
        support::write_file(path(name), script_of(body, k_hostile[text]));
      }
    names_.push_back("900_" + std::string(230, 'x') + "\x1b[35m.lua");
    support::write_file(path(names_.back()), script_of(k_bodies[0], std::string(9000, '\x1b')));
    support::write_file(path("901_\x1b[35m_syntax.lua"),
                        "return \x1b[35m\xe2\x80\xae"
                        "x y z");
    support::write_file(path("902_field.lua"), "return { [" + lua_string("execut\x1b[35m") + "] = 1 }");
    names_.insert(names_.end(), {"901_\x1b[35m_syntax.lua", "902_field.lua"});
    fs::create_directories(path("903_folder\x1b[35m.lua"));
    fs::create_symlink("/etc/passwd", path("904_link\xe2\x80\xae.lua"));
  }

  const Strings& names() const noexcept { return names_; }
  const support::Scratch& scratch() const noexcept { return scratch_; }
  std::string path(const std::string& name) const { return scratch_.path("fix-scripts/" + name); }

  support::Ended piped(const Strings& words) const {
    Strings command = {support::fettle_binary()};
    command.insert(command.end(), words.begin(), words.end());
    return support::run({.command = command, .directory = scratch_.path(), .environment = k_environment});
  }
  std::string on_terminal(const Strings& words) const {
    std::string line = support::fettle_binary();
    for (const std::string& word : words) line += " " + base::shell_quote(word);
    return support::run({.command = {"script", "-qec", line, "/dev/null"},
                         .directory = scratch_.path(),
                         .environment = k_environment})
        .out;
  }

  // A file's name may hold anything but a slash and a zero.
  static std::string file_name(std::string text) {
    for (char& letter : text)
      if (letter == '/') letter = '_';
    return text;
  }

 private:
  const Strings k_environment = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "COLUMNS=80"};
  support::Scratch scratch_;
  Strings names_;
};

// As JSON must carry it.
std::string repaired(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

bool can_have_terminal() {
  return support::run({.command = {"script", "-qec", "true", "/dev/null"}, .directory = "/", .environment = {}})
             .status == 0;
}

// All three ways to look at one command.
void check_harmless(const Site& site, const Strings& words, std::set<int>& codes) {
  std::string shown;
  for (const std::string& word : words) shown += base::escape(word) + " ";
  INFO("fettle " << shown);
  const support::Ended piped = site.piped(words);
  codes.insert(piped.status);
  const bool keeps_tabs = words[0] == "show";
  const auto harm = [keeps_tabs](const std::string& text) { return harm_in(keeps_tabs ? without_tabs(text) : text); };
  CHECK(harm(piped.out) == "");
  CHECK(harm(piped.err) == "");
  CHECK(harm(without_own_codes(site.on_terminal(words))) == "");
  Strings as_json = words;
  as_json.insert(as_json.begin(), "--json");
  const support::Ended told = site.piped(as_json);
  CHECK(harm_in(told.out) == "");
  CHECK(harm_in(told.err) == "");
  if (!told.out.empty()) CHECK(json::accept(told.out));
}

}  // namespace

TEST_CASE("printing: no name and no text of a script steers a terminal, forges a line or breaks JSON") {
  if (!can_have_terminal()) return support::skip("there is no script(1) to make a terminal with");
  const Site site;
  std::set<int> codes;
  const std::string& evil = k_hostile[0];
  const Strings commands_before[] = {{"check"},      {"-q", "check"}, {"plan"},
                                     {"-v", "plan"}, {"status"},      {"-v", "status"}};
  for (const Strings& words : commands_before) check_harmless(site, words, codes);

  // A third of them each way, so that every text of a run is seen on a terminal, in a pipe and in JSON.
  CHECK(harm_in(without_own_codes(site.on_terminal({"-v", "run", "--by", evil, "--reason", k_hostile[5]}))) == "");
  CHECK(harm_in(without_own_codes(site.on_terminal({"-v", "retry", "--all"}))) == "");
  const support::Ended retried = site.piped({"-v", "retry", "--all", "--reason", k_hostile[11]});
  CHECK(harm_in(retried.out) == "");
  CHECK(harm_in(retried.err) == "");
  const support::Ended as_json = site.piped({"--json", "retry", "--all"});
  CHECK(harm_in(as_json.out) == "");
  CHECK(json::accept(as_json.out));

  Strings attempts;
  const json history = json::parse(site.piped({"--json", "history", "--limit", "0"}).out);
  REQUIRE(history.size() >= site.names().size());
  for (std::size_t index = 0; index < history.size(); index += 3)
    attempts.push_back(std::to_string(history[index]["attempt"].get<int>()));
  for (const std::string& attempt : attempts) {
    CAPTURE(attempt);
    CHECK(harm_in(without_tabs(site.piped({"show", attempt}).out)) == "");
    CHECK(harm_in(site.piped({"--json", "show", attempt}).out) == "");
  }
  for (const std::string& attempt : {attempts.front(), attempts.back()})
    CHECK(harm_in(without_tabs(without_own_codes(site.on_terminal({"show", attempt})))) == "");

  const std::string& name = site.names().front();
  const std::string& bad = site.names()[13];
  const Strings commands_after[] = {
      {"status"},
      {"-v", "status"},
      {"history", "--limit", "0"},
      {"history", "--script", name},
      {"history", "--script", evil},
      {"history", "--outcome", evil},
      {"history", "--run", evil},
      {"show", name},
      {"show", bad},
      {"show", evil},
      {"retry", "--no-run", name},
      {"retry", "--no-run", bad},
      {"retry", evil},
      {"run", name},
      {"run", evil},
      {"run", "--wait", evil},
      {"check", name},
      {"check", evil},
      {"plan", bad},
      {"mark", name, "succeeded", "--reason", k_hostile[5]},
      {"mark", name, evil},
      {"mark", evil, "failed"},
      {"repair", "--dry-run"},
      {"repair"},
      {"ledger", "verify"},
      {"-v", "ledger", "verify"},
      {"ledger", "verify", "--expect", evil},
      {"ledger", "info"},
      {"unlock"},
      {"doctor"},
      {"config", "show"},
      {"config", "show", "--origin"},
      {"config", "check"},
      {"config", evil},
      {"new", evil},
      {"new", k_hostile[18]},
      {evil},
      {"--" + evil},
      {"run", "--" + k_hostile[5]},
      {"-C", evil, "status"},
      {"-C", k_hostile[5], "status"},
      {"-c", evil, "status"},
      {"-c", k_hostile[14], "status"},
      {"init", evil},
      {"init", k_hostile[5]},
      {"version"},
      {"status", evil},
  };
  for (const Strings& words : commands_after) check_harmless(site, words, codes);
  CHECK(codes.contains(0));
  CHECK(codes.contains(2));
}

TEST_CASE("printing: what lies in files afterwards is safe to look at, and each record of the log is one line") {
  const Site site;
  CHECK(site.piped({"-v", "run", "--reason", k_hostile[5]}).status == 4);
  const std::string log = site.scratch().read("fettle.log");
  CHECK(harm_in(log) == "");
  CHECK(log.find("run 1 begins") != std::string::npos);
  std::size_t records = 0;
  for (const std::string_view line : base::split(base::trim(log), '\n')) {
    INFO(line);
    CHECK(line.size() > 30);
    CHECK(line.substr(0, 2) == "20");
    CHECK((line[4] == '-' && line[10] == 'T'));
    ++records;
  }
  CHECK(records >= 2);
  std::size_t notes = 0;
  for (const std::string& name : site.scratch().list("failed")) {
    if (!name.ends_with(".error.txt")) continue;
    INFO(base::escape(name));
    CHECK(harm_in(without_tabs(site.scratch().read("failed/" + name))) == "");
    ++notes;
  }
  CHECK(notes > 20);
}

TEST_CASE("printing: JSON carries every text that is UTF-8 as it was, and repairs what is not") {
  const Site site;
  const json run = json::parse(site.piped({"--json", "run"}).out);
  std::set<std::string> told, wanted;
  for (const json& script : run["scripts"]) told.insert(script["script"].get<std::string>());
  for (const std::string& name : site.names()) wanted.insert(repaired(name));
  for (const std::string& name : wanted) CHECK_MESSAGE(told.contains(name), base::escape(name));
  CHECK(told.size() == wanted.size());
  std::size_t seen = 0;
  const json history = json::parse(site.piped({"--json", "history", "--limit", "0"}).out);
  for (const json& attempt : history) {
    if (!attempt["message"].is_string()) continue;
    const auto message = attempt["message"].get<std::string>();
    for (const std::string& text : k_hostile)
      if (message == text) ++seen;
  }
  CHECK(seen > 3);
}
