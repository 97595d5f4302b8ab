#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/argument_values.hpp"
#include "cli/commands.hpp"
#include "cli/json_token.hpp"
#include "os/clock.hpp"
#include "runner/tokens.hpp"

namespace cli {
namespace {

runner::TokenRequest request_of(const Arguments& arguments) {
  runner::TokenRequest request;
  request.name = arguments.words.front();
  if (!arguments.scope.empty()) {
    const auto scope = core::scope_named(arguments.scope);
    if (!scope) refuse(fmt::format("\"{}\" is no scope", base::escape(arguments.scope)), "read, run or admin");
    request.scope = *scope;
  }
  request.expires = arguments.expires;
  request.by = arguments.by;
  request.reason = arguments.reason;
  return request;
}

std::string until(const ledger::Token& token) {
  return token.expires ? "until " + base::local_time(*token.expires) : std::string("until it is revoked");
}

std::string state_of(const ledger::Token& token) {
  if (token.revoked) return fmt::format("revoked {} by {}", base::local_time(*token.revoked), token.revoked_by);
  if (token.expires && *token.expires <= os::now()) return "expired " + base::local_time(*token.expires);
  return token.expires ? "holds until " + base::local_time(*token.expires) : std::string("holds");
}

}  // namespace

int token_add_command(const Context& context) {
  const runner::NewToken made = runner::add_token(context.config(), request_of(context.arguments));
  if (context.arguments.json) {
    context.print(new_token_json(made) + "\n");
    return 0;
  }
  context.say(fmt::format("A token for {} with the scope {}, {}. It is shown this once:\n", made.token.name,
                          core::name(made.token.scope), until(made.token)));
  context.print(made.secret + "\n");
  return 0;
}

int token_list_command(const Context& context) {
  const std::vector<ledger::Token> all = runner::tokens(context.config());
  if (context.arguments.json) {
    context.print(tokens_json(all, os::now()) + "\n");
    return 0;
  }
  if (all.empty()) context.print("There is no token yet. Next: fettle token add NAME --scope run\n");
  for (const ledger::Token& token : all)
    context.print(base::fit(fmt::format("{}  {}  {}  by {}, {}", pad(token.name, 16), pad(core::name(token.scope), 5),
                                        base::local_time(token.made).substr(0, 16), base::escape(token.by),
                                        base::escape(state_of(token))),
                            context.style.width) +
                  "\n");
  return 0;
}

int token_revoke_command(const Context& context) {
  const ledger::Token token = runner::revoke_token(context.config(), request_of(context.arguments));
  if (context.arguments.json)
    context.print(tokens_json({token}, os::now()) + "\n");
  else
    context.print(
        fmt::format("The token of {} opens nothing any more; who is signed in with it is signed out.\n", token.name));
  return 0;
}

}  // namespace cli
