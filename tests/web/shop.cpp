#include "web/shop.hpp"

#include <doctest/doctest.h>

#include "web/http.hpp"
#include "web/verbs.hpp"

namespace support {

web::Request request_of(const std::string& address) {
  web::Request request;
  request.method = "GET";
  request.target = address;
  const std::size_t query = std::min(address.find('?'), address.size());
  request.path = address.substr(0, query);
  if (query == address.size()) return request;
  request.query = web::form_pairs(std::string_view(address).substr(query + 1));
  return request;
}

std::string Shop::screen(const std::string& address, core::Scope scope) const {
  const cli::LoadedConfig loaded = cli::load_config(site.path("config.toml"), {});
  const auto history = ledger::History::open(loaded.config.path(loaded.config.ledger.path));
  const web::Viewer viewer{"an<n>a", scope, "the-token-of-forms"};
  const web::Request request = request_of(address);
  const web::Look look{loaded, history, viewer, request};
  const std::vector<std::string> path = web::parts_of_path(request.target);
  if (path.empty()) return web::home_screen(look);
  if (path.size() == 1 && path[0] == "runs") return web::runs_screen(look);
  if (path.size() == 1 && path[0] == "history") return web::history_screen(look);
  if (path.size() == 1 && path[0] == "system") return web::system_screen(look);
  REQUIRE(path.size() == 2);
  if (path[0] == "scripts") return web::script_screen(look, path[1]);
  if (path[0] == "attempts") return web::attempt_screen(look, std::stoll(path[1]));
  REQUIRE(path[0] == "runs");
  return web::run_screen(look, std::stoll(path[1]));
}

void Shop::let_everything_happen() const {
  site.sql(
      "create table page (id integer primary key, title text); insert into page values (1, 'one'), (2, 'two'), (3, "
      "'three')");
  script(
      "001_changes.lua",
      "log.info('begin') log.warn('take care') log.error('" + k_hostile_text +
          "') db.exec(\"update page set title = '" + k_hostile_text.substr(0, 28) +
          "' where id = 1\") db.exec('delete from page where id = 2') db.exec('create table made (id integer primary "
          "key)') return { executed = true, message = 'changed two rows', rows = 2, note = '<i>' }",
      "description = 'Changes rows', tags = { 'nightly' },");
  site.write("fix-scripts/002_skips.lua",
             "return { shouldRun = function() return false end, execute = function() end }\n");
  script("003_fails.lua", "local function deep() error('no <such> thing') end deep()");
  script(k_hostile_name, "return { executed = false, error = [[" + k_hostile_text + "]] }",
         "description = [[" + k_hostile_text + "]],");
  script("005_again.lua", "db.exec(\"insert into ran values ('5')\") return { executed = true }");
  CHECK(site.fettle({"run", "--by=anna", "--reason=ticket <4711>"}).status == 4);
  script("005_again.lua", "db.exec(\"insert into ran values ('five')\")\nreturn { executed = true }");
  CHECK(site.fettle({"run", "--by=bert"}).status == 0);
  CHECK(site.fettle({"rollback", "--yes", "--by=bert", "005_again"}).status == 0);
  CHECK(site.fettle({"mark", "--reason=looked", "--", "003_fails.lua", "succeeded"}).status == 0);
  script("006_waits.lua", "return { executed = true }", "depends = { '099_absent' },");
  CHECK(site.fettle({"run"}).status == 8);
  script("005_again.lua", "db.exec(\"insert into ran values ('5 once more')\")\nreturn { executed = true }");
  script("007_new.lua", "db.exec(\"update page set title = 'new'\") return { executed = true }");
  site.write("fix-scripts/notes <b>.txt", "x");
  CHECK(site.fettle({"run", "--dry-run"}).status == 8);
}

}  // namespace support
