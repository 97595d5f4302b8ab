#include "web/verbs.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "base/error.hpp"

using Words = std::vector<std::string>;

namespace {

Words words_of(const std::string& path, const web::Pairs& fields) {
  const auto verb = web::verb_of(web::parts_of_path(path), fields);
  return verb ? verb->words : Words();
}

}  // namespace

TEST_CASE("what is pressed becomes the command that a person would type") {
  CHECK(words_of("/run", {}) == Words{"run"});
  CHECK(words_of("/runs", {{"reason", "ticket 4711"}, {"scripts", "a.lua"}, {"scripts", "b.lua"}}) ==
        Words{"run", "--reason=ticket 4711", "--", "a.lua", "b.lua"});
  CHECK(words_of("/run", {{"dry_run", "1"}}) == Words{"run", "--dry-run"});
  CHECK(words_of("/run", {{"dry_run", "0"}, {"plan", "12"}}) == Words{"run", "--plan=12"});
  CHECK(words_of("/scripts/007_x.lua/retry", {}) == Words{"retry", "--", "007_x.lua"});
  CHECK(words_of("/scripts/007_x.lua/rollback", {{"reason", "r"}}) ==
        Words{"rollback", "--yes", "--reason=r", "--", "007_x.lua"});
  CHECK(words_of("/scripts/a/mark", {{"as", "failed"}}) == Words{"mark", "--", "a", "failed"});
  CHECK(words_of("/runs/12/cancel", {{"script", "x"}}) == Words{"cancel", "--", "x"});
  CHECK(words_of("/pause", {{"reason", "release"}}) == Words{"pause", "--reason=release"});
  CHECK(words_of("/verify", {}) == Words{"ledger", "verify"});
}

TEST_CASE("a script that is sent goes to the command as it is, one that was typed with plain ends of lines") {
  const auto verb = [](const web::Pairs& fields) { return *web::verb_of({"scripts"}, fields); };
  const web::Verb chosen = verb({{"file", "a\r\n"}, {"file.filename", "C:\\scripts\\007_x.lua"}, {"typed", "no"}});
  CHECK(chosen.words == Words{"add", "--name=007_x.lua", "-"});
  CHECK(chosen.input == "a\r\n");
  CHECK(chosen.needs == core::Scope::admin);
  CHECK_FALSE(chosen.runs);
  CHECK(verb({{"typed", "a\r\nb\rc\r\n\r\n"}, {"name", "x.lua"}}).input == "a\nb\rc\n\n");
  CHECK(verb({{"text", "a\r\n"}, {"name", "--force"}, {"reason", "r"}}).words ==
        Words{"add", "--name=--force", "--reason=r", "-"});
  CHECK(verb({{"text", "a\r\n"}, {"name", "x.lua"}}).input == "a\r\n");
  CHECK_THROWS_AS(verb({{"text", "a"}}), base::Error);
  CHECK_THROWS_AS(verb({{"name", "x.lua"}}), base::Error);
}

TEST_CASE("no name and no reason can become an option") {
  CHECK(words_of("/scripts/--force/retry", {}) == Words{"retry", "--", "--force"});
  CHECK(words_of("/run", {{"reason", "--force"}}) == Words{"run", "--reason=--force"});
  CHECK(words_of("/run", {{"scripts", "--force"}}) == Words{"run", "--", "--force"});
  CHECK_THROWS_AS(words_of("/run", {{"plan", "1 --force"}}), base::Error);
  CHECK_THROWS_AS(words_of("/scripts/a/mark", {{"as", "--force"}}), base::Error);
}

