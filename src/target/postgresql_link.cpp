#include "target/postgresql_link.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace target {
namespace {

using core::Cause;

constexpr std::chrono::milliseconds k_between_looks{100};  // at the clock, while the server works
constexpr std::chrono::seconds k_to_stop{10};              // for a server that was told to
constexpr std::chrono::milliseconds k_said_again{500};
constexpr std::size_t k_longest_fault = std::size_t{4} << 10U;
constexpr std::size_t k_shown_text = 40;  // bytes, at the place of a fault
constexpr std::string_view k_cancelled = "57014";

// docs/scripts.md names them.
Cause cause_of(std::string_view state) noexcept {
  if (state == k_cancelled) return Cause::timeout;
  if (state == "55P03" || state == "40P01" || state == "40001") return Cause::locked;
  if (state.starts_with("08") || state.starts_with("57P")) return Cause::unreachable;
  return Cause::error;
}

std::string with_field(const char* label, const char* text) {
  return text == nullptr ? std::string() : fmt::format("\n{}: {}", label, text);
}

// "at line 2: from persn where …"; position counts characters, from 1.
std::string place_in(std::string_view sql, const char* position) {
  if (position == nullptr) return {};
  std::size_t left = static_cast<std::size_t>(std::max(std::atoi(position) - 1, 0)), at = 0, line = 1;
  for (; at < sql.size() && left > 0; ++at) {
    if (sql[at] == '\n') ++line;
    const bool inside_character = at + 1 < sql.size() && (static_cast<unsigned char>(sql[at + 1]) & 0xC0U) == 0x80U;
    if (!inside_character) --left;
  }
  std::string_view shown = base::first_line(sql.substr(at));
  if (shown.size() > k_shown_text) shown = shown.substr(0, shown.rfind(' ', k_shown_text));
  return fmt::format("\nat line {}: {}", line, shown.substr(0, 2 * k_shown_text));
}

// What libpq says of a URL may hold parts of it, the password too; only the name of an option is passed on.
std::string url_fault(const char* said) {
  constexpr std::string_view k_unknown = "invalid URI query parameter: ";
  std::string text =
      "the URL cannot be understood; write postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=require, "
      "with %40 and the like for signs in the password";
  const std::string_view fault = said == nullptr ? "" : base::trim(said);
  if (fault.starts_with(k_unknown))
    text = fmt::format("the URL has an option that libpq does not know: {}", fault.substr(k_unknown.size()));
  return text;
}

void check_url(const Libpq& pq, const std::string& url) {
  char* said = nullptr;
  PQconninfoOption* const options = pq.conninfoParse(url.c_str(), &said);
  std::string fault = options == nullptr ? url_fault(said) : "";
  // A password with a slash that is not written as %2F makes the rest of it the port.
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    const std::string_view value = option->val == nullptr ? "" : option->val;
    if (std::string_view(option->keyword) == "port" && value.find_first_not_of("0123456789,") != value.npos)
      fault = url_fault(nullptr);
  }
  if (said != nullptr) pq.freemem(said);
  if (options != nullptr) pq.conninfoFree(options);
  if (!fault.empty()) throw SqlError(Cause::unreachable, fault);
}

}  // namespace

