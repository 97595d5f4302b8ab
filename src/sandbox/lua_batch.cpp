#include "sandbox/lua_batch.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

#include "base/text.hpp"
#include "core/page_message.hpp"
#include "os/clock.hpp"
#include "sandbox/batch_options.hpp"
#include "sandbox/batch_pace.hpp"
#include "sandbox/lua_api.hpp"
#include "sandbox/lua_db.hpp"
#include "sandbox/lua_state.hpp"
#include "sandbox/lua_values.hpp"

namespace sandbox {
namespace {

using Form = BatchOptions::Form;
using Time = BatchPace::Time;

constexpr std::size_t k_longest_failure = std::size_t{1} << 10U;  // bytes
constexpr std::size_t k_most_failures = 100;                      // that are told of one page
constexpr std::chrono::milliseconds k_between{100};               // what is told of the progress
constexpr JsonCaps k_cursor_caps{core::k_deepest_cursor, core::k_largest_cursor};
constexpr int k_function = 2, k_params = 3;  // on the stack, above the options

// While a batch is at work no other can be.
struct AtWork {
  explicit AtWork(Host& host) : host_(host) { host_.in_batch = true; }
  ~AtWork() { host_.in_batch = false; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;
  Host& host_;
};

class Batch {
 public:
  Batch(lua_State* lua, BatchOptions options)
      : lua_(lua),
        host_(host_of(lua)),
        options_(std::move(options)),
        pace_(options_.size, options_.throttle),
        told_(os::Steady::now()) {}

  void run() {
    open();
    if (!found_.ended) {
      begin_progress();
      while (do_page()) {
      }
      tell_progress();
    }
    push_summary();
  }

 private:
  template <class Answer, class Question>
  Answer ask_runner(const Question& question) {
    host_.line.settle();  // the broker must have nothing more to say when the transaction ends
    if (host_.runner.send(static_cast<std::uint8_t>(Question::kind), encode(question)) != os::SendResult::sent)
      ::_exit(k_exit_protocol);
    const std::optional<os::Frame> frame = host_.runner.receive();
    auto answer = frame && frame->kind == static_cast<std::uint8_t>(Answer::kind) ? core::decode<Answer>(frame->body)
                                                                                  : std::nullopt;
    if (!answer) ::_exit(k_exit_protocol);
    return std::move(*answer);
  }

  void open() {
    auto opened = ask_runner<core::BatchOpened>(core::OpenBatch{options_.name, options_.restart});
    if (!opened.fault.empty()) throw ScriptError(opened.fault);
    found_ = std::move(opened.bookmark);
    rows_ = found_.rows;
    pages_ = found_.pages;
    failed_ = found_.failed;
    cursor_ = found_.cursor;
  }

  // --- pages ---------------------------------------------------------------------------------------------------------

  // false: it was the last one.
  bool do_page() {
    const auto start = os::Steady::now();
    page_ = {};
    page_.name = options_.name;
    const bool more = options_.form == Form::next ? do_next() : do_rows();
    page_.cursor = cursor_;
    page_.ended = !more;
    const auto worked = os::since(start);
    const Time rest = std::max(pause_after(worked), rest_);
    page_.pause = std::chrono::ceil<std::chrono::milliseconds>(rest).count();
    const auto turned = ask_runner<core::PageTurned>(page_);
    rest_ = pace_.take(os::since(start) - Time(turned.waited));
    rows_ += page_.rows;
    failed_ += page_.failed;
    pages_ += page_.ended && page_.rows == 0 ? 0 : 1;
    if (os::Steady::now() - told_ >= k_between) tell_progress();
    return more;
  }

  // SQLite has one lock for all: who waits for it does not notice that it was free for a moment.
  Time pause_after(Time worked) const {
    if (options_.pause) return *options_.pause;
    constexpr Time k_most{1'000'000};
    return options_.throttle && host_.own_engine == "sqlite" ? std::min(worked / 10, k_most) : Time(0);
  }

