#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "os/clock.hpp"
#include "runner/session.hpp"
#include "runner/verdicts.hpp"

// A script that works in batches: each page goes worker → runner → broker and back, so that only the runner's word
// commits, and between two pages nothing is open: people are heard, and others come to the database.
namespace runner {
namespace {

using core::Cause;
using core::Kind;
using core::Outcome;
using core::OutcomeKind;
using os::in;

constexpr std::chrono::minutes k_to_commit{10};  // a slow disk is no reason to doubt a commit
constexpr std::chrono::hours k_longest_pause{1};
constexpr std::chrono::milliseconds k_clocks_differ{5 * 60'000};
constexpr std::size_t k_most_failures = 1000;                     // told of one page
constexpr std::size_t k_longest_failure = std::size_t{2} << 10U;  // bytes

bool is_sound(const core::TurnPage& page) {
  const bool sizes = page.cursor.size() <= core::k_largest_cursor && page.failures.size() <= k_most_failures &&
                     page.failed <= page.rows;
  const bool texts = std::all_of(page.failures.begin(), page.failures.end(),
                                 [](const std::string& text) { return text.size() <= k_longest_failure; });
  const bool cursor = page.ended || base::is_json(page.cursor, core::k_deepest_cursor);
  return sizes && texts && cursor && page.pause >= 0;
}

std::string where_it_goes_on(const core::Bookmark& found, const core::Receipt& ours) {
  std::string text = fmt::format(
      "batch {} goes on behind {} ({}) that attempt {}{} has committed", base::escape(found.name),
      base::plural(found.pages, "page"), base::plural(found.rows, "row"), found.by.attempt,
      found.by.ledger == ours.ledger ? "" : fmt::format(" of another ledger, on {},", base::escape(found.by.node)));
  if (found.by.sha256 != ours.sha256) text += "; the script was changed since (restart = true would begin anew)";
  return text;
}

// Whether nothing of the script was left to do since. Another ledger's attempts are not in ours, and its clock may
// differ by some minutes.
bool is_behind(const ledger::Ledger::Concluded& end, const core::Bookmark& found, const core::Receipt& ours) {
  if (end.attempt == 0) return false;
  return found.by.ledger == ours.ledger
             ? end.attempt > found.by.attempt
             : base::iso8601({end.at.milliseconds - k_clocks_differ.count()}) > found.by.applied_at;
}

}  // namespace

bool Session::take_of_batch(const os::Frame& frame, std::optional<Outcome>& ended) {
  const bool opens = frame.kind == static_cast<std::uint8_t>(Kind::open_batch);
  const bool turns = frame.kind == static_cast<std::uint8_t>(Kind::turn_page);
  if (stage_ != Stage::executing || ahead_ || (!opens && !turns)) return false;
  if (opens) {
    const auto wish = core::decode<core::OpenBatch>(frame.body);
    ended = wish ? open_batch(*wish) : protocol_fault();
  } else {
    auto page = core::decode<core::TurnPage>(frame.body);
    ended = page ? turn_page(std::move(*page)) : protocol_fault();
  }
  return true;
}

std::string Session::no_batch(const core::OpenBatch& wish) const {
  if (undoes()) return "batch{} works in execute(), not in rollback(), which is one transaction";
  if (!declaration_.writes)
    return "batch{} commits in the script's own database, and this script says that it writes none (database = false)";
  if (!declaration_.transaction)
    return "batch{} commits page by page, and with transaction = false there is nothing to commit; take the "
           "transaction = false out";
  constexpr std::size_t k_most_batches = 100;  // each is held until the end, with what failed in it
  if (batches_.count() >= k_most_batches)
    return fmt::format("there were {} batches before; a script has no more", k_most_batches);
  if (batches_.has(wish.name))
    return fmt::format("there was a batch named {} before; give each a name of its own: batch{{ name = … }}",
                       base::escape(wish.name));
  return {};
}

std::optional<Outcome> Session::open_batch(const core::OpenBatch& wish) {
  if (wish.name.empty() || wish.name.size() > core::k_longest_batch_name) return protocol_fault();
  core::BatchOpened opened;
  opened.fault = no_batch(wish);
  if (opened.fault.empty()) {
    auto heard = crew_.open_batch(wish, in(k_to_commit));
    if (!heard) return broker_died();
    opened = std::move(*heard);
    opened.bookmark.name = wish.name;
    opened.fault = base::cap(opened.fault, k_longest_text);
  }
  if (opened.fault.empty()) take_up(wish, opened.bookmark);
  return tell(Kind::batch_opened, encode(opened), "a batch began");
}

// found becomes what the worker goes on with.
void Session::take_up(const core::OpenBatch& wish, core::Bookmark& found) {
  const bool changed = found.by.sha256 != setting_.receipt.sha256;
  ledger::Ledger::Concluded end;
  if (found.pages > 0 && setting_.concluded) end = setting_.concluded();
  const bool over = is_behind(end, found, setting_.receipt);
  const bool anew = found.pages > 0 && (setting_.forced || over || (wish.restart && changed));
  batches_.open(found, anew);
  if (found.pages == 0) return;
  std::string text =
      anew ? fmt::format("batch {} begins anew; {} ({}) are committed from before", base::escape(found.name),
                         base::plural(found.pages, "page"), base::plural(found.rows, "row"))
           : where_it_goes_on(found, setting_.receipt);
  if (over) text += fmt::format("; attempt {} has brought the script to its end since", end.attempt);
  lines_.take({core::LineLevel::info, text});
  lines_.tell();
  if (!anew) return;
  found = {};
  found.name = wish.name;
}

std::optional<Outcome> Session::turn_page(core::TurnPage page) {
  if (!batches_.is_open(page.name) || !is_sound(page)) return protocol_fault();
  const auto start = os::Steady::now();
  page.anew = batches_.begins_anew();
  auto turned = crew_.turn_page(page, in(k_to_commit));
  if (!turned) batches_.doubt();
  if (!turned) return broker_died();
  measures_.commit += os::since(start);
  measures_.statements += turned->statements;
  measures_.rows_changed += turned->rows_changed;
  if (turned->lost) batches_.doubt();
  if (turned->cause != Cause::none) {
    end_worker(crew_.kill(worker_));
    return core::failed(turned->cause, base::cap(turned->error, k_longest_text));
  }
  batches_.turn(page);
  const auto committed = os::Steady::now();
  if (!page.ended)
    if (auto ended = go_to_next_page(std::chrono::milliseconds(page.pause))) return ended;
  core::PageTurned told;
  told.waited = os::since(committed).count();
  return tell(Kind::page_turned, encode(told), "a page of a batch was committed");
}

// Nothing is open meanwhile. The time limit holds for each page.
std::optional<Outcome> Session::go_to_next_page(std::chrono::milliseconds pause) {
  if (auto ended = heed_people(std::min<std::chrono::milliseconds>(pause, k_longest_pause))) return ended;
  deadline_ = in(timeout_);
  crew_.next_page({std::max<std::int64_t>(timeout_.count(), 1)});
  const os::Deadline give_up = deadline_ + k_to_roll_back;
  while (setting_.stop != nullptr && !crew_.broker_speaks(give_up, setting_.stop->fd())) {
    setting_.stop->look();
    if (!setting_.stop->at_once()) continue;
    crew_.renew_broker();  // it may be waiting for a lock
    return interrupted();
  }
  const auto began = crew_.hear_began(give_up);
  if (!began) return broker_died();
  if (began->cause == Cause::none) return std::nullopt;
  end_worker(crew_.kill(worker_));
  return core::failed(began->cause, base::cap(began->error, k_longest_text));
}

std::optional<Outcome> Session::heed_people(std::chrono::milliseconds pause) {
  if (setting_.stop == nullptr) return std::nullopt;
  Stop& stop = *setting_.stop;
  const auto is_over = [&stop] {
    stop.look();
    return stop.requested() || stop.at_once();
  };
  if (!is_over() && setting_.while_paused) setting_.while_paused([&] { return !stop.at_once(); });
  const os::Deadline end = in(pause);
  while (!is_over() && os::Steady::now() < end) {
    pollfd wake{stop.fd(), POLLIN, 0};
    (void)::poll(&wake, 1, os::poll_timeout(end));
  }
  return is_over() ? std::optional(interrupted()) : std::nullopt;
}

// --- the end -------------------------------------------------------------------------------------------------------

// One that may work in batches goes on, as it does when the runner dies; what is no good is given up by and by.
Outcome Session::was_killed(Outcome outcome) const {
  if (!may_batch()) return outcome;
  outcome.kind = OutcomeKind::interrupted;
  outcome.reason = std::exchange(outcome.error, {});
  return outcome;
}

// What is committed stays whatever became of the rest, and everything says so.
Outcome Session::account_for_batches(Outcome outcome) {
  if (!batches_.any()) return outcome;
  if (outcome.kind == OutcomeKind::succeeded) {
    outcome.result = with_batches(outcome.result, batches_.result(true));
    return outcome;
  }
  if (batches_.is_in_doubt()) {
    const core::Receipt& receipt = setting_.receipt;
    const core::Inquired said =
        crew_.inquire({database_, receipt.script, receipt.sha256, receipt.ledger, receipt.attempt, setting_.undoes});
    if (said.proof == core::Proof::absent) batches_.settle(said.paged);
  }
  if (killed_ && outcome.kind == OutcomeKind::failed) outcome = was_killed(std::move(outcome));
  const core::Paged paged = batches_.paged();
  if (outcome.kind == OutcomeKind::skipped && paged.advanced)
    outcome = core::failed(Cause::error, fmt::format("it was skipped ({}) after pages were committed", outcome.reason));
  if (paged.advanced || outcome.kind == OutcomeKind::failed) outcome.result = batches_.result(false);
  if (paged.pages == 0) return outcome;
  const bool failed = outcome.kind == OutcomeKind::failed;
  (failed ? outcome.error : outcome.reason) += (failed ? "\n" : "; ") + core::what_is_kept(paged);
  return outcome;
}

}  // namespace runner
