// Answers that are no screen: problems, redirections, assets. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "web/actions.hpp"
#include "web/request.hpp"

namespace web {

// What every answer says besides: what a browser may do with it.
void protect(Response& response);

// RFC 9457, application/problem+json.
Response problem(int status, std::string_view title, std::string_view detail);
Response problem_of(const base::Error& error);
// The status that tells of such an error.
int status_of(base::ErrorKind kind) noexcept;

Response json_answer(std::string text, int status = 200);
Response text_answer(std::string text, std::string_view type = "text/plain; charset=utf-8");
Response go_to(const std::string& path);  // 303

// Of a command: what it printed, and what became of it. run: that it began; 0: none that is known.
Response action_answer(const Action& action, std::int64_t run);

// /assets/NAME; nullopt: there is none.
std::optional<Response> asset_answer(std::string_view name, std::string_view if_none_match);
// "/assets/page.css?v=1a2b…": an address that changes with the text, so that a browser may keep what it got for ever.
std::string asset_path(std::string_view name);

}  // namespace web