  bool do_rows() {
    const bool behind = !cursor_.empty();
    push_query(page_sql(options_, host_.own_engine, behind), behind, pace_.size() + 1, k_query_function);
    const int rows = lua_gettop(lua_);
    const auto found = static_cast<lua_Integer>(lua_rawlen(lua_, rows));
    check_keys(rows, found);
    const lua_Integer count = std::min<lua_Integer>(found, pace_.size());
    if (found > count) {
      lua_pushnil(lua_);
      lua_rawseti(lua_, rows, found);
    }
    page_.rows = static_cast<std::uint64_t>(count);
    const std::string reached = count > 0 ? key_of(rows, count) : cursor_;
    if (options_.form == Form::each)
      for (lua_Integer number = 1; number <= count; ++number) do_row(rows, number);
    else if (count > 0)
      call_with(rows);
    cursor_ = reached;
    lua_settop(lua_, k_params);
    return found > count;
  }

  // The query with its parameters, through the very function that scripts have: what it gives is on the stack.
  void push_query(const std::string& sql, bool behind, std::int64_t limit, const char* function) {
    lua_getfield(lua_, LUA_REGISTRYINDEX, function);
    lua_pushlstring(lua_, sql.data(), sql.size());
    int count = 1 + push_params();
    if (behind) count += push_cursor();
    if (limit > 0) {
      lua_pushinteger(lua_, limit);
      ++count;
    }
    call_host(count);
  }

  int push_params() {
    if (!lua_istable(lua_, k_params)) return 0;
    const auto count = static_cast<lua_Integer>(lua_rawlen(lua_, k_params));
    if (count > 1000) throw ScriptError("`params` of batch has more than 1,000 values");
    reserve(lua_, static_cast<int>(count) + 64);
    for (lua_Integer number = 1; number <= count; ++number) lua_rawgeti(lua_, k_params, number);
    return static_cast<int>(count);
  }

  int push_cursor() {
    push_json(lua_, cursor_);
    const int list = lua_gettop(lua_);
    if (!lua_istable(lua_, list) || lua_rawlen(lua_, list) != options_.key.size())
      throw ScriptError(
          "what was committed of this batch has another key; give it its old one, or begin anew: restart = true");
    const auto places = cursor_values(options_, host_.own_engine);
    for (const std::size_t at : places) {
      lua_rawgeti(lua_, list, static_cast<lua_Integer>(at) + 1);
      if (lua_istable(lua_, -1)) unpack_bytes();
    }
    lua_remove(lua_, list);
    return static_cast<int>(places.size());
  }

  // Keeps the place of the error in the script, which a host function called from here cannot know.
  void call_host(int count) {
    const int status = lua_pcall(lua_, count, 1, 0);
    if (status == LUA_OK) return;
    if (status != LUA_ERRRUN || lua_type(lua_, -1) != LUA_TSTRING) lua_error(lua_);
    throw ScriptError(std::string(text_at(lua_, -1)));
  }

  void call_with(int argument) {
    lua_pushvalue(lua_, k_function);
    lua_pushvalue(lua_, argument);
    lua_call(lua_, 1, 0);
  }

  // --- keys ----------------------------------------------------------------------------------------------------------

  void push_key(int rows, lua_Integer number, const std::string& column) {
    lua_rawgeti(lua_, rows, number);
    lua_pushlstring(lua_, column.data(), column.size());
    lua_rawget(lua_, -2);
    lua_remove(lua_, -2);
  }

  // A row without one, or two with the same, could be left out at the end of a page.
  void check_keys(int rows, lua_Integer found) {
    for (lua_Integer number = 1; number <= found; ++number) {
      bool same = number > 1;
      for (const std::string& column : options_.key) {
        push_key(rows, number, column);
        if (lua_isnil(lua_, -1))
          throw ScriptError(
              fmt::format("a row of the query has no {}, or NULL in it: the key must be columns of the "
                          "query that are never NULL, batch{{ key = \"id\" }}",
                          base::escape(column)));
        if (number > 1) push_key(rows, number - 1, column);
        same = same && lua_rawequal(lua_, -1, -2) != 0;
        lua_pop(lua_, number > 1 ? 2 : 1);
      }
      if (same)
        throw ScriptError(
            fmt::format("two rows have the same key ({}): a key tells each row apart, of several columns "
                        "where one does not: key = {{\"tenant\", \"id\"}}",
                        shown_key(rows, number)));
    }
  }

