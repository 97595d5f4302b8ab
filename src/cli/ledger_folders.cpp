#include "cli/ledger_folders.hpp"

#include <fmt/format.h>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "folder/folders.hpp"

namespace cli {
namespace {

using folder::Place;
using ledger::Filed;
using ledger::FindingKind;

using Names = std::unordered_set<std::string>;

std::string name_in(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::optional<Place> place_of(core::OutcomeKind outcome) {
  switch (core::filing(outcome, core::Skipped::move)) {
    case core::Filing::to_succeeded:
      return Place::succeeded;
    case core::Filing::to_failed:
      return Place::failed;
    case core::Filing::stays:
      break;
  }
  return std::nullopt;
}

class Comparison {
 public:
  explicit Comparison(const core::Config& config) : folders_(folder::Folders::open(config, folder::Missing::is_empty)) {
    for (const Place place : {Place::scripts, Place::succeeded, Place::failed})
      for (std::string& name : folders_.list(place).names) names_at(place).insert(std::move(name));
  }

  FolderCheck against(std::vector<Filed> filed);

 private:
  Names& names_at(Place place) { return names_[static_cast<std::size_t>(place)]; }
  void index();
  void find_misfiled();
  void check_succeeded(const std::string& name);
  void check_failed(const std::string& name);
  void check_stranger(Place place, const std::string& name);
  void count_gone();

  std::optional<Place> recorded_place(const Filed& attempt) const;
  const Filed* filer_of(Place place, const std::string& name) const;
  const Filed* newest_of(const std::string& script) const;
  bool is_gone(const Filed& attempt);
  std::string sha256_at(Place place, const std::string& name) const;
  void report(FindingKind kind, const Filed* attempt, std::string subject, std::string what);

  folder::Folders folders_;
  Names names_[3];
  std::vector<Filed> filed_;
  std::map<std::pair<Place, std::string>, const Filed*> filers_;  // by where the file went, the newest each
  std::map<std::string, const Filed*> newest_;                    // by script
  FolderCheck check_;
};

void Comparison::report(FindingKind kind, const Filed* attempt, std::string subject, std::string what) {
  ledger::Finding finding{
      .kind = kind, .subject = std::move(subject), .attempt = 0, .script = {}, .what = std::move(what)};
  if (attempt != nullptr) finding.attempt = attempt->attempt;
  if (attempt != nullptr) finding.script = attempt->script;
  check_.findings.push_back(std::move(finding));
}

// Folders that had other names when a file went there are told by how the attempt ended.
std::optional<Place> Comparison::recorded_place(const Filed& attempt) const {
  if (attempt.moved_to.empty()) return std::nullopt;
  const std::string name = name_in(attempt.moved_to);
  for (const Place place : {Place::succeeded, Place::failed})
    if (folders_.display(place, name) == attempt.moved_to) return place;
  return place_of(attempt.outcome);
}

void Comparison::index() {
  for (const Filed& attempt : filed_) {
    newest_[attempt.script] = &attempt;
    if (const auto place = recorded_place(attempt)) filers_[{*place, name_in(attempt.moved_to)}] = &attempt;
  }
}

const Filed* Comparison::filer_of(Place place, const std::string& name) const {
  const auto found = filers_.find({place, name});
  return found == filers_.end() ? nullptr : found->second;
}

const Filed* Comparison::newest_of(const std::string& script) const {
  const auto found = newest_.find(script);
  return found == newest_.end() ? nullptr : found->second;
}

bool Comparison::is_gone(const Filed& attempt) {
  const auto place = recorded_place(attempt);
  return place && !names_at(*place).contains(name_in(attempt.moved_to));
}

// Empty: it cannot be read now.
std::string Comparison::sha256_at(Place place, const std::string& name) const {
  const folder::ReadResult result = folders_.read(place, name);
  const auto* loaded = std::get_if<folder::Loaded>(&result);
  return loaded == nullptr ? std::string() : loaded->script.sha256;
}

void Comparison::find_misfiled() {
  for (const Filed& attempt : filed_) {
    const auto where = recorded_place(attempt);
    const auto where_to = place_of(attempt.outcome);
    if (where && where_to && *where != *where_to)
      report(FindingKind::misfiled, &attempt, fmt::format("attempt {}", attempt.attempt),
             fmt::format("it {}, and yet its file is said to have gone to {}", core::name(attempt.outcome),
                         base::escape(attempt.moved_to)));
  }
}

void Comparison::check_stranger(Place place, const std::string& name) {
  const std::string path = base::escape(folders_.display(place, name));
  const Filed* newest = newest_of(name);
  if (newest != nullptr && newest->moved_to.empty() && place_of(newest->outcome) == place) {
    check_.notes.push_back(fmt::format("{} was moved and that is not recorded yet; the next run does it", path));
    return;
  }
  const bool same = newest != nullptr && sha256_at(place, name) == newest->sha256;
  report(
      FindingKind::misfiled, same ? newest : nullptr, path,
      same ? fmt::format("attempt {} {}, and did not put the file there", newest->attempt, core::name(newest->outcome))
           : "no attempt put this file there");
}

void Comparison::check_succeeded(const std::string& name) {
  const Filed* filer = filer_of(Place::succeeded, name);
  if (filer == nullptr) return check_stranger(Place::succeeded, name);
  const std::string sha256 = sha256_at(Place::succeeded, name);
  if (!sha256.empty() && sha256 != filer->sha256)
    report(FindingKind::text_changed, filer, base::escape(folders_.display(Place::succeeded, name)),
           fmt::format("it is not the text that ran in attempt {}", filer->attempt));
}

// A failed file may have been copied, not moved, to be retried: then both places hold it, and rightly.
void Comparison::check_failed(const std::string& name) {
  if (filer_of(Place::failed, name) == nullptr) return check_stranger(Place::failed, name);
  const Filed* newest = newest_of(name);
  if (newest == nullptr || newest->outcome != core::OutcomeKind::succeeded || !is_gone(*newest)) return;
  if (sha256_at(Place::failed, name) != newest->sha256) return;
  report(FindingKind::misfiled, newest, base::escape(folders_.display(Place::failed, name)),
         fmt::format("attempt {} succeeded, and its file lies here", newest->attempt));
}

void Comparison::count_gone() {
  std::uint64_t gone = 0;
  for (const auto& [script, attempt] : newest_)
    gone += is_gone(*attempt) && !names_at(Place::scripts).contains(script) ? 1U : 0U;
  if (gone > 0)
    check_.notes.push_back(fmt::format("{} no longer where the last attempt put {}: somebody took {} away",
                                       gone == 1 ? "1 file is" : fmt::format("{} files are", gone),
                                       gone == 1 ? "it" : "them", gone == 1 ? "it" : "them"));
}

FolderCheck Comparison::against(std::vector<Filed> filed) {
  filed_ = std::move(filed);
  index();
  find_misfiled();
  for (const std::string& name : folders_.list(Place::succeeded).names)
    if (names_at(Place::succeeded).contains(name)) check_succeeded(name);
  for (const std::string& name : folders_.list(Place::failed).names)
    if (names_at(Place::failed).contains(name)) check_failed(name);
  count_gone();
  return std::move(check_);
}

}  // namespace

FolderCheck compare_folders(const core::Config& config, const std::function<std::vector<ledger::Filed>()>& filed) {
  Comparison comparison(config);
  return comparison.against(filed());
}

}  // namespace cli
