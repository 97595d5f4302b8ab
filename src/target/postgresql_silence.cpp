#include "target/postgresql_silence.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "target/restoring_sql.hpp"

namespace target {
namespace {

using core::Cause;

// Triggers that fire, by the role of the session, and rules, of these tables.
constexpr const char* k_acting =
    "SELECT pg_catalog.format('%s %s of %s', what, name, class::pg_catalog.regclass) FROM (SELECT 'trigger' AS what,"
    " tgname AS name, tgrelid AS class FROM pg_catalog.pg_trigger WHERE NOT tgisinternal AND tgenabled IN ({0}) UNION"
    " ALL SELECT 'rule', rulename, ev_class FROM pg_catalog.pg_rewrite WHERE ev_type <> '1' AND ev_enabled IN ({0}))"
    " acting WHERE class IN ({1}) ORDER BY 1 LIMIT 1";

// Foreign keys that change or delete the rows that refer.
constexpr const char* k_cascading =
    "SELECT pg_catalog.format('%s of %s', conname, conrelid::pg_catalog.regclass) FROM pg_catalog.pg_constraint WHERE"
    " contype = 'f' AND confrelid IN ({}) AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd')) ORDER "
    "BY"
    " 1 LIMIT 1";

// A query for each foreign key from or to these tables, and its name: whether something refers to nothing.
constexpr const char* k_references =
    "SELECT pg_catalog.format('%s of %s', k.conname, k.conrelid::pg_catalog.regclass), pg_catalog.format('SELECT 1 FROM"
    " %s%s c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s%s p WHERE %s) LIMIT 1', CASE child.relkind WHEN 'p' THEN '' ELSE"
    " 'ONLY ' END, k.conrelid::pg_catalog.regclass, pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL',"
    " a.attname), ' AND '), CASE parent.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, k.confrelid::pg_catalog.regclass,"
    " pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) c.%I', f.attname, n.nspname, o.oprname, a.attname),"
    " ' AND ')) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class child ON child.oid = k.conrelid JOIN"
    " pg_catalog.pg_class parent ON parent.oid = k.confrelid CROSS JOIN LATERAL"
    " pg_catalog.generate_subscripts(k.conkey, 1) i JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND"
    " a.attnum = k.conkey[i] JOIN pg_catalog.pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[i] "
    "JOIN"
    " pg_catalog.pg_operator o ON o.oid = k.conpfeqop[i] JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE"
    " k.contype = 'f' AND k.convalidated AND (k.conrelid IN ({0}) OR k.confrelid IN ({0})) GROUP BY k.oid, k.conname,"
    " k.conrelid, k.confrelid, child.relkind, parent.relkind";

std::string literal(const std::string& text) {
  std::string all = "E'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') all += '\\';
    all += letter;
  }
  return all + "'";
}

}  // namespace

void PgSilence::begin() {
  link_.send("SAVEPOINT fettle_silence");
  link_.send("SELECT pg_catalog.set_config('session_replication_role', 'replica', true)");
  is_silent_ = true;
  try {
    link_.collect();
  } catch (const PgError& error) {
    if (error.state() != "42501") throw;  // no right to it
    link_.send("ROLLBACK TO SAVEPOINT fettle_silence");
    link_.collect();
    is_silent_ = false;
  }
}

std::string PgSilence::told_by(const std::string& sql) {
  link_.send(sql);
  const PgResult result = std::move(link_.collect().back());
  return link_.pq().ntuples(result.get()) == 0 ? "" : link_.pq().getvalue(result.get(), 0, 0);
}

std::string PgSilence::among() const {
  std::vector<std::string> numbers;
  for (const std::string& table : tables_) numbers.push_back(fmt::format("pg_catalog.to_regclass({})", literal(table)));
  return fmt::format("{}", fmt::join(numbers, ", "));
}

void PgSilence::look_at(const std::vector<core::TableChanges>& tables) {
  tables_.clear();
  bool takes_away = false;
  for (const core::TableChanges& table : tables) {
    tables_.push_back(quoted_table("postgresql", table.table));
    takes_away = takes_away || table.inserted + table.updated > 0;
  }
  if (tables_.empty()) return;
  const std::string acting = told_by(fmt::format(k_acting, is_silent_ ? "'A', 'R'" : "'O', 'A'", among()));
  if (!acting.empty())
    throw SqlError(Cause::error, fmt::format("the {} would do its work once more{}", acting,
                                             is_silent_ ? ": it fires ALWAYS, or on replicas"
                                                        : ", and this user may not silence it: GRANT SET ON PARAMETER "
                                                          "session_replication_role TO it, or undo as a superuser"));
  if (is_silent_ || !takes_away) return;
  const std::string cascading = told_by(fmt::format(k_cascading, among()));
  if (!cascading.empty())
    throw SqlError(Cause::error, fmt::format("the foreign key {} would change further rows, and this user may not "
                                             "silence it: GRANT SET ON PARAMETER session_replication_role TO it, or "
                                             "undo as a superuser",
                                             cascading));
}

void PgSilence::check() {
  if (!is_silent_ || tables_.empty()) return;
  link_.send(fmt::format(k_references, among()));
  const PgResult keys = std::move(link_.collect().back());
  for (int row = 0; row < link_.pq().ntuples(keys.get()); ++row)
    if (!told_by(link_.pq().getvalue(keys.get(), row, 1)).empty())
      throw SqlError(Cause::error, fmt::format("rows would refer to rows that are not there (foreign key {})",
                                               link_.pq().getvalue(keys.get(), row, 0)));
}

}  // namespace target
