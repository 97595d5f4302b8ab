#include "web/actions.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/clock.hpp"
#include "os/job.hpp"
#include "os/program.hpp"

namespace web {
namespace {

constexpr std::size_t k_most_kept = 100;
constexpr std::size_t k_most_at_once = 8;
constexpr std::size_t k_most_keys = 1000;

std::string key_of(const Order& order) {
  return fmt::format("{}\n{}", order.viewer.name, order.key);
}

}  // namespace

struct Actions::One {
  std::int64_t id = 0;
  std::string actor, command;
  base::Instant started;
  os::Job job;
};

Actions::Actions(std::string program, std::string config_file)
    : program_(std::move(program)), config_file_(std::move(config_file)) {}

Actions::~Actions() = default;

std::int64_t Actions::start(const Order& order) {
  std::vector<std::string> arguments{"fettle"};
  if (config_file_ != "config.toml") arguments.insert(arguments.end(), {"-c", config_file_});
  if (order.json) arguments.emplace_back("--json");
  const auto words_end = std::find(order.words.begin(), order.words.end(), "--");  // behind it only names
  arguments.insert(arguments.end(), order.words.begin(), words_end);
  if (order.audited) arguments.insert(arguments.end(), {"--by=" + order.viewer.name, "--via=web:" + order.address});
  arguments.insert(arguments.end(), words_end, order.words.end());
  std::string command;
  for (const std::string& word : arguments) command += (command.empty() ? "" : " ") + base::shell_quote(word);

  const std::lock_guard lock(mutex_);
  if (!order.key.empty())
    if (const auto known = keys_.find(key_of(order)); known != keys_.end()) return known->second;
  std::size_t at_work = 0;
  for (auto& [id, one] : all_) at_work += one->job.exit_code() ? 0 : 1;
  if (at_work >= k_most_at_once)
    throw base::Error(base::ErrorKind::usage, "too many commands are at work", "Nothing was started.",
                      "Wait until one of them has ended.");
  const std::int64_t id = ++last_;
  all_.emplace(id, std::make_unique<One>(One{id, order.viewer.name, std::move(command), os::now(),
                                             os::Job(program_, arguments, order.input)}));
  for (auto each = all_.begin(); all_.size() > k_most_kept && each != all_.end();)
    each = each->second->job.exit_code() ? all_.erase(each) : std::next(each);
  if (!order.key.empty()) {
    if (keys_.size() >= k_most_keys)  // the oldest one goes
      keys_.erase(std::min_element(keys_.begin(), keys_.end(),
                                   [](const auto& one, const auto& other) { return one.second < other.second; }));
    keys_[key_of(order)] = id;
  }
  return id;
}

std::optional<Action> Actions::find(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(id);
  if (found == all_.end()) return std::nullopt;
  One& one = *found->second;
  Action action{id, one.actor, one.command, one.job.pid(), one.started, {}, {}, one.job.exit_code()};
  action.output = one.job.output();
  action.talk = one.job.talk();
  return action;
}

std::optional<Action> Actions::wait(std::int64_t id, std::chrono::milliseconds most) {
  os::Fd ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(id);
    if (found == all_.end()) return std::nullopt;
    ended.reset(::fcntl(found->second->job.fd(), F_DUPFD_CLOEXEC, 0));
  }
  const os::Deadline end = os::in(most);
  pollfd waited{ended.get(), POLLIN, 0};
  while (::poll(&waited, 1, os::poll_timeout(end)) < 0 && os::Steady::now() < end) {
  }
  return find(id);
}

std::string program_beside(const std::string& name) {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink(os::k_own_program, path.data(), path.size());
  if (size <= 0) base::throw_errno(base::ErrorKind::internal, "cannot tell where this program lies");
  path.resize(static_cast<std::size_t>(size));
  return path.substr(0, path.rfind('/') + 1) + name;
}

}  // namespace web
