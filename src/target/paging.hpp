// The broker's part in the batches of the script at work: where they go on, and the commit of each page with its
// bookmark. Lives in the broker.
#pragma once

#include <optional>
#include <string>

#include "core/page_message.hpp"
#include "os/channel.hpp"
#include "target/spending.hpp"
#include "target/transaction.hpp"

namespace target {

struct Reply {
  core::Kind kind;
  std::string body;
};

// What the runner says of a batch, and the answer to it. nullopt: it is malformed, or nothing that can be said now.
std::optional<Reply> work_on_batch(Transaction& at, Spending& spending, const os::Frame& frame);
bool is_of_batch(std::uint8_t kind) noexcept;

// Throws SqlError.
void mark(Transaction& at, core::Savepoint::What what);

// Of the changes of a script whose pages are committed only those of the last transaction are known.
void tell_gap(const Transaction& at, core::Changes& changes);
// Of the last pages, which are committed with the rest. Fails when somebody else has gone on with a batch meanwhile.
void leave_bookmarks(Transaction& at);

}  // namespace target
