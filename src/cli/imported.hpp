// What was imported of another tool's history, for people.
#pragma once

#include <string>

#include "cli/commands.hpp"
#include "exchange/importing.hpp"
#include "ledger/history.hpp"

namespace cli {

enum class Told { as_dry_run, as_question, as_done };
void print_import(const Context& context, const exchange::ImportReport& report, Told told);

// fettle history --imported.
int imported_history(const Context& context);

// Whether a word means no attempt here, but a script that another tool has recorded.
bool is_only_imported(const ledger::History& history, const std::string& word);
// fettle show NAME, of such a script.
int show_imported(const Context& context, const ledger::History& history);

}  // namespace cli
