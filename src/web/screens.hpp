// The screens: each function gives a whole HTML page. They read the folder and the ledger, start nothing and change
// nothing. Everything that scripts, people and databases said is escaped (web/html). A page works without JavaScript;
// with it, what carries an id is exchanged when something changed (assets/fettle.js). Throw base::Error; NotFound for
// what is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "web/look.hpp"

namespace web {

// What was asked for is not there: the page says so, with status 404.
struct NotFound : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string home_screen(const Look& look);                             // /
std::string script_screen(const Look& look, const std::string& name);  // /scripts/NAME: NAME as in the folder or ledger
std::string attempt_screen(const Look& look, std::int64_t attempt);    // /attempts/ID
std::string runs_screen(const Look& look);                             // /runs: newest first, by pages
std::string run_screen(const Look& look, std::int64_t run);            // /runs/ID: a preview as well
std::string history_screen(const Look& look);                          // /history: filters, search, pages
std::string system_screen(const Look& look);                           // /system

// /add. What was sent and refused; nullopt: nothing was sent yet, ?from=NAME asks for the failed one to be mended.
struct Draft {
  std::string name, text, reason;
  std::string said;  // what was wrong with it
};
std::string add_screen(const Look& look, const std::optional<Draft>& draft);
// Whether [web] upload and the scope of who looks allow it.
bool may_add(const Look& look) noexcept;

// /sign-in. said: what was wrong with the last try; empty: nothing. next: where to go afterwards, a path of ours.
std::string sign_in_screen(std::string_view said, std::string_view next);

// What a started command printed, /actions/ID; it may still be at work.
struct Started {
  std::string command;  // as a person would type it
  std::string output;   // so far
  bool running = true;
  int exit_code = 0;
  std::int64_t run = 0;  // that it began; 0: none
};
std::string action_screen(const Look& look, const Started& started);

// Of any answer that is no page: title "Not found", text what happened, next what to do (a command or empty).
std::string fault_screen(std::string_view title, std::string_view text, std::string_view next);

}  // namespace web
