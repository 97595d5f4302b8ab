// Bookmarks and pages of batches in a MariaDB or MySQL database. The lock of the script is the connection's and stays
// from page to page. Lives in the broker; owned by its connection.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "target/mariadb_link.hpp"
#include "target/mariadb_session.hpp"
#include "target/pages.hpp"

namespace target {

class MariaPages final : public Pages {
 public:
  // commit: of the connection, which is not made as new by it.
  MariaPages(MariaLink& link, const MariaSession& session, std::function<void()> commit)
      : link_(link), session_(session), commit_(std::move(commit)) {}

  // Outside a transaction, which making it would commit.
  bool look();
  void make();

  std::optional<core::Bookmark> find(const std::string& script, const std::string& name) override;
  void leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) override;
  void take_away(const std::string& script) override;
  void commit() override { commit_(); }
  void savepoint(core::Savepoint::What what, bool is_set) override;
  std::vector<core::Bookmark> seen(const std::string& script) override;

 private:
  std::vector<core::Bookmark> find_where(const std::string& condition);

  MariaLink& link_;
  const MariaSession& session_;
  std::function<void()> commit_;
};

}  // namespace target
