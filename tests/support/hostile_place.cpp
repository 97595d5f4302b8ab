// One run over several cases of the catalogue, and a look at everything that it could have touched.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "core/script.hpp"
#include "support/hostile.hpp"
#include "support/program.hpp"

namespace support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* k_catalogue = FETTLE_SOURCE_DIR "/tests/hostile";  // also asked before main()

std::string ask(const std::string& directory, std::vector<std::string> command) {
  Ended ended = run({.command = std::move(command), .directory = directory, .environment = {}}, Seconds(60));
  return ended.status == 0 ? ended.out : fmt::format("{}: {}", ended.status, ended.err);
}

std::string sql(const std::string& directory, const std::string& file, const std::string& statement) {
  return ask(directory, {"sqlite3", "-batch", "-bail", file, statement});
}

// The content of a database without what honest scripts and fettle itself put there.
std::string content_of(const std::string& directory, const std::string& file) {
  fs::copy_file(directory + "/" + file, directory + "/copy", fs::copy_options::overwrite_existing);
  std::string content = sql(directory, "copy",
                            "drop table if exists fettle_receipts; delete from honest; pragma integrity_check; "
                            "pragma user_version; pragma application_id; pragma journal_mode; pragma encoding;");
  content += sql(directory, "copy", ".dump");
  fs::remove(directory + "/copy");
  return content;
}

std::string content_of_seed() {
  const Scratch scratch;
  sql(scratch.path(), "app.db", ".read " + std::string(k_catalogue) + "/seed.sql");
  return content_of(scratch.path(), "app.db");
}

// An honest script, different in every place: it sees a fresh world, and what it does is kept.
std::string honest_script(const std::string& name) {
  std::string text = read_file(std::string(k_catalogue) + "/honest.script");
  return text + fmt::format("-- {}\n", base::escape(name));
}

std::string bytes_of_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  return bytes;
}

// Nothing that could steer a terminal or show a text in another order than it has.
bool is_plain(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) return false;
    const std::string_view rest = text.substr(at);
    const auto third = static_cast<unsigned char>(rest.size() > 2 ? rest[2] : 0);
    if (byte == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0) return false;
    if (rest.starts_with("\xE2\x80") && (third == 0x8F || (third >= 0xA8 && third <= 0xAE))) return false;
    if (rest.starts_with("\xE2\x81") && third >= 0xA6 && third <= 0xA9) return false;
  }
  return true;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void compare_lists(const std::string& where, const std::set<std::string>& wanted, const std::vector<std::string>& found,
                   std::vector<std::string>& damage) {
  for (const std::string& name : found)
    if (!wanted.contains(name)) damage.push_back(fmt::format("{} has {}", where, base::escape(name)));
  for (const std::string& name : wanted)
    if (std::find(found.begin(), found.end(), name) == found.end())
      damage.push_back(fmt::format("{} lacks {}", where, base::escape(name)));
}

constexpr const char* k_facts =
    "select id, sha256, outcome, coalesce(cause, '') as cause, hex(coalesce(error, '')) as error, "
    "hex(coalesce(reason, '')) as reason, hex(coalesce(result, '')) as result, peak_memory as memory, "
    "coalesce(moved_to, '') <> '' as moved, coalesce(length(cast(error as blob)), 0) + "
    "coalesce(length(cast(traceback as blob)), 0) + coalesce(length(cast(message as blob)), 0) + "
    "coalesce(length(cast(result as blob)), 0) + coalesce(length(cast(reason as blob)), 0) + "
    "coalesce(length(cast(description as blob)), 0) + (select coalesce(sum(length(cast(text as blob)) + 16), 0) "
    "from log_lines where attempt = id) + (select length(zstd) from versions v where v.sha256 = attempts.sha256) "
    "as bytes from attempts";

