#include "exchange/importing.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "core/script.hpp"
#include "exchange/files.hpp"
#include "exchange/tools.hpp"
#include "target/drivers.hpp"

namespace exchange {
namespace {

constexpr const char* k_unchanged = "Nothing was imported.";
constexpr std::size_t k_most_failures = 100;

using Names = std::map<std::string, std::string, std::less<>>;

// Tells every row, and where it goes.
class Counter : public Facts {
 public:
  // put: false for one that is there already.
  Counter(ImportReport& report, const Names& names, std::function<bool(const Fact&)> put)
      : report_(report), names_(names), put_(std::move(put)) {
    for (const auto& [name, stem] : names_) unused_.insert(name);
  }

  void take(const Fact& fact) override {
    if (fact.name.empty() || fact.stem.empty()) return fail(fact.key, "it has no name");
    ++report_.counts.rows;
    if (const auto stem = mapped(fact)) {
      Fact renamed = fact;
      renamed.stem = *stem;
      return put(renamed);
    }
    put(fact);
  }
  void skip(std::string_view, std::string_view why) override {
    ++report_.counts.rows;
    ++report_.counts.skipped;
    ++report_.skipped[std::string(why)];
  }
  void fail(std::string_view key, std::string_view why) override {
    ++report_.counts.rows;
    ++report_.counts.failed;
    if (report_.failures.size() < k_most_failures) report_.failures.push_back({base::cap(key, 200), std::string(why)});
  }

  void finish() {
    for (const std::string_view name : unused_) report_.unused.emplace_back(name);
    for (std::size_t at = 0; at < states_.size(); ++at)
      if (states_[at] > 0) report_.states[std::string(core::name(static_cast<State>(at)))] = states_[at];
  }

 private:
  std::optional<std::string> mapped(const Fact& fact) {
    if (names_.empty()) return std::nullopt;
    auto found = names_.find(fact.name);
    if (found == names_.end()) found = names_.find(stem_of(fact.name));
    if (found == names_.end()) return std::nullopt;
    unused_.erase(found->first);
    return found->second;
  }

  void put(const Fact& fact) {
    if (!put_(fact)) {
      ++report_.counts.already;
      return;
    }
    ++report_.counts.imported;
    ++states_[static_cast<std::size_t>(fact.state)];
    if (!fact.note.empty()) ++report_.flagged;
    if (!fact.at) ++report_.untimed;
  }

