// Bringing another tool's history into the ledger: which tool and which table it is, and the way of each row. The
// source is only read; the ledger gets all of it in one transaction, or nothing. Lives in the process of `fettle
// import`; memory does not grow with the rows. Throws base::Error: usage (no such tool, not recognised, ambiguous),
// target_unreachable, io, ledger_broken.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exchange/tool.hpp"
#include "ledger/history.hpp"
#include "ledger/import_writer.hpp"

namespace exchange {

struct ImportWish {
  std::string tool;      // name, or "auto"
  std::string url;       // a database, with its secrets; or empty
  std::string path;      // a file or folder that is no database; or empty
  std::string shown;     // the source for people and for the ledger, without secrets
  std::string argument;  // what the person typed for the source, for the commands that are proposed
  std::string table;     // empty: whichever is recognised
  std::string files;     // folder of the tool's own scripts; empty: not given
  std::string map;       // file of `foreign = script` lines; empty: none
  std::string directory, ledger_path;
};

struct ImportReport {
  std::string tool, title, source, part;
  bool is_found = false;  // the tool was not named, but recognised
  ledger::ImportCounts counts;
  std::map<std::string, std::int64_t> states;   // of what was brought, by name
  std::map<std::string, std::int64_t> skipped;  // rows by reason
  struct Failure {
    std::string key, why;
  };
  std::vector<Failure> failures;        // the first of them
  std::int64_t flagged = 0;             // brought with a note
  std::int64_t untimed = 0;             // brought without a time
  std::vector<std::string> unused;      // names in the file of --map-names that were not met
  std::vector<std::string> would_skip;  // pending scripts that will not run because of it
  std::vector<std::string> would_run;   // pending scripts that will
  std::int64_t import = 0;              // id in the ledger; 0: nothing was written
};

// Whether a word is a URL of a database that this program can open.
bool is_database(std::string_view text) noexcept;
// A file in SQLite's format.
bool is_sqlite_file(const std::string& path);

class Importing {
 public:
  // Opens the source and recognises what is in it.
  explicit Importing(const ImportWish& wish);
  ~Importing();
  Importing(const Importing&) = delete;
  Importing& operator=(const Importing&) = delete;

  ledger::Origin origin() const;
  const Tool& tool() const noexcept { return *tool_; }

  // Looks at every row and writes nothing. pending: names of scripts that lie there.
  ImportReport look(const std::optional<ledger::History>& history, const std::vector<std::string>& pending);
  // keep_going: what is not understood is left out; otherwise nothing is written where there is any.
  enum class Failed { nothing_is_written, are_left_out };
  ImportReport bring(ledger::ImportWriter& into, Failed failed);

 private:
  void recognise(const ImportWish& wish);
  void recognise_path(const ImportWish& wish);
  void read(Facts& facts);
  ImportReport begin_report() const;

  std::string source_, path_, files_;
  std::unique_ptr<Foreign> database_;  // of a database
  const ForeignTable* table_ = nullptr;
  const Tool* tool_ = nullptr;
  bool is_found_ = false;
  std::map<std::string, std::string, std::less<>> names_;  // foreign name to stem
};

}  // namespace exchange
