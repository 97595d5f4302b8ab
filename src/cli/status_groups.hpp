// The scripts of a folder as people ask for them: each stands in one group, by what is true of it now. Pure, but for
// the printing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "runner/survey.hpp"
#include "watch/notice.hpp"

namespace cli {

struct Groups {
  struct Row {
    std::string script;
    std::int64_t attempt = 0;  // 0: none
    std::string reason;
    std::optional<base::Instant> until;
    std::optional<base::Instant> at;
    std::string remark = {};  // what is printed behind the name
    std::string below = {};   // a line of its own
  };
  std::vector<Row> running, pending, blocked;
  std::vector<Row> unknown;  // interrupted too
  std::vector<Row> failing;
  std::vector<ledger::Fated> ended;  // not listed above; at a glance without those that succeeded
  bool glanced = true;               // false: what has ended is too much to be told at a glance
};

Groups groups_of(const runner::Survey& survey, const std::optional<watch::Notice>& watcher);

std::size_t count_of(const Groups& groups, ledger::Fate fate);
std::string_view fate_name(ledger::Fate fate) noexcept;

// Groups that have members. What has ended is named when all is asked for (-v).
void print_groups(const Context& context, const Groups& groups);
// "2 recovered after a failure, 3 skipped"; empty: there is nothing to say.
std::string ended_text(const Groups& groups);

}  // namespace cli
