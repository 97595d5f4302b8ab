// The helper processes of one command: the zygote, the broker, and a worker that stands ready while another works.
// Lives in the runner. Make it before anything is opened; it ends its processes when it goes.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/message.hpp"
#include "core/page_message.hpp"
#include "core/restore_message.hpp"
#include "os/channel.hpp"
#include "sandbox/zygote.hpp"

namespace runner {

inline constexpr std::string_view k_broker_died = "the process that holds the database connections died";

// A worker process with the runner's ends of its two channels.
struct Worker {
  sandbox::Child child;
  os::Channel channel;     // runner ⇄ worker
  os::Channel for_broker;  // the broker's end of broker ⇄ worker, handed over when the script begins
  core::SandboxLevel level;
  bool ready = false;  // it has said so
};

class Crew {
 public:
  // Forks the zygote. Throws Error(internal).
  explicit Crew(const core::Config& config);
  ~Crew();  // lets the broker close its databases
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Lets a broker and a worker come up, which hold nothing open and wait for what follows. Throws as start_broker().
  void stand_by();
  // Lets the broker open the databases while something else goes on; start_broker() is to follow. held: descriptors
  // that must live as long as it does (the run lock). Throws Error(internal).
  void open_databases(std::vector<int> held);
  // Before they are opened: each is to be copied into the file at its place, or by its server into the database of that
  // name; empty: it is not. One that cannot be says so in its status. copies: see core::ServerCopies.
  void copy_databases_to(const std::vector<std::string>& places, const core::ServerCopies& copies);
  // Instead of opening them, the broker does this with each, at its place (target/keeping); the status tells how it
  // went.
  void keep_databases(const std::vector<core::Keeping>& wishes);
  // As start_broker() on those that are to be copied, however long it takes. false: stop was readable first, and the
  // broker is gone.
  bool start_broker_unless(int stop, std::vector<int> held);
  bool has_broker() const noexcept { return broker_ready_; }  // with its databases
  // Waits until they are open, having open_databases() called where it was not; no effect when they are. Throws
  // Error(config) when the lock-down of the broker or of a worker is weaker than sandbox.minimum, Error(internal) when
  // they do not come up.
  void start_broker(std::vector<int> held);
  // To poll without events: it tells only that the broker is gone.
  int broker_fd() const noexcept { return broker_channel_.fd(); }

  // The databases as the broker found them, in configured order; as configured (closed) when there is no broker.
  const std::vector<core::DatabaseStatus>& databases() const noexcept { return databases_; }
  const core::DatabaseStatus* database(const std::string& name) const noexcept;
  // Of scripts that name none, and of those that say that they write none; empty: there is no database.
  std::string first_database() const { return databases_.empty() ? std::string() : databases_.front().name; }
  std::string coordinator() const { return coordinator_.empty() ? first_database() : coordinator_; }
  const core::SandboxLevel& broker_level() const noexcept { return broker_level_; }

  std::uint64_t memory_limit() const noexcept { return worker_settings_.memory; }  // of a script, bytes

  // Lets workers be made while something else goes on, for the next calls of take_worker: as many as are wanted, but no
  // more than two stand ready at a time. Throws Error(internal).
  void prepare_workers(std::size_t wanted);
  // The worker that stands ready, or a new one. Throws Error(config) when its lock-down is weaker than sandbox.minimum,
  // Error(internal) when no worker can be had.
  Worker take_worker();

  // Waits for a worker to end, kills it when it does not. What it used.
  core::Ended dismiss(Worker& worker);
  core::Ended kill(Worker& worker);

  // To the broker, which answers all but a Begin for reading; the answer is heard before anything else is asked.
  // worker: its channel, when the broker does not have it yet.
  void begin(const core::Begin& wish, const os::Channel* worker);
  void commit();
  // Waits until it has something to say, is gone or the time is up; false: the other descriptor was readable first.
  bool broker_speaks(os::Deadline deadline, int other) noexcept;
  // Its answer. nullopt: it is gone or did not answer in time; it is killed then, and a new one is started.
  std::optional<core::Began> hear_began(os::Deadline deadline);
  // rows: takes each packed core::ChangedRows that comes before it; may be empty.
  std::optional<core::Done> hear_done(os::Deadline deadline, const std::function<void(std::string&&)>& rows = {});
  // Of the script at work, in its batches; nullopt as above. next_page is answered by Began.
  std::optional<core::BatchOpened> open_batch(const core::OpenBatch& wish, os::Deadline deadline);
  std::optional<core::PageTurned> turn_page(const core::TurnPage& page, os::Deadline deadline);
  void next_page(const core::NextPage& wish);
  // A statement may be running: the broker is told to look up from it, and one that does not is killed, which rolls
  // back as well. none: the script's time is up.
  enum class Patience { none, some };
  std::optional<core::Done> roll_back(Patience patience, os::Deadline deadline);
  // Rows put back in the transaction that was begun to restore. nullopt: as hear_began().
  std::optional<core::Restored> restore(const core::Restore& wish, os::Deadline deadline);
  // Whether an attempt was committed, asked of a broker that is known to be sound: after a commit whose answer was
  // doubtful call renew_broker first.
  core::Inquired inquire(const core::Inquire& wish);
  // What a database is like, tried through the broker as a script would.
  core::Examined examine(const core::Examine& wish);
  // Who works on a database, and what they did.
  core::Mustered muster(const core::Muster& wish);
  void renew_broker();
  // The transaction of a preview went with the broker that had it: nothing can be said any more.
  bool preview_is_over() const noexcept { return preview_is_over_; }

 private:
  void order_broker();
  Worker order_worker();
  void await_born(std::size_t count);
  void await_ready();
  template <class Wish>
  void tell_broker(const Wish& wish, os::Deadline deadline, const std::vector<int>& descriptors = {});
  template <class Answer>
  std::optional<Answer> hear_broker(os::Deadline deadline);
  void refuse_below_minimum(std::string_view whose, const core::SandboxLevel& level) const;

  core::WorkerSettings worker_settings_;
  core::BrokerSettings broker_settings_;
  std::string coordinator_;
  core::SandboxMinimum minimum_;
  sandbox::Zygote zygote_;
  std::vector<int> held_;
  sandbox::Child broker_;
  os::Channel broker_channel_;
  bool opening_ = false;  // it was told to
  bool broker_ready_ = false;
  bool preview_is_over_ = false;
  core::SandboxLevel broker_level_;
  std::vector<core::DatabaseStatus> databases_;
  std::deque<Worker> next_;  // ordered; those behind may not be born yet
};

}  // namespace runner
