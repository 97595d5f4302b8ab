// Alembic: its table holds the newest revisions alone. What came before them stands in its scripts, each of which names
// those that it follows (--files VERSIONS).
#include <fmt/format.h>
#include <map>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "exchange/files.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

struct Script {
  std::string file;
  std::vector<std::string> follows;
};
using Scripts = std::map<std::string, Script, std::less<>>;  // by revision

// The texts in quotes behind "NAME =" at the beginning of a line, up to the end of that statement.
std::vector<std::string> quoted_behind(std::string_view text, std::string_view name) {
  std::size_t at = std::string_view::npos;
  for (std::size_t start = 0; start < text.size() && at == std::string_view::npos;
       start = std::min(text.find('\n', start), text.size() - 1) + 1)
    if (text.substr(start).starts_with(name)) {
      const std::string_view line = text.substr(start, text.find('\n', start) - start);
      const char next = line.size() > name.size() ? line[name.size()] : '\0';
      if ((next == ' ' || next == ':' || next == '=') && line.find('=') != std::string_view::npos)
        at = start + line.find('=') + 1;
    }
  std::vector<std::string> found;
  if (at == std::string_view::npos) return found;
  std::size_t end = text.find('\n', at);
  if (const std::size_t open = text.find('(', at); open < end) end = text.find(')', open);
  std::string_view rest = text.substr(at, end == std::string_view::npos ? end : end - at);
  for (;;) {
    const std::size_t open = rest.find_first_of("'\"");
    const std::size_t close = open == std::string_view::npos ? open : rest.find(rest[open], open + 1);
    if (close == std::string_view::npos) return found;
    found.emplace_back(rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
}

Scripts scripts_in(const std::string& folder) {
  Scripts scripts;
  for (const std::string& file : files_in(folder)) {
    if (!file.ends_with(".py")) continue;
    const std::string text = read_whole(folder + "/" + file);
    const std::vector<std::string> revision = quoted_behind(text, "revision");
    if (revision.empty()) continue;
    scripts[revision.front()] = {file, quoted_behind(text, "down_revision")};
  }
  return scripts;
}

void take(const std::string& revision, const std::string& name, const std::string& note, Facts& facts) {
  Fact fact;
  fact.key = revision;
  fact.name = name;
  fact.stem = name == revision ? core::wild_stem(revision) : stem_of(name);
  fact.note = note;
  facts.take(fact);
}

// What a revision follows comes before it.
void take_with_all_before(const std::vector<std::string>& heads, const Scripts& scripts, Facts& facts) {
  std::set<std::string> seen;
  std::vector<std::pair<std::string, bool>> stack;  // whether those before it are told
  for (const std::string& head : heads) stack.emplace_back(head, false);
  while (!stack.empty()) {
    const auto [revision, is_told] = stack.back();
    stack.pop_back();
    const auto script = scripts.find(revision);
    if (is_told) {
      take(revision, script->second.file, {}, facts);
      continue;
    }
    if (!seen.insert(revision).second) continue;
    if (script == scripts.end()) {
      facts.fail(revision, "no script of this revision is in the folder of --files");
      continue;
    }
    stack.emplace_back(revision, true);
    for (const std::string& before : script->second.follows) stack.emplace_back(before, false);
  }
}

void read(const Asked& asked, Facts& facts) {
  std::vector<std::string> heads;
  const Foreign& database = asked.database;
  database.each("SELECT version_num FROM " + database.quoted(asked.table), [&](const Cells& row) {
    if (std::string revision = row.text(0); !revision.empty())
      heads.push_back(std::move(revision));
    else
      facts.fail({}, "it has no revision");
  });
  if (!asked.files.empty()) return take_with_all_before(heads, scripts_in(asked.files), facts);
  for (const std::string& head : heads) take(head, head, "those before it: --files VERSIONS", facts);
}

}  // namespace

const Tool k_alembic{.name = "alembic",
                     .title = "Alembic",
                     .table = "alembic_version",
                     .columns = "version_num",
                     .only = "version_num",
                     .read = read,
                     .takes_files = true};

}  // namespace exchange
