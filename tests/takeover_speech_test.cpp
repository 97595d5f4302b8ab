// What a taken-over worker may say: any bytes on its channel to the runner, in place of and before what an honest one
// says. takeover/shim.cpp, preloaded into the shipped program, puts them there.
#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "core/message.hpp"
#include "os/fd.hpp"
#include "support/program.hpp"
#include "support/scratch.hpp"
#include "takeover/page.hpp"

#ifndef FETTLE_SANITIZED  // the library is preloaded, which a sanitizer does not allow
namespace {

using core::Kind;
using nlohmann::json;

constexpr std::uint16_t k_magic = 0xF377;

std::string header(std::uint32_t length, std::uint8_t kind, std::uint8_t descriptors = 0,
                   std::uint16_t magic = k_magic) {
  std::string bytes(8, '\0');
  std::memcpy(&bytes[0], &length, 4);
  std::memcpy(&bytes[4], &kind, 1);
  std::memcpy(&bytes[5], &descriptors, 1);
  std::memcpy(&bytes[6], &magic, 2);
  return bytes;
}

std::string raw_frame(std::uint8_t kind, const std::string& body) {
  return header(static_cast<std::uint32_t>(body.size()), kind) + body;
}

template <class Message>
std::string frame(const Message& message) {
  return raw_frame(static_cast<std::uint8_t>(Message::kind), core::encode(message));
}

std::string says(const std::string& bytes, int times = 1) {
  std::string text = fmt::format("-- says {} times: ", times);
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text + "\n";
}

const std::string k_silent = "-- falls silent\n";

std::string declared(std::chrono::milliseconds timeout) {
  core::Declaration declaration;
  declaration.timeout = timeout;
  return says(frame(core::Loaded{declaration}));
}

std::string loaded() {
  return says(frame(core::Loaded{}));
}

std::string answered() {
  return says(frame(core::Answer{core::Answer::Word::yes, {}, {}}));
}

std::string result(const std::string& text, const std::string& message = {}) {
  return says(frame(core::Result{core::Result::Word::succeeded, message, text}));
}

struct Speech {
  std::string_view what;
  std::string text;
  std::string_view cause;  // how the attempt fails: one of them
};

// Every kind of frame that is not the one that is due.
std::string every_other_kind(std::string_view due) {
  std::string text;
  for (int kind = 0; kind < 256; ++kind)
    if (kind != static_cast<int>(Kind::line))
      text += says(raw_frame(static_cast<std::uint8_t>(kind), std::string(due)));
  return text;
}

std::vector<Speech> speeches() {
  const std::string line = frame(core::Line{core::LineLevel::info, "forged\n\x1b[31mred"});
  const std::string deep(2000, '[');
  core::Fault forged{core::Cause::timeout, std::string(100'000, '\x1b'), std::string(100'000, '\n')};
  std::vector<Speech> all = {
      {"noise", says(std::string(64, 'x')), "crash"},
      {"zeros", says(std::string(64, '\0')), "crash"},
      {"a length of 4 GiB", says(header(0xFFFFFFFF, 18)), "crash"},
      {"a length one over the limit", says(header((16U << 20U) + 1, 18)), "crash"},
      {"another magic", says(header(1, 18, 0, 0x1234) + "x"), "crash"},
      {"descriptors that never come", says(header(1, 18, 3) + "x"), "crash"},
      {"half a header, then nothing", says(header(8, 18).substr(0, 5)) + k_silent, "timeout"},
      {"half a frame, then nothing", says(header(1000, 18) + "half") + k_silent, "timeout"},
      {"nothing at all", k_silent, "timeout"},
      {"a body that is cut off", says(raw_frame(static_cast<std::uint8_t>(Kind::loaded), "\1\2")), "crash"},
      {"a body with more behind it",
       says(raw_frame(static_cast<std::uint8_t>(Kind::loaded), core::encode(core::Loaded{}) + "x")), "crash"},
      {"a level of a line that is none", says(raw_frame(static_cast<std::uint8_t>(Kind::line), "\xff")), "crash"},
      {"every kind of frame with an empty body", every_other_kind(""), "crash"},
      {"every kind of frame with a body of zeros", every_other_kind(std::string(64, '\0')), "crash"},
      {"loaded twice", loaded() + loaded() + k_silent, "crash"},
      {"an answer before it was asked", answered() + k_silent, "crash"},
      {"a result before it was asked", result("") + k_silent, "crash"},
      {"a result in place of an answer", loaded() + result("") + k_silent, "crash"},
      {"two answers", loaded() + answered() + answered() + k_silent, "crash"},
      {"that it is ready once more", says(frame(core::WorkerReady{})) + k_silent, "crash"},
      {"that it was committed",
       loaded() + answered() + says(frame(core::Done{core::Done::Word::committed, {}, {}, 1, 1})) + k_silent, "crash"},
      {"a fault with a cause that is not its to give", says(frame(forged)) + k_silent, "error"},
      {"a result that is no JSON", loaded() + answered() + result("{\"a\":") + k_silent, "crash"},
      {"a result that is deep", loaded() + answered() + result(deep + std::string(2000, ']')) + k_silent, "crash"},
      {"a result that is large",
       loaded() + answered() + result("\"" + std::string(std::size_t{2} << 20U, 'x') + "\"") + k_silent, "contract"},
      {"a time limit before the beginning of time", declared(std::chrono::milliseconds(-5)) + k_silent, "timeout"},
      {"a time limit of nothing", declared(std::chrono::milliseconds(0)) + k_silent, "timeout"},
      {"the same line a hundred thousand times, then nothing", says(line, 100'000) + k_silent, "timeout"},
      {"a gigabyte of lines", says(frame(core::Line{{}, std::string(std::size_t{1} << 20U, '\x1b')}), 1000) + k_silent,
       "timeout"},
      {"empty lines without end", says(frame(core::Line{}), 1'000'000'000), "timeout"},
  };
  return all;
}

const std::string k_honest = R"lua(
return { shouldRun = function() return true end,
         execute = function() db.exec("insert into ran (script) values (?)", ctx.script) return { executed = true } end }
)lua";

// A folder in which the library strikes.
class Site {
 public:
  Site() {
    scratch_.write(
        "config.toml",
        "[databases.main]\nurl = \"sqlite:app.db\"\n[run]\ntimeout = \"700ms\"\nmax_script_size = \"8MiB\"\n");
    REQUIRE(support::run({.command = {"sqlite3", "app.db", "create table ran (script text not null)"},
                          .directory = scratch_.path(),
                          .environment = {}})
                .status == 0);
    const os::Fd page(::open(scratch_.path("page").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::ftruncate(page.get(), sizeof(takeover::Page)) == 0);
  }
  void write(const std::string& name, const std::string& text) const { scratch_.write("fix-scripts/" + name, text); }
  support::Launch launch(std::vector<std::string> command) const {
    command.insert(command.begin(), support::fettle_binary());
    return {.command = std::move(command),
            .directory = scratch_.path(),
            .environment = {"LD_PRELOAD=" FETTLE_TAKEOVER, "TAKEOVER_PAGE=" + scratch_.path("page")}};
  }
  std::string sql(const std::string& database, const std::string& query) const {
    return support::run({.command = {"sqlite3", database, query}, .directory = scratch_.path(), .environment = {}}).out;
  }

 private:
  support::Scratch scratch_;
};

}  // namespace

TEST_CASE("takeover: whatever a worker says, its script fails, the next one succeeds, and the runner stays small") {
  const std::vector<Speech> all = speeches();
  const Site site;
  for (std::size_t index = 0; index < all.size(); ++index) {
    site.write(fmt::format("{:03}_hostile.lua", 2 * index), all[index].text + k_honest);
    site.write(fmt::format("{:03}_honest.lua", 2 * index + 1), k_honest);
  }
  support::Program run(site.launch({"run", "--json"}));
  std::uint64_t peak = 0;
  support::wait_until(
      [&] {
        const std::uint64_t now = support::peak_memory(run.pid());
        peak = std::max(peak, now);
        return now == 0;
      },
      support::Seconds(120));
  const support::Ended ended = run.wait(support::Seconds(10));
  CHECK(ended.status == 4);
  const json report = json::parse(ended.out);
  REQUIRE(report.at("scripts").size() == 2 * all.size());
  for (std::size_t index = 0; index < all.size(); ++index) {
    const json& hostile = report.at("scripts")[2 * index];
    CAPTURE(all[index].what);
    CAPTURE(hostile.dump().substr(0, 500));
    CHECK(hostile.at("outcome") == "failed");
    CHECK(hostile.at("cause") == all[index].cause);
    CHECK(hostile.at("duration_ms") <= 950.0);
    CHECK(report.at("scripts")[2 * index + 1].at("outcome") == "succeeded");
  }
  CHECK(site.sql("app.db", "select count(*) from ran") == fmt::format("{}\n", all.size()));
  CHECK(site.sql(".fettle/ledger.db",
                 "select max(length(coalesce(error, '')) + length(coalesce(traceback, '')) + "
                 "length(coalesce(message, '')) + length(coalesce(description, ''))) < 300000 "
                 "from attempts") == "1\n");
  CHECK(site.sql(".fettle/ledger.db",
                 "select max(n) <= 10000 and max(b) < 1200000 from (select count(*) n, "
                 "sum(length(text)) b from log_lines group by attempt)") == "1\n");
  CHECK(support::run(site.launch({"ledger", "verify"})).status == 0);
  MESSAGE(all.size(), " speeches; the runner's peak ", peak >> 10U, " KiB");
  CHECK(peak < (std::uint64_t{96} << 20U));
}
#endif
