#include "support/witness.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "base/text.hpp"

namespace support {
namespace {

using nlohmann::json;
using Trace = Witnessed::Trace;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

// The ledger first: what it calls a success must be in the database by then.
void read_ledger(const Site& site, Witnessed& seen) {
  for (const json& attempt : site.fettle_json({"history", "--limit", "100000", "--json"}))
    seen.attempts.push_back({attempt.at("attempt"), attempt.at("script"), text_at(attempt, "outcome"),
                             text_at(attempt, "error"), text_at(attempt, "state") == "settled"});
  std::sort(seen.attempts.begin(), seen.attempts.end(),
            [](const auto& left, const auto& right) { return left.id < right.id; });
}

// Effects and receipts in one statement, so that both are of the same moment.
std::string read_rows(const Engine& engine) {
  const std::string effects =
      "select concat('effect ', script, ' ', attempt) from ran union all select concat('counter ', n, ' 0') from "
      "counter";
  try {
    return engine.ask(effects + " union all select concat('receipt ', script, ' ', attempt) from fettle_receipts");
  } catch (const std::runtime_error& error) {
    if (std::string_view(error.what()).find("exist") == std::string_view::npos) throw;
  }
  return engine.ask(effects);  // nothing was ever applied
}

void read_database(const Engine& engine, Witnessed& seen) {
  const std::string rows = read_rows(engine);
  for (const std::string_view line : base::split(rows, '\n')) {
    const auto parts = base::split(line, ' ');
    const Trace trace{std::string(parts.at(1)), std::stoll(std::string(parts.at(2)))};
    if (parts[0] == "effect") seen.effects.insert(trace);
    if (parts[0] == "receipt") seen.receipts.insert(trace);
    if (parts[0] == "counter") seen.counter = trace.first;
  }
}

std::string tell(const Trace& trace) {
  return fmt::format("{}, attempt {}", trace.first, trace.second);
}

}  // namespace

std::string Witnessed::outcome_of(const std::string& script) const {
  const auto last = std::find_if(attempts.rbegin(), attempts.rend(),
                                 [&](const Attempt& attempt) { return attempt.script == script; });
  return last == attempts.rend() ? "" : last->outcome;
}

std::vector<std::string> Witnessed::in(const std::string& folder) const {
  std::vector<std::string> names;
  for (const std::string& path : tree)
    if (path.starts_with(folder + "/") && path.ends_with(".lua")) names.push_back(path.substr(folder.size() + 1));
  return names;
}

std::string script_with_effect(const std::string& nap) {
  return fmt::format(R"lua(
return {{ shouldRun = function() return db.value("select count(*) from ran") >= 0 end,
         execute = function()
           db.exec("insert into ran (script, attempt) values (?, ?)", ctx.script, ctx.attempt)
           db.value("{}")
           db.exec("update counter set n = n + 1 where id = 1")
           return {{ executed = true }}
         end }}
)lua",
                     nap);
}

void make_tables(const Engine& engine) {
  for (const char* sql : {"create table ran (script varchar(50), attempt bigint)",
                          "create table counter (id int primary key, n int)", "insert into counter values (1, 0)"})
    engine.ask(sql);
  if (engine.name == "postgresql") engine.ask("alter table ran owner to fettle; alter table counter owner to fettle");
}

Witnessed witness(const Site& site, const Engine& engine) {
  Witnessed seen;
  read_ledger(site, seen);
  read_database(engine, seen);
  seen.tree = site.tree();
  return seen;
}

std::vector<std::string> contradictions(const Witnessed& seen) {
  std::vector<std::string> found;
  std::set<std::string> done;
  for (const Trace& effect : seen.effects)
    if (!done.insert(effect.first).second) found.push_back(fmt::format("{}: a second effect", tell(effect)));
  for (const Trace& effect : seen.effects)
    if (seen.receipts.count(effect) != 1) found.push_back(fmt::format("{}: an effect without receipt", tell(effect)));
  for (const Trace& receipt : seen.receipts)
    if (seen.effects.count(receipt) != 1) found.push_back(fmt::format("{}: a receipt without effect", tell(receipt)));
  if (seen.counter != std::to_string(seen.effects.size()))
    found.push_back(fmt::format("{} effects, but the counter says {}", seen.effects.size(), seen.counter));
  for (const Witnessed::Attempt& attempt : seen.attempts) {
    if (attempt.settled) {
      if (attempt.outcome == "succeeded" && !done.contains(attempt.script))
        found.push_back(
            fmt::format("{}, attempt {}: settled as a success, without effect", attempt.script, attempt.id));
      continue;
    }
    const bool has_receipt = seen.receipts.contains({attempt.script, attempt.id});
    const std::string who = fmt::format("{}, attempt {}", attempt.script, attempt.id);
    const bool says_no = attempt.outcome != "succeeded" && attempt.outcome != "unknown" && !attempt.outcome.empty();
    if (attempt.outcome == "succeeded" && !has_receipt) found.push_back(who + ": a success without receipt");
    if (says_no && has_receipt) found.push_back(fmt::format("{}: {}, with a receipt", who, attempt.outcome));
  }
  return found;
}

std::vector<std::string> contradictions_at_end(const Witnessed& seen, const std::vector<std::string>& scripts) {
  std::vector<std::string> found = contradictions(seen);
  std::set<std::string> done;
  for (const Trace& effect : seen.effects) done.insert(effect.first);
  for (const std::string& script : scripts)
    if (!done.contains(script)) found.push_back(script + ": no effect");
  if (done.size() != scripts.size()) found.push_back(fmt::format("{} scripts had an effect", done.size()));
  std::vector<std::string> all = scripts;
  std::sort(all.begin(), all.end());
  if (seen.in("successfully-ran") != all || seen.tree.size() != all.size())
    found.push_back(fmt::format("filed are {}", fmt::join(seen.tree, " ")));
  std::set<std::string> marked;
  for (const Witnessed::Attempt& attempt : seen.attempts) {
    if (attempt.outcome == "marked") marked.insert(attempt.script);
    if (attempt.outcome.empty() || (attempt.outcome == "skipped" && !marked.contains(attempt.script)))
      found.push_back(fmt::format("{}, attempt {}: \"{}\"", attempt.script, attempt.id, attempt.outcome));
  }
  return found;
}

}  // namespace support
