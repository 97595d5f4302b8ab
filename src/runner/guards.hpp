// Whether the administrator lets a run be at this moment, on this host: [guard] in config.toml. Lives in the runner and
// in whoever tells of it (plan, status).
#pragma once

#include <optional>
#include <string>

#include "core/feed.hpp"
#include "core/guard.hpp"

namespace runner {

// nullopt: it may be. A look at the clock and the environment, nothing else.
std::optional<core::Forbidden> forbidden(const core::Config& config);

// What a run of the watcher hears of, for as long as a run may be: it would otherwise go on for as long as scripts keep
// coming. What is not heard of here lies there for the next run. Does not own the feed behind it.
class GuardedFeed : public core::Feed {
 public:
  GuardedFeed(const core::Config& config, core::Feed& feed) : config_(config), feed_(feed) {}

  core::Arrivals changes() override;
  bool ended() override { return feed_.ended(); }
  bool leaves_out(const std::string& script, const core::FileStamp& stamp) const override {
    return feed_.leaves_out(script, stamp);
  }
  void untried(const std::string& script, const core::FileStamp& stamp) override { feed_.untried(script, stamp); }
  void refused(const std::string& script, const core::FileStamp& stamp, const std::string& reason,
               std::optional<base::Instant> until) override {
    feed_.refused(script, stamp, reason, until);
  }

 private:
  const core::Config& config_;
  core::Feed& feed_;
};

}  // namespace runner
