#include "target/keeping.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <unistd.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace target {
namespace {

bool is_installed(std::string_view program) {
  const char* const path = std::getenv("PATH");
  for (const std::string_view folder : base::split(path == nullptr ? "/usr/bin:/bin" : path, ':'))
    if (::access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) return true;
  return false;
}

void perform(const Keeper& keeper, const KeepingWish& wish, core::DatabaseStatus& status) {
  switch (wish.keeping.step) {
    case core::Keeping::Step::none:
      break;
    case core::Keeping::Step::save:
      status.facts = keeper.save(wish);
      break;
    case core::Keeping::Step::compare:
      if (std::string how = keeper.compare(wish); !how.empty())
        status.facts = {{std::string(k_differs), std::move(how)}};
      break;
    case core::Keeping::Step::make:
      keeper.make(wish);
      break;
    case core::Keeping::Step::swap:
      status.facts = keeper.swap(wish);
      break;
    case core::Keeping::Step::drop:
      keeper.drop(wish);
      break;
  }
}

}  // namespace

std::string missing_program(std::string_view url) {
  const Keeper* const keeper = keeper_of(url);
  if (keeper == nullptr) return {};
  for (const auto& programs : keeper->programs)
    if (std::none_of(programs.begin(), programs.end(), is_installed))
      return fmt::format("{} (Debian: apt install {})", programs.front(), keeper->package);
  return {};
}

// What is wrong with the URL is told by whoever opens it.
bool is_yet_to_be_made(const std::string& url, const Surroundings& surroundings) {
  try {
    return is_made_by_opening(url, surroundings);
  } catch (const SqlError&) {
    return false;
  }
}

void keep(const core::DatabaseAddress& address, const Surroundings& surroundings, int wake,
          core::DatabaseStatus& status) {
  const Keeper* const keeper = keeper_of(address.url);
  try {
    if (keeper == nullptr) throw SqlError(core::Cause::unreachable, "no engine serves this kind of URL");
    perform(*keeper, {address.url, surroundings, address.keeping, wake}, status);
  } catch (const SqlError& error) {
    status.fault = error.what();
    status.cause = error.cause();
  } catch (const base::Error& error) {
    status.fault = error.what();
    status.cause = core::Cause::error;
  }
}

void check_rows(const std::vector<core::Fact>& expected, const std::vector<core::Fact>& found) {
  std::map<std::string_view, std::string_view> rows;
  for (const core::Fact& fact : found) rows[fact.name] = fact.text;
  for (const core::Fact& fact : expected) {
    const auto table = rows.find(fact.name);
    if (table == rows.end())
      throw SqlError(core::Cause::error,
                     fmt::format("it was not restored whole: there is no table {}", base::escape(fact.name)));
    if (table->second != fact.text)
      throw SqlError(core::Cause::error, fmt::format("it was not restored whole: the table {} has {} rows, not {}",
                                                     base::escape(fact.name), table->second, fact.text));
  }
}

}  // namespace target
