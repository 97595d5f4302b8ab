// One script at work: a worker for its Lua, the broker for its transactions, the clock over both. Gives back outcomes;
// it records and moves nothing. Lives in the runner; made for each attempt.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/message.hpp"
#include "core/outcome.hpp"
#include "ledger/ledger.hpp"
#include "runner/batches.hpp"
#include "runner/crew.hpp"
#include "runner/live_log.hpp"
#include "runner/script_lines.hpp"
#include "runner/stop.hpp"

namespace runner {

class Session {
 public:
  struct Setting {
    std::chrono::milliseconds timeout{0};  // of the whole attempt, unless the script declares its own
    Stop* stop = nullptr;                  // asked while waiting; nullptr: signals are not this session's business
    ScriptLines::Sink on_line;
    std::shared_ptr<LiveLog> live;                           // is told the same, and written meanwhile; may be empty
    std::function<void(const core::Progress&)> on_progress;  // may be empty
    // May be empty: there are no data files. goes_on: asked now and then by what takes long.
    std::function<core::Data(const core::ReadData&, const std::function<bool()>& goes_on)> on_data;
    core::Receipt receipt;  // to be left in the database by execute()
    core::Limits limits;
    bool on_time = false;  // the script's own times are obeyed: it may be blocked until later
    bool once = true;      // a version that was applied before is not executed again, unless it is repeatable
    // Without a transaction: whether our ledger knows how an attempt of its own ended, which the database knows as
    // begun.
    std::function<bool(std::int64_t attempt)> is_settled;
    // Of a batch: after which attempt there was nothing of the script left to do.
    std::function<ledger::Ledger::Concluded()> concluded;
    bool forced = false;  // without a transaction: whoever began it before, and did not end
    // What else the script must meet before it may run, and does not; nullptr: nothing is asked.
    std::function<std::optional<core::Outcome>(const core::Declaration&)> demands;
    core::Approval approval;            // of what it commits
    ledger::Ledger::Disowned disowned;  // a receipt that proves nothing any more
    // Called between two pages of a batch, with nothing open: waits as long as the run is paused. May be empty.
    std::function<void(const std::function<bool()>& goes_on)> while_paused;
    // Of rows that were changed: packs a part for the ledger while the database is at work on the next ones.
    std::function<ledger::PackedPart(std::string_view)> pack;
    std::size_t parts_told = 1;  // of them, so many are kept as they came, too
    std::int64_t undoes = 0;     // undo() takes this attempt back: calls rollback(), and its receipt goes; 0: none
  };

  // Sends the script to a worker, which loads it and, with Upto::answer, asks shouldRun() without being told again.
  // Nothing of a script can change anything before execute().
  enum class Upto { declaration, answer };
  Session(Crew& crew, core::Load load, Setting setting, Upto upto);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Goes through the steps as far as it can within this time, up to the middle of execute(); commits nothing. What it
  // comes to is returned by the steps, and told by the lines, when they are called.
  void run_ahead(std::chrono::microseconds most);

  // Each step returns an outcome when it ended the attempt. In this order; none after one that ended it.
  std::optional<core::Outcome> load();
  std::optional<core::Outcome> ask();  // nullopt: shouldRun() said yes
  // Committed or rolled back when it returns. meanwhile: called while the database commits, when it comes so far.
  core::Outcome execute(const std::function<void()>& meanwhile);
  bool undoes() const noexcept { return setting_.undoes != 0; }
  // Instead of ask() and execute(): rollback(). Its success is `rolled_back`.
  core::Outcome undo();

  // The connection was lost before execute() began: nothing of the script was done, and another session may do it.
  bool lost_early() const noexcept { return lost_early_; }

  const core::Declaration& declaration() const noexcept { return declaration_; }
  const std::string& database() const noexcept { return database_; }
  const ledger::Measures& measures() const noexcept { return measures_; }
  const std::optional<core::Progress>& progress() const noexcept { return progress_; }  // as it was told last
  // Of a commit that was tried.
  core::RecordedChanges take_changes() noexcept { return std::move(changes_); }
  std::vector<ledger::PackedPart> take_packed() noexcept { return std::move(packed_); }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }  // of validate()
  std::vector<ledger::LogLine> take_lines() noexcept { return lines_.take_all(); }

