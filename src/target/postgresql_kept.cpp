#include "target/postgresql_kept.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/hash.hpp"

namespace target {
namespace {

// Whether as many are there as we prepared. What SQL prepares is marked as such, so a script can take one away, but put
// none in its place. Every word is PostgreSQL's own, whatever the search path is.
constexpr const char* k_all_there =
    "pg_catalog.count(*) OPERATOR(pg_catalog.=) {} {} FROM pg_catalog.pg_prepared_statement() p WHERE NOT p.from_sql";

constexpr std::size_t k_of_digest = 32;  // letters; a name has room for 63

}  // namespace

// Our own process on the server, as the server tells and as the library was told when it connected: a pooler has made
// the latter up.
bool PgKept::is_ours() {
  link_.send("SELECT pg_catalog.pg_backend_pid()");
  const PgResult pid = std::move(link_.collect().back());
  return fmt::format("{}", link_.pq().backendPID(link_.handle())) == link_.pq().getvalue(pid.get(), 0, 0);
}

void PgKept::prepare() {
  if (const auto looked = std::exchange(looked_, nullptr); looked && is_used()) {
    link_.hear(*looked);
    const bool same =
        !looked->fault && std::string_view(link_.pq().getvalue(looked->results.back().get(), 0, 0)) == "t";
    if (!same) give_up();
  }
  if (stage_ == Stage::learning) stage_ = Stage::learnt;
  if (stage_ != Stage::learnt || names_.empty()) return;
  stage_ = Stage::given_up;
  if (!is_ours()) return give_up();
  for (const auto& [sql, name] : names_) link_.send_prepare(name, sql);
  const auto answer = link_.post(PgLink::Patience::until_stopped);
  link_.hear(*answer);
  link_.forget_fault();
  if (answer->fault) return give_up();
  stage_ = Stage::used;
}

void PgKept::send(const std::string& sql, const PgParameters& parameters) {
  const auto known = names_.find(sql);
  if (known != names_.end() && is_used()) return link_.send_kept(known->second, sql, parameters);
  if (known == names_.end() && stage_ <= Stage::learnt)
    names_.emplace(sql, "fettle " + base::sha256_hex(sql).substr(0, k_of_digest));
  link_.send(sql, parameters);
}

std::size_t PgKept::send_check() {
  if (!is_used()) return 0;
  link_.send("SELECT 1 OPERATOR(pg_catalog./) CASE WHEN " +
             fmt::format(k_all_there, names_.size(), "THEN 1 ELSE 0 END"));
  return 1;
}

void PgKept::send_look() {
  if (is_used()) link_.send("SELECT " + fmt::format(k_all_there, names_.size(), ""));
}

void PgKept::take_look(std::shared_ptr<PgAnswer> answer) {
  if (is_used()) looked_ = std::move(answer);
}

// A statement that is gone, one with other parameters, or one that something else was put in place of.
bool PgKept::was_touched(const PgError& error, std::size_t check) {
  if (error.statement() > check) return false;
  return error.state() == k_no_such_statement || error.state() == k_other_parameters ||
         (error.statement() + 1 == check && error.state() == k_division_by_zero);
}

std::string PgKept::no_touching() {
  return "a statement of the script took away what fettle keeps prepared in this session, so nothing was committed";
}

void PgKept::give_up() {
  stage_ = Stage::given_up;
  names_.clear();
}

}  // namespace target
