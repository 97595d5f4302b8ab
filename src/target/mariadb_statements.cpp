#include "target/mariadb_statements.hpp"

#include <algorithm>
#include <utility>

namespace target {
namespace {

using Patience = MariaLink::Patience;

constexpr std::size_t k_most_kept = 8;
constexpr std::size_t k_first_rows = 64;                  // fetched at once, before their size is known
constexpr std::size_t k_most_rows = 4096;                 // fetched at once
constexpr std::size_t k_fetched = std::size_t{1} << 20U;  // bytes that one fetch aims at
constexpr std::size_t k_growth = 4;  // of a batch whose rows may be large: the next ones need not be like these

}  // namespace

MariaStatement::MariaStatement(MariaLink& link, std::string sql)
    : link_(link), sql_(std::move(sql)), statement_(link_.library().stmt_init(link_.handle())), epoch_(link_.resets()) {
  if (statement_ == nullptr) throw SqlError(core::Cause::memory, "out of memory");
  try {
    must([&] { return link_.library().stmt_prepare(statement_, sql_.data(), sql_.size()) == 0; });
  } catch (const MariaError&) {
    link_.library().stmt_close(statement_);
    throw;
  }
  usable_ = true;
}

MariaStatement::~MariaStatement() {
  link_.library().stmt_close(statement_);
}

void MariaStatement::raise() {
  usable_ = false;
  const Libmariadb& library = link_.library();
  link_.raise(library.stmt_errno(statement_), library.stmt_sqlstate(statement_), library.stmt_error(statement_));
}

template <class Call>
void MariaStatement::must(const Call& call) {
  if (!link_.with(Patience::until_stopped, call)) raise();
}

void MariaStatement::set_batch(std::size_t rows) {
  batch_ = rows;
  taken_ = bytes_ = 0;
  const auto wanted = static_cast<unsigned long>(rows);
  link_.library().stmt_attr_set(statement_, STMT_ATTR_PREFETCH_ROWS, &wanted);
}

std::uint64_t MariaStatement::execute(const core::Values& values, Reading reading) {
  const Libmariadb& library = link_.library();
  parameters_.set(values);
  reads_on_ = reading == Reading::on;
  const unsigned long cursor = reads_on_ ? CURSOR_TYPE_READ_ONLY : CURSOR_TYPE_NO_CURSOR;
  library.stmt_attr_set(statement_, STMT_ATTR_CURSOR_TYPE, &cursor);
  if (!values.empty() && library.stmt_bind_param(statement_, parameters_.binds()) != 0) raise();
  must([&] { return library.stmt_execute(statement_) == 0; });
  columns_.reset();
  if (library.stmt_field_count(statement_) == 0) return library.stmt_affected_rows(statement_);
  if (!reads_on_) must([&] { return library.stmt_store_result(statement_) == 0; });
  bind_columns();
  return reads_on_ ? 0 : library.stmt_num_rows(statement_);
}

void MariaStatement::set_bulk(std::size_t rows) {
  const auto count = static_cast<unsigned>(rows);
  link_.library().stmt_attr_set(statement_, STMT_ATTR_ARRAY_SIZE, &count);
}

std::uint64_t MariaStatement::execute(MariaBulk& bulk) {
  const Libmariadb& library = link_.library();
  columns_.reset();
  set_bulk(bulk.rows());
  if (library.stmt_bind_param(statement_, bulk.binds()) != 0) raise();
  must([&] { return library.stmt_execute(statement_) == 0; });
  set_bulk(0);
  return library.stmt_affected_rows(statement_);
}

void MariaStatement::bind_columns() {
  const Libmariadb& library = link_.library();
  const MariaResult described(library.stmt_result_metadata(statement_));
  if (!described) raise();
  columns_ = std::make_unique<MariaColumns>(library.fetch_fields(described.get()), library.num_fields(described.get()));
  if (library.stmt_bind_result(statement_, columns_->binds()) != 0) raise();
  if (reads_on_) set_batch(columns_->may_be_large() ? 1 : k_first_rows);
}

bool MariaStatement::next(core::Writer& row) {
  if (!is_usable()) throw SqlError(core::Cause::error, "this query is over; begin it again");
  if (reads_on_ && taken_ == batch_) {
    const std::size_t fitting = k_fetched * taken_ / std::max<std::size_t>(bytes_, 1);
    const std::size_t most = columns_->may_be_large() ? std::min(k_most_rows, batch_ * k_growth) : k_most_rows;
    set_batch(std::clamp<std::size_t>(fitting, 1, most));
  }
  int word = 0;
  must([&] {
    word = link_.library().stmt_fetch(statement_);
    return word != 1;
  });
  if (word == MYSQL_NO_DATA) return false;
  bytes_ += columns_->put_row(statement_, row) + 8 * columns_->names().size();
  ++taken_;
  return true;
}

void MariaStatement::skip_further_results() {
  const Libmariadb& library = link_.library();
  while (library.stmt_more_results(statement_) != 0) {
    must([&] { return library.stmt_next_result(statement_) <= 0; });
    if (library.stmt_field_count(statement_) != 0) must([&] { return library.stmt_store_result(statement_) == 0; });
  }
  usable_ = false;  // its columns are those of the last result now
}

void MariaStatement::finish() noexcept {
  if (is_usable() && link_.library().stmt_free_result(statement_) != 0) usable_ = false;
}

// --- those that are kept -------------------------------------------------------------------------------------------

std::unique_ptr<MariaStatement> MariaStatements::take(const std::string& sql) {
  const auto found = std::find_if(idle_.begin(), idle_.end(), [&](const auto& one) { return one->sql() == sql; });
  if (found == idle_.end()) return std::make_unique<MariaStatement>(link_, sql);
  std::unique_ptr<MariaStatement> statement = std::move(*found);
  idle_.erase(found);
  return statement;
}

void MariaStatements::keep(std::unique_ptr<MariaStatement> statement) {
  if (!statement->is_usable()) return;
  if (idle_.size() == k_most_kept) idle_.erase(idle_.begin());
  idle_.push_back(std::move(statement));
}

}  // namespace target
