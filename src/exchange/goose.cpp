// goose: today a row for each version that is applied; old releases added one for each that was taken back, too. So the
// newest row of a version counts. The first row, of version 0, is goose's own.
#include "exchange/numbered.hpp"
#include "exchange/tools.hpp"

namespace exchange {

const Tool k_goose{.name = "goose",
                   .title = "goose",
                   .table = "goose_db_version",
                   .columns = "version_id is_applied tstamp",
                   .read = [](const Asked& asked, Facts& facts) {
                     std::string last;
                     read_rows(
                         asked, {"version_id version_id is_applied tstamp", "version_id id- tstamp-"},
                         [&last](const Cells& row, Fact& fact) -> Meaning {
                           if (fact.key == "0") return skipped("goose makes it with its table");
                           if (fact.key == last) return skipped("a newer row of the same version counts");
                           last = fact.key;
                           const auto applied = row.flag(2);
                           if (!applied) return failed("is_applied is neither true nor false");
                           if (!take_time(row, 3, fact)) return failed(k_no_time);
                           if (!*applied) fact.state = State::rolled_back;
                           name_by_version(fact);
                           return {};
                         },
                         facts);
                   }};

}  // namespace exchange
