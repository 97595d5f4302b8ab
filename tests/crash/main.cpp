// fettle_crash: strikes at every disk call of a fettle run, or soaks it in random kills, and says which promise broke.
// Exit code 0: none; 1: at least one, each on a line; 2: the harness could not work; 77: cannot be tried here.
#include <charconv>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <vector>

#include "disks.hpp"
#include "points.hpp"
#include "program.hpp"
#include "soak.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int k_violations = 1, k_cannot_work = 2, k_skipped = 77;

constexpr std::string_view k_help = R"(fettle_crash --fault FAULT [options]     a fault at every disk call of a run
fettle_crash --soak SECONDS [options]    random kills

  --fault kill|kill-one|eio|enospc|power   power: root and loop mounts
  --layout one|two        ledger and target in one file system, or in two (default one)
  --journal delete|wal    of the target, as fettle finds it (default delete)
  --history used|fresh    a ledger with a past, or the first run of all (default used)
  --every K --from N --to N   only some of the calls
  --again                 the run that recovers is struck as well, at a call chosen by the seed
  --lasting               eio, enospc: every later call of the run fails too
  --seed S                (default 1)
  --list                  print the calls of an undisturbed run
  --verbose               print what fettle said
  --fettle PROGRAM        (default: the one built with this, or $FETTLE_UNDER_TEST)
  --scratch FOLDER        (default: a new one in /dev/shm, else in the folder for temporary files)
)";

struct Options {
  crash::Plan plan;
  std::uint64_t soak_seconds = 0;
  bool has_fault = false;
};

[[noreturn]] void misuse(const std::string& what) {
  throw std::invalid_argument(what + "\n\n" + std::string(k_help));
}

template <class Value>
Value choose(const std::map<std::string, Value>& choices, const std::string& option, const std::string& word) {
  const auto found = choices.find(word);
  if (found == choices.end()) misuse(fmt::format("{} does not know {}", option, word));
  return found->second;
}

template <class Number>
Number number(const std::string& option, const std::string& word) {
  Number value = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (fault != std::errc() || end != word.data() + word.size() || value == 0)
    misuse(fmt::format("{} takes a number from 1, not {}", option, word));
  return value;
}

bool take_flag(const std::string& option, crash::Plan& plan) {
  const std::map<std::string, bool*> flags = {
      {"--again", &plan.again}, {"--lasting", &plan.lasting}, {"--list", &plan.list}, {"--verbose", &plan.verbose}};
  const auto found = flags.find(option);
  if (found == flags.end()) return false;
  *found->second = true;
  return true;
}

void take_option(const std::string& option, const std::string& word, Options& options) {
  using crash::Trouble;
  crash::Plan& plan = options.plan;
  if (option == "--fault") {
    plan.trouble = choose<Trouble>({{"kill", Trouble::kill},
                                    {"kill-one", Trouble::kill_one},
                                    {"eio", Trouble::eio},
                                    {"enospc", Trouble::enospc},
                                    {"power", Trouble::power}},
                                   option, word);
    options.has_fault = true;
  } else if (option == "--layout") {
    plan.setting.layout =
        choose<crash::Layout>({{"one", crash::Layout::one}, {"two", crash::Layout::two}}, option, word);
  } else if (option == "--journal") {
    plan.setting.journal =
        choose<crash::Journal>({{"delete", crash::Journal::del}, {"wal", crash::Journal::wal}}, option, word);
  } else if (option == "--history") {
    plan.setting.history =
        choose<crash::History>({{"used", crash::History::used}, {"fresh", crash::History::fresh}}, option, word);
  } else if (option == "--every") {
    plan.every = number<std::uint32_t>(option, word);
  } else if (option == "--from") {
    plan.from = number<std::uint32_t>(option, word);
  } else if (option == "--to") {
    plan.to = number<std::uint32_t>(option, word);
  } else if (option == "--seed") {
    plan.seed = number<std::uint64_t>(option, word);
  } else if (option == "--soak") {
    options.soak_seconds = number<std::uint64_t>(option, word);
  } else if (option == "--fettle") {
    plan.setting.fettle = fs::absolute(word);
  } else if (option == "--scratch") {
    plan.scratch = word;
  } else {
    misuse("unknown option " + option);
  }
}

std::string default_program() {
  const char* chosen = std::getenv("FETTLE_UNDER_TEST");
  return chosen != nullptr && *chosen != '\0' ? fs::absolute(chosen).string() : FETTLE_BINARY;
}

Options parse(const std::vector<std::string>& words) {
  Options options;
  options.plan.setting.fettle = default_program();
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (take_flag(words[at], options.plan)) continue;
    if (at + 1 == words.size()) misuse(words[at] + " lacks its value, or is unknown");
    take_option(words[at], words[at + 1], options);
    ++at;
  }
  if (!options.has_fault && options.soak_seconds == 0 && !options.plan.list) misuse("neither --fault nor --soak");
  return options;
}

// Memory is quick, and no fault but the power cut looks at what is durable; that one brings its own disks.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& chosen) {
    const fs::path memory = "/dev/shm";
    const fs::path base = !chosen.empty()            ? fs::path(chosen)
                          : fs::is_directory(memory) ? memory
                                                     : fs::temp_directory_path();
    fs::create_directories(base);
    std::string pattern = (fs::canonical(base) / "fettle-crash-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("cannot make a scratch folder in " + base.string());
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

int run_soak(const Options& options) {
  const crash::SoakTally tally = crash::soak(options.plan.setting, options.plan.scratch,
                                             std::chrono::seconds(options.soak_seconds), options.plan.seed);
  std::string kills;
  for (const auto& [role, count] : tally.kills) kills += fmt::format(", {} {}", role, count);
  fmt::print("soak, seed {}: {} rounds, {} scripts{}; {} violations\n", options.plan.seed, tally.rounds, tally.scripts,
             kills, tally.violations);
  return tally.violations == 0 ? 0 : k_violations;
}

int run_points(const Options& options) {
  if (options.plan.trouble == crash::Trouble::power) {
    if (const std::string why = crash::why_no_power_cuts(options.plan.scratch); !why.empty()) {
      fmt::print("skipped: {}\n", why);
      return k_skipped;
    }
  }
  const crash::Tally tally = crash::try_points(options.plan);
  if (options.plan.list) return 0;
  fmt::print("{:>6} calls {:>6} points {:>6} violations {:>6} not reached\n", tally.calls, tally.points,
             tally.violations, tally.not_reached);
  return tally.violations == 0 ? 0 : k_violations;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    Options options = parse({arguments + 1, arguments + count});
    const ScratchFolder scratch(options.plan.scratch);
    options.plan.scratch = scratch.path();
    crash::adopt_orphans();
    return options.soak_seconds > 0 ? run_soak(options) : run_points(options);
  } catch (const std::exception& fault) {
    fmt::print(stderr, "fettle_crash: {}\n", fault.what());
    return k_cannot_work;
  }
}
