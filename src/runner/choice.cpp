#include "runner/choice.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <variant>

#include "base/text.hpp"
#include "core/dependency.hpp"
#include "core/order.hpp"
#include "runner/session.hpp"
#include "runner/survey.hpp"

namespace runner {
namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

core::Declaration declared(const std::string& name, const core::Config& config, const folder::Folders& folders,
                           Crew& crew) {
  const folder::ReadResult read = folders.read(folder::Place::scripts, name);
  const auto* loaded = std::get_if<folder::Loaded>(&read);
  if (loaded == nullptr) return {};
  core::Load load;
  load.name = base::escape(name);
  load.text = loaded->script.text;
  load.environment = config.run.environment;
  Session::Setting setting;
  setting.timeout = config.run.timeout;
  setting.limits = config.limits;
  Session session(crew, std::move(load), std::move(setting), Session::Upto::declaration);
  crew.prepare_workers(1);
  (void)session.load();
  return session.declaration();
}

}  // namespace

std::string left_out(const Choice& choice, std::string_view script, const core::Declaration& declaration) {
  const auto has = [&declaration](const std::string& tag) { return contains(declaration.tags, tag); };
  if (!choice.tags.empty() && std::none_of(choice.tags.begin(), choice.tags.end(), has))
    return fmt::format("it is not tagged {} (--tag)", base::escape(fmt::format("{}", fmt::join(choice.tags, ", "))));
  for (const std::string& word : choice.exclude)
    if (has(word) || core::is_called(script, word))
      return fmt::format("it is left out by --exclude {}", base::escape(word));
  return {};
}

std::vector<std::string> leave_out(std::vector<std::string>& names, const Choice& choice, const core::Config& config,
                                   const folder::Folders& folders, Crew& crew) {
  const std::vector<std::string> chosen = choice.scripts.empty() ? names : select(choice.scripts, names);
  const std::set<std::string_view> wanted(chosen.begin(), chosen.end());
  const std::string last = choice.until.empty() ? std::string() : select({choice.until}, names).front();
  std::vector<std::string> kept, others;
  for (std::string& name : names) {
    const bool beyond = !last.empty() && core::runs_before(last, name, config.folders.order);
    const bool out = beyond || wanted.count(name) == 0 ||
                     (choice.asks_scripts() && !left_out(choice, name, declared(name, config, folders, crew)).empty());
    (out ? others : kept).push_back(std::move(name));
  }
  names = std::move(kept);
  return others;
}

}  // namespace runner
