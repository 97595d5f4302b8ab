// A folder in which all that a screen can show has happened, by real runs of the built program, and its screens as
// somebody of a scope sees them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/config_file.hpp"
#include "ledger/history.hpp"
#include "support/site.hpp"
#include "web/request.hpp"
#include "web/screens.hpp"

namespace support {

inline const std::string k_hostile_name = "040_<b>\"it's\" & 'x'.lua";
inline const std::string k_hostile_text =
    "</p><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\xe2\x80\xae";

class Shop {
 public:
  explicit Shop(const std::string& more = "")
      : site("[databases.other]\nurl = \"postgresql://me:secret@db/x\"\n" + more) {}

  // Succeeded, skipped, failed, rolled back, marked, blocked, changed, previewed, ignored.
  void let_everything_happen() const;

  void script(const std::string& name, const std::string& body, const std::string& fields = "") const {
    site.write(
        "fix-scripts/" + name,
        "return { " + fields + " shouldRun = function() return true end, execute = function()\n" + body + "\nend }\n");
  }

  // The screen at this address; throws web::NotFound where there is none.
  std::string screen(const std::string& address, core::Scope scope = core::Scope::admin) const;

  Site site;
};

// "/history?by=anna&x=%41" → as a request has it.
web::Request request_of(const std::string& address);

}  // namespace support
