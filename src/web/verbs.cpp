#include "web/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/json_parts.hpp"
#include "web/http.hpp"

namespace web {
namespace {

using cli::Json;

[[noreturn]] void refuse(std::string what, std::string next) {
  throw base::Error(base::ErrorKind::usage, std::move(what), "Nothing was done.", std::move(next));
}

std::string field(const Pairs& fields, std::string_view name) {
  return find(fields, name).value_or(std::string());
}

bool is_set(const Pairs& fields, std::string_view name) {
  const std::string value = field(fields, name);
  if (value == "1" || value == "true") return true;
  if (value.empty() || value == "0" || value == "false") return false;
  refuse(fmt::format("{} is true or false, not \"{}\"", name, base::escape(value)), {});
}

// What is misspelt must not be left out: a dry_run that is not understood would be a run.
void refuse_others(const Pairs& fields, std::vector<std::string_view> known) {
  known.insert(known.end(), {"csrf", "once"});  // of every form of ours
  for (const auto& [name, value] : fields) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto meant = base::nearest(name, known);
    refuse(fmt::format("there is no field \"{}\" here{}", base::escape(base::cap(name, 80)),
                       meant ? fmt::format("; did you mean {}?", *meant) : ""),
           "GET /api/v1/openapi.json tells which there are.");
  }
}

std::string number(const std::string& text, std::string_view what) {
  if (text.empty() || text.size() > 18 ||
      !std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '9'; }))
    refuse(fmt::format("\"{}\" is no number of {}", base::escape(text), what), "");
  return text;
}

void add(std::vector<std::string>& words, std::string_view option, const std::string& value) {
  if (!value.empty()) words.push_back(fmt::format("--{}={}", option, value));
}

void add_names(std::vector<std::string>& words, const Pairs& fields) {
  std::vector<std::string> names;
  for (const auto& [name, value] : fields)
    if (name == "scripts" && !value.empty()) names.push_back(value);
  if (names.empty()) return;
  words.emplace_back("--");
  words.insert(words.end(), names.begin(), names.end());
}

Verb run_verb(const Pairs& fields) {
  refuse_others(fields,
                {"dry_run", "plan", "request", "stop_on_error", "tag", "exclude", "until", "reason", "scripts"});
  Verb verb{.needs = core::Scope::run, .words = {"run"}, .runs = true};
  if (is_set(fields, "dry_run")) {
    verb.words.emplace_back("--dry-run");
    verb.runs = false;
  }
  if (const std::string plan = field(fields, "plan"); !plan.empty()) add(verb.words, "plan", number(plan, "a preview"));
  if (const std::string request = field(fields, "request"); !request.empty())
    add(verb.words, "request", number(request, "a request"));
  if (is_set(fields, "stop_on_error")) verb.words.emplace_back("--stop-on-error");
  for (const auto& [name, value] : fields)
    if (name == "tag" || name == "exclude") add(verb.words, name, value);
  add(verb.words, "until", field(fields, "until"));
  add(verb.words, "reason", field(fields, "reason"));
  add_names(verb.words, fields);
  return verb;
}

Verb mark_verb(const std::string& script, const Pairs& fields) {
  refuse_others(fields, {"as", "reason"});
  const std::string as = field(fields, "as");
  if (as != "succeeded" && as != "failed" && as != "pending")
    refuse(fmt::format("a script is marked as succeeded, failed or pending, not as \"{}\"", base::escape(as)), "");
  Verb verb{.needs = core::Scope::admin, .words = {"mark"}};
  add(verb.words, "reason", field(fields, "reason"));
  verb.words.insert(verb.words.end(), {"--", script, as});
  return verb;
}

// Of a form the name of the file that was chosen, as some browsers send it: with the folders above it.
std::string name_in(const Pairs& fields) {
  const std::string name = field(fields, "name");
  const std::string file = field(fields, "file.filename");
  return name.empty() ? file.substr(file.find_last_of("/\\") + 1) : name;
}

// A field for text sends each end of a line as two bytes.
std::string typed(std::string text) {
  std::string lines;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\r' || text.substr(at + 1, 1) != "\n") lines += text[at];
  return lines;
}

Verb add_verb(const Pairs& fields) {
  refuse_others(fields, {"name", "text", "reason", "file", "file.filename", "typed"});
  Verb verb{.needs = core::Scope::admin, .words = {"add"}};
  verb.input = field(fields, "file");
  if (verb.input.empty()) verb.input = field(fields, "text");
  if (verb.input.empty()) verb.input = typed(field(fields, "typed"));
  const std::string name = name_in(fields);
  if (verb.input.empty()) refuse("there is no text of a script", "Choose a file, or type its text.");
  if (name.empty()) refuse("the script has no name", "Such as 007_clear_menu.lua");
  add(verb.words, "name", name);
  add(verb.words, "reason", field(fields, "reason"));
  verb.words.emplace_back("-");
  return verb;
}

