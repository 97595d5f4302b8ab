#include "runner/restore.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "core/restore_message.hpp"
#include "os/clock.hpp"
#include "runner/verdicts.hpp"

namespace runner {
namespace {

using core::Cause;
using core::Outcome;
using core::OutcomeKind;
using os::in;

constexpr std::size_t k_part = std::size_t{256} << 10U;  // bytes of rows in one message
constexpr std::size_t k_most_listed = 20;                // conflicts
constexpr std::chrono::minutes k_to_commit{10};

std::size_t size_of(const core::RowChange& row) {
  return core::wire_size(row.before) + core::wire_size(row.after);
}

std::string shown(const core::Value& value) {
  struct Show {
    std::string operator()(core::Null) const { return "NULL"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return base::escape(base::cap(text, 100)); }
    std::string operator()(const core::Blob& blob) const { return fmt::format("{} bytes", blob.bytes.size()); }
  };
  return std::visit(Show{}, value);
}

std::string describe(const core::Conflict& conflict, const core::Changes& changes) {
  const core::TableChanges& table = changes.tables.at(conflict.table);
  const std::vector<std::string>& names = table.key.empty() ? table.columns : table.key;
  std::string which;
  for (std::size_t at = 0; at < conflict.key.size() && at < names.size(); ++at)
    which += fmt::format("{}{} = {}", at == 0 ? "" : ", ", base::escape(names[at]), shown(conflict.key[at]));
  return fmt::format("{} {}, which it {}: {}", base::escape(table.table), base::cap(which, 300),
                     core::name(conflict.change), base::escape(base::first_line(conflict.why)));
}

std::string describe(const core::Restored& restored, const core::Changes& changes) {
  std::string text;
  const std::size_t count = std::min(restored.told.size(), k_most_listed);
  for (std::size_t at = 0; at < count; ++at) text += "\n" + describe(restored.told[at], changes);
  if (restored.conflicts > count) text += fmt::format("\nand {} more", restored.conflicts - count);
  return text;
}

std::optional<Outcome> judge(Crew& crew, const std::optional<core::Began>& began) {
  if (!began) return core::failed(Cause::unreachable, std::string(k_broker_died));
  if (began->lost) {
    crew.renew_broker();
    return line_was_lost(began->error);
  }
  if (began->cause == Cause::unreachable || began->elsewhere)
    return core::blocked(began->cause, base::cap(began->error, k_longest_text));
  if (began->missing)
    return core::blocked(Cause::none,
                         "its receipt is not in the database: it was never applied there, or was taken back");
  if (began->cause == Cause::none) return std::nullopt;
  return core::failed(began->cause, base::cap(began->error, k_longest_text));
}

class Restorer {
 public:
  Restorer(const core::Config& config, const ledger::History& history, Crew& crew, const Restoration& wish)
      : history_(history),
        crew_(crew),
        wish_(wish),
        deadline_(in(config.run.timeout)),
        changes_(history.changes(wish.undoes)) {}

  Outcome go(ledger::Finished& finished) {
    if (auto ended = begin()) return std::move(*ended);
    const std::optional<core::Restored> restored = put_back();
    if (!restored) return core::failed(Cause::unreachable, std::string(k_broker_died));
    const bool conflicts = restored->conflicts > 0 && wish_.conflicts == Conflicts::refuse;
    if (restored->cause != Cause::none) return give_up(core::failed(restored->cause, restored->error));
    if (conflicts) return give_up(refused(*restored));
    return commit(success(*restored), finished);
  }

 private:
  std::optional<Outcome> begin() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - os::Steady::now());
    core::Begin begin{wish_.database, core::Access::write, std::max<std::int64_t>(left.count(), 1), wish_.receipt,
                      false};
    begin.undoes = wish_.receipt_undone;
    begin.restores = true;
    crew_.begin(begin, nullptr);
    return judge(crew_, crew_.hear_began(deadline_ + k_to_roll_back));
  }

  // What was changed last is undone first.
  std::optional<core::Restored> put_back() {
    std::vector<core::RowChange> rows;
    history_.each_changed_row(wish_.undoes, [&rows](const core::RowChange& row) { rows.push_back(row); });
    core::Restore part;
    part.tables = changes_.tables;
    std::optional<core::Restored> restored;
    do {
      for (std::size_t bytes = 0; !rows.empty() && bytes < k_part; rows.pop_back()) {
        bytes += size_of(rows.back());
        part.rows.push_back(std::move(rows.back()));
      }
      part.last = rows.empty();
      restored = crew_.restore(part, deadline_ + k_to_roll_back);
      part = {};
    } while (restored && restored->cause == Cause::none && !rows.empty());
    return restored;
  }