 private:
  using Heard = std::variant<os::Frame, core::Outcome>;
  Heard hear(std::string_view doing);
  std::optional<os::Frame> glance(os::Deadline give_up);
  std::optional<core::Outcome> take_declaration(Heard heard);
  std::optional<core::Outcome> take_answer(Heard heard);
  void start_to_execute();
  std::optional<core::Outcome> tell(core::Kind kind, const std::string& body, std::string_view doing);
  std::optional<core::Outcome> choose_database();
  core::Begin begin_of(core::Access access) const;
  std::optional<core::Outcome> serve();
  void begin(core::Begin wish);
  std::optional<core::Outcome> hear_began();
  std::optional<core::Outcome> judge(const core::Began& began);
  core::Outcome connection_lost(const std::string& error);
  core::Outcome in_doubt(core::Outcome otherwise, std::string_view doubt);
  core::Outcome stays_if_loose(core::Outcome outcome, const core::Done& done) const;
  // Nothing that execute() has done can be undone any more.
  bool is_loose() const noexcept {
    return stage_ == Stage::executing && declaration_.writes && !declaration_.transaction;
  }
  core::Outcome said_no(core::Outcome outcome);
  core::Outcome commit(core::Outcome success, const std::function<void()>& meanwhile);
  core::Outcome resolve(core::Outcome success, core::Outcome otherwise, std::string doubt);
  core::Outcome roll_back(core::Outcome outcome);
  std::optional<core::Outcome> refuse(const core::Result& result);
  std::optional<core::Outcome> take_line(const os::Frame& frame);
  // What a script says beside its steps. nullopt in `ended`: it goes on; false: the frame is one of its steps.
  bool take_aside(const os::Frame& frame, std::optional<core::Outcome>& ended);
  void tell_progress();
  bool take_of_batch(const os::Frame& frame, std::optional<core::Outcome>& ended);
  std::optional<core::Outcome> open_batch(const core::OpenBatch& wish);
  std::string no_batch(const core::OpenBatch& wish) const;  // why there can be none; empty: there can
  void take_up(const core::OpenBatch& wish, core::Bookmark& found);
  std::optional<core::Outcome> turn_page(core::TurnPage page);
  std::optional<core::Outcome> go_to_next_page(std::chrono::milliseconds pause);
  std::optional<core::Outcome> heed_people(std::chrono::milliseconds pause);
  // By its text, before it has said so.
  bool may_batch() const noexcept { return !undoes() && load_.text.find("batch") != std::string::npos; }
  void keep(std::string&& part);
  core::Outcome was_killed(core::Outcome outcome) const;
  core::Outcome account_for_batches(core::Outcome outcome);
  core::Outcome carry_out(const std::function<void()>& meanwhile);
  std::optional<core::Outcome> fault_in(const os::Frame& frame) const;
  core::Outcome out_of_memory() const;
  core::Outcome timed_out(std::string_view doing);
  core::Outcome interrupted();
  core::Outcome broker_died();
  core::Outcome protocol_fault();
  core::Outcome died();
  void end_worker(const core::Ended& ended);

  Crew& crew_;
  core::Load load_;
  Setting setting_;
  ScriptLines lines_;
  Worker worker_;
  bool worker_alive_ = true;
  bool worker_known_to_broker_ = false;
  enum class Stage { loading, asking, executing } stage_ = Stage::loading;  // what the worker is at
  std::optional<Heard> early_;                                              // heard already, when the next step comes
  std::optional<core::Outcome> over_;                                       // ended already, when the next step comes
  std::optional<core::Outcome> untold_;                                     // the worker cannot be told to execute
  os::Steady::time_point started_, loaded_, executing_;
  os::Deadline deadline_;
  std::chrono::milliseconds timeout_;
  core::Declaration declaration_;
  std::string database_;
  std::vector<std::string> warnings_;
  std::optional<core::Progress> progress_;
  bool progress_untold_ = false;
  core::RecordedChanges changes_;  // with the parts that are told
  std::vector<ledger::PackedPart> packed_;
  ledger::Measures measures_;
  Batches batches_;
  bool killed_ = false;  // the worker or the broker, by somebody else
  bool lost_early_ = false;
  bool ahead_ = false;  // nobody is to be told yet
};

}  // namespace runner
