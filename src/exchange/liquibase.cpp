// Liquibase: a row for each change set that is deployed, told apart by id, author and file. Its checksum is of the
// parsed change, so it is kept as a label.
#include "base/error.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

enum Column : std::size_t {
  id,
  id_again,
  author,
  filename,
  dateexecuted,
  orderexecuted,
  exectype,
  md5sum,
  description,
  tag,
  deployment_id
};

// Its own lock, which it sets for the time of an update.
void refuse_while_it_works(const Asked& asked) {
  const ForeignTable* lock = asked.database.find("databasechangeloglock");
  if (lock == nullptr || !lock->has("locked")) return;
  bool locked = false;
  asked.database.each("SELECT * FROM " + asked.database.quoted(*lock), [&](const Cells& row) {
    for (std::size_t at = 0; at < lock->columns.size(); ++at)
      if (lowered(lock->columns[at]) == "locked") locked = locked || row.flag(at).value_or(false);
  });
  if (locked)
    throw base::Error(base::ErrorKind::usage, "Liquibase holds its lock: an update is going on, or was cut off",
                      "Nothing was imported.", "Let it end, or release the lock with liquibase release-locks.");
}

Meaning row_of(const Cells& row, Fact& fact) {
  const std::string kind = row.text(exectype);
  if (kind == "MARK_RAN")
    fact.state = State::marked;
  else if (kind == "FAILED")
    fact.state = State::failed;
  else if (kind == "SKIPPED")
    fact.state = State::skipped;
  else if (kind != "EXECUTED" && kind != "RERAN" && kind != "REEXECUTED")
    return failed("its EXECTYPE is none that Liquibase knows");
  if (!take_time(row, dateexecuted, fact)) return failed(k_no_time);
  // One that is run again is the same row with another time.
  fact.key += '\n' + row.text(author) + '\n' + row.text(filename) + '\n' + row.text(dateexecuted);
  fact.stem = stem_of(fact.name);
  fact.checksum = row.text(md5sum);
  take_further(row,
               {{author, "author"},
                {filename, "file"},
                {description, "description"},
                {tag, "tag"},
                {deployment_id, "deployment"}},
               fact);
  return {};
}

}  // namespace

const Tool k_liquibase{
    .name = "liquibase",
    .title = "Liquibase",
    .table = "DATABASECHANGELOG",
    .columns = "id author filename dateexecuted orderexecuted exectype",
    .read = [](const Asked& asked, Facts& facts) {
      refuse_while_it_works(asked);
      read_rows(asked,
                {"id id author filename dateexecuted orderexecuted exectype md5sum description tag deployment_id",
                 "orderexecuted"},
                row_of, facts);
    }};

}  // namespace exchange
