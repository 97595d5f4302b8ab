#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/ledger_folders.hpp"
#include "cli/listing.hpp"
#include "ledger/history.hpp"

namespace cli {
namespace {

constexpr int k_fault_found = 7;
constexpr std::size_t k_most_findings = 100;  // -v shows all

std::string path_of(const Context& context) {
  return context.config().path(context.config().ledger.path);
}

[[noreturn]] void refuse_missing(const std::string& path) {
  throw base::Error(base::ErrorKind::usage, fmt::format("there is no ledger yet: {}", base::escape(path)),
                    "Nothing was changed.", "fettle run   makes it");
}

ledger::History open_history(const Context& context) {
  auto history = ledger::History::open(path_of(context));
  if (!history) refuse_missing(path_of(context));
  return std::move(*history);
}

std::optional<ledger::Head> expected_head(const Arguments& arguments) {
  if (arguments.expect.empty()) return std::nullopt;
  if (auto head = ledger::head_from(arguments.expect)) return head;
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("--expect needs what --head printed, not \"{}\"", base::escape(arguments.expect)),
                    "Nothing was changed.", "fettle ledger verify --head");
}

// Where there is no ledger, that is a fault only if somebody knows of one.
ledger::Verdict verdict_of(const std::optional<ledger::History>& history, const std::optional<ledger::Head>& expected) {
  if (history) return history->verify(expected);
  ledger::Verdict verdict;
  if (expected)
    verdict.findings.push_back({.kind = ledger::FindingKind::rebuilt,
                                .subject = "the ledger",
                                .attempt = 0,
                                .script = {},
                                .what = "it is gone"});
  return verdict;
}

int print_head(const Context& context) {
  const ledger::Head head = open_history(context).head();
  context.print((context.arguments.json ? head_json(head) : ledger::describe(head)) + "\n");
  return 0;
}

std::string line_of(const ledger::Finding& finding) {
  const bool named = finding.subject.starts_with("attempt ") && !finding.script.empty();
  return fmt::format("{}{}: {}", finding.subject, named ? fmt::format(" ({})", base::escape(finding.script)) : "",
                     finding.what);
}

void print_findings(const Context& context, const std::vector<ledger::Finding>& findings) {
  const bool all = context.arguments.talk == Talk::verbose || findings.size() <= k_most_findings;
  const std::size_t shown = all ? findings.size() : k_most_findings;
  for (std::size_t index = 0; index < shown; ++index)
    for (const std::string& line : paragraph(line_of(findings[index]), context.style.width))
      context.print(context.style.paint(Colour::red, line) + "\n");
  if (!all) context.print(fmt::format("… and {} more (-v shows all)\n", findings.size() - shown));
}

void print_verdict(const Context& context, const ledger::Verdict& verdict, const std::vector<std::string>& notes) {
  print_findings(context, verdict.findings);
  if (context.arguments.talk != Talk::quiet)
    for (const std::string& note : notes) context.say(fmt::format("note: {}\n", note));
  const auto count = [](std::int64_t number, std::string_view noun) {
    return base::plural(static_cast<std::uint64_t>(number), noun);
  };
  if (!verdict.findings.empty()) context.print(fmt::format("\n{}\n", base::plural(verdict.findings.size(), "fault")));
  if (verdict.pruned.attempt > 0 || verdict.pruned.run > 0)
    for (const std::string& line :
         paragraph(fmt::format("Pruned on {} by {}: log lines and rows of attempts up to {}, previews up to run {}.",
                               base::iso8601(verdict.pruned.at).substr(0, 10), base::escape(verdict.pruned.by),
                               verdict.pruned.attempt, verdict.pruned.run),
                   context.style.width))
      context.print(line + "\n");
  context.print(fmt::format("{}, {}, chain head {}\n", count(verdict.attempts, "attempt"), count(verdict.texts, "text"),
                            ledger::describe(verdict.head)));
}

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

int ledger_verify_command(const Context& context) {
  if (context.arguments.head) return print_head(context);
  const std::optional<ledger::Head> expected = expected_head(context.arguments);
  const auto history = ledger::History::open(path_of(context));
  ledger::Verdict verdict = verdict_of(history, expected);
  const bool damaged = !verdict.findings.empty() && verdict.findings.front().kind == ledger::FindingKind::damaged;
  FolderCheck folders;
  if (!damaged)
    folders = compare_folders(context.config(),
                              [&history] { return history ? history->filed() : std::vector<ledger::Filed>(); });
  for (ledger::Finding& finding : folders.findings) verdict.findings.push_back(std::move(finding));
  if (!history) folders.notes.push_back("there is no ledger yet");
  if (context.arguments.json)
    context.print(verify_json(verdict, folders.notes) + "\n");
  else
    print_verdict(context, verdict, folders.notes);
  return verdict.findings.empty() ? 0 : k_fault_found;
}

int ledger_info_command(const Context& context) {
  const std::string path = path_of(context);
  const ledger::About about = open_history(context).about();
  const std::uint64_t size = size_of(path);
  if (context.arguments.json) {
    context.print(ledger_info_json(path, size, about) + "\n");
    return 0;
  }
  print_field(context, "path", path);
  print_field(context, "size", base::format_size(size));
  print_field(context, "id", about.id);
  print_field(context, "schema", fmt::format("version {}", about.schema));
  print_field(context, "since", base::local_time(about.since));
  print_field(context, "attempts", fmt::format("{}", about.attempts));
  print_field(context, "runs", fmt::format("{}", about.runs));
  print_field(context, "versions", fmt::format("{}", about.versions));
  print_field(context, "events", fmt::format("{}", about.events));
  print_field(context, "imports", fmt::format("{}, {} facts", about.imports, about.imported));
  // Never wrapped: it is there to be copied.
  context.print(context.style.paint(Colour::dim, "chain head ") + ledger::describe(about.head) + "\n");
  return 0;
}

}  // namespace cli
