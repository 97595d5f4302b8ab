#include "runner/orders.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
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

void Orders::make_folder() const {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) cannot("make the folder", folder_);
}

std::optional<Order> Orders::find(std::string_view verb) const {
  const os::Fd fd(::open(path(verb).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::string text(k_longest, '\0');
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return order_of(verb, text);
}

std::optional<Order> Orders::take(std::string_view verb) const {
  std::optional<Order> order = find(verb);
  if (order) (void)::unlink(path(verb).c_str());
  return order;
}

void Orders::give(const Order& order) const {
  make_folder();
  const std::string draft = fmt::format("{}/.{}.{}", folder_, order.verb, ::getpid());
  const std::string text = text_of(order);
  {
    const os::Fd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(fd.get()) != 0)
      cannot("write", draft);
  }
  if (::rename(draft.c_str(), path(order.verb).c_str()) != 0) cannot("write", path(order.verb));
}

void record(const core::Config& config, const Order& order) {
  const os::Fd lock = take_run_lock(config, std::nullopt, nullptr);
  ledger::Ledger::open(config.path(config.ledger.path)).record(event_of(order));
}

ledger::Event event_of(const Order& order) {
  ledger::Event event;
  event.verb = order.verb;
  event.script = order.script;
  event.by = order.by;
  event.host = order.host;
  event.reason = order.reason;
  if (order.run != 0) event.detail = fmt::format("run {}", order.run);
  event.at = order.at;
  return event;
}

std::string describe(const Order& order) {
  return fmt::format("by {} on {} at {}{}{}", base::escape(order.by), base::escape(order.host),
                     base::local_time(order.at), order.reason.empty() ? "" : ": ", base::escape(order.reason));
}

}  // namespace runner