TEST_CASE("a field that is misspelt or says neither yes nor no is refused, and nothing runs in its place") {
  for (const web::Pairs& fields : {web::Pairs{{"dryrun", "1"}},
                                   {{"dry_run", "yes"}},
                                   {{"dry_run", "on"}},
                                   {{"{\"dry_run\": true}", ""}},
                                   {{"script", "a.lua"}},
                                   {{"as", "failed"}}})
    CHECK_THROWS_AS(words_of("/run", fields), base::Error);
  CHECK_THROWS_AS(words_of("/scripts/a/retry", {{"dry_run", "1"}}), base::Error);
  CHECK_THROWS_AS(words_of("/scripts/a/rollback", {{"no_run", "1"}}), base::Error);
  CHECK_THROWS_AS(words_of("/pause", {{"script", "a"}}), base::Error);
  CHECK_THROWS_AS(words_of("/verify", {{"reason", "r"}}), base::Error);
  CHECK_THROWS_AS(words_of("/requests/7/approve", {{"yes", "1"}}), base::Error);
  CHECK_THROWS_AS(web::fields_of_json(R"({"dry_run": {"yes": true}})"), base::Error);
  CHECK(words_of("/run", {{"csrf", "x"}, {"once", "y"}, {"dry_run", "false"}}) == Words{"run"});
  CHECK(words_of("/run", web::fields_of_json(R"({"dry_run": true, "reason": null})")) == Words{"run", "--dry-run"});
}

TEST_CASE("a zero byte, at which a command would cut the word, is refused wherever it stands") {
  const std::string zero("a.lua\0b", 7);
  CHECK_THROWS_AS(words_of("/scripts/a.lua%00b/retry", {}), base::Error);
  CHECK_THROWS_AS(words_of("/run", {{"scripts", zero}}), base::Error);
  CHECK_THROWS_AS(words_of("/run", {{"reason", zero}}), base::Error);
  CHECK_THROWS_AS(words_of("/cancel", {{"script", zero}}), base::Error);
}

TEST_CASE("each verb needs a scope, and what executes scripts is known") {
  const auto verb = [](const std::string& path, const web::Pairs& fields = {}) {
    return *web::verb_of(web::parts_of_path(path), fields);
  };
  CHECK(verb("/run").needs == core::Scope::run);
  CHECK(verb("/run").runs);
  CHECK_FALSE(verb("/run", {{"dry_run", "1"}}).runs);
  CHECK(verb("/scripts/a/mark", {{"as", "pending"}}).needs == core::Scope::admin);
  CHECK(verb("/scripts/a/rollback").runs);
  CHECK(verb("/verify").needs == core::Scope::read);
  CHECK_FALSE(verb("/verify").audited);
}

TEST_CASE("where others must say yes, what would run scripts asks for it, however it is sent") {
  const auto asked = [](const std::string& path, const web::Pairs& fields) {
    const auto parts = web::parts_of_path(path);
    return web::asking_first(*web::verb_of(parts, fields), parts, fields).words;
  };
  CHECK(asked("/run", {{"reason", "r"}, {"scripts", "a"}}) == Words{"request", "run", "--reason=r", "--", "a"});
  CHECK(asked("/runs", {}) == Words{"request", "run"});
  CHECK(asked("/scripts/a/retry", {{"no_run", "0"}}) == Words{"retry", "--no-run", "--", "a"});
  CHECK(asked("/run", {{"request", "7"}}) == Words{"run", "--request=7"});
  CHECK(asked("/run", {{"dry_run", "1"}}) == Words{"run", "--dry-run"});
  CHECK(asked("/pause", {}) == Words{"pause"});
  CHECK_THROWS_AS(asked("/scripts/a/rollback", {}), base::Error);
  CHECK(asked("/scripts/a/rollback", {{"dry_run", "1"}}) == Words{"rollback", "--dry-run", "--", "a"});
  for (const char* name : {"plan", "until", "tag", "exclude"})
    CHECK_THROWS_AS(asked("/run", {{name, "1"}}), base::Error);
}

TEST_CASE("what is no verb is none") {
  for (const char* path :
       {"/", "/x", "/scripts/a", "/scripts/a/delete", "/scripts/a/b/retry", "/runs/1/retry", "/run/x"})
    CHECK_FALSE(web::verb_of(web::parts_of_path(path), {}));
}
