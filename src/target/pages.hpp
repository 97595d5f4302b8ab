// What a database does for a batch beside its statements: bookmarks, in a table beside the receipts that scripts can
// neither write nor hide, and the commit of a page, after which the script's lock is still had and no transaction is
// open. Each engine has one, owned by its connection. Lives in the broker. Every function throws SqlError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.hpp"
#include "core/page_message.hpp"

namespace target {

class Pages {
 public:
  virtual ~Pages() = default;

  // In the write transaction of begin(), whose Beginning said that there may be batches.
  virtual std::optional<core::Bookmark> find(const std::string& script, const std::string& name) = 0;
  // In the place of the one that was found or left before, nullopt: there was none. Fails when that is not so any more:
  // somebody else has gone on with the batch.
  virtual void leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) = 0;
  virtual void take_away(const std::string& script) = 0;
  // As Connection::commit(). The next page begins with Connection::begin(), and rollback() lets the lock go.
  virtual void commit() = 0;

  // is_set: there is one already, which another one takes the place of. An error that ended the transaction cannot be
  // undone.
  virtual void savepoint(core::Savepoint::What what, bool is_set) = 0;

  // Outside a transaction: all bookmarks of a script, as they are committed now.
  virtual std::vector<core::Bookmark> seen(const std::string& script) = 0;
};

}  // namespace target