  ImportReport& report_;
  const Names& names_;
  std::function<bool(const Fact&)> put_;
  std::set<std::string_view> unused_;
  std::array<std::int64_t, static_cast<std::size_t>(core::k_last_imported_state) + 1> states_{};
};

// Lines of "foreign = script"; empty ones and those that begin with # are left out.
Names names_in(const std::string& path) {
  Names names;
  if (path.empty()) return names;
  std::size_t number = 0;
  const std::string text = read_whole(path);
  for (const std::string_view whole : base::split(text, '\n')) {
    ++number;
    const std::string_view line = base::trim(whole);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view foreign = base::trim(line.substr(0, equals));
    const std::string_view script = equals == std::string_view::npos ? "" : base::trim(line.substr(equals + 1));
    if (foreign.empty() || script.empty())
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("{}:{}: not of the form FOREIGN = SCRIPT", base::escape(path), number),
                        k_unchanged);
    names[std::string(foreign)] = core::stem_of(script);
  }
  return names;
}

struct Candidate {
  const Tool* tool;
  const ForeignTable* table;
};

std::vector<Candidate> candidates_in(const Foreign& database, const Tool* wanted, const ForeignTable* only) {
  std::vector<Candidate> found;
  for (const ForeignTable& table : database.tables())
    for (const Tool* tool : tools())
      if ((wanted == nullptr || tool == wanted) && (only == nullptr || only == &table) && fits(*tool, database, table))
        found.push_back({tool, &table});
  return found;
}

std::string tool_names() {
  std::vector<std::string_view> names;
  for (const Tool* tool : tools()) names.push_back(tool->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

const Tool* named(const std::string& name) {
  if (name == "auto") return nullptr;
  if (const Tool* tool = find_tool(name)) return tool;
  std::vector<std::string_view> names;
  for (const Tool* tool : tools()) names.push_back(tool->name);
  const auto near = base::nearest(name, names);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("there is no importer for {}{}", base::escape(name),
                                near ? fmt::format("; did you mean {}?", *near) : ""),
                    k_unchanged, fmt::format("one of: auto, {}", tool_names()));
}

[[noreturn]] void refuse_ambiguous(const std::vector<Candidate>& all, const ImportWish& wish) {
  std::string ways;
  for (const Candidate& each : all)
    ways += fmt::format("{}fettle import {} {} --table {}", ways.empty() ? "" : "\n", each.tool->name, wish.argument,
                        base::shell_quote(each.table->shown()));
  std::string what;
  for (const Candidate& each : all)
    what += fmt::format("{}{} in {}", what.empty() ? "" : ", or ", each.tool->title, base::escape(each.table->shown()));
  throw base::Error(base::ErrorKind::usage, fmt::format("{} could be {}", wish.shown, what), k_unchanged, ways);
}

[[noreturn]] void refuse_unknown(const Foreign& database, const ImportWish& wish, const Tool* wanted,
                                 const ForeignTable* only) {
  std::string tables;
  for (const ForeignTable& table : database.tables())
    if (only == nullptr || only == &table)
      tables += fmt::format("{}{} ({})", tables.empty() ? "" : "; ", table.shown(), fmt::join(table.columns, ", "));
  const std::string what =
      wanted != nullptr ? fmt::format("the history of {}", wanted->title) : std::string("a history that fettle knows");
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("{} in {} looks like {}: {}", only != nullptr ? "this table" : "no table", wish.shown,
                                what, tables.empty() ? "there is none" : base::escape(base::cap(tables, 600))),
                    k_unchanged,
                    wanted != nullptr && !wanted->columns.empty()
                        ? fmt::format("{} has the columns {}", wanted->title, wanted->columns)
                        : fmt::format("one of: {}", tool_names()));
}

// Of several tables that fit a tool, the one that is called as usual.
void prefer_usual(std::vector<Candidate>& all) {
  if (all.size() < 2) return;
  const auto is_usual = [](const Candidate& each) { return lowered(each.table->name) == lowered(each.tool->table); };
  const bool one_tool =
      std::all_of(all.begin(), all.end(), [&](const Candidate& each) { return each.tool == all[0].tool; });
  if (one_tool && std::count_if(all.begin(), all.end(), is_usual) == 1)
    std::erase_if(all, [&](const Candidate& each) { return !is_usual(each); });
}

}  // namespace

bool is_database(std::string_view text) noexcept {
  return !target::engine_of(text).empty();
}

bool is_sqlite_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 16> bytes{};
  file.read(bytes.data(), bytes.size());
  return file.gcount() == 16 && std::string_view(bytes.data(), 15) == "SQLite format 3";
}

Importing::Importing(const ImportWish& wish)
    : source_(wish.shown), path_(wish.path), files_(wish.files), names_(names_in(wish.map)) {
  if (!files_.empty() && !is_folder(files_))
    throw base::Error(base::ErrorKind::usage, fmt::format("--files: {} is no folder", base::escape(files_)),
                      k_unchanged);
  if (wish.url.empty())
    recognise_path(wish);
  else
    recognise(wish);
  is_found_ = wish.tool == "auto";
  if (!files_.empty() && !tool_->takes_files)
    throw base::Error(base::ErrorKind::usage, fmt::format("{} needs no --files: its table tells all", tool_->title),
                      k_unchanged);
}

Importing::~Importing() = default;

