// A MariaDB or MySQL database as a target: what its files share. mariadb.cpp has the connection, how transactions begin
// and end, and receipts; mariadb_script.cpp what scripts say in between. Lives in the broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "target/connection.hpp"
#include "target/mariadb_address.hpp"
#include "target/mariadb_changes.hpp"
#include "target/mariadb_facts.hpp"
#include "target/mariadb_guard.hpp"
#include "target/mariadb_killer.hpp"
#include "target/mariadb_link.hpp"
#include "target/mariadb_pages.hpp"
#include "target/mariadb_piecemeal.hpp"
#include "target/mariadb_preview.hpp"
#include "target/mariadb_receipts.hpp"
#include "target/mariadb_session.hpp"
#include "target/mariadb_statements.hpp"

namespace target {

class Mariadb;

// Rows that are fetched by and by, or those of a procedure, which are there already.
class MariaCursor final : public Cursor {
 public:
  MariaCursor(Mariadb& connection, std::unique_ptr<MariaStatement> statement);
  ~MariaCursor() override;
  const std::vector<std::string>& columns() const override { return columns_; }
  bool next(core::Writer& row) override;
  void read_all();

 private:
  Mariadb& connection_;
  std::unique_ptr<MariaStatement> statement_;
  std::vector<std::string> columns_;
  std::optional<std::vector<std::string>> rows_;
  std::size_t at_ = 0;
};

class Mariadb final : public Connection {
 public:
  explicit Mariadb(const MariaAddress& address);

  std::string_view engine() const override { return "mariadb"; }
  Interruption interruption() override;
  bool lost() const override { return link_.lost() || preview_.is_over(); }
  void begin(const Beginning& how) override;
  void commit() override;
  void rollback() override;
  bool in_transaction() const override { return begun_ && (is_piecemeal() || link_.in_transaction()); }
  void watch_changes(std::uint64_t images) override { changes_.watch(images); }
  core::Changes changes(const TellRow& tell) override;
  void preview() override { preview_.turn_on(); }
  std::int64_t execute(std::string_view sql, const core::Values& parameters) override;
  std::int64_t execute_many(std::string_view sql, core::PackedRows rows) override;
  std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) override;
  std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                  const std::string& name) override;
  // Of the script that begin() was told.
  std::optional<core::Receipt> find_receipt(const std::string& /*script*/, const std::string& /*sha256*/) override {
    return std::exchange(early_, std::nullopt);
  }
  void leave_receipt(const core::Receipt& receipt) override;
  bool has_receipt(const core::Receipt& of) override { return receipts_.has(of); }
  void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) override {
    if (preview_.is_on()) return;
    guard([&] { receipts_.take_away(version, attempts); });
  }
  std::vector<std::string> seen_scripts(const std::string& part) override {
    return keeps_receipts() ? receipts_.scripts_with(part) : std::vector<std::string>();
  }
  bool keeps_receipts() override {
    if (!preview_.is_open()) prepare_session(core::Access::read, os::Deadline::max());
    return has_receipts_ || receipts_.look();
  }
  std::vector<core::Receipt> find_starts(const std::string& script, const std::string& sha256) override {
    return receipts_.find_starts(script, sha256);
  }
  void leave_start(const core::Receipt& receipt) override { receipts_.leave_start(receipt); }
  void take_start_away(const core::Receipt& receipt) override { receipts_.take_start_away(receipt); }
  std::optional<core::Receipt> proof_of(const core::Inquire& attempt) override;
  std::optional<core::Receipt> seen_receipt(const std::string& script, const std::string& sha256) override {
    return keeps_receipts() ? receipts_.find(script, sha256) : std::nullopt;
  }
  Pages& pages() override { return pages_; }
  core::Fleet muster(const core::Muster& wish) override { return receipts_.muster(wish, session_.database()); }
  std::vector<core::Fact> facts() override { return facts_of(link_, address_); }
  std::uint64_t rows_changed() const override { return changed_; }

  bool fetch(MariaStatement& statement, core::Writer& row);
  void keep(std::unique_ptr<MariaStatement> statement) { statements_.keep(std::move(statement)); }

 private:
  bool is_piecemeal() const noexcept { return access_ == core::Access::piecemeal; }
  void prepare_session(core::Access access, os::Deadline deadline);
  void begin_writing(const Beginning& how);
  void begin_previewed(const Beginning& how);
  void commit_previewed();
  void end_previewed();
  MariaText read(std::string_view sql) const;
  void commit_here();
  bool try_lock(const std::string& lock);
  void take_lock(const std::string& lock, os::Deadline give_up);
  void make_receipts(os::Deadline give_up);
  void renew();
  std::unique_ptr<MariaStatement> start(const MariaText& text, const core::Values& parameters,
                                        MariaStatement::Reading reading, bool alone);
  std::unique_ptr<MariaStatement> take(const std::string& sql, std::string& own);
  void prepare_restoring(const std::vector<core::TableChanges>& tables) override;
  void check_transaction();
  void check_call();
  void execute_all(const MariaText& text, core::PackedRows rows);
  void send(const MariaText& text, MariaBulk& bulk);
  void execute_one(const MariaText& text, const core::Values& row);
  template <class Action>
  void guard(const Action& action);
  [[noreturn]] void explain(const MariaError& error);

  MariaAddress address_;
  MariaLink link_;
  MariaKiller killer_;
  MariaSession session_{link_, address_.lock_timeout};
  MariaReceipts receipts_{link_};
  MariaPiecemeal piecemeal_{link_, receipts_};
  MariaPages pages_{link_, session_, [this] {
                      commit_here();
                      paged_ = true;
                    }};
  MariaStatements statements_{link_};
  MariaPreview preview_{link_};
  MariaChanges changes_{link_};
  std::string lock_, node_lock_ = "fettle_node";  // the second only tells others who has the first
  core::Access access_ = core::Access::read;
  bool begun_ = false;
  bool paged_ = false;    // a page is committed, and the connection not made as new
  bool calling_ = false;  // a procedure, behind a savepoint
  bool used_ = true;      // something may outlive the transaction
  bool has_receipts_ = false;
  std::uint64_t changed_ = 0;
  std::optional<core::Receipt> early_;  // found when the transaction began
};

template <class Action>
void Mariadb::guard(const Action& action) {
  try {
    action();
  } catch (const MariaError& error) {
    explain(error);
  }
}

}  // namespace target
