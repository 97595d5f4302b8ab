#include "web/serve.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/database_url.hpp"
#include "os/clock.hpp"
#include "os/log.hpp"
#include "os/process.hpp"
#include "os/program.hpp"
#include "os/service.hpp"
#include "os/signals.hpp"
#include "watch/notice.hpp"
#include "web/address.hpp"
#include "web/door.hpp"
#include "web/pulse.hpp"
#include "web/site.hpp"

namespace web {
namespace {

constexpr std::chrono::milliseconds k_beat{200};
constexpr std::chrono::seconds k_between_watchers{10};
constexpr std::string_view k_changed = "event: change\ndata: {}\n\n";

AccessRules rules_of(const core::Config& config, const Address& address) {
  AccessRules rules;
  rules.behind_proxy = config.web.behind_proxy;
  if (address.is_loopback) rules.hosts = {"localhost", "127.0.0.1", "::1"};
  if (!address.host.empty()) rules.hosts.push_back(address.host);
  std::string word;
  for (const char letter : config.web.hosts + " ") {
    if (letter != ' ' && letter != ',' && letter != '\t') {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    } else if (!word.empty()) {
      rules.hosts.push_back(std::move(word));
      word.clear();
    }
  }
  return rules;
}

void refuse_open_door(const core::Config& config, const Address& address) {
  if (address.is_loopback || config.web.behind_proxy) return;
  throw base::Error(base::ErrorKind::config,
                    fmt::format("[web] listen = \"{}\" can be reached from other machines, and nothing encrypts it",
                                base::escape(config.web.listen)),
                    "Nothing listens.",
                    "Put a proxy that ends TLS before it and say behind_proxy = true, or listen at 127.0.0.1.");
}

void refuse_way_round(const core::Config& config) {
  if (config.web.approvals == 0 || !config.web.watch) return;
  throw base::Error(base::ErrorKind::config, "[web] approvals and [web] watch = true do not go together",
                    "Nothing listens.",
                    "A watcher would run what is dropped in without anybody's yes: set one of them.");
}

// The watcher as a child that needs nothing of this process: killed, it is started again.
class Watcher {
 public:
  Watcher(const core::Config& config, std::string program, const std::string& config_file)
      : config_(config), program_(std::move(program)), words_{"fettle", "-c", config_file, "watch"} {}
  ~Watcher() {
    if (!child_) return;
    os::signal_program(*child_, SIGTERM);
    os::reap(*child_);
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void look() {
    if (!config_.web.watch) return;
    if (child_ && os::has_ended(child_->pidfd)) {
      os::log_warning(fmt::format("the watcher has ended with status {}", os::reap(*child_)));
      child_.reset();
    }
    if (child_ || os::Steady::now() < next_) return;
    next_ = os::in(k_between_watchers);
    try {
      if (!watch::is_watched(config_)) child_ = os::start_program(program_, words_, {});
    } catch (const base::Error& error) {
      os::log_warning(fmt::format("no watcher can be started: {}", error.what()));
    }
  }

 private:
  const core::Config& config_;
  std::string program_;
  std::vector<std::string> words_;
  std::optional<os::Program> child_;
  os::Deadline next_{};
};

// Whether those that the site knows may be old.
struct Tokens {
  bool stale = false, of_another = false;
};

// A ledger that cannot be read now is asked again at the next beat.
void look_at(Site& site, Tokens& tokens) {
  if (!tokens.stale) return;
  try {
    site.learn_keys(tokens.of_another ? Site::Ledger::another : Site::Ledger::the_same);
    tokens = {};
  } catch (const base::Error& error) {
    os::log_warning(fmt::format("tokens cannot be read now: {}", error.what()));
  }
}

// A daemon says what it does, unless it was told not to.
os::LogSettings log_of(const cli::LoadedConfig& loaded) {
  os::LogSettings settings = cli::log_settings(loaded.config);
  if (cli::is_default(loaded, "log.level")) settings.level = "info";
  return settings;
}

// The file may have been moved away. Where it cannot be opened the log goes on as before.
void begin_log_anew(const cli::LoadedConfig& loaded) {
  try {
    os::start_log(log_of(loaded));
  } catch (const base::Error& error) {
    os::log_warning(error.what());
  }
}

}  // namespace

std::vector<Key> keys_of_file(const core::Config& config) {
  if (config.web.token_file.empty()) return {};
  const std::string token = cli::secret_in(config.path(config.web.token_file), "[web] token_file", "it", "a token");
  return {{"token-file", core::Scope::admin, base::sha256_hex(token), {}}};
}

int serve(cli::LoadedConfig loaded, const std::string& config_file) {
  os::ServiceManager manager;
  os::StopSignals signals(os::StopSignals::Hangup::heard);  // before any thread: all of them leave signals to it
  os::start_log(log_of(loaded));
  const core::Config config = loaded.config;
  const Address address = address_of(config.web.listen);
  refuse_open_door(config, address);
  refuse_way_round(config);
  const std::string program = program_beside("fettle");
  Site site(std::move(loaded), rules_of(config, address), program, config_file);
  site.learn_keys();
  if (!site.has_keys())
    throw base::Error(base::ErrorKind::config, "nobody could sign in: there is no token yet", "Nothing listens.",
                      "fettle token add NAME --scope admin");
  Watcher watcher(config, program, config_file);
  Pulse pulse(config);
  Door door(address, [&site](const Request& request) { return site.answer(request); });
  Address at = address;
  if (!at.host.empty()) at.port = door.port();
  os::log_info(fmt::format("listens at {}", at.text()));
  manager.tell(fmt::format("READY=1\nSTATUS=listens at {}", at.text()));
  int ended_by = 0;
  os::Deadline next_dog = os::Steady::now();
  Tokens tokens;
  std::optional<os::Deadline> again;  // who asked at once may have been given a page from before the change
  door.serve(k_beat, [&]() -> std::optional<std::string> {
    while (const int signal = signals.take()) {
      if (signal != SIGHUP) {
        ended_by = signal;
        manager.tell("STOPPING=1");
        return std::nullopt;
      }
      begin_log_anew(site.loaded());
      tokens.stale = true;
    }
    if (manager.watchdog() && os::Steady::now() >= next_dog) {
      next_dog = os::in(*manager.watchdog() / 3);
      manager.tell("WATCHDOG=1");
    }
    watcher.look();
    const bool changed = pulse.beat();
    tokens.stale |= pulse.of_ledger();
    tokens.of_another |= pulse.of_another();
    look_at(site, tokens);
    const bool is_over = again && os::Steady::now() >= *again;
    if (is_over) again.reset();
    if (changed) again = os::in(k_oldest_page + k_beat);
    return changed || is_over ? std::string(k_changed) : std::string();
  });
  os::log_info("ends");
  return 128 + ended_by;
}

}  // namespace web
