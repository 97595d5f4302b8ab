// The folder that is crashed: two scratch places (which may be two file systems), in them a configuration, the three
// folders, a ledger, a target database, and scripts of every class. Prepared once, then copied back before each point.
//
// Every script leaves one row (tag, script, attempt) in the table `applied`, which has no uniqueness: what was done
// twice shows as two rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crash {

enum class Layout { one, two };      // target beside the ledger, or in the second place
enum class Journal { del, wal };     // of the target, as found
enum class History { used, fresh };  // used: a ledger with earlier attempts; fresh: the first run of all

enum class Effect {
  once,       // one row, however often it is dropped or tried
  each_drop,  // repeatable: one row for each time that it was dropped
  none,       // fails or is skipped
};

// What was put into the folder: bytes under a name.
struct Dropped {
  std::string name, tag, sha256;
  Effect effect = Effect::once;
  unsigned copies = 1;  // how many files with these bytes there must be in all three folders
};

struct Setting {
  Layout layout = Layout::one;
  Journal journal = Journal::del;
  History history = History::used;
  std::string fettle;  // the program
};

class Site {
 public:
  // scratch: an absolute path without links in it.
  Site(std::string scratch, const Setting& setting);

  void prepare();        // makes everything anew, and keeps a copy
  void restore() const;  // back to that copy

  const std::string& home() const { return home_; }      // where config.toml lies
  const std::string& target() const { return target_; }  // the database file
  std::string ledger() const { return home_ + "/.fettle/ledger.db"; }
  const std::vector<std::string>& places() const { return places_; }
  const std::string& scratch() const { return scratch_; }
  const std::vector<Dropped>& dropped() const { return dropped_; }

  // Drops a script into the pending folder, as a careful uploader does: written elsewhere, renamed in.
  void drop(const std::string& name, const std::string& tag, Effect effect, const std::string& text);

 private:
  void lay_foundation();
  void live_through_a_past();
  void drop_what_is_pending();
  void expect_exit(const std::vector<std::string>& arguments, int code) const;
  void sql(const std::string& statements) const;

  std::string scratch_, home_, target_;
  std::vector<std::string> places_;
  Setting setting_;
  std::vector<Dropped> dropped_;
};

// Texts of scripts. They all begin by leaving their row.
std::string script_that_works(std::string_view tag, std::string_view more = {}, std::string_view fields = {});
std::string script_that_fails(std::string_view tag);
std::string script_not_needed(std::string_view tag);
std::string script_that_skips_itself(std::string_view tag);

}  // namespace crash
