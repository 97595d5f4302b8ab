#include "runner/demands.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"

namespace runner {
namespace {

using core::Cause;
using core::Outcome;
using core::Standing;

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string listed(const std::vector<std::string>& texts) {
  std::string line;
  for (const std::string& text : texts) line += (line.empty() ? "" : ", ") + base::escape(text);
  return line;
}

}  // namespace

bool has_receipt(Crew& crew, const std::string& word) {
  for (const core::DatabaseStatus& database : crew.databases())
    if (database.fault.empty() && crew.inquire({database.name, word, {}, {}}).proof == core::Proof::present)
      return true;
  return false;
}

std::optional<Outcome> Demands::judge(const std::string& script, const core::Declaration& declaration) {
  if (std::string why = left_out(choice_, script, declaration); !why.empty())
    return core::blocked(Cause::none, std::move(why));
  const std::vector<std::string>& environments = declaration.environments;
  if (!environments.empty() && !contains(environments, environment_))
    return core::blocked(
        Cause::none, fmt::format("it is for {}; this is {} ([run] environment)", listed(environments),
                                 environment_.empty() ? "an environment without a name" : base::escape(environment_)));
  if (!declaration.args_fault.empty())
    return core::blocked(Cause::none, fmt::format("{}: fettle run {} --arg NAME=VALUE", declaration.args_fault,
                                                  core::command_word(script)));
  const bool asked = force_ == core::Force::no && !declaration.depends.empty();
  return !asked ? std::nullopt : judge_dependencies(script, declaration);
}

std::optional<Outcome> Demands::judge_dependencies(const std::string& script, const core::Declaration& declaration) {
  waits_.erase(script);
  std::optional<Outcome> blocked;
  for (const std::string& word : declaration.depends) {
    const Standing standing = stand(script, word);
    if (standing.word == Standing::Word::satisfied) continue;
    if (standing.word == Standing::Word::comes_later) waits_[script].push_back(standing.waits_for);
    if (!blocked || standing.word != Standing::Word::comes_later)
      blocked = core::blocked(Cause::dependency, standing.reason);
  }
  const std::vector<std::string> circle = core::circle_from(script, waits_);
  if (circle.empty()) return blocked;
  waits_.erase(script);
  return core::failed(Cause::dependency, core::describe_circle(circle));
}

// Whether the ledger itself has seen it come to nothing; then no receipt of an earlier version, or of another node,
// counts.
bool Demands::knows_against(const std::string& script) const {
  if (script.empty()) return false;
  const core::Known known = sources_.known(script);
  return known.applied || (known.last && !core::says_nothing(known.last->outcome));
}

Standing Demands::stand(const std::string& script, const std::string& word) const {
  std::vector<core::Prerequisite> meant;
  const auto add = [&](const std::vector<std::string>& names, bool ahead, bool left) {
    for (const std::string& name : names) {
      if (name == script) continue;
      const auto same = [&name](const core::Prerequisite& each) { return each.name == name; };
      if (std::any_of(meant.begin(), meant.end(), same)) continue;
      meant.push_back({name, sources_.known(name), ahead, left});
    }
  };
  for (const auto& [waiting, others] : waits_)
    if (core::is_called(waiting, word)) add({waiting}, true, false);
  add(sources_.ahead(word), true, false);
  add(sources_.left(word), false, true);
  add(sources_.known_names(word), false, false);
  if (meant.empty() && core::is_called(script, word)) meant.push_back({script, {}, true, false});
  Standing standing = core::judge(word, meant);
  const bool is_open = standing.word == Standing::Word::missing || standing.word == Standing::Word::not_done;
  if (!is_open || knows_against(standing.waits_for)) return standing;
  const std::string& name = standing.waits_for.empty() ? word : standing.waits_for;
  const auto imported = sources_.known(name.ends_with(".lua") ? name : name + ".lua").imported;
  const bool is_applied = (imported && core::counts_as_applied(imported->state)) || sources_.has_receipt(name);
  return is_applied ? Standing{Standing::Word::satisfied, {}, {}} : standing;
}

std::vector<std::string> Demands::release(const std::string& script) {
  std::vector<std::string> freed;
  for (auto waiting = waits_.begin(); waiting != waits_.end();) {
    if (contains(waiting->second, script)) {
      freed.push_back(waiting->first);
      waiting = waits_.erase(waiting);
    } else {
      ++waiting;
    }
  }
  return freed;
}

}  // namespace runner
