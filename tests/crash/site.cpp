#include "site.hpp"

#include <SQLiteCpp/Database.h>
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

#include "base/hash.hpp"
#include "program.hpp"

namespace crash {
namespace {

namespace fs = std::filesystem;

// mkfs makes it, and it is no part of the site.
constexpr const char* k_lost_and_found = "lost+found";

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

void clear(const std::string& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != k_lost_and_found) fs::remove_all(entry.path());
}

void copy_content(const std::string& from, const std::string& to) {
  for (const fs::directory_entry& entry : fs::directory_iterator(from))
    if (entry.path().filename() != k_lost_and_found)
      fs::copy(entry.path(), to / entry.path().filename(), fs::copy_options::recursive);
}

std::string leave_row(std::string_view tag) {
  return fmt::format(
      "db.exec('insert into applied (tag, script, attempt) values (?, ?, ?)', '{}', ctx.script, ctx.attempt)", tag);
}

std::string script(std::string_view fields, std::string_view needed, std::string_view body) {
  return fmt::format(
      "return {{\n  {}\n  shouldRun = function() return {} end,\n  execute = function()\n    {}\n  end,\n}}\n", fields,
      needed, body);
}

}  // namespace

std::string script_that_works(std::string_view tag, std::string_view more, std::string_view fields) {
  return script(fields, "true", fmt::format("{}\n    {}\n    return {{ executed = true }}", leave_row(tag), more));
}

std::string script_that_fails(std::string_view tag) {
  return script("", "true", leave_row(tag) + "\n    error('it does not work')");
}

std::string script_not_needed(std::string_view tag) {
  return script("", "db.value('select count(*) from applied') < 0",
                leave_row(tag) + "\n    return { executed = true }");
}

std::string script_that_skips_itself(std::string_view tag) {
  return script("", "true", leave_row(tag) + "\n    return { skipped = true, message = 'nothing to do' }");
}

Site::Site(std::string scratch, const Setting& setting)
    : scratch_(std::move(scratch)),
      home_(scratch_ + "/a/site"),
      target_(setting.layout == Layout::two ? scratch_ + "/b/app.db" : home_ + "/data/app.db"),
      places_({scratch_ + "/a", scratch_ + "/b"}),
      setting_(setting) {
  for (const std::string& place : places_) fs::create_directories(place);
}

void Site::prepare() {
  dropped_.clear();
  for (const std::string& place : places_) clear(place);
  lay_foundation();
  if (setting_.history == History::used) live_through_a_past();
  drop_what_is_pending();
  const std::string kept = scratch_ + "/prepared";
  fs::remove_all(kept);
  for (const std::string& place : places_) {
    const std::string copy = kept + "/" + fs::path(place).filename().string();
    fs::create_directories(copy);
    copy_content(place, copy);
  }
}

void Site::restore() const {
  for (const std::string& place : places_) {
    clear(place);
    copy_content(scratch_ + "/prepared/" + fs::path(place).filename().string(), place);
  }
}

void Site::drop(const std::string& name, const std::string& tag, Effect effect, const std::string& text) {
  write(home_ + "/draft", text);
  fs::rename(home_ + "/draft", home_ + "/fix-scripts/" + name);
  const std::string sha256 = base::sha256_hex(text);
  const auto known = std::find_if(dropped_.begin(), dropped_.end(),
                                  [&](const Dropped& one) { return one.name == name && one.sha256 == sha256; });
  if (known != dropped_.end())
    ++known->copies;
  else
    dropped_.push_back({name, tag, sha256, effect, 1});
}

void Site::lay_foundation() {
  fs::create_directories(fs::path(target_).parent_path());
  for (const char* folder : {"fix-scripts", "successfully-ran", "failed"}) fs::create_directories(home_ + "/" + folder);
  write(home_ + "/config.toml", fmt::format("[databases.main]\nurl = \"sqlite:{}\"\n", target_));
  sql(
      fmt::format("PRAGMA journal_mode = {}; CREATE TABLE applied (tag TEXT, script TEXT, attempt INTEGER);"
                  "CREATE TABLE flags (name TEXT); CREATE TABLE bulk (number INTEGER, text TEXT);",
                  setting_.journal == Journal::wal ? "WAL" : "DELETE"));
}

// What the run that will be crashed finds: attempts that failed and succeeded, names that are taken.
void Site::live_through_a_past() {
  drop("004_retry.lua", "retry", Effect::once,
       script_that_works("retry", "if db.value('select count(*) from flags') == 0 then error('not yet') end"));
  drop("005_taken.lua", "taken-1", Effect::once, script_that_works("taken-1"));
  drop("006_taken_failing.lua", "taken-failing-1", Effect::none, script_that_fails("taken-failing-1"));
  drop("007_again.lua", "again", Effect::once, script_that_works("again"));
  drop("008_repeatable.lua", "repeatable", Effect::each_drop,
       script_that_works("repeatable", "", "repeatable = true,"));
  expect_exit({"run"}, 4);
  sql("INSERT INTO flags VALUES ('ready')");
  fs::rename(home_ + "/failed/004_retry.lua", home_ + "/fix-scripts/004_retry.lua");
}

void Site::drop_what_is_pending() {
  drop("001_schema.lua", "schema", Effect::once,
       script_that_works("schema",
                         "db.exec('create table made (id integer primary key, word text)')\n"
                         "    db.exec('create index made_by_word on made (word)')\n"
                         "    db.exec('insert into made (word) values (?)', 'one')"));
  drop("002_fails.lua", "fails", Effect::none, script_that_fails("fails"));
  drop("003_not_needed.lua", "not-needed", Effect::none, script_not_needed("not-needed"));
  if (setting_.history == History::used) {
    drop("005_taken.lua", "taken-2", Effect::once, script_that_works("taken-2"));
    drop("006_taken_failing.lua", "taken-failing-2", Effect::none, script_that_fails("taken-failing-2"));
    drop("007_again.lua", "again", Effect::once, script_that_works("again"));
    drop("008_repeatable.lua", "repeatable", Effect::each_drop,
         script_that_works("repeatable", "", "repeatable = true,"));
  }
  drop("009_bulk.lua", "bulk", Effect::once,
       script_that_works("bulk",
                         "for i = 1, 20 do db.exec('insert into bulk values (?, ?)', i, "
                         "string.rep('x', 1000)) end"));
  drop("010_skips_itself.lua", "skips-itself", Effect::none, script_that_skips_itself("skips-itself"));
  drop("011_last.lua", "last", Effect::once, script_that_works("last"));
}

void Site::expect_exit(const std::vector<std::string>& arguments, int code) const {
  const Ended ended = run_fettle(setting_.fettle, home_, arguments);
  if (ended.status == code) return;
  throw std::runtime_error(fmt::format("preparing the folder: fettle {} ended with {}, not with {}: {}", arguments[0],
                                       ended.status, code, ended.said));
}

void Site::sql(const std::string& statements) const {
  SQLite::Database database(target_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(statements);
}

}  // namespace crash
