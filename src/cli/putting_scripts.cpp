#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>
#include <variant>

#include "backup/tar.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/new_file.hpp"
#include "cli/putting_back.hpp"
#include "folder/folders.hpp"

namespace cli {
namespace {

constexpr std::string_view k_places[] = {"scripts", "succeeded", "failed"};  // in the order of folder::Place

// The folders as they were, as far as nothing is lost by it: what is missing is moved back from where it went, or
// written; a name that is taken by other bytes now is left alone, and so is what came since.
class Scripts {
 public:
  Scripts(const core::Config& config, PutBackReport& report, const backup::Contents& contents)
      : folders_(folder::Folders::open(config, folder::Missing::create)), report_(report) {
    for (const backup::Filed& file : contents.files) known_.insert({{file.place, file.name}, file.sha256});
  }

  void take(const std::string& path, std::string_view text) {
    const std::size_t slash = path.find('/');
    const auto found = std::find(std::begin(k_places), std::end(k_places), std::string_view(path).substr(0, slash));
    if (slash == std::string::npos || found == std::end(k_places)) return;
    if (path.find('/', slash + 1) != std::string::npos || !path.ends_with(".lua")) return;  // of nothing of ours
    const auto place = static_cast<folder::Place>(found - std::begin(k_places));
    put(place, path.substr(slash + 1), text);
  }

  void sync() { folders_.sync(); }

 private:
  void put(folder::Place place, const std::string& name, std::string_view text) {
    const folder::ReadResult there = folders_.read(place, name);
    const std::string sha256 = base::sha256_hex(text);
    if (const auto* loaded = std::get_if<folder::Loaded>(&there); loaded != nullptr && loaded->script.sha256 == sha256)
      return;
    if (!std::holds_alternative<folder::Vanished>(there)) {
      report_.left.push_back(folders_.display(place, name));
      return;
    }
    if (came_from_elsewhere(place, name, sha256)) {
      ++report_.moved;
      return;
    }
    const folder::MoveResult written = folders_.write(place, name, text);
    if (written.status == folder::MoveStatus::moved)
      ++report_.written;
    else
      report_.left.push_back(fmt::format("{} ({})", folders_.display(place, name), written.detail));
  }

  // The same file in another folder, where the backup does not have it.
  bool came_from_elsewhere(folder::Place place, const std::string& name, const std::string& sha256) {
    for (const folder::Place other : {folder::Place::scripts, folder::Place::succeeded, folder::Place::failed}) {
      const auto belongs = known_.find({std::string(k_places[static_cast<std::size_t>(other)]), name});
      if (other == place || belongs != known_.end()) continue;
      const folder::ReadResult there = folders_.read(other, name);
      const auto* const loaded = std::get_if<folder::Loaded>(&there);
      if (loaded == nullptr || loaded->script.sha256 != sha256) continue;
      if (folders_.move(*loaded, other, place).status != folder::MoveStatus::moved) continue;
      if (other == folder::Place::failed) folders_.remove_error_note(name);
      return true;
    }
    return false;
  }

  folder::Folders folders_;
  PutBackReport& report_;
  std::map<std::pair<std::string, std::string>, std::string> known_;  // place and name → SHA-256
};

}  // namespace

void put_scripts_back(const core::Config& config, const backup::Contents& contents, const std::string& tar_file,
                      PutBackReport& report) {
  Scripts scripts(config, report, contents);
  backup::TarReader tar([&scripts](const std::string& name, std::string_view text) { scripts.take(name, text); });
  std::FILE* const file = std::fopen(tar_file.c_str(), "rbe");
  if (file == nullptr) base::throw_errno(base::ErrorKind::io, "cannot read the scripts of the backup");
  std::string piece(std::size_t{256} << 10U, '\0');
  for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), file)) > 0;)
    tar.add(std::string_view(piece).substr(0, got));
  std::fclose(file);
  scripts.sync();
  if (const std::string fault = tar.end(); !fault.empty())
    throw base::Error(base::ErrorKind::io, fmt::format("scripts of the backup: {}", fault));
}

void put_into(const backup::Vault& vault, const backup::Entry& entry, const std::optional<backup::KeyBytes>& key,
              const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0)
    base::throw_errno(errno == EEXIST ? base::ErrorKind::usage : base::ErrorKind::io,
                      fmt::format("cannot make the folder {}", base::escape(folder)), "Nothing was written.",
                      "Name a new folder after --into.");
  for (const backup::Part& part : entry.manifest.parts) {
    if (part.kind == backup::PartKind::scripts) {
      backup::TarReader tar([&folder](const std::string& name, std::string_view text) {
        const std::size_t slash = name.find('/');
        if (slash == std::string::npos || name.find('/', slash + 1) != std::string::npos || name.starts_with('.') ||
            name.substr(slash) == "/.." || slash == 0)
          return;
        (void)make_folder(fmt::format("{}/{}", folder, name.substr(0, slash)));
        (void)make_file(fmt::format("{}/{}", folder, name), text);
      });
      tar.add(backup::read_text(vault, entry, part, key));
      if (const std::string fault = tar.end(); !fault.empty())
        throw base::Error(base::ErrorKind::io, fmt::format("{}: {}", part.file, fault));
      continue;
    }
    backup::extract(vault, entry, part, key, fmt::format("{}/{}", folder, part.file.substr(0, part.file.find(".zst"))));
  }
}

}  // namespace cli
