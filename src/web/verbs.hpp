// From what was pressed, or sent to the API, to the command that does it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/scope.hpp"
#include "web/request.hpp"

namespace web {

struct Verb {
  core::Scope needs = core::Scope::run;
  std::vector<std::string> words;  // of the command
  bool runs = false;               // scripts are executed, and what they did lasts
  std::string input = {};          // what it reads on stdin
  bool audited = true;             // the command takes who wants it; false: it only looks
};

// path: "/run", "/scripts", "/scripts/NAME/retry", "/runs/ID/cancel", decoded in parts. fields: of the form, or of the
// JSON object, whose lists are fields of one name. nullopt: there is no such verb. Throws Error(usage) for a field that
// is missing, unknown or makes no sense, and for a zero byte: a command would see another name than was sent.
std::optional<Verb> verb_of(const std::vector<std::string>& path, const Pairs& fields);

// Where others must say yes ([web] approvals): what would run scripts asks for it instead, but for a request, which the
// command itself judges. Throws Error(usage) for what cannot be asked for.
Verb asking_first(Verb verb, const std::vector<std::string>& path, const Pairs& fields);

// "/a/b%2Fc" → {"a", "b/c"}: the path as it was sent, each part decoded.
std::vector<std::string> parts_of_path(std::string_view target);

// The members of a JSON object as fields; those of a list are several of one name. Throws Error(usage).
Pairs fields_of_json(const std::string& body);

}  // namespace web
