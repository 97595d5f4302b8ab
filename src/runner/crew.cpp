#include "runner/crew.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

#include "base/error.hpp"
#include "os/process.hpp"
#include "sandbox/worker.hpp"
#include "target/broker.hpp"
#include "target/broker_lockdown.hpp"
#include "target/drivers.hpp"

namespace runner {
namespace {

using core::Kind;
using os::in;

constexpr std::chrono::seconds k_to_prepare{10};  // a worker needs well under a millisecond
// Opening every database: each may wait for a lock, or roll back what a killed process had begun.
constexpr std::chrono::minutes k_to_connect{10};
constexpr std::chrono::minutes k_to_die{2};  // after SIGKILL: the disk may have to answer first
constexpr std::chrono::seconds k_to_end{5};
constexpr std::chrono::seconds k_to_stop{30};  // for a broker that has a server stop
// A broker looks up from a statement every fraction of a millisecond, unless it is inside one function of it.
constexpr std::chrono::milliseconds k_to_look_up{100};
constexpr std::chrono::milliseconds k_to_take{10'000};  // a message, by a broker that is at no statement

core::BrokerSettings broker_settings(const core::Config& config) {
  core::BrokerSettings settings{config.directory, config.path(config.ledger.path), {}, config.limits};
  settings.images = config.run.images;
  settings.preview = config.run.preview;
  for (const core::DatabaseConfig& database : config.databases)
    settings.databases.push_back({database.name, database.url});
  return settings;
}

template <class Message>
std::optional<Message> as(const std::optional<os::Frame>& frame) {
  if (!frame || frame->kind != static_cast<std::uint8_t>(Message::kind)) return std::nullopt;
  return core::decode<Message>(frame->body);
}

[[noreturn]] void broker_lost() {
  throw base::Error(base::ErrorKind::internal, "the broker process does not come up: it died, or opening took too long",
                    "Nothing further was run.",
                    "Run fettle run again; if it stays so, look at the limits of processes and memory, and at the "
                    "databases' disk.");
}

}  // namespace

Crew::Crew(const core::Config& config)
    : worker_settings_{config.run.memory, 0, config.limits},
      broker_settings_(broker_settings(config)),
      coordinator_(config.fleet.coordinator),
      minimum_(config.sandbox.minimum),
      zygote_({sandbox::worker_main, target::broker_main, [] {
                 sandbox::prepare_workers();
                 target::call_filter_of_brokers();
               }}) {
  for (const core::DatabaseConfig& database : config.databases)
    databases_.push_back(
        {database.name, std::string(target::engine_of(database.url)), "not opened", core::Cause::unreachable});
}

// A zygote that is gone already took the broker with it.
Crew::~Crew() {
  if (!broker_channel_) return;
  broker_channel_.close();
  try {
    zygote_.wait(broker_, k_to_end);
  } catch (const base::Error&) {
  }
}

const core::DatabaseStatus* Crew::database(const std::string& name) const noexcept {
  for (const core::DatabaseStatus& database : databases_)
    if (database.name == name) return &database;
  return nullptr;
}

void Crew::order_broker() {
  await_born(next_.size());  // children come in the order of their orders
  auto [here, there] = os::Channel::pair();
  zygote_.order(core::Role::broker, {}, {there.fd()});
  there.close();
  broker_channel_ = std::move(here);
  broker_channel_.set_nonblocking();
  broker_ready_ = false;
}

void Crew::stand_by() {
  order_broker();
  prepare_workers(1);
  broker_ = zygote_.take_child();
  await_ready();
}

void Crew::copy_databases_to(const std::vector<std::string>& places, const core::ServerCopies& copies) {
  for (std::size_t at = 0; at < broker_settings_.databases.size(); ++at)
    broker_settings_.databases[at].copy_to = places.at(at);
  broker_settings_.copies = copies;
}

void Crew::keep_databases(const std::vector<core::Keeping>& wishes) {
  for (std::size_t at = 0; at < broker_settings_.databases.size(); ++at)
    broker_settings_.databases[at].keeping = wishes.at(at);
}

// It sees that nobody listens any more, and has its server stop.
bool Crew::start_broker_unless(int stop, std::vector<int> held) {
  open_databases(std::move(held));
  broker_ = zygote_.take_child();
  const bool ready = broker_speaks(os::Deadline::max(), stop);
  if (ready) {
    start_broker({});
    return true;
  }
  broker_channel_.close();
  if (!zygote_.wait(broker_, k_to_stop)) {
    os::kill_process(broker_.pidfd);
    zygote_.wait(broker_, k_to_die);
  }
  return false;
}

void Crew::open_databases(std::vector<int> held) {
  held_ = std::move(held);
  if (!broker_channel_) order_broker();
  tell_broker(broker_settings_, in(k_to_take), held_);
  opening_ = true;
}

void Crew::start_broker(std::vector<int> held) {
  if (broker_ready_) return;
  if (!opening_) open_databases(std::move(held));
  if (!broker_.pidfd) broker_ = zygote_.take_child();
  prepare_workers(1);
  const auto ready = as<core::BrokerReady>(broker_channel_.await(in(k_to_connect)));
  if (!ready || ready->databases.size() != databases_.size()) broker_lost();
  broker_level_ = ready->level;
  databases_ = ready->databases;
  broker_ready_ = true;
  opening_ = false;
  refuse_below_minimum("the process that holds the database connections", broker_level_);
  prepare_workers(1);
  await_ready();
}

void Crew::refuse_below_minimum(std::string_view whose, const core::SandboxLevel& level) const {
  if (core::satisfies(level, minimum_)) return;
  throw base::Error(base::ErrorKind::config,
                    fmt::format("the lock-down is weaker here than sandbox.minimum = \"{}\" asks; in force for {}: {}",
                                core::name(minimum_), whose, core::describe(level)),
                    "Nothing was run; the scripts stay pending.",
                    "fettle doctor tries each layer. Use a newer kernel, or lower sandbox.minimum in config.toml.");
}

void Crew::renew_broker() {
  preview_is_over_ = broker_settings_.preview;
  os::kill_process(broker_.pidfd);
  // Beside one that is not gone yet a new one would find the database held, or know less than it does.
  if (!zygote_.wait(broker_, k_to_die))
    throw base::Error(base::ErrorKind::internal, "the process that holds the database connections does not end",
                      "It was killed; whatever it had begun is settled by the next run.",
                      "Look at the disk of the database, then: fettle run");
  broker_channel_.close();
  broker_ = {};
  broker_ready_ = opening_ = false;
  start_broker(held_);
}

// What cannot be sent is not answered either.
template <class Wish>
void Crew::tell_broker(const Wish& wish, os::Deadline deadline, const std::vector<int>& descriptors) {
  broker_channel_.send(static_cast<std::uint8_t>(Wish::kind), encode(wish), deadline, descriptors);
}

template <class Answer>
std::optional<Answer> Crew::hear_broker(os::Deadline deadline) {
  std::optional<Answer> answer = as<Answer>(broker_channel_.await(deadline));
  if (!answer) renew_broker();
  return answer;
}

void Crew::begin(const core::Begin& wish, const os::Channel* worker) {
  std::vector<int> descriptors;
  if (worker != nullptr) descriptors.push_back(worker->fd());
  tell_broker(wish, in(k_to_take), descriptors);
}

bool Crew::broker_speaks(os::Deadline deadline, int other) noexcept {
  if (broker_channel_.next_kind()) return true;
  std::array<pollfd, 2> wait = {pollfd{broker_channel_.fd(), POLLIN, 0}, pollfd{other, POLLIN, 0}};
  return ::poll(wait.data(), wait.size(), os::poll_timeout(deadline)) == 0 || wait[0].revents != 0 ||
         wait[1].revents == 0;
}

std::optional<core::Began> Crew::hear_began(os::Deadline deadline) {
  return hear_broker<core::Began>(deadline);
}

void Crew::commit() {
  tell_broker(core::Finish{true, false}, in(k_to_take));
}

std::optional<core::Done> Crew::hear_done(os::Deadline deadline, const std::function<void(std::string&&)>& rows) {
  for (;;) {
    std::optional<os::Frame> frame = broker_channel_.await(deadline);
    if (frame && frame->kind == static_cast<std::uint8_t>(core::Kind::changed_rows)) {
      if (rows) rows(std::move(frame->body));
      continue;
    }
    std::optional<core::Done> done = as<core::Done>(frame);
    if (!done) renew_broker();
    return done;
  }
}

std::optional<core::BatchOpened> Crew::open_batch(const core::OpenBatch& wish, os::Deadline deadline) {
  tell_broker(wish, in(k_to_take));
  return hear_broker<core::BatchOpened>(deadline);
}

std::optional<core::PageTurned> Crew::turn_page(const core::TurnPage& page, os::Deadline deadline) {
  tell_broker(page, in(k_to_take));
  return hear_broker<core::PageTurned>(deadline);
}

void Crew::next_page(const core::NextPage& wish) {
  tell_broker(wish, in(k_to_take));
}

std::optional<core::Done> Crew::roll_back(Patience patience, os::Deadline deadline) {
  tell_broker(core::Finish{false, true}, in(k_to_take));
  if (hear_broker<core::Heard>(in(patience == Patience::none ? k_to_look_up : k_to_take))) return hear_done(deadline);
  return std::nullopt;
}

std::optional<core::Restored> Crew::restore(const core::Restore& wish, os::Deadline deadline) {
  tell_broker(wish, in(k_to_take));
  return hear_broker<core::Restored>(deadline);
}

core::Inquired Crew::inquire(const core::Inquire& wish) {
  core::Inquired unanswered;
  unanswered.error = k_broker_died;
  tell_broker(wish, in(k_to_take));
  return hear_broker<core::Inquired>(in(k_to_connect)).value_or(unanswered);
}

core::Examined Crew::examine(const core::Examine& wish) {
  core::Examined unanswered;
  unanswered.cause = core::Cause::crash;
  unanswered.error = k_broker_died;
  tell_broker(wish, in(k_to_take));
  return hear_broker<core::Examined>(in(k_to_connect)).value_or(unanswered);
}

core::Mustered Crew::muster(const core::Muster& wish) {
  tell_broker(wish, in(k_to_take));
  return hear_broker<core::Mustered>(in(k_to_connect)).value_or(core::Mustered{std::string(k_broker_died), {}});
}

Worker Crew::order_worker() {
  auto [runner_here, runner_there] = os::Channel::pair();
  auto [broker_here, broker_there] = os::Channel::pair();
  zygote_.order(core::Role::worker, encode(worker_settings_), {runner_there.fd(), broker_there.fd()});
  Worker worker;
  worker.channel = std::move(runner_here);
  worker.channel.set_nonblocking();
  worker.for_broker = std::move(broker_here);
  return worker;
}

// One for the next script, and one in the making: a worker takes longer to come up than a quick database to commit.
void Crew::prepare_workers(std::size_t wanted) {
  constexpr std::size_t k_most = 2;
  while (next_.size() < std::min(wanted, k_most)) next_.push_back(order_worker());
}

// Those that were ordered before the broker are born when it is ordered.
void Crew::await_born(std::size_t count) {
  if (broker_channel_ && !broker_.pidfd) broker_ = zygote_.take_child();
  for (std::size_t index = 0; index < count; ++index)
    if (!next_[index].child.pidfd) next_[index].child = zygote_.take_child();
}

void Crew::await_ready() {
  await_born(1);
  Worker& worker = next_.front();
  if (worker.ready) return;
  const auto ready = as<core::WorkerReady>(worker.channel.await(in(k_to_prepare)));
  if (!ready) {
    const core::Ended ended = kill(worker);
    throw base::Error(
        base::ErrorKind::internal, fmt::format("a worker process does not come up (wait status {})", ended.status),
        "Nothing of the script was run.", "Look at the limits of processes and memory, then run fettle run again.");
  }
  worker.level = ready->level;
  worker.ready = true;
  refuse_below_minimum("the process that runs a script", worker.level);
}

Worker Crew::take_worker() {
  prepare_workers(1);
  await_ready();
  Worker worker = std::move(next_.front());
  next_.pop_front();
  return worker;
}

core::Ended Crew::dismiss(Worker& worker) {
  worker.channel.close();
  if (auto ended = zygote_.wait(worker.child, k_to_end)) return *ended;
  return kill(worker);
}

core::Ended Crew::kill(Worker& worker) {
  worker.channel.close();
  os::kill_process(worker.child.pidfd);
  return zygote_.wait(worker.child, k_to_end).value_or(core::Ended{});
}

}  // namespace runner