HostileFacts facts_of(const json& row, const std::map<std::string, double>& durations) {
  HostileFacts facts;
  facts.outcome = row["outcome"].get<std::string>();
  facts.cause = row["cause"].get<std::string>();
  facts.error = bytes_of_hex(row["error"].get<std::string>());
  facts.reason = bytes_of_hex(row["reason"].get<std::string>());
  facts.result = bytes_of_hex(row["result"].get<std::string>());
  facts.peak_memory = row["memory"].is_null() ? 0 : row["memory"].get<std::uint64_t>();
  facts.ledger_bytes = row["bytes"].get<std::uint64_t>();
  if (const auto found = durations.find(row["sha256"].get<std::string>()); found != durations.end())
    facts.milliseconds = found->second;
  facts.filed = facts.outcome == "failed" ? "failed" : "successfully-ran";
  return facts;
}

std::map<std::string, double> durations_in(const json& report) {
  std::map<std::string, double> durations;
  for (const json& script : report["scripts"])
    durations[script["sha256"].get<std::string>()] = script["duration_ms"].get<double>();
  return durations;
}

// Of a script that is no candidate: it stays, and the reason is what `status` says.
HostileFacts facts_of_ignored(const json& status, const std::string& name) {
  HostileFacts facts;
  facts.outcome = "absent";
  for (const json& ignored : status["ignored"])
    if (ignored["name"] == name)
      facts = {"ignored", "", ignored["reason"].get<std::string>(), "", "", 0, 0, 0, "fix-scripts"};
  return facts;
}

}  // namespace

HostilePlace::HostilePlace(std::vector<const HostileCase*> cases) : cases_(std::move(cases)) {
  furnish();
}

std::string HostilePlace::name_of(std::size_t number, const std::string& pattern) const {
  std::string name = pattern;
  if (const std::size_t at = name.find("NNN"); at != std::string::npos)
    name.replace(at, 3, fmt::format("{:03}", number));
  return name;
}

void HostilePlace::furnish() {
  fs::copy_file(std::string(k_catalogue) + "/config.toml", scratch_.path("config.toml"));
  for (const char* file : {"app.db", "other.db"}) sql(path(), file, ".read " + std::string(k_catalogue) + "/seed.sql");
  std::size_t number = 0;
  for (const HostileCase* one : cases_) {
    hostile_.push_back({name_of(++number, one->file_name), base::sha256_hex(one->text)});
    scratch_.write("fix-scripts/" + hostile_.back().name, one->text);
    const std::string name = name_of(++number, "NNN_honest.lua");
    const std::string text = honest_script(name);
    honest_.push_back({name, base::sha256_hex(text)});
    scratch_.write("fix-scripts/" + name, text);
  }
}

HostileRun HostilePlace::run() {
  HostileRun result;
  Program fettle({.command = {fettle_binary(), "run", "--json"}, .directory = path(), .environment = {}});
  const Ended ended = fettle.wait(Seconds(300));
  if (ended.status != 0 && ended.status != 4)
    result.damage.push_back(fmt::format("the run ended with {}: {}", ended.status, ended.err));
  if (!wait_until([&] { return ::kill(-fettle.pid(), 0) != 0 && errno == ESRCH; }, Seconds(5)))
    result.damage.push_back("a process of the run still lives");
  if (!is_plain(ended.err)) result.damage.push_back("control characters on standard error");
  gather(ended.out, result);
  look_at_the_folders(result);
  look_at_the_databases(result);
  look_at_the_ledger(result);
  look_at_what_people_see(result);
  return result;
}

void HostilePlace::gather(const std::string& report, HostileRun& run) {
  const json parsed = json::parse(report, nullptr, false);
  if (parsed.is_discarded()) throw std::runtime_error("run --json printed no JSON: " + base::cap(report, 2000));
  const auto durations = durations_in(parsed);
  std::map<std::string, HostileFacts> known;
  const std::string rows = ask(path(), {"sqlite3", "-batch", "-json", ".fettle/ledger.db", k_facts});
  for (const json& row : json::parse(rows)) known[row["sha256"].get<std::string>()] = facts_of(row, durations);
  const json status = json::parse(ask(path(), {fettle_binary(), "status", "--json"}));
  const auto facts = [&](const File& file) {
    const auto found = known.find(file.sha256);
    return found != known.end() ? found->second : facts_of_ignored(status, file.name);
  };
  std::transform(hostile_.begin(), hostile_.end(), std::back_inserter(run.hostile), facts);
  std::transform(honest_.begin(), honest_.end(), std::back_inserter(run.honest), facts);
  for (const HostileFacts& honest : run.honest) run.base_memory = std::max(run.base_memory, honest.peak_memory);
  for (std::size_t at = 0; at < honest_.size(); ++at)
    if (run.honest[at].outcome != "succeeded")
      run.damage.push_back(fmt::format("the honest script behind {} ended as {} {}: {}", cases_[at]->name,
                                       run.honest[at].outcome, run.honest[at].cause, run.honest[at].error));
}

