#include "ledger/fates.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "ledger/sql.hpp"

namespace ledger {
namespace {

using core::OutcomeKind;

constexpr const char* k_all = R"sql(
  SELECT id, sha256, outcome, state, finished_at, script FROM attempts NOT INDEXED
  WHERE outcome IS NOT NULL ORDER BY id)sql";

constexpr const char* k_of_script = R"sql(
  SELECT id, sha256, outcome, state, finished_at FROM attempts INDEXED BY attempts_by_script
  WHERE script = ?1 AND outcome IS NOT NULL ORDER BY id)sql";

// Off the index alone.
constexpr const char* k_count = R"sql(
  SELECT count(*) FROM (
    SELECT 1 FROM attempts INDEXED BY attempts_other_outcome
    WHERE outcome = ?1 AND outcome <> 'succeeded' LIMIT ?2))sql";

constexpr const char* k_not_plain = R"sql(
  SELECT script FROM attempts INDEXED BY attempts_other_outcome
  WHERE outcome = ?1 AND outcome <> 'succeeded')sql";

constexpr const char* k_open_questions = R"sql(
  SELECT id FROM attempts a INDEXED BY attempts_other_outcome
  WHERE a.outcome = 'unknown' AND a.outcome <> 'succeeded' AND NOT EXISTS (
    SELECT 1 FROM attempts b INDEXED BY attempts_by_script
    WHERE b.script = a.script AND b.id > a.id AND b.outcome IS NOT NULL
      AND (b.state <> 'rollback' OR b.outcome IN ('rolled_back', 'unknown')))
  UNION
  SELECT id FROM attempts INDEXED BY attempts_open WHERE outcome IS NULL AND moved_to IS NULL
  ORDER BY id)sql";

struct Step {
  std::int64_t attempt = 0;
  std::string sha256;
  OutcomeKind outcome = OutcomeKind::failed;
  std::string state;
  base::Instant at;
};

Step take_step(Query& query) {
  Step step;
  step.attempt = query.take_number();
  step.sha256 = query.take_text();
  step.outcome = core::outcome_from(query.take_text()).value_or(OutcomeKind::failed);
  step.state = query.take_text();
  step.at.milliseconds = query.take_number();
  return step;
}

// One script's attempts, oldest first.
class Life {
 public:
  void add(Step step) {
    if (step.state == "rollback" && step.outcome != OutcomeKind::rolled_back) return;  // nothing was taken back
    switch (step.outcome) {
      case OutcomeKind::succeeded:
        decide(failed_ ? Fate::recovered : Fate::succeeded, step);
        ++applied_[step.sha256];
        return;
      case OutcomeKind::marked:
      case OutcomeKind::imported:
        decide(failed_ ? Fate::recovered : Fate::succeeded, step);
        applied_.try_emplace(step.sha256, 0);
        return;
      case OutcomeKind::rolled_back:
        if (const auto one = applied_.find(step.sha256); one != applied_.end() && --one->second <= 0)
          applied_.erase(one);
        if (applied_.empty()) decide(Fate::rolled_back, step);
        return;
      case OutcomeKind::skipped:
        if (applied_.empty()) decide(Fate::skipped, step);
        return;
      case OutcomeKind::failed:
        failed_ = true;
        break;
      case OutcomeKind::blocked:
      case OutcomeKind::interrupted:
      case OutcomeKind::unknown:
        break;
    }
    if (step.state == k_marked) applied_.erase(step.sha256);  // declared as not applied after all
    if (applied_.empty()) fated_.reset();
  }

  const std::optional<Fated>& fated() const noexcept { return fated_; }

 private:
  void decide(Fate fate, const Step& step) { fated_ = {{}, fate, step.attempt, step.at}; }

  std::map<std::string, std::int64_t> applied_;  // versions: how often; 0: only as a person said
  bool failed_ = false;
  std::optional<Fated> fated_;
};

void add_fate(std::vector<Fated>& fates, const std::string& script, const Life& life) {
  if (!life.fated()) return;
  fates.push_back(*life.fated());
  fates.back().script = script;
}

}  // namespace

std::vector<Fated> find_fates(SQLite::Database& database) {
  Query query(database, k_all);
  std::unordered_map<std::string, Life> lives;
  while (query.next()) {
    Step step = take_step(query);
    lives[query.take_text()].add(std::move(step));
  }
  std::vector<Fated> fates;
  for (const auto& [script, life] : lives) add_fate(fates, script, life);
  std::sort(fates.begin(), fates.end(), [](const Fated& a, const Fated& b) { return a.script < b.script; });
  return fates;
}

std::optional<std::vector<Fated>> glance_at_fates(SQLite::Database& database, std::size_t most_rows) {
  constexpr OutcomeKind k_outcomes[] = {OutcomeKind::failed, OutcomeKind::skipped, OutcomeKind::rolled_back};
  std::size_t rows = 0;
  Kept count(database, k_count);
  for (const OutcomeKind outcome : k_outcomes) {
    Query query(count);
    query.word(core::name(outcome)).number(static_cast<std::int64_t>(most_rows) + 1);
    if (query.next()) rows += query.take_count();
    if (rows > most_rows) return std::nullopt;
  }
  std::set<std::string> scripts;
  Kept not_plain(database, k_not_plain);
  for (const OutcomeKind outcome : k_outcomes) {
    Query query(not_plain);
    query.word(core::name(outcome));
    while (query.next()) scripts.insert(query.take_text());
  }
  std::vector<Fated> fates;
  Kept of_script(database, k_of_script);
  for (const std::string& script : scripts) {
    Life life;
    Query query(of_script);
    query.text(script);
    while (query.next()) {
      if (++rows > most_rows) return std::nullopt;
      life.add(take_step(query));
    }
    if (life.fated() && life.fated()->fate != Fate::succeeded) add_fate(fates, script, life);
  }
  return fates;
}

std::vector<Attempt> find_open_questions(SQLite::Database& database) {
  std::vector<Attempt> attempts;
  Query query(database, k_open_questions);
  while (query.next())
    if (auto attempt = find_attempt(database, query.take_number())) attempts.push_back(std::move(*attempt));
  return attempts;
}

}  // namespace ledger
