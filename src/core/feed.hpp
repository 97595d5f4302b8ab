// What a run hears of its supervisor while it goes on: which names may have come into the folder meanwhile, and which
// scripts to leave alone. Without a supervisor (a person's run) a run is one sweep over what lay there when it began.
// Called in the runner's process; implemented by watch/supervised.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/script.hpp"

namespace core {

struct Arrivals {
  bool all = false;                // look at everything
  std::vector<std::string> names;  // look at these
};

class Feed {
 public:
  virtual ~Feed() = default;

  // What came since it was asked last; never waits.
  virtual Arrivals changes() = 0;
  // Nobody supervises any more: finish the script at work and end.
  virtual bool ended() = 0;
  // Whether this very file was considered before, and is to be left where it lies until something changes.
  virtual bool leaves_out(const std::string& script, const FileStamp& stamp) const = 0;
  // The run ends before it came to this one: [run] on_failure = "stop".
  virtual void untried(const std::string& script, const FileStamp& stamp) = 0;
  // No run may be now, or until then.
  virtual void refused(const std::string& script, const FileStamp& stamp, const std::string& reason,
                       std::optional<base::Instant> until) = 0;
};

}  // namespace core
