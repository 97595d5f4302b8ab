// The three folders on disk, held open as directories: what lies in them, reading a script whole, moving it without
// ever overwriting. Lives in the runner (read-write) and in the commands that only look (Missing::is_empty). Facts
// about writers, leases and renames: measured, see the tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.hpp"
#include "core/script.hpp"
#include "os/fd.hpp"

namespace folder {

enum class Place { scripts, succeeded, failed };

// What to do with a folder that does not exist: make it, or see it as empty (for commands that only look).
enum class Missing { create, is_empty };

struct Loaded {
  core::Script script;
  core::FileStamp stamp;  // to know it again when it is moved
};

// Not a candidate at this moment; the reason is for people ("still being written", "larger than 256 KiB").
struct NotNow {
  std::string reason;
};

struct Vanished {};  // no such file any more

using ReadResult = std::variant<Loaded, NotNow, Vanished>;

struct Listing {
  std::vector<std::string> names;      // sorted in the configured order
  std::vector<std::string> recent;     // of these, sorted by bytes: changed in the last seconds, perhaps still written
  std::vector<core::Ignored> ignored;  // sorted by name
};

enum class MoveStatus {
  moved,
  vanished,  // the file was deleted while the script ran
  replaced,  // another file, or other bytes, lies there now: it was left alone
  failed,    // the file system refused; `detail` says how
};

struct MoveResult {
  MoveStatus status = MoveStatus::moved;
  std::string name;    // final file name; differs from the script's where that was taken
  std::string detail;  // text of the error for `failed`
};

// Why no script that fettle makes should be called so, for people; empty: it can be.
std::string fault_of_new_name(std::string_view name);

class Folders {
 public:
  // Opens the three folders below config.directory. Throws Error(config) when two of them are the same, one lies inside
  // another, one is a symbolic link or no directory, or files cannot be renamed from one to another (other file system
  // or other mount); Error(io) when one cannot be made or read, or, with Missing::create, not be written.
  static Folders open(const core::Config& config, Missing missing);

  // The candidates of a place and what is ignored there. Candidates: regular files, name ends in .lua, no leading dot,
  // not larger than the limit, readable, not known as an editor's temporary file. Error notes are neither candidates
  // nor ignored: they belong there. Throws Error(io).
  Listing list(Place place) const;

  // Number of candidate names in a place, by name and type alone (no stat). Throws Error(io).
  std::uint64_t count(Place place) const;

  // Reads a script whole and proves that nobody is writing it: no symbolic link, regular, small enough; a read lease
  // before and after (where leases cannot be had: unchanged for the settle time), same inode, size and ctime after.
  // Throws Error(io) when the system refuses, not the file. The process must ignore SIGIO (os/signals).
  ReadResult read(Place place, const std::string& name) const;

  // The same without reading it: whether read() would give it now.
  std::variant<core::FileStamp, NotNow, Vanished> probe(Place place, const std::string& name) const;

  // Moves without overwriting: a taken name becomes "x.2.lua", "x.3.lua" … Moves only the file that was read (same
  // inode and ctime), or one of the same name and bytes (touched, or copied again). Durable after sync().
  MoveResult move(const Loaded& loaded, Place from, Place to);

  // Moves by name, whatever its bytes are now (retry). vanished: no such file.
  MoveResult move(const std::string& name, Place from, Place to);

  // Writes a script whole or not at all, under this name or a numbered one. Durable after sync().
  MoveResult write(Place place, const std::string& name, std::string_view text);

  // Writes a new pending script whole, under this name or not at all. failed: also where the name is taken. Durable
  // after sync().
  MoveResult add(const std::string& name, std::string_view text);

  // Puts a script that was filed there back among the pending ones, under its own name or not at all: the file, if it
  // still has these bytes, else the bytes. failed: also where the name is taken. Durable after sync().
  MoveResult put_back(Place from, const std::string& filed_as, const core::Script& script);

  // Removes a file whose bytes are kept elsewhere: in the ledger, or in these folders under a second name, as a crash
  // in the middle of a move leaves it on a file system without a journal. Only while the name still stands for that
  // very file. Throws Error(io). Durable after sync().
  void remove(const Loaded& loaded, Place at);

  // Writes failed/NAME.error.txt beside a failed script, whole or not at all; replaces one of the same name. Gives why
  // it could not; empty: it is there. A note is never worth stopping a run.
  [[nodiscard]] std::string write_error_note(const std::string& name, std::string_view text);
  // Throws Error(io); the scripts themselves are untouched then.
  void remove_error_note(const std::string& name);

  // Makes all moves so far durable: syncs the directories that were changed, receivers first. Throws Error(io).
  void sync();

  // "failed/x.lua", as configured.
  std::string display(Place place, const std::string& name) const;

 private:
  struct Directory {
    os::Fd fd;  // empty: missing, seen as empty
    std::string configured;
    bool gained = false;  // a file came, not yet synced
    bool lost = false;    // a file went, not yet synced
  };

  Folders() = default;
  const Directory& at(Place place) const noexcept { return directories_[static_cast<std::size_t>(place)]; }
  Directory& at(Place place) noexcept { return directories_[static_cast<std::size_t>(place)]; }
  MoveResult note_move(MoveResult result, Place from, Place to) noexcept;
  using Naming = MoveResult (*)(int from, int to, const std::string& name, const std::string& wanted);
  MoveResult write(Place place, const std::string& name, std::string_view text, Naming naming);
  void sync_one(Directory& directory);

  Directory directories_[3];
  core::Order order_ = core::Order::bytes;
  std::uint64_t max_size_ = 0;
  std::chrono::milliseconds settle_{0};
};

}  // namespace folder