  Outcome refused(const core::Restored& restored) const {
    return core::failed(
        Cause::error, fmt::format("{} not as attempt {} left {}, so nothing was undone:{}\n"
                                  "--skip-conflicts leaves those as they are and undoes the rest",
                                  restored.conflicts == 1 ? "1 row is" : fmt::format("{} rows are", restored.conflicts),
                                  wish_.undoes, restored.conflicts == 1 ? "it" : "them", describe(restored, changes_)));
  }

  Outcome success(const core::Restored& restored) const {
    Outcome outcome;
    outcome.kind = OutcomeKind::rolled_back;
    outcome.message = fmt::format("{} put back", base::plural(restored.rows, "row"));
    if (restored.conflicts > 0)
      outcome.message +=
          fmt::format("; {} left as somebody else changed {} since:{}", base::plural(restored.conflicts, "row"),
                      restored.conflicts == 1 ? "it" : "them", describe(restored, changes_));
    return outcome;
  }

  Outcome give_up(Outcome outcome) {
    const auto done = crew_.roll_back(Crew::Patience::some, in(k_to_roll_back));
    if (done && done->lost) crew_.renew_broker();
    return outcome;
  }

  Outcome commit(Outcome outcome, ledger::Finished& finished) {
    crew_.commit();
    core::RecordedChanges& changes = finished.changes;
    auto done = crew_.hear_done(in(k_to_commit), [&](std::string&& part) { changes.rows.push_back(std::move(part)); });
    if (done) {
      finished.measures.statements = done->statements;
      finished.measures.rows_changed = done->rows_changed;
      changes.changes = std::move(done->changes);
      if (!done->changed_rows.empty()) changes.rows.push_back(std::move(done->changed_rows));
      if (done->word == core::Done::Word::committed) return outcome;
      changes = {};
      if (done->lost) crew_.renew_broker();
      if (done->word == core::Done::Word::rolled_back)
        return done->lost ? line_was_lost(done->error)
                          : core::failed(done->cause, base::cap(done->error, k_longest_text));
    }
    return resolve(std::move(outcome), done ? done->error : fmt::format("{} during the commit", k_broker_died));
  }

  // The receipt of what is undone is gone exactly when it was committed.
  Outcome resolve(Outcome outcome, std::string doubt) {
    const core::Receipt& receipt = wish_.receipt;
    const core::Inquired answer = crew_.inquire(
        {wish_.database, receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, wish_.receipt_undone});
    if (answer.proof == core::Proof::present) return outcome;
    if (answer.proof == core::Proof::absent) return core::failed(Cause::unreachable, std::move(doubt));
    return unknown(std::move(doubt),
                   fmt::format("nobody can say whether it was committed: {}", base::cap(answer.error, k_longest_text)));
  }

  const ledger::History& history_;
  Crew& crew_;
  const Restoration& wish_;
  os::Deadline deadline_;
  core::Changes changes_;
};

}  // namespace

std::string why_not_by_rows(const ledger::History& history, std::int64_t attempt) {
  const core::Changes changes = history.changes(attempt);
  if (changes.empty()) return "no changes of it were recorded";
  if (!changes.schema.empty())
    return fmt::format("it changed the schema, too: {} {}", changes.schema.front().type,
                       base::escape(changes.schema.front().name));
  std::uint64_t told = 0;
  for (const core::TableChanges& table : changes.tables) {
    if (!table.gap.empty())
      return table.table.empty() ? table.gap : fmt::format("{}: {}", base::escape(table.table), table.gap);
    if (!table.net) return fmt::format("the rows of {} were only counted", base::escape(table.table));
    told += table.inserted + table.updated + table.deleted;
  }
  std::uint64_t kept = 0;
  history.each_changed_row(attempt, [&kept](const core::RowChange&) { ++kept; });
  return kept == told ? std::string() : "not all of its rows are in the ledger";
}

ledger::Finished restore(const core::Config& config, const ledger::History& history, Crew& crew,
                         const Restoration& wish) {
  const auto start = os::Steady::now();
  ledger::Finished finished;
  finished.outcome = Restorer(config, history, crew, wish).go(finished);
  finished.database = wish.database;
  finished.measures.broker_sandbox = core::describe(crew.broker_level());
  finished.measures.total = os::since(start);
  finished.at = os::now();
  return finished;
}

}  // namespace runner