std::optional<Verb> script_verb(const std::string& script, const std::string& verb_name, const Pairs& fields) {
  if (verb_name == "mark") return mark_verb(script, fields);
  Verb verb{.needs = core::Scope::run, .words = {verb_name}, .runs = true};
  if (verb_name == "rollback") {
    refuse_others(fields, {"dry_run", "requeue", "skip_conflicts", "reason"});
    if (is_set(fields, "dry_run")) {
      verb.words.emplace_back("--dry-run");
      verb.runs = false;
    } else {
      verb.words.emplace_back("--yes");
    }
    if (is_set(fields, "requeue")) verb.words.emplace_back("--requeue");
    if (is_set(fields, "skip_conflicts")) verb.words.emplace_back("--skip-conflicts");
  } else if (verb_name == "retry") {
    refuse_others(fields, {"no_run", "reason"});
    if (is_set(fields, "no_run")) {
      verb.words.emplace_back("--no-run");
      verb.runs = false;
    }
  } else {
    return std::nullopt;
  }
  add(verb.words, "reason", field(fields, "reason"));
  verb.words.insert(verb.words.end(), {"--", script});
  return verb;
}

Verb order_verb(const std::string& name, const Pairs& fields) {
  refuse_others(fields, name == "cancel" ? std::vector<std::string_view>{"reason", "script"}
                                         : std::vector<std::string_view>{"reason"});
  Verb verb{.needs = core::Scope::run, .words = {name}};
  add(verb.words, "reason", field(fields, "reason"));
  if (const std::string script = field(fields, "script"); name == "cancel" && !script.empty())
    verb.words.insert(verb.words.end(), {"--", script});
  return verb;
}

std::optional<Verb> request_verb(const std::string& id, const std::string& verb_name, const Pairs& fields) {
  if (verb_name != "approve" && verb_name != "refuse") return std::nullopt;
  refuse_others(fields, {"reason"});
  Verb verb{.needs = core::Scope::run, .words = {"request", verb_name}};
  add(verb.words, "reason", field(fields, "reason"));
  verb.words.insert(verb.words.end(), {"--", number(id, "a request")});
  return verb;
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "1" : "";
  if (value.is_number()) return value.dump();
  if (value.is_null()) return {};
  refuse("a field is a text, a number, true or false, or a list of texts", {});
}

std::optional<Verb> any_verb_of(const std::vector<std::string>& path, const Pairs& fields) {
  if (path.size() == 1) {
    const std::string& name = path.front();
    if (name == "run" || name == "runs") return run_verb(fields);
    if (name == "cancel" || name == "pause" || name == "resume") return order_verb(name, fields);
    if (name == "verify" || name == "doctor" || name == "plan") refuse_others(fields, {});
    if (name == "verify") return Verb{.needs = core::Scope::read, .words = {"ledger", "verify"}, .audited = false};
    if (name == "doctor" || name == "plan") return Verb{.needs = core::Scope::run, .words = {name}, .audited = false};
    if (name == "scripts") return add_verb(fields);
    if (name == "requests") {
      refuse_others(fields, {"reason", "scripts"});
      Verb verb{.needs = core::Scope::run, .words = {"request", "run"}};
      add(verb.words, "reason", field(fields, "reason"));
      add_names(verb.words, fields);
      return verb;
    }
    return std::nullopt;
  }
  if (path.size() != 3) return std::nullopt;
  if (path[0] == "scripts") return script_verb(path[1], path[2], fields);
  if (path[0] == "runs" && path[2] == "cancel") return order_verb("cancel", fields);
  if (path[0] == "requests") return request_verb(path[1], path[2], fields);
  return std::nullopt;
}

}  // namespace

std::optional<Verb> verb_of(const std::vector<std::string>& path, const Pairs& fields) {
  std::optional<Verb> verb = any_verb_of(path, fields);
  if (!verb) return verb;
  for (const std::string& word : verb->words)  // a program is given words up to that byte: it would mean another name
    if (word.find('\0') != std::string::npos)
      refuse(fmt::format("\"{}\" holds a zero byte, which no name and no reason has", base::escape(word)), "");
  return verb;
}

Verb asking_first(Verb verb, const std::vector<std::string>& path, const Pairs& fields) {
  if (!verb.runs || !field(fields, "request").empty()) return verb;
  if (path.back() == "rollback")
    refuse("where runs need the yes of others, a person at the server rolls back", "fettle rollback");
  if (path.back() == "retry") return *verb_of(path, {{"no_run", "1"}, {"reason", field(fields, "reason")}});
  for (const char* name : {"plan", "until", "tag", "exclude", "stop_on_error"})
    if (!field(fields, name).empty())
      refuse(fmt::format("a run that others must agree to is asked for by the names of scripts, not by {}", name), "");
  Pairs wanted;
  for (const auto& [name, value] : fields)
    if (name == "reason" || name == "scripts") wanted.emplace_back(name, value);
  return *verb_of({"requests"}, wanted);
}

std::vector<std::string> parts_of_path(std::string_view target) {
  std::vector<std::string> parts;
  target = target.substr(0, target.find_first_of("?#"));
  for (const std::string_view part : base::split(target, '/'))
    if (!part.empty()) parts.push_back(decoded(part));
  return parts;
}

Pairs fields_of_json(const std::string& body) {
  constexpr std::size_t k_deepest = 8;
  if (base::trim(body).empty()) return {};
  const Json json = base::is_json(body, k_deepest) ? Json::parse(body, nullptr, false) : Json(nullptr);
  if (!json.is_object())
    throw base::Error(base::ErrorKind::usage, "the body is no JSON object", "Nothing was done.",
                      "Such as {\"reason\": \"ticket 4711\"}");
  Pairs fields;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_array()) {
      fields.emplace_back(name, text_of(value));
      continue;
    }
    for (const Json& each : value) fields.emplace_back(name, text_of(each));
  }
  return fields;
}

}  // namespace web
