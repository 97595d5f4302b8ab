// What a helper process tries once somebody else's machine code runs in it. Every call is made by hand, past the C
// library. Nothing here would do harm if it worked: signals are number 0, what is to be removed lies in the test's own
// folder, and calls that would upset the machine carry arguments that the kernel refuses after it has let them in.
#pragma once

#include <string_view>

#include "page.hpp"

namespace takeover {

// What must become of it. killed: by the filter. refused: EPERM, EACCES or ENOMEM. useless: it may work, and gives
// nothing away (the table says why).
enum class Fate : unsigned char { killed, refused, useless };

struct Call {
  std::string_view name;
  long (*attempt)(Page& page);
  Fate worker, broker;
  std::string_view why = {};  // for useless
};

// The table, ended by a nameless row.
const Call* calls() noexcept;

}  // namespace takeover
