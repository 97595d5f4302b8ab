#include "exchange/ledger_place.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "exchange/ledger_csv.hpp"
#include "exchange/ledger_json.hpp"
#include "exchange/ledger_postgresql.hpp"
#include "exchange/out_file.hpp"

namespace exchange {
namespace {

using Kind = Place::Kind;

constexpr const char* k_unchanged = "Nothing was changed.";

// Removed at the end, whatever becomes of the work; with what SQLite lays beside a file.
class Passing {
 public:
  explicit Passing(std::string path) : path_(std::move(path)) { remove(); }
  ~Passing() { remove(); }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  void remove() const noexcept {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    for (const char* tail : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path_ + tail, ignored);
  }

  std::string path_;
};

// A SQLite ledger in a new file, of what lies in a place of another kind.
void gather(const Place& from, const std::string& path) {
  ledger::RowWriter writer(path);
  std::string told;
  switch (from.kind) {
    case Kind::json_lines:
      told = read_json_lines(from.where, writer);
      break;
    case Kind::json_runs:
      told = read_json_runs(from.where, writer);
      break;
    case Kind::postgresql:
      told = read_postgresql(from.where, writer);
      break;
    case Kind::sqlite:
    case Kind::csv:
      throw base::Error(base::ErrorKind::usage, fmt::format("{} is not read back", about(from.kind).name), k_unchanged);
  }
  writer.finish();
  const std::string is = ledger::RowReader(path).digest().sha256;
  if (is != told)
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("{} is damaged or was changed: its digest is {}, and it says {}", from.shown, is,
                                  base::escape(told)),
                      k_unchanged);
}

void spread(const ledger::RowReader& from, const Place& to, const std::string& where) {
  switch (to.kind) {
    case Kind::sqlite:
      return from.copy_to(where);
    case Kind::json_lines:
      return write_json_lines(from, where);
    case Kind::json_runs:
      return write_json_runs(from, where);
    case Kind::csv:
      return write_csv(from, where);
    case Kind::postgresql:
      return write_postgresql(from, where);
  }
}

void compare(const ledger::Digest& is, const ledger::Digest& wanted, const Place& to) {
  if (is == wanted) return;
  throw base::Error(base::ErrorKind::internal,
                    fmt::format("what was written to {} is not what was read: digest {} in place of {}", to.shown,
                                is.sha256, wanted.sha256),
                    "The ledger that was read is unchanged.");
}

ledger::Digest digest_at(const Place& place, const std::string& stage) {
  if (place.kind == Kind::sqlite) return ledger::RowReader(place.where).digest();
  const Passing back(stage);
  gather(place, back.path());
  return ledger::RowReader(back.path()).digest();
}

}  // namespace

namespace {

// A URL with its password must not become the name of a file.
void refuse_url_as_path(const std::string& path) {
  const bool is_place = std::any_of(k_place_kinds.begin(), k_place_kinds.end(), [&path](const PlaceKind& kind) {
    return path.starts_with(fmt::format("{}:", kind.name));
  });
  if (is_place || path.find("://") != std::string::npos)
    throw base::Error(base::ErrorKind::usage, "a place is named once: that is one in the name of another", k_unchanged,
                      "fettle ledger list");
}

}  // namespace

const PlaceKind& about(Kind kind) noexcept {
  return *std::find_if(k_place_kinds.begin(), k_place_kinds.end(),
                       [kind](const PlaceKind& each) { return each.kind == kind; });
}

Place place_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  std::string_view name = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  if (name == "postgres") name = "postgresql";
  for (const PlaceKind& kind : k_place_kinds) {
    if (kind.name != name) continue;
    const bool is_url = kind.kind == Kind::postgresql;
    std::string where(is_url ? text : text.substr(colon + 1));
    while (!is_url && where.size() > 1 && where.ends_with('/')) where.pop_back();
    if (where.empty()) break;
    if (!is_url) refuse_url_as_path(where);
    return {kind.kind, where, is_url ? "the PostgreSQL database" : base::escape(where)};
  }
  throw base::Error(
      base::ErrorKind::usage,
      fmt::format("a ledger does not lie in \"{}\": name sqlite:PATH, jsonl:PATH, json-runs:DIR, csv:DIR or "
                  "postgresql://…",
                  name.empty() ? base::escape(text) : std::string(name) + ":…"),
      k_unchanged, "fettle ledger list");
}

bool is_free(const Place& place) {
  if (place.kind == Kind::postgresql) return is_empty_postgresql(place.where);
  struct stat status {};
  return ::lstat(place.where.c_str(), &status) != 0;
}

namespace {

// SQLite would carry what waits in such a log into whatever file has the name.
void refuse_old_log(const Place& to) {
  for (const char* tail : {"-wal", "-journal"}) {
    const std::string log = to.where + tail;
    struct stat status {};
    if (::lstat(log.c_str(), &status) == 0 && status.st_size > 0)
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("{} lies there, and belongs to a ledger that was taken away", base::escape(log)),
                        k_unchanged, "take it to where that ledger went: what it recorded last is in it");
  }
}

}  // namespace

ledger::Digest copy_ledger(const Place& from, const Place& to, const std::string& own) {
  if (!is_free(to))
    throw base::Error(base::ErrorKind::usage, fmt::format("{} is not empty", to.shown), k_unchanged,
                      "name a place where nothing is");
  if (to.kind == Kind::sqlite) refuse_old_log(to);
  remove_dead_beside(to.kind == Kind::postgresql ? own : to.where);
  const std::string stage = beside(to.kind == Kind::postgresql ? own : to.where) + "-way";
  std::optional<Passing> gathered;
  if (from.kind != Kind::sqlite) gather(from, gathered.emplace(stage + ".from").path());
  const ledger::RowReader reader(gathered ? gathered->path() : from.where);
  const ledger::Digest digest = reader.digest();
  if (to.kind == Kind::postgresql) {
    spread(reader, to, to.where);
    try {
      compare(digest_at(to, stage + ".back"), digest, to);
    } catch (const base::Error& error) {
      throw base::Error(error.kind(), error.what(),
                        "The ledger that was read is unchanged; what was written is there, and was not compared.",
                        "drop the schema fettle_ledger there, then try again");
    }
    return digest;
  }
  const Passing written(beside(to.where));
  spread(reader, to, written.path());
  Place back = to;
  back.where = written.path();
  if (about(to.kind).is_read) compare(digest_at(back, stage + ".back"), digest, to);
  put_in_place(written.path(), to.where);
  return digest;
}

}  // namespace exchange