  std::string shown_key(int rows, lua_Integer number) {
    std::string text;
    for (const std::string& column : options_.key) {
      push_key(rows, number, column);
      luaL_tolstring(lua_, -1, nullptr);
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", base::escape(column),
                          base::escape(base::cap(text_at(lua_, -1), 100)));
      lua_pop(lua_, 2);
    }
    return text;
  }

  std::string key_of(int rows, lua_Integer number) {
    lua_createtable(lua_, static_cast<int>(options_.key.size()), 0);
    const int list = lua_gettop(lua_);
    for (lua_Integer at = 1; at <= static_cast<lua_Integer>(options_.key.size()); ++at) {
      push_key(rows, number, options_.key[static_cast<std::size_t>(at) - 1]);
      if (lua_type(lua_, -1) == LUA_TSTRING && !base::is_utf8(text_at(lua_, -1))) pack_bytes();
      lua_rawseti(lua_, list, at);
    }
    std::string json = to_json(lua_, list, "key", k_cursor_caps);
    lua_pop(lua_, 1);
    return json;
  }

  // Bytes that are no text, which JSON cannot hold: as { hex = "…" }, and back.
  void pack_bytes() {
    std::string hex;
    for (const char byte : text_at(lua_, -1)) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    lua_pop(lua_, 1);
    lua_createtable(lua_, 0, 1);
    lua_pushlstring(lua_, hex.data(), hex.size());
    lua_setfield(lua_, -2, "hex");
  }

  void unpack_bytes() {
    lua_getfield(lua_, -1, "hex");
    const std::string_view hex = text_at(lua_, -1);
    const auto digit = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
      bytes += static_cast<char>(digit(hex[at]) * 16 + digit(hex[at + 1]));
    lua_pop(lua_, 2);
    lua_pushlstring(lua_, bytes.data(), bytes.size());
  }

  // --- rows ----------------------------------------------------------------------------------------------------------

  void do_row(int rows, lua_Integer number) {
    if (!options_.collects) {
      lua_rawgeti(lua_, rows, number);
      call_with(lua_gettop(lua_));
      lua_pop(lua_, 1);
      return;
    }
    ask_savepoint(core::Savepoint::What::set);
    lua_pushvalue(lua_, k_function);
    lua_rawgeti(lua_, rows, number);
    const int status = lua_pcall(lua_, 1, 0, 0);
    if (status == LUA_OK) return;
    if (status != LUA_ERRRUN || skip_reason(lua_, -1) != nullptr) lua_error(lua_);
    const std::string said = error_text();
    lua_pop(lua_, 1);
    try_back(said);
    take_failure(fmt::format("{}: {}", shown_key(rows, number), said));
  }

  void ask_savepoint(core::Savepoint::What what) {
    expect<core::Affected>(host_.line.ask(core::Kind::savepoint, encode(core::Savepoint{what})));
  }

  // Where the database ended the transaction over it, the row's own error is what people look for.
  void try_back(const std::string& said) {
    const os::FrameView answer =
        host_.line.ask(core::Kind::savepoint, encode(core::Savepoint{core::Savepoint::What::roll_back}));
    if (const auto fault = core::decode<core::SqlFault>(answer.body);
        fault && answer.kind == static_cast<std::uint8_t>(core::Kind::sql_fault))
      throw ScriptError(fmt::format("{} (and the row cannot be undone alone: {})", said, fault->message));
  }

  std::string error_text() {
    if (lua_type(lua_, -1) == LUA_TSTRING) return base::cap(text_at(lua_, -1), k_longest_failure);
    if (lua_istable(lua_, -1)) {
      lua_pushliteral(lua_, "message");
      lua_rawget(lua_, -2);
      std::string text = base::cap(text_at(lua_, -1), k_longest_failure);
      lua_pop(lua_, 1);
      if (!text.empty()) return text;
    }
    return fmt::format("an error that is a {}", luaL_typename(lua_, -1));
  }

  void take_failure(std::string text) {
    text = base::cap(text, k_longest_failure);
    ++page_.failed;
    const core::Line line{core::LineLevel::warn, fmt::format("batch {}: {}", base::escape(options_.name), text)};
    if (host_.runner.send(static_cast<std::uint8_t>(core::Line::kind), encode(line)) != os::SendResult::sent)
      ::_exit(k_exit_protocol);
    if (failed_ + page_.failed > options_.errors)
      throw ScriptError(fmt::format("too many failures: {} of {} were to fail at most (errors = {}); the last one, {}",
                                    failed_ + page_.failed, base::plural(options_.errors, "row"), options_.errors,
                                    text));
    if (page_.failures.size() < k_most_failures) page_.failures.push_back(std::move(text));
  }

