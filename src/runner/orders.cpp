#include "runner/orders.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/place.hpp"
#include "os/fd.hpp"
#include "runner/run_lock.hpp"

namespace runner {
namespace {

constexpr std::string_view k_recorded = "recorded";  // the verb under which the pause stands that the ledger has

constexpr std::size_t k_longest = std::size_t{64} << 10U;  // of a file that was written here

// "name value" lines, so that a person can read them, too.
std::string text_of(const Order& order) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("{} {}\n", name, base::escape(value));
  };
  add("script", order.script);
  add("run", fmt::format("{}", order.run));
  add("by", order.by);
  add("host", order.host);
  add("reason", order.reason);
  add("at", fmt::format("{}", order.at.milliseconds));
  add("recorded", order.recorded ? "yes" : "no");
  return text;
}

std::int64_t number_of(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Order order_of(std::string_view verb, std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) values[std::string(line.substr(0, space))] = line.substr(space + 1);
  }
  Order order;
  order.verb = verb;
  order.script = values["script"];
  order.run = number_of(values["run"]);
  order.by = values["by"];
  order.host = values["host"];
  order.reason = values["reason"];
  order.at.milliseconds = number_of(values["at"]);
  order.recorded = values["recorded"] == "yes";
  return order;
}

[[noreturn]] void cannot(const char* doing, const std::string& path) {
  base::throw_errno(base::ErrorKind::io, fmt::format("cannot {} {}", doing, base::escape(path)),
                    "Nothing was told to any run.", "Check the rights of that folder and the space on the disk.");
}

}  // namespace

Orders::Orders(const core::Config& config) : folder_(ledger::folder_of(config.path(config.ledger.path)) + "/orders") {}

std::string Orders::path(std::string_view verb) const {
  return fmt::format("{}/{}", folder_, verb);
}

// Owner, group and rights of the folder in which the ledger lies, as far as this process may give them.
void Orders::belong(int fd, bool is_folder) const {
  struct stat home {};
  if (::stat(ledger::folder_of(folder_).c_str(), &home) != 0) return;
  if (::fchown(fd, home.st_uid, home.st_gid) != 0) (void)::fchown(fd, static_cast<uid_t>(-1), home.st_gid);
  (void)::fchmod(fd, home.st_mode & (is_folder ? 0777U : 0666U));
}

void Orders::make_folder() const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) cannot("make the folder", folder_);
  const os::Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder) belong(folder.get(), true);
}

std::optional<Order> Orders::find(std::string_view verb) const {
  const os::Fd fd(::open(path(verb).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  std::string text(k_longest, '\0');
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (got < 0) {
    Order order;
    order.verb = verb;
    order.fault = fmt::format("{} cannot be read: {}", base::escape(path(verb)), std::strerror(errno));
    return order;
  }
  text.resize(static_cast<std::size_t>(got));
  Order order = order_of(verb, text);
  if (verb != "pause" || order.recorded) return order;
  const std::optional<Order> recorded = find(k_recorded);
  order.recorded = recorded && recorded->at == order.at && recorded->by == order.by;
  return order;
}

std::optional<Order> Orders::take(std::string_view verb) const {
  std::optional<Order> order = find(verb);
  if (order && ::unlink(path(verb).c_str()) != 0) return std::nullopt;
  return order;
}

bool Orders::put(const Order& order) const {
  const std::string draft = fmt::format("{}/.{}.{}", folder_, order.verb, ::getpid());
  const std::string text = text_of(order);
  {
    const os::Fd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd) belong(fd.get(), false);
    if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(fd.get()) != 0)
      return false;
  }
  return ::rename(draft.c_str(), path(order.verb).c_str()) == 0;
}

void Orders::give(const Order& order) const {
  make_folder();
  if (!put(order)) cannot("write", path(order.verb));
}

std::string Orders::set_recorded(const Order& order) const {
  Order recorded = order;
  recorded.verb = k_recorded;
  if (put(recorded)) return {};
  return fmt::format("cannot write {}: {}", base::escape(path(k_recorded)), std::strerror(errno));
}

void Orders::end_pause(const Order& pause) const {
  if (pause.recorded ? ::unlink(path("pause").c_str()) != 0
                     : ::rename(path("pause").c_str(), path(k_over).c_str()) != 0)
    cannot("remove", path("pause"));
}

void record(const core::Config& config, const Order& order) {
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  ledger::Ledger::open(config.path(config.ledger.path)).record(event_of(order));
}

ledger::Event event_of(const Order& order) {
  ledger::Event event;
  event.verb = order.verb == k_over ? "pause" : order.verb;
  event.script = order.script;
  event.by = order.by;
  event.host = order.host;
  event.reason = order.reason;
  if (order.run != 0) event.detail = fmt::format("run {}", order.run);
  event.at = order.at;
  return event;
}

std::string describe(const Order& order) {
  if (!order.fault.empty()) return fmt::format("as long as {}", order.fault);
  return fmt::format("by {} on {} at {}{}{}", base::escape(order.by), base::escape(order.host),
                     base::local_time(order.at), order.reason.empty() ? "" : ": ", base::escape(order.reason));
}

}  // namespace runner
