#include "core/message.hpp"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <random>
#include <string>
#include <variant>

#include "core/page_message.hpp"
#include "core/wire.hpp"

namespace {

core::Statement statement() {
  core::Statement message;
  message.wants = core::Statement::Wants::rows;
  message.database = "main";
  message.sql = "select ?";
  message.parameters = {core::Null{}, true, false, std::int64_t{-1}, 0.5, std::string("a\0b", 3), core::Blob{"\xff"}};
  return message;
}

// Every prefix of a good message, and the message with a byte too much, must be refused.
template <class Message>
void check_only_whole(const Message& message) {
  const std::string whole = encode(message);
  REQUIRE(core::decode<Message>(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(core::decode<Message>(std::string_view(whole).substr(0, length)));
  }
  CHECK_FALSE(core::decode<Message>(whole + '\0'));
}

// Any answer will do but a crash, an exception or a read past the end (which the sanitizers see).
template <class Message>
void feed_noise(const Message& message, std::mt19937& random) {
  const std::string whole = encode(message);
  for (int round = 0; round < 3000; ++round) {
    std::string noise = whole;
    for (int flips = 0; flips < 3 && !noise.empty(); ++flips)
      noise[random() % noise.size()] = static_cast<char>(random());
    if (round % 3 == 0) noise.resize(random() % (whole.size() + 8));
    CHECK_NOTHROW(static_cast<void>(core::decode<Message>(noise)));
  }
}

core::Load load() {
  core::Load message;
  message.name = "x.lua";
  message.text = "return {}";
  message.databases = {{"main", "sqlite"}, {"other", "sqlite"}};
  message.attempt = 7;
  message.run = std::numeric_limits<std::int64_t>::max();
  message.preview = true;
  message.trigger = "me";
  message.by = "anna";
  message.host = "db1";
  message.arguments = {{"day", "monday"}, {"", ""}};
  return message;
}

core::Rows rows() {
  core::Rows message;
  message.cursor = 9;
  message.columns = {"a", ""};
  message.rows = {{std::int64_t{1}, core::Null{}}, {}};
  return message;
}

core::TurnPage turned_page() {
  core::TurnPage page;
  page.name = "emails";
  page.cursor = R"([12,"ä"])";
  page.rows = 100;
  page.failed = 2;
  page.failures = {"id = 3: no", ""};
  page.anew = true;
  page.pause = 50;
  return page;
}

core::Bookmark bookmark() {
  core::Bookmark mark;
  mark.by = {"1.lua", "ab", "ledger", "node", "2026-01-01T00:00:00.000Z", "0.1.0", 7, 3};
  mark.name = "emails";
  mark.cursor = "[12]";
  mark.pages = 3;
  mark.rows = 250;
  mark.failed = 1;
  mark.ended = true;
  return mark;
}

}  // namespace

TEST_CASE("what is said of a page of a batch arrives as it was sent") {
  const auto page = core::decode<core::TurnPage>(encode(turned_page()));
  REQUIRE(page);
  CHECK(page->cursor == turned_page().cursor);
  CHECK(page->failures == turned_page().failures);
  CHECK((page->rows == 100 && page->failed == 2 && page->anew && !page->ended && page->pause == 50));
  const auto opened = core::decode<core::BatchOpened>(encode(core::BatchOpened{"no", bookmark()}));
  REQUIRE(opened);
  CHECK(opened->fault == "no");
  CHECK(
      (opened->bookmark.by.script == "1.lua" && opened->bookmark.by.attempt == 7 && opened->bookmark.name == "emails"));
  CHECK((opened->bookmark.pages == 3 && opened->bookmark.rows == 250 && opened->bookmark.failed == 1));
  CHECK(opened->bookmark.ended);
  core::PageTurned turned;
  turned.cause = core::Cause::locked;
  turned.lost = true;
  turned.waited = 12;
  const auto heard = core::decode<core::PageTurned>(encode(turned));
  REQUIRE(heard);
  CHECK((heard->cause == core::Cause::locked && heard->lost && heard->waited == 12));
  CHECK(core::decode<core::NextPage>(encode(core::NextPage{99}))->milliseconds == 99);
  CHECK(core::decode<core::Savepoint>(encode(core::Savepoint{core::Savepoint::What::roll_back}))->what ==
        core::Savepoint::What::roll_back);
  CHECK(core::decode<core::OpenBatch>(encode(core::OpenBatch{"x", true}))->restart);
}

TEST_CASE("a statement with every type of value arrives as it was sent") {
  const core::Statement sent = statement();
  const auto arrived = core::decode<core::Statement>(encode(sent));
  REQUIRE(arrived);
  CHECK(arrived->database == sent.database);
  CHECK(arrived->sql == sent.sql);
  CHECK(arrived->wants == sent.wants);
  CHECK((arrived->parameters == sent.parameters));
}

TEST_CASE("numbers keep every bit") {
  for (const double number : {-0.0, std::numeric_limits<double>::infinity(), 9007199254740993.0, 5e-324}) {
    core::Rows sent;
    sent.rows = {{number, std::numeric_limits<std::int64_t>::min()}};
    const auto arrived = core::decode<core::Rows>(encode(sent));
    REQUIRE(arrived);
    const double back = std::get<double>(arrived->rows[0][0]);
    CHECK(std::memcmp(&back, &number, sizeof number) == 0);
    CHECK((arrived->rows[0][1] == core::Value(std::numeric_limits<std::int64_t>::min())));
  }
}

TEST_CASE("a script to load and rows of a result arrive as they were sent") {
  const auto loaded = core::decode<core::Load>(encode(load()));
  REQUIRE(loaded);
  CHECK(loaded->text == "return {}");
  CHECK(loaded->databases.size() == 2);
  CHECK(loaded->databases[1].name == "other");
  CHECK(loaded->run == std::numeric_limits<std::int64_t>::max());
  CHECK(loaded->preview);
  const auto result = core::decode<core::Rows>(encode(rows()));
  REQUIRE(result);
  CHECK(result->cursor == 9);
  CHECK((result->columns == rows().columns));
  CHECK((result->rows == rows().rows));
}

TEST_CASE("rows are read where they lie in a message, as often as they were sent") {
  core::Many sent{"main", "insert", true, {{std::int64_t{1}, std::string("a")}, {}, {core::Blob{"\xff"}, true, 0.5}}};
  const std::string body = encode(sent);
  auto arrived = core::decode<core::ManyView>(body);
  REQUIRE(arrived);
  CHECK(arrived->sql == "insert");
  CHECK(arrived->follows);
  CHECK(arrived->rows.size() == 3);
  core::Values row;
  for (const core::Row& expected : sent.rows) {
    REQUIRE(arrived->rows.next(row));
    REQUIRE(row.size() == expected.size());
    for (std::size_t index = 0; index < row.size(); ++index) CHECK((core::owned(row[index]) == expected[index]));
  }
  CHECK_FALSE(arrived->rows.next(row));
  for (std::size_t length = 0; length < body.size(); ++length)
    CHECK_FALSE(core::decode<core::ManyView>(std::string_view(body).substr(0, length)));
}

TEST_CASE("half a message is none, and neither is one with more behind it") {
  check_only_whole(statement());
  check_only_whole(load());
  check_only_whole(rows());
  check_only_whole(core::Fault{core::Cause::timeout, "too slow", "trace"});
  core::Begin begin;
  begin.database = "main";
  begin.receipt.script = "007_x.lua";
  check_only_whole(begin);
  core::Loaded loaded;
  loaded.declaration.description = "d";
  loaded.declaration.timeout = std::chrono::seconds(3);
  check_only_whole(loaded);
}

TEST_CASE("a word outside its list is refused") {
  std::string answer = encode(core::Answer{core::Answer::Word::skip, "why", {}});
  REQUIRE(core::decode<core::Answer>(answer));
  answer[0] = 4;
  CHECK_FALSE(core::decode<core::Answer>(answer));
  answer[0] = '\xff';
  CHECK_FALSE(core::decode<core::Answer>(answer));
}

TEST_CASE("a count that cannot be true is refused before memory is asked for") {
  core::Writer writer;
  writer.put(std::uint32_t{0xFFFFFFFF}).put(std::uint32_t{0});
  core::Reader reader(writer.bytes());
  CHECK(reader.row().empty());
  CHECK_FALSE(reader.good());
  core::Reader text(writer.bytes());
  CHECK(text.view().empty());
  CHECK_FALSE(text.good());
}

TEST_CASE("a message of more elements than its reader can hold is refused, however few bytes they take") {
  const auto message = [](std::uint32_t rows, std::uint32_t values) {
    core::Writer writer;
    writer.put(std::string_view("")).put(std::string_view("insert")).put(false).put(rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
      writer.put(values);
      for (std::uint32_t value = 0; value < values; ++value) writer.put(std::uint8_t{0});
    }
    const bool good = core::decode<core::Many>(writer.bytes()).has_value();
    CHECK(core::decode<core::ManyView>(writer.bytes()).has_value() == good);
    return good;
  };
  CHECK(message(65'536, 1));
  CHECK(message(1, 65'536));
  CHECK(message(3, 150'000));
  CHECK_FALSE(message(4, 150'000));
  CHECK_FALSE(message(1, 600'000));
  CHECK_FALSE(message(600'000, 0));
}

TEST_CASE("what a row takes in a message is known without writing it") {
  core::Writer writer;
  writer.put(statement().parameters);
  CHECK(core::wire_size(statement().parameters) == writer.size());
}

TEST_CASE("what was wrong once stays wrong") {
  core::Reader reader("abc");
  CHECK(reader.number<std::uint64_t>() == 0);
  CHECK(reader.number<std::uint8_t>() == 'a');
  CHECK_FALSE(reader.good());
  CHECK_FALSE(reader.complete());
}

TEST_CASE("noise in place of a message harms nobody") {
  std::mt19937 random(20261121);
  feed_noise(statement(), random);
  feed_noise(load(), random);
  feed_noise(rows(), random);
  feed_noise(turned_page(), random);
  feed_noise(core::BatchOpened{"", bookmark()}, random);
  feed_noise(core::Result{core::Result::Word::succeeded, "m", "{}"}, random);
}

TEST_CASE("message: what watcher and run say to each other is read whole or not at all, whatever bytes are in a name") {
  const std::string odd("\xff\x80 \n\0.lua", 9);
  check_only_whole(core::Go{{{odd, {1, 2, -3, 4}}, {"b.lua", {}}}});
  check_only_whole(core::Look{true, {odd, "", "b.lua"}});
  check_only_whole(core::Left{odd, {1, 2, 3, 4}, core::Cause::unreachable, "why", std::chrono::milliseconds(5), true});
  check_only_whole(core::LogRecord{core::LineLevel::warn, "text"});
  check_only_whole(core::RunOver{7, 4});
  const auto left = core::decode<core::Left>(encode(core::Left{odd, {1, 2, 3, 4}, {}, "why", {}, false}));
  REQUIRE(left);
  CHECK(left->script == odd);
  CHECK(left->stamp == core::FileStamp{1, 2, 3, 4});
  CHECK_FALSE(left->until);
}

TEST_CASE("what a script changed arrives as it was told, and only as a whole") {
  core::TableChanges table;
  table.table = "users";
  table.columns = {"id", "name"};
  table.key = {"id"};
  table.updated = 1;
  table.net = false;
  table.gap = "its columns were changed";
  core::Done done;
  done.changes.tables = {table};
  done.changes.schema = {{core::SchemaChange::Kind::created, "index", "users_by_name", {}, "CREATE INDEX …"}};
  core::ChangedRows rows;
  rows.rows = {{core::RowChange::Kind::updated, 0, {std::int64_t{1}, core::Null{}}, {std::int64_t{1}, "anna"}},
               {core::RowChange::Kind::deleted, 0, {std::int64_t{2}, core::Blob{"x"}}, {}}};
  done.changed_rows = encode(rows);
  const auto arrived = core::decode<core::Done>(encode(done));
  REQUIRE(arrived);
  CHECK(arrived->changes == done.changes);
  const auto unpacked = core::decode<core::ChangedRows>(arrived->changed_rows);
  REQUIRE(unpacked);
  CHECK((unpacked->rows == rows.rows));
  check_only_whole(rows);
  check_only_whole(done);
}
