// The account of the rows that a script touches, whatever the engine: for each key the row as it was before the first
// touch. At the end the engine reads each of them again, and what is told is net: each row once, for what it was before
// and is behind. Rows are packed as core::Writer puts a core::Row, keys are any bytes that tell the rows of a table
// apart. Lives in the broker; one for each connection that writes.
//
// What it holds is bounded: a table whose rows would bring it over `images` bytes is given up, so that only the number
// of its writes is still told. What it tells of rows as they are behind is bounded likewise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "target/connection.hpp"

namespace target {

inline constexpr std::size_t k_largest_image = std::size_t{7} << 20U;  // bytes of a row that is told
std::string image_too_large();

// The noted rows of one table, flat: entries in the order in which they were touched. As long as that is the order of
// their keys they are found by it, and then by a hash of their keys.
class NotedRows {
 public:
  std::size_t size() const noexcept { return entries_.size(); }
  std::string_view key(std::size_t row) const noexcept;
  std::optional<std::string_view> before(std::size_t row) const noexcept;  // nullopt: there was none
  std::optional<std::size_t> find(std::string_view key) const noexcept;

 private:
  friend class ChangeLog;
  struct Entry {
    const char* record;  // size of the key, size of the row or k_none, key, row
    std::uint32_t hash;  // where there are slots
    bool settled;        // what it is now was told
  };

  std::size_t slot_of(std::string_view key, std::uint32_t hash) const noexcept;
  bool touch(std::string_view key);  // true: it is new, and was() must follow
  void was(std::optional<std::string_view> before);
  std::optional<std::size_t> find_in_order(std::string_view key) const noexcept;
  void scatter();
  void grow();
  void settle_in(std::size_t row) noexcept;
  char* take(std::size_t bytes);
  void forget() noexcept;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // index of an entry + 1; 0: free. None: the entries are in the order of keys
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* free_ = nullptr;
  std::size_t left_ = 0, chunk_size_ = 0;
  std::uint64_t bytes_ = 0;  // all that this holds, roughly
  std::string new_key_;      // between touch() and was()
  std::uint32_t new_hash_ = 0;
};

class ChangeLog {
 public:
  using Table = std::size_t;

  // Bytes of rows as they were, keys included; 0: none are kept, and only writes counted.
  void keep(std::uint64_t images) noexcept { images_ = images; }
  void start_anew();

  // --- while a script works ---

  // In the order of the first touch. said: name, columns, key.
  Table add(core::TableChanges said);
  std::size_t size() const noexcept { return tables_.size(); }
  const core::TableChanges& written(Table table) const noexcept { return tables_[table].said; }  // counts are of writes
  bool is_given_up(Table table) const noexcept { return tables_[table].given_up; }

  // So many rows are written: told when nothing net can be.
  void count(Table table, core::RowChange::Kind kind, std::uint64_t rows = 1) noexcept;
  // The row under this key is about to be written. true: for the first time, and was() must follow at once with what it
  // is until now (nullopt: there is none).
  bool touch(Table table, std::string_view key);
  void was(Table table, std::optional<std::string_view> before);
  // Its rows are not told, only writes counted. The first gap stays.
  void give_up(Table table, std::string_view gap);
  // All of it is gone, which was so many rows before the script. net: that is exactly known.
  void drop(Table table, std::uint64_t rows, bool net, std::string_view gap);
  std::string too_much() const;  // the gap of what is over the bound

  // --- at the end ---

  const NotedRows& rows(Table table) const noexcept { return tables_[table].rows; }
  // In between the engine tells what is there now of the table that it was asked to read.
  class Netting {
   public:
    // after: nullopt: it is larger than k_largest_image.
    void is_now(std::size_t row, std::optional<std::string_view> after);  // of noted rows; those unmentioned are gone
    // The script made the table, which ends with these columns: each row that added() tells is new, no other.
    void was_made(std::vector<std::string> columns, std::vector<std::string> key);
    void added(std::optional<std::string_view> after);

   private:
    friend class ChangeLog;
    Netting(ChangeLog& log, core::Changes& changes, const Connection::TellRow& tell)
        : log_(log), changes_(changes), tell_(tell) {}
    void open(Table table);
    void close();
    void tell(core::RowChange::Kind kind, std::optional<std::string_view> before,
              std::optional<std::string_view> after);
    void mention();

    ChangeLog& log_;
    core::Changes& changes_;
    const Connection::TellRow& tell_;
    Table table_ = 0;
    core::TableChanges said_;
    std::optional<std::uint32_t> place_;  // in changes_
    bool whole_ = false;                  // was_made()
    bool mute_ = false;                   // no more of its rows are told
    std::uint64_t told_ = 0;              // bytes, of all tables
    std::size_t strings_ = 0;             // bytes of names, of all tables
    bool crowded_ = false;                // the last of changes_ stands for all further tables
  };
  using Read = std::function<void(Table table, Netting& now)>;
  // Asks `read` about each table in turn. Throws what `read` throws.
  core::Changes net(const Read& read, const Connection::TellRow& tell);

 private:
  struct Account {
    core::TableChanges said;  // its counts are those of writes
    NotedRows rows;
    bool given_up = false;
  };

  std::uint64_t images_ = 0, held_ = 0;
  std::vector<Account> tables_;
};

// As much of it as fits into a message: what is too long loses its SQL, what is too much is told as one change.
std::vector<core::SchemaChange> within_bounds(std::vector<core::SchemaChange> schema);

}  // namespace target
