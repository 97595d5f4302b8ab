// Pieces that several screens are put together from. Pure, but for the clock and random numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/changes.hpp"
#include "core/observer.hpp"
#include "ledger/history.hpp"
#include "web/html.hpp"
#include "web/look.hpp"

namespace web {

// <input>s that every form has: whose it is, and which press of a button of all. Empty where the viewer came without a
// session.
std::string own_fields(const Look& look);
std::string hidden(std::string_view name, std::string_view value);

// A form that does one thing. It has a field for the reason, and where ask is set it unfolds first: of what undoes or
// overwrites something.
struct Verb {
  std::string address;    // "/scripts/x.lua/retry"
  std::string_view word;  // on the button
  Icon picture = Icon::arrow;
  std::string_view look = {};  // "main", "danger"; empty: a plain button
  std::string ask = {};        // HTML: what it does, to be read before it is done
  std::string fields = {};     // HTML: further fields
  std::string buttons = {};    // HTML: further buttons
};
std::string form_of(const Look& look, const Verb& verb);

// A heading with its text, and what stands beside it.
std::string section(std::string_view id, std::string_view title, std::string_view content,
                    std::string_view beside = {});
// A heading of the page.
std::string page_title(std::string_view title, std::string_view beside = {}, std::string_view below = {});
// Rows of a list, under a head; on a phone each becomes a card.
std::string table(std::string_view label, std::string_view head, std::string_view rows);
// The first line of it, cut where it would fill the page.
std::string clipped(std::string_view raw);
// What stands in place of a list that is empty.
std::string nothing(std::string_view sentence);

// Rows of attempts as a table that becomes cards on a phone.
struct Columns {
  bool script = true;
  bool run = true;  // and who started it
};
std::string attempts_table(const std::vector<ledger::Attempt>& attempts, Columns columns = {});
// Of runs, previews among them.
std::string runs_table(const std::vector<ledger::Run>& runs);
// "2 succeeded, 1 failed" with their colours, and a bar of their shares.
std::string counts_of(const core::Counts& counts);

// The first thing that an attempt says of itself: error, reason or message, one line of it.
std::string_view gist_of(const ledger::Attempt& attempt);

// <progress> with how far it came, how fast, and how long it will take. since: when it began.
std::string progress_of(const core::Progress& progress, base::Instant since);

// The text of a version; what is wrong where the ledger has it no more, or not as it was.
struct KeptText {
  std::string text, fault;
};
KeptText kept_text(const ledger::History& history, const std::string& sha256);
// The same as HTML: coloured, each line with an anchor.
std::string text_that_ran(const ledger::History& history, const std::string& sha256);

// Tables with their rows before and after, and the schema.
std::string changes_of(const core::Changes& changes, const std::vector<core::RowChange>& rows, bool full);

}  // namespace web