// Options before the URL are defaults that it may change, those behind it are not. A server or a network that is gone
// is noticed within half a minute.
PgLink::PgLink(const std::string& url) : pq_(libpq()) {
  check_url(pq_, url);
  constexpr std::array keys = {"connect_timeout",           "keepalives",
                               "keepalives_idle",           "keepalives_interval",
                               "keepalives_count",          "tcp_user_timeout",
                               "fallback_application_name", "dbname",
                               "client_encoding",           static_cast<const char*>(nullptr)};
  const std::array values = {"10",    "1",      "10",        "5",    "3",
                             "25000", "fettle", url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  connection_ = pq_.connectdbParams(keys.data(), values.data(), 1);
  if (connection_ == nullptr) throw SqlError(Cause::memory, "out of memory");
  if (pq_.status(connection_) != CONNECTION_OK) {
    const std::string said(base::trim(pq_.errorMessage(connection_)));
    pq_.finish(connection_);
    throw SqlError(Cause::unreachable, base::cap(said, k_longest_fault));
  }
  pq_.setNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
  if (pq_.setnonblocking(connection_, 1) != 0 || pq_.enterPipelineMode(connection_) != 1) {
    pq_.finish(connection_);
    throw SqlError(Cause::unreachable, "the client library cannot send statements ahead");
  }
}

PgLink::~PgLink() {
  pq_.finish(connection_);
}

bool PgLink::in_transaction() const noexcept {
  const PGTransactionStatusType status = pq_.transactionStatus(connection_);
  return !lost_ &&
         (!sent_.empty() || status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE);
}

bool PgLink::failed() const noexcept {
  return pq_.transactionStatus(connection_) == PQTRANS_INERROR;
}

void PgLink::lose() {
  lost_ = true;
  throw PgError(Cause::unreachable,
                fmt::format("the connection to the database was lost: {}",
                            base::cap(base::trim(pq_.errorMessage(connection_)), k_longest_fault)),
                {}, 0);
}

// --- sending -------------------------------------------------------------------------------------------------------

void PgLink::send(const std::string& sql, const PgParameters& parameters) {
  if (lost_) lose();
  parsed_.clear();
  const int sent = pq_.sendQueryParams(connection_, sql.c_str(), parameters.count(), parameters.types().data(),
                                       parameters.values(), parameters.lengths(), parameters.formats(), 0);
  if (sent != 1) lose();
  sent_.push_back(sql);
}

void PgLink::send_again(const std::string& sql, const PgParameters& parameters) {
  if (lost_) lose();
  if (parsed_ != sql || parsed_types_ != parameters.types()) {
    if (pq_.sendPrepare(connection_, "", sql.c_str(), parameters.count(), parameters.types().data()) != 1) lose();
    sent_.push_back(sql);
    parsed_ = sql;
    parsed_types_ = parameters.types();
  }
  const int sent = pq_.sendQueryPrepared(connection_, "", parameters.count(), parameters.values(), parameters.lengths(),
                                         parameters.formats(), 0);
  if (sent != 1) lose();
  sent_.push_back(sql);
}

void PgLink::send_prepare(const std::string& name, const std::string& sql) {
  if (lost_ || pq_.sendPrepare(connection_, name.c_str(), sql.c_str(), 0, nullptr) != 1) lose();
  sent_.push_back(sql);
}

void PgLink::send_kept(const std::string& name, const std::string& sql, const PgParameters& parameters) {
  if (lost_ || pq_.sendQueryPrepared(connection_, name.c_str(), parameters.count(), parameters.values(),
                                     parameters.lengths(), parameters.formats(), 0) != 1)
    lose();
  sent_.push_back(sql);
}

void PgLink::flush() {
  for (;;) {
    const int left = pq_.flush(connection_);
    if (left == 0) return;
    if (left < 0) lose();
    await(POLLIN | POLLOUT, Patience::to_the_end);
  }
}

std::shared_ptr<PgAnswer> PgLink::post(Patience patience) {
  if (lost_ || pq_.pipelineSync(connection_) != 1) lose();
  flush();
  auto answer = std::make_shared<PgAnswer>();
  answer->sent = std::exchange(sent_, {});
  posted_.push_back({answer, patience});
  return answer;
}

// --- waiting -------------------------------------------------------------------------------------------------------

void PgLink::mind_stop(Patience patience) {
  if (interrupted_ && os::Steady::now() >= give_up_) {
    lost_ = true;  // not to be used again: what it is at nobody knows
    throw PgError(Cause::unreachable, "the server did not stop the statement when it was told to", {}, 0);
  }
  const bool late = impatient_ && os::Steady::now() >= *impatient_;
  if (patience == Patience::to_the_end || !stop_.asked || !(late || stop_.asked())) return;
  if (interrupted_ && os::Steady::now() < again_) return;
  if (!interrupted_) give_up_ = os::in(k_to_stop);
  ++words_;
  interrupted_ = true;
  again_ = os::in(k_said_again);  // a word that comes before the statement has begun is forgotten
  stop_.interrupt();
}

void PgLink::await(short events, Patience patience) {
  mind_stop(patience);
  const bool listens = patience == Patience::until_stopped && !interrupted_;
  std::array<pollfd, 2> wait = {pollfd{pq_.socket(connection_), events, 0},
                                pollfd{listens ? stop_.wake : -1, POLLIN, 0}};
  ::poll(wait.data(), wait.size(), static_cast<int>(k_between_looks.count()));
  if ((wait[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0 && pq_.consumeInput(connection_) != 1) lose();
}

PgResult PgLink::take(Patience patience) {
  for (;;) {
    while (pq_.isBusy(connection_) != 0) await(POLLIN, patience);
    PgResult result(pq_.getResult(connection_));
    if (result) return result;
    if (pq_.status(connection_) != CONNECTION_OK) lose();
    // Between the results of two statements there is nothing.
  }
}

void PgLink::hear_journey(PgAnswer& answer, Patience patience) {
  for (std::size_t statement = 0;; ++statement) {
    PgResult result = take(patience);
    const ExecStatusType status = pq_.resultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
    // A server that is stopped says so behind the last answer, too: that is no statement's fault.
    const bool of_statement = statement < answer.sent.size();
    if (!good && !of_statement) fault_in(result.get(), {}, statement);
    if (!good && of_statement && !answer.fault)
      answer.fault = fault_in(result.get(), answer.sent[statement], statement);
    answer.results.push_back(std::move(result));
  }
  if (answer.fault) parsed_.clear();
  answer.is_here = true;
}

void PgLink::hear_next_posted() {
  const Posted next = std::move(posted_.front());
  posted_.pop_front();
  hear_journey(*next.answer, next.patience);
  if (next.answer->fault && !posted_fault_) posted_fault_ = next.answer->fault;
}

void PgLink::hear(const PgAnswer& answer) {
  if (lost_) lose();
  while (!answer.is_here && !posted_.empty()) hear_next_posted();
  interrupted_ = false;
}

void PgLink::hear_posted() {
  if (lost_) lose();
  while (!posted_.empty()) hear_next_posted();
  interrupted_ = false;
}

void PgLink::abandon_posted(std::chrono::milliseconds patience) {
  if (posted_.empty() || !stop_.interrupt) return;
  impatient_ = os::in(patience);
  hear_posted();
  impatient_.reset();
}

std::vector<PgResult> PgLink::collect(Patience patience) {
  if (lost_ || pq_.pipelineSync(connection_) != 1) lose();
  flush();
  while (!posted_.empty()) hear_next_posted();
  PgAnswer answer;
  answer.sent = std::exchange(sent_, {});
  hear_journey(answer, patience);
  interrupted_ = false;
  if (answer.fault) throw PgError(*std::move(answer.fault));
  return std::move(answer.results);
}

// The server may have finished just before it was told to stop: the words are then still on their way, and must not hit
// what comes next. They have all come once it slept through a while undisturbed.
void PgLink::settle(const char* first) {
  constexpr int k_most = 20;
  for (int time = 0; time < k_most && !is_settled() && !lost_; ++time) {
    try {
      if (first != nullptr) send(first);
      send("SELECT pg_catalog.pg_sleep(0.5)");
      collect(Patience::to_the_end);
      words_ = stopped_ = 0;
    } catch (const PgError& error) {
      if (error.state() != k_cancelled) throw;
    }
  }
}

PgError PgLink::fault_in(const PGresult* result, const std::string& sql, std::size_t statement) {
  const auto field = [&](int code) { return pq_.resultErrorField(result, code); };
  const char* const given_state = field(PG_DIAG_SQLSTATE);
  const std::string state = given_state == nullptr ? "" : given_state;
  const char* const said = field(PG_DIAG_MESSAGE_PRIMARY);
  const bool stopped = state == k_cancelled;
  if (stopped) ++stopped_;
  const char* const severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  const bool ended = severity != nullptr && std::string_view(severity) == "FATAL";
  lost_ = lost_ || ended || pq_.status(connection_) != CONNECTION_OK;
  // Without a state it is the library that speaks: it could not hold the rows.
  const Cause cause = lost_ ? Cause::unreachable : state.empty() ? Cause::memory : cause_of(state);
  std::string text = said == nullptr ? std::string(base::trim(pq_.resultErrorMessage(result))) : said;
  if (stopped) text = fmt::format("the statement was stopped at the time limit ({})", text);
  if (!state.empty()) text += fmt::format(" (SQLSTATE {})", state);
  text += with_field("detail", field(PG_DIAG_MESSAGE_DETAIL)) + with_field("hint", field(PG_DIAG_MESSAGE_HINT));
  text += with_field("inside", field(PG_DIAG_CONTEXT)) + place_in(sql, field(PG_DIAG_STATEMENT_POSITION));
  return {cause, base::cap(text, k_longest_fault), state, statement};
}

}  // namespace target
