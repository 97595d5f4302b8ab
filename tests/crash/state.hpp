// What is there after a run: files, ledger, target. The databases are read from copies, so that looking changes nothing
// and leaves a hot journal for fettle to find.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "site.hpp"

namespace crash {

struct Filed {
  std::string path;  // as the ledger writes it: "failed/x.lua"
  std::string sha256;
};

struct Attempt {
  std::int64_t id = 0;
  std::string script, sha256;
  std::string outcome;   // empty: none
  std::string moved_to;  // empty: none
};

struct Mark {  // a row that execute() left in the target
  std::string tag, script;
  std::int64_t attempt = 0;
};

struct Receipt {
  std::string script, sha256, ledger;
  std::int64_t attempt = 0;
};

struct State {
  std::vector<Filed> pending, succeeded, failed;
  std::size_t missing_notes = 0;  // files in failed/ without their note
  std::vector<Attempt> attempts;
  std::vector<Mark> marks;
  std::vector<Receipt> receipts;
  bool has_receipts = false;  // the table is there
  std::string broken;         // what integrity_check found; empty: nothing
  std::string dump;           // everything else, as text: equal dumps are equal states
  std::string runs;           // the rows that every run leaves which finds a script, even if it may not try it
};

State look_at(const Site& site);

}  // namespace crash
