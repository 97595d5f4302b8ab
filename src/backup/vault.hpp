// The folder of the backups: one folder in it for each, which appears there whole or not at all, and goes likewise.
// Lives in the process of `fettle backup …` or in the runner of a run. What others put there is left alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/manifest.hpp"
#include "backup/retention.hpp"
#include "os/fd.hpp"

namespace backup {

struct Fault {
  std::string file;  // of the backup
  std::string what;
};

struct Entry {
  std::string name;
  Manifest manifest;  // nothing in it when there is a fault
  std::optional<Fault> fault;
};

class Vault {
 public:
  // path: absolute; need not be there.
  explicit Vault(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  std::string path_of(const std::string& name, const Part& part) const { return path_of(name) + "/" + part.file; }

  // Newest first; one whose manifest is damaged goes by the time in its name. Throws Error(io).
  std::vector<Entry> list() const;
  // Throws Error(usage) where there is none of that name.
  Entry find(const std::string& name) const;

  // What was altered or is missing, in all of it; empty: it is whole. key: of a locked one; without it only the hashes
  // are looked at. take: what a part holds, as it is read; may be empty.
  std::vector<Fault> verify(const Entry& entry, const std::optional<KeyBytes>& key) const;

  // Nobody else makes or removes any while this is held. Makes the folder; removes what was being made or removed when
  // a process died. Throws Error: lock_held, io.
  os::Fd lock() const;
  // The lock is held. Throws Error(io).
  void remove(const std::string& name) const;

 private:
  std::string path_;
};

// One that is being made. The vault's lock is held.
class Making {
 public:
  // Throws Error(io).
  Making(const Vault& vault, Manifest manifest, std::optional<KeyBytes> key);
  ~Making();  // removes what there is, unless it is finished
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

  // Where something may lie until it is packed.
  std::string scratch(const std::string& name) const { return path_ + "/" + name; }
  // Packs what fill puts into it.
  using Put = std::function<void(std::string_view)>;
  void add(Part part, const std::function<void(const Put&)>& fill);
  // Packs that file of the scratch, and removes it. false: must_stop() said so.
  bool add_file(Part part, const std::string& scratch_name, const std::function<bool()>& must_stop);
  Manifest& manifest() noexcept { return manifest_; }

  // Writes the manifest and gives the folder its name.
  std::string finish();

 private:
  const Vault& vault_;
  Manifest manifest_;
  std::optional<KeyBytes> key_;
  std::string path_;
};

// Writes what a part holds to a new file. Throws Error(io) when that cannot be, or the part is not what it was.
void extract(const Vault& vault, const Entry& entry, const Part& part, const std::optional<KeyBytes>& key,
             const std::string& to);
// What a small part holds.
std::string read_text(const Vault& vault, const Entry& entry, const Part& part, const std::optional<KeyBytes>& key);

}  // namespace backup