void Importing::recognise(const ImportWish& wish) {
  const Tool* wanted = named(wish.tool);
  database_ = std::make_unique<Foreign>(wish.url, wish.directory, wish.ledger_path);
  const ForeignTable* only = wish.table.empty() ? nullptr : database_->find(wish.table);
  if (!wish.table.empty() && only == nullptr)
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("there is no table {} in {}", base::escape(wish.table), source_), k_unchanged);
  std::vector<Candidate> all = candidates_in(*database_, wanted, only);
  prefer_usual(all);
  if (all.empty()) refuse_unknown(*database_, wish, wanted, only);
  if (all.size() > 1) refuse_ambiguous(all, wish);
  tool_ = all.front().tool;
  table_ = all.front().table;
}

void Importing::recognise_path(const ImportWish& wish) {
  const Tool* wanted = named(wish.tool);
  const bool folder = is_folder(path_);
  if (!wish.table.empty())
    throw base::Error(base::ErrorKind::usage, fmt::format("{} is no database and has no table", source_), k_unchanged);
  std::vector<const Tool*> all;
  for (const Tool* tool : tools()) {
    const bool can = folder ? tool->read_folder != nullptr : tool->read_file != nullptr;
    if (can && (wanted == nullptr ? tool->owns(path_) : tool == wanted)) all.push_back(tool);
  }
  if (all.empty())
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} is a {} in which {} history lies that fettle knows", source_,
                                  folder ? "folder" : "file", wanted != nullptr ? "no such" : "no"),
                      k_unchanged, "A database file is told by its content; a server by its URL.");
  if (all.size() > 1)
    throw base::Error(base::ErrorKind::usage, fmt::format("{} could be of several tools", source_), k_unchanged,
                      fmt::format("fettle import {} {}", all.front()->name, wish.argument));
  tool_ = all.front();
}

void Importing::read(Facts& facts) {
  if (database_ != nullptr) return tool_->read({*database_, *table_, files_}, facts);
  if (is_folder(path_)) return tool_->read_folder(path_, facts);
  tool_->read_file(path_, facts);
}

ledger::Origin Importing::origin() const {
  return {std::string(tool_->name), source_, table_ != nullptr ? table_->shown() : std::string()};
}

ImportReport Importing::begin_report() const {
  ImportReport report;
  const ledger::Origin from = origin();
  report.tool = from.tool;
  report.title = tool_->title;
  report.source = from.source;
  report.part = from.part;
  report.is_found = is_found_;
  return report;
}

// What is already there is looked up; two rows of the same key and state in one source count as one from the second on.
ImportReport Importing::look(const std::optional<ledger::History>& history, const std::vector<std::string>& pending) {
  ImportReport report = begin_report();
  std::map<std::string, std::string, std::less<>> by_stem;  // pending scripts under every stem that may mean them
  std::set<std::string, std::less<>> skipped;
  for (const std::string& script : pending) {
    const std::string stem(core::stem_of(script));
    by_stem[stem] = script;
  }
  std::multimap<std::string, std::string, std::less<>> by_wild;
  for (const std::string& script : pending)
    if (std::string wild = core::wild_stem_of(core::stem_of(script)); !wild.empty())
      by_wild.emplace(std::move(wild), script);
  const std::int64_t origin = history ? history->origin_of(this->origin()) : 0;
  Counter counter(report, names_, [&](const Fact& fact) {
    if (core::counts_as_applied(fact.state)) {
      if (const auto found = by_stem.find(fact.stem); found != by_stem.end()) skipped.insert(found->second);
      const auto [begin, end] = by_wild.equal_range(fact.stem);
      for (auto each = begin; each != end; ++each) skipped.insert(each->second);
    }
    return origin == 0 || !history->is_imported(origin, fact.key, fact.state);
  });
  read(counter);
  counter.finish();
  for (const std::string& script : pending)
    (skipped.contains(script) ? report.would_skip : report.would_run).push_back(script);
  return report;
}

ImportReport Importing::bring(ledger::ImportWriter& into, Failed failed) {
  ImportReport report = begin_report();
  Counter counter(report, names_, [&into](const Fact& fact) { return into.add(fact); });
  read(counter);
  counter.finish();
  const bool is_bad = report.counts.failed > 0 && failed == Failed::nothing_is_written;
  if (!is_bad && report.counts.imported > 0) report.import = into.finish(report.counts);
  return report;
}

}  // namespace exchange
