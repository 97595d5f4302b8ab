// VantaPress: its history is which folder a script lies in. The time of a file is that of its last edit, so it tells
// nothing of when it ran.
#include "base/hash.hpp"
#include "exchange/files.hpp"
#include "exchange/tools.hpp"

namespace exchange {
namespace {

constexpr const char* k_succeeded = "successfully-ran";
constexpr const char* k_failed = "failed";

void read(const std::string& path, Facts& facts) {
  for (const char* folder : {k_succeeded, k_failed}) {
    const std::string place = path + "/" + folder;
    for (const std::string& file : files_in(place)) {
      const std::string key = std::string(folder) + "/" + file;
      if (!file.ends_with(".php")) {
        facts.skip(key, "no script of VantaPress");
        continue;
      }
      Fact fact;
      fact.key = key;
      fact.name = file;
      fact.stem = stem_of(file);
      fact.state = folder == k_failed ? State::failed : State::applied;
      if (fact.state == State::applied) fact.note = "VantaPress files a failure that the script handled here, too";
      fact.checksum = base::sha256_hex(read_whole(place + "/" + file));
      facts.take(fact);
    }
  }
}

bool looks_like_it(const std::string& path) {
  for (const char* folder : {k_succeeded, k_failed})
    for (const std::string& file : files_in(path + "/" + folder))
      if (file.ends_with(".php")) return true;
  return false;
}

}  // namespace

const Tool k_vantapress{
    .name = "vantapress", .title = "VantaPress", .table = "", .read_folder = read, .owns = looks_like_it};

}  // namespace exchange
