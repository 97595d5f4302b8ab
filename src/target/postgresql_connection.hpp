// A PostgreSQL database as a target: what its files share. postgresql.cpp has the connection, how transactions begin
// and end, and receipts; postgresql_statements.cpp what scripts say in between. Lives in the broker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "target/connection.hpp"
#include "target/postgresql_changes.hpp"
#include "target/postgresql_cursor.hpp"
#include "target/postgresql_facts.hpp"
#include "target/postgresql_guard.hpp"
#include "target/postgresql_kept.hpp"
#include "target/postgresql_link.hpp"
#include "target/postgresql_pages.hpp"
#include "target/postgresql_piecemeal.hpp"
#include "target/postgresql_preview.hpp"
#include "target/postgresql_receipts.hpp"
#include "target/postgresql_silence.hpp"

namespace target {

class Postgresql final : public Connection, public PgReader {
 public:
  explicit Postgresql(const std::string& url);
  ~Postgresql() override;

  std::string_view engine() const override { return "postgresql"; }
  Interruption interruption() override;
  bool lost() const override { return link_.lost() || preview_.is_over(); }
  void begin(const Beginning& how) override;
  void prepare_restoring(const std::vector<core::TableChanges>& tables) override;
  void check_restored() override;
  void commit() override;
  void rollback() override;
  bool in_transaction() const override { return begun_ && (has_lock_of_session() || link_.in_transaction()); }
  void watch_changes(std::uint64_t images) override { changes_.watch(images); }
  core::Changes changes(const TellRow& tell) override;
  void preview() override;
  std::int64_t execute(std::string_view sql, const core::Values& parameters) override;
  std::int64_t execute_many(std::string_view sql, core::PackedRows rows) override;
  std::unique_ptr<Cursor> query(std::string_view sql, const core::Values& parameters) override;
  std::vector<core::Row> describe(core::Describe::What what, const std::string& table,
                                  const std::string& name) override;
  std::optional<core::Receipt> find_receipt(const std::string& script, const std::string& sha256) override;
  void leave_receipt(const core::Receipt& receipt) override;
  bool has_receipt(const core::Receipt& of) override { return receipts_.has(of); }
  void take_receipts_away(const core::Receipt& version, const std::vector<std::int64_t>& attempts) override {
    if (preview_.is_on()) return;
    for (const std::int64_t attempt : attempts) receipts_.send_removal(version, attempt);
  }
  std::vector<std::string> seen_scripts(const std::string& part) override {
    return keeps_receipts() ? receipts_.scripts_with(part) : std::vector<std::string>();
  }
  bool keeps_receipts() override { return has_receipts_ || receipts_.look(); }
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
  core::Fleet muster(const core::Muster& wish) override { return receipts_.muster(wish); }
  std::vector<core::Fact> facts() override { return facts_of(link_); }
  std::uint64_t rows_changed() const override { return changed_; }

 private:
  std::shared_ptr<PgAnswer> fetch(const std::string& cursor, int rows) override;
  PgResult hear(const std::shared_ptr<PgAnswer>& fetched) override;
  void forget(std::string cursor) override { over_.push_back(std::move(cursor)); }

  const Libpq& pq() const noexcept { return link_.pq(); }
  bool is_piecemeal() const noexcept { return access_ == core::Access::piecemeal; }
  bool has_lock_of_session() const noexcept {
    return is_piecemeal() || (access_ == core::Access::receipt_only && !preview_.is_on());
  }
  void begin_as(const Beginning& how);
  void begin_with_lock_of_session(const Beginning& how);
  void end_session();
  void begin_to_write(const Beginning& how);
  void begin_anew(const Beginning& how);
  void begin_previewed(const Beginning& how);
  void commit_previewed();
  void try_to_write();
  void take_lock(std::int64_t lock, os::Deadline give_up, const char* how);
  void make_receipts(os::Deadline give_up);
  void make_table(os::Deadline give_up, const char* definition, const std::function<void()>& make);
  void make_batches(os::Deadline give_up);
  void settle_statements();
  void commit_page(std::size_t check);
  void forget_fault();
  void prepare(const PgStatement& statement, std::size_t parameters);
  std::vector<PgResult> collect();
  std::int64_t affected(const PGresult* result);
  [[noreturn]] void explain(PgError error);

  PgLink link_;
  PgKept kept_{link_};
  PgReceipts receipts_{link_, kept_};
  PgPiecemeal piecemeal_{link_, receipts_};
  PgPages pages_{
      link_,
      kept_,
      receipts_,
      {[this] { settle_statements(); }, [this](std::size_t check) { commit_page(check); }, [this] { forget_fault(); }}};
  PgPreview preview_{link_};
  PgSilence silence_{link_};
  PgChanges changes_{link_, kept_};
  PGcancel* cancel_;
  core::Access access_ = core::Access::read;
  bool begun_ = false;
  bool paged_ = false;  // the lock of the script is the session's, until rollback() or the receipt
  bool has_receipts_ = false;
  std::uint64_t changed_ = 0;
  std::uint64_t cursors_ = 0;
  std::size_t check_ = 0;               // which of the statements that are sent with COMMIT looks at the receipts
  std::vector<std::string> over_;       // cursors that nobody reads any more
  std::optional<core::Receipt> early_;  // found when the transaction began
  std::string first_fault_;             // after which the server executes nothing more in this transaction
};

}  // namespace target