  // --- next(cursor, size) --------------------------------------------------------------------------------------------

  bool do_next() {
    lua_pushvalue(lua_, k_function);
    if (cursor_.empty())
      lua_pushnil(lua_);
    else
      push_json(lua_, cursor_);
    lua_pushinteger(lua_, pace_.size());
    lua_call(lua_, 2, 2);
    int whole = 1;
    const lua_Integer done = lua_isnil(lua_, -1) ? 0 : lua_tointegerx(lua_, -1, &whole);
    constexpr lua_Integer k_most = 1'000'000'000'000;
    if (whole == 0 || done < 0 || done > k_most)
      throw ScriptError("next of batch returns the next cursor (nil at the end) and how many rows are done");
    page_.rows = static_cast<std::uint64_t>(done);
    const bool more = !lua_isnil(lua_, -2) && !is_null(lua_, -2);
    if (more) {
      std::string reached = to_json(lua_, -2, "cursor", k_cursor_caps);
      if (reached == cursor_ && done == 0)
        throw ScriptError("next of batch returned the cursor that it was given, and no rows: it would never end");
      cursor_ = std::move(reached);
    }
    lua_settop(lua_, k_params);
    return more;
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  void begin_progress() {
    total_ = static_cast<std::uint64_t>(options_.total.value_or(0));
    if (options_.total || !options_.counts || options_.form == Form::next) return;
    const bool behind = !cursor_.empty();
    push_query(count_sql(options_, host_.own_engine, behind), behind, 0, k_value_function);
    total_ = rows_ + static_cast<std::uint64_t>(std::max<lua_Integer>(lua_tointeger(lua_, -1), 0));
    lua_settop(lua_, k_params);
  }

  void tell_progress() {
    core::ProgressTold told;
    told.progress.done = static_cast<std::int64_t>(rows_);
    told.progress.total = static_cast<std::int64_t>(std::max(total_, total_ > 0 ? rows_ : 0));
    told.progress.before = static_cast<std::int64_t>(found_.rows);
    told.progress.label = options_.name == "batch" ? "rows" : options_.name;
    if (host_.runner.send(static_cast<std::uint8_t>(core::ProgressTold::kind), encode(told)) != os::SendResult::sent)
      ::_exit(k_exit_protocol);
    told_ = os::Steady::now();
  }

  void push_summary() {
    lua_createtable(lua_, 0, 4);
    const auto set = [this](const char* name, std::uint64_t value) {
      lua_pushinteger(lua_, static_cast<lua_Integer>(value));
      lua_setfield(lua_, -2, name);
    };
    set("rows", rows_);
    set("pages", pages_);
    set("failed", failed_);
    lua_pushboolean(lua_, found_.pages > 0 ? 1 : 0);
    lua_setfield(lua_, -2, "resumed");
  }

  lua_State* lua_;
  Host& host_;
  BatchOptions options_;
  BatchPace pace_;
  core::Bookmark found_;
  core::TurnPage page_;
  std::string cursor_;  // JSON; empty: at the beginning
  std::uint64_t rows_ = 0, pages_ = 0, failed_ = 0, total_ = 0;
  Time rest_{0};  // that the pace asked for
  os::Steady::time_point told_;
};

int batch(lua_State* lua) {
  Host& host = host_of(lua);
  if (host.phase != Phase::executing) throw ScriptError("batch{} works in execute() only: it commits page by page");
  if (host.in_batch) throw ScriptError("a batch inside a batch: its pages could not be committed");
  if (!lua_istable(lua, 1)) throw ScriptError("batch takes a table: batch{ query = …, each = … }");
  lua_settop(lua, 1);
  BatchOptions options = read_batch_options(lua, 1);
  const AtWork at_work(host);
  Batch(lua, std::move(options)).run();
  return 1;
}

}  // namespace

void add_batch(lua_State* lua) {
  lua_pushcfunction(lua, guarded<batch>);
  lua_setfield(lua, -2, "batch");
}

}  // namespace sandbox
