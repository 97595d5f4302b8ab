// Django: a row for each migration that is applied, told apart by app and name. Here it is called "app.name".
#include "exchange/tools.hpp"

namespace exchange {
namespace {

Meaning row_of(const Cells& row, Fact& fact) {
  const std::string app = row.text(2);
  if (app.empty() || fact.name.empty()) return failed("it has no app or no name");
  fact.name = app + "." + fact.name;
  fact.stem = fact.name;
  fact.key = fact.name;
  return take_time(row, 3, fact) ? Meaning{} : failed(k_no_time);
}

}  // namespace

const Tool k_django{.name = "django",
                    .title = "Django",
                    .table = "django_migrations",
                    .columns = "app name applied",
                    .read = [](const Asked& asked, Facts& facts) {
                      read_rows(asked, {"id name app applied", "applied id"}, row_of, facts);
                    }};

}  // namespace exchange
