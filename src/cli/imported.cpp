#include "cli/imported.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/json_import.hpp"
#include "cli/listing.hpp"
#include "core/script.hpp"

namespace cli {
namespace {

std::string number(std::int64_t count) {
  return base::format_count(static_cast<std::uint64_t>(count));
}

std::string listed(const std::map<std::string, std::int64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number(count), name);
  return text;
}

void print_names(const Context& context, std::string_view what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const bool all = context.arguments.talk == Talk::verbose;
  const std::size_t shown = all ? names.size() : std::min(names.size(), k_most_rows);
  context.print(fmt::format("{} {}:\n", base::plural(names.size(), "pending script"), what));
  for (std::size_t at = 0; at < shown; ++at)
    context.print(base::fit("  " + base::escape(names[at]), context.style.width) + "\n");
  if (shown < names.size()) context.print(fmt::format("  … and {} more: -v shows all\n", names.size() - shown));
}

void print_counts(const Context& context, const exchange::ImportReport& report, Told told) {
  const ledger::ImportCounts& counts = report.counts;
  const bool is_done = report.import != 0;
  print_field(context, "rows", fmt::format("{} in the source", number(counts.rows)));
  const std::string states = report.states.empty() ? "" : fmt::format(": {}", listed(report.states));
  print_field(context,
              is_done                 ? "imported"
              : told == Told::as_done ? "importable"
                                      : "to import",
              number(counts.imported) + states);
  print_field(context, "already", fmt::format("{} here", number(counts.already)));
  print_field(context, "skipped", number(counts.skipped));
  for (const auto& [why, count] : report.skipped) print_pair(context, number(count), why);
  print_field(context, "failed", number(counts.failed));
  for (const auto& failure : report.failures) print_pair(context, failure.key, failure.why);
  const auto told_of = static_cast<std::int64_t>(report.failures.size());
  if (told_of < counts.failed) context.print(fmt::format("  … and {} more\n", number(counts.failed - told_of)));
}

std::string end_of(const exchange::ImportReport& report, Told told) {
  if (report.import != 0) return fmt::format("Import {} is recorded. Next: fettle plan\n", report.import);
  if (told == Told::as_question) return {};
  if (report.counts.failed > 0) return "Nothing was imported; --keep-going leaves out what is not understood.\n";
  if (told == Told::as_dry_run) return "Nothing was written. Next: the same without --dry-run\n";
  return "Nothing was imported: there is nothing new.\n";
}

}  // namespace

void print_import(const Context& context, const exchange::ImportReport& report, Told told) {
  const std::string where =
      report.part.empty() ? report.source : fmt::format("{}, table {}", report.source, report.part);
  print_field(context, "source", where);
  print_field(context, "tool",
              fmt::format("{} ({}){}", report.title, report.tool, report.is_found ? ", recognised" : ""));
  print_counts(context, report, told);
  if (report.flagged > 0)
    print_field(context, "notes", fmt::format("{} with a note: fettle history --imported", number(report.flagged)));
  if (report.untimed > 0)
    print_field(context, "times", fmt::format("{} without: the tool does not tell when", number(report.untimed)));
  for (const std::string& name : report.unused)
    context.warn({fmt::format("--map-names tells of {}, which is not in the source", base::escape(name))});
  print_names(context, "will not run, since it is applied elsewhere", report.would_skip);
  if (!report.would_skip.empty() || told == Told::as_dry_run) print_names(context, "will run", report.would_run);
  context.print(end_of(report, told));
}

namespace {

ledger::ImportedFilter filter_of(const Arguments& arguments) {
  ledger::ImportedFilter filter;
  filter.limit = arguments.limit;
  if (!arguments.script.empty()) filter.stem = core::stem_of(arguments.script);
  return filter;
}

void print_head(const Context& context) {
  context.print(context.style.paint(Colour::dim, "    id  when              state        name") + "\n");
}

void print_row(const Context& context, const ledger::ImportedRow& row) {
  const ledger::ImportedFact& fact = row.fact;
  const std::string when = fact.at ? base::local_time(*fact.at).substr(0, 16) : std::string("time unknown");
  const std::size_t room = context.style.width - 48;
  context.print(base::fit(fmt::format("{:>6}  {}  {}  {}  {}", row.id, pad(when, 16), pad(core::name(fact.state), 11),
                                      pad(base::fit(base::escape(fact.name), room), room), row.tool),
                          context.style.width) +
                "\n");
  if (fact.note.empty() || context.arguments.talk == Talk::quiet) return;
  context.print(base::fit("        " + base::escape(fact.note), context.style.width) + "\n");
}

}  // namespace

int imported_history(const Context& context) {
  const auto history = ledger::History::open(context.config().path(context.config().ledger.path));
  const ledger::ImportedFilter filter = filter_of(context.arguments);
  std::int64_t count = 0;
  if (context.arguments.json) {
    const auto print = [&](const ledger::ImportedRow& row) {
      context.print((count++ > 0 ? ",\n" : "[\n") + imported_json_row(row));
    };
    if (history) history->each_imported(filter, print);
    context.print(count > 0 ? "\n]\n" : "[]\n");
    return 0;
  }
  if (!history || !history->has_imports()) {
    context.print("Nothing was imported yet. Next: fettle import auto --from URL|FILE|FOLDER --dry-run\n");
    return 0;
  }
  print_head(context);
  history->each_imported(filter, [&](const ledger::ImportedRow& row) {
    ++count;
    print_row(context, row);
  });
  if (count == 0) context.print("Nothing of that name was imported.\n");
  if (filter.limit > 0 && count == filter.limit && context.arguments.talk != Talk::quiet)
    context.say(fmt::format("The last {}; all: the same with --limit 0\n", filter.limit));
  return 0;
}

bool is_only_imported(const ledger::History& history, const std::string& word) {
  if (!history.has_imports() || !history.names_like(word).empty()) return false;
  const bool is_number = !word.empty() && core::number_of(word) == word && word.size() < 19;
  if (is_number && history.attempt(std::stoll(word))) return false;
  bool any = false;
  history.each_imported({.stem = std::string(core::stem_of(word)), .import = 0, .limit = 1},
                        [&any](const ledger::ImportedRow&) { any = true; });
  return any || history.imported(word.ends_with(".lua") ? word : word + ".lua").has_value();
}

int show_imported(const Context& context, const ledger::History& history) {
  const std::string stem(core::stem_of(context.arguments.words.front()));
  std::int64_t count = 0;
  const auto tell = [&](const ledger::ImportedRow& row) {
    const bool is_first = count++ == 0;
    if (context.arguments.json) return context.print((is_first ? "[\n" : ",\n") + imported_json_row(row));
    if (is_first) print_head(context);
    print_row(context, row);
  };
  for (const std::string& each : {stem, core::wild_stem_of(stem)}) history.each_imported({.stem = each}, tell);
  if (context.arguments.json) context.print("\n]\n");
  return 0;
}

}  // namespace cli
