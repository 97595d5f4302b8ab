// Which of the pending scripts a person wants, as `run` and `plan` are told. Lives in the command's own process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/script.hpp"
#include "folder/folders.hpp"
#include "runner/crew.hpp"

namespace runner {

struct Choice {
  std::vector<std::string> scripts;  // words for them (runner/survey, select); empty: all
  std::string until;                 // word for the last one; empty: to the end
  std::vector<std::string> tags;     // those with any of these; empty: all
  std::vector<std::string> exclude;  // but not those with these tags, or that these words mean

  bool asks_scripts() const noexcept { return !tags.empty() || !exclude.empty(); }
};

// Why it is left out by what it declares; empty: it is not.
std::string left_out(const Choice& choice, std::string_view script, const core::Declaration& declaration);

// Takes those that are not wanted out of the sorted names, and gives them back. Where tags are asked for, every script
// is loaded; one that cannot be has no tags. Throws Error(usage) for a word that means no script.
std::vector<std::string> leave_out(std::vector<std::string>& names, const Choice& choice, const core::Config& config,
                                   const folder::Folders& folders, Crew& crew);

}  // namespace runner