void HostilePlace::look_at_the_folders(HostileRun& run) const {
  std::map<std::string, std::set<std::string>> wanted{{"fix-scripts", {}}, {"failed", {}}, {"successfully-ran", {}}};
  for (std::size_t at = 0; at < hostile_.size(); ++at) {
    wanted[run.hostile[at].filed].insert(hostile_[at].name);
    if (run.hostile[at].filed == "failed") wanted["failed"].insert(core::error_note_name(hostile_[at].name));
  }
  for (std::size_t at = 0; at < honest_.size(); ++at) wanted["successfully-ran"].insert(honest_[at].name);
  for (const auto& [folder, names] : wanted) compare_lists(folder, names, names_in(scratch_.path(folder)), run.damage);
  compare_lists("the working folder",
                {".fettle", "app.db", "config.toml", "failed", "fix-scripts", "other.db", "successfully-ran"},
                names_in(path()), run.damage);
}

void HostilePlace::look_at_the_databases(HostileRun& run) const {
  static const std::string untouched = content_of_seed();
  for (const char* file : {"app.db", "other.db"})
    if (const std::string now = content_of(path(), file); now != untouched)
      run.damage.push_back(fmt::format("{} is not as it was:\n{}", file, base::cap(base::escape_lines(now), 4000)));
  std::string honest, receipts;
  std::vector<std::string> applied;
  for (const File& file : honest_) honest += base::escape(file.name) + "\n";
  for (std::size_t at = 0; at < hostile_.size(); ++at)
    if (run.hostile[at].outcome == "succeeded") applied.push_back(hostile_[at].sha256);
  for (const File& file : honest_) applied.push_back(file.sha256);
  std::sort(applied.begin(), applied.end());
  for (const std::string& sha256 : applied) receipts += sha256 + "\n";
  if (sql(path(), "app.db", "select script from honest order by rowid") != honest)
    run.damage.push_back("the rows of the honest scripts are not all there, once and in order");
  if (sql(path(), "app.db", "select sha256 from fettle_receipts order by sha256") != receipts)
    run.damage.push_back("the receipts are not those of the scripts that succeeded");
}

void HostilePlace::look_at_the_ledger(HostileRun& run) const {
  const Ended verified =
      support::run({.command = {fettle_binary(), "ledger", "verify"}, .directory = path(), .environment = {}});
  if (verified.status != 0) run.damage.push_back("ledger verify: " + verified.out + verified.err);
  const std::string ended = sql(path(), ".fettle/ledger.db",
                                "select count(*) from attempts where outcome is null or outcome in ('unknown', "
                                "'interrupted', 'blocked')");
  if (ended != "0\n") run.damage.push_back("attempts without a clear end: " + ended);
}

void HostilePlace::look_at_what_people_see(HostileRun& run) const {
  std::vector<std::vector<std::string>> commands = {{"status"}, {"history"}};
  for (std::size_t attempt = 1; attempt <= hostile_.size() + honest_.size(); attempt += 2)  // the hostile ones
    commands.push_back({"show", std::to_string(attempt)});
  for (std::vector<std::string>& command : commands) {
    const std::string shown = fmt::format("{}", fmt::join(command, " "));
    command.insert(command.begin(), fettle_binary());
    const Ended ended = support::run({.command = command, .directory = path(), .environment = {}});
    if (!is_plain(ended.out) || !is_plain(ended.err))
      run.damage.push_back(fmt::format("control characters in the output of {}", shown));
  }
  for (const std::string& name : names_in(scratch_.path("failed")))
    if (name.ends_with(".error.txt") && !is_plain(read_file(scratch_.path("failed/" + name))))
      run.damage.push_back(fmt::format("control characters in failed/{}", base::escape(name)));
}

}  // namespace support
