// Bookmarks and pages of batches in a PostgreSQL database. From the first page on the lock of the script is the
// session's, too, so that it is had between two transactions; behind a pooler there are no batches. Lives in the
// broker; owned by its connection.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "target/pages.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_receipts.hpp"

namespace target {

class PgPages final : public Pages {
 public:
  // What the connection does for it. settle: hears what was fetched ahead, and throws for what failed. commit: behind
  // what was sent; check: which of those looks at the receipts. undone: what failed is undone.
  struct Hands {
    std::function<void()> settle;
    std::function<void(std::size_t check)> commit;
    std::function<void()> undone;
  };
  PgPages(PgLink& link, PgKept& kept, PgReceipts& receipts, Hands hands)
      : link_(link), kept_(kept), receipts_(receipts), hands_(std::move(hands)) {}

  // Outside a transaction. Whether the table is there, as of now.
  bool look();
  void make();
  static const char* definition();

  std::optional<core::Bookmark> find(const std::string& script, const std::string& name) override;
  void leave(const core::Bookmark& now, const std::optional<core::Bookmark>& before) override;
  void take_away(const std::string& script) override;
  void commit() override;
  void savepoint(core::Savepoint::What what, bool is_set) override;
  std::vector<core::Bookmark> seen(const std::string& script) override;

 private:
  std::vector<core::Bookmark> find_where(const std::string& more, const core::Values& parameters);
  std::int64_t run(const std::string& sql, const core::Values& parameters);

  PgLink& link_;
  PgKept& kept_;
  PgReceipts& receipts_;
  Hands hands_;
  std::string table_;  // with its schema, quoted; empty: there is none
  std::int64_t lock_ = 0;
};

}  // namespace target
