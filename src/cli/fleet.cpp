#include "cli/fleet.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/json_output.hpp"
#include "cli/listing.hpp"
#include "cli/style.hpp"

namespace cli {
namespace {

constexpr int k_unreachable = 6;
constexpr std::int64_t k_begun_at_most = 20;  // of status

// "2026-11-21 11:28:03" of "2026-11-21T11:28:03.123Z".
std::string moment(const std::string& iso) {
  std::string text = base::fit(base::escape(iso), 24);
  if (text.size() == 24) text.resize(19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

struct Line {
  std::string at, node, attempt, script, remark;
};

std::vector<Line> lines_of(const std::vector<runner::Mustered>& fleet) {
  std::vector<Line> lines;
  for (const runner::Mustered& each : fleet) {
    const std::string where = fleet.size() > 1 ? fmt::format("in {}", each.database) : "";
    const auto add = [&](const core::Receipt& receipt, const std::string& remark) {
      lines.push_back({moment(receipt.applied_at), base::escape(receipt.node), fmt::format("{}", receipt.attempt),
                       base::escape(receipt.script), remark});
    };
    for (const core::Receipt& receipt : each.fleet.begun)
      add(receipt, where.empty() ? "begun, no success" : "begun, no success, " + where);
    for (const core::Receipt& receipt : each.fleet.applied) add(receipt, where);
  }
  return lines;
}

void print_lines(const Context& context, const std::vector<Line>& lines) {
  std::size_t node = 4, attempt = 7;
  for (const Line& line : lines) {
    node = std::min<std::size_t>(24, std::max(node, base::display_width(line.node)));
    attempt = std::max(attempt, line.attempt.size());
  }
  const auto print = [&](const Line& line) {
    const std::string text =
        fmt::format("{}  {}  {:>{}}  {}{}{}", pad(line.at, 19), pad(base::fit(line.node, node), node), line.attempt,
                    attempt, line.script, line.remark.empty() ? "" : "  ", line.remark);
    context.print(base::fit(text, context.style.width) + "\n");
  };
  print({"applied (UTC)", "node", "attempt", "script", ""});
  for (const Line& line : lines) print(line);
}

std::string fault_of(const runner::Mustered& each) {
  return fmt::format("{} cannot be asked: {}", each.database, base::escape(base::first_line(each.error)));
}

}  // namespace

int fleet_history(const Context& context) {
  require_database(context.loaded);
  const std::vector<runner::Mustered> fleet = runner::muster(context.config(), context.arguments.limit, {});
  const bool all_told = std::all_of(fleet.begin(), fleet.end(), [](const auto& each) { return each.error.empty(); });
  if (context.arguments.json) {
    context.print(fleet_json(fleet) + "\n");
    return all_told ? 0 : k_unreachable;
  }
  const std::vector<Line> lines = lines_of(fleet);
  if (!lines.empty()) print_lines(context, lines);
  if (lines.empty() && all_told) context.print("Nothing was applied yet. Next: fettle status\n");
  for (const runner::Mustered& each : fleet)
    if (!each.error.empty()) context.say(fault_of(each) + "\n");
  return all_told ? 0 : k_unreachable;
}

std::vector<runner::Mustered> ask_fleet(const core::Config& config, const std::vector<std::string>& scripts) {
  if (config.fleet.node.empty() || config.databases.empty()) return {};
  return runner::muster(config, k_begun_at_most, scripts);
}

void print_fleet(const Context& context, const std::vector<runner::Mustered>& fleet) {
  std::string text;
  const auto add = [&text](const std::string& line) { text += (text.empty() ? "" : "\n") + line; };
  for (const runner::Mustered& each : fleet) {
    if (!each.error.empty()) add(fault_of(each));
    for (const core::AtWork& at_work : each.fleet.at_work)
      add(fmt::format("{} is at work on {}{} ({})", at_work.node.empty() ? "a node" : base::escape(at_work.node),
                      base::escape(at_work.script),
                      at_work.since.empty() ? "" : " since " + moment(at_work.since) + " UTC",
                      base::escape(at_work.where)));
    for (const core::Receipt& start : each.fleet.begun)
      add(fmt::format("{} began {} at {} UTC, without a transaction, and did not succeed", base::escape(start.node),
                      base::escape(start.script), moment(start.applied_at)));
  }
  if (!fleet.empty()) print_field(context, "fleet", text.empty() ? "no node is at work" : text);
}

}  // namespace cli
