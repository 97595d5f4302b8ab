// Bookmarks and pages of batches in a SQLite database. Nothing but the file's own lock keeps others away between two
// pages; who has gone on with a batch meanwhile is seen by its bookmark. Lives in the broker; owned by its connection.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "target/pages.hpp"
#include "target/sqlite_internal.hpp"

namespace target {

class SqlitePages final : public Pages {
 public:
  // commit: of the connection. listen: the guard, to the script again.
  SqlitePages(SqliteInternal& internal, std::function<void()> commit, std::function<void()> listen)
      : internal_(internal), commit_(std::move(commit)), listen_(std::move(listen)) {}

  std::optional<core::Bookmark> find(const std::string& script, const std::string& name) override;
  void leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) override;
  void take_away(const std::string& script) override;
  void commit() override { commit_(); }
  void savepoint(core::Savepoint::What what, bool is_set) override;
  std::vector<core::Bookmark> seen(const std::string& script) override;

 private:
  SqliteInternal& internal_;
  std::function<void()> commit_, listen_;
};

}  // namespace target
