#include "cli/json_token.hpp"

#include "cli/json_parts.hpp"

namespace cli {
namespace {

Json object_of(const ledger::Token& token, base::Instant now) {
  const bool expired = token.expires && *token.expires <= now;
  return {{"name", token.name},
          {"scope", core::name(token.scope)},
          {"state", token.revoked ? "revoked"
                    : expired     ? "expired"
                                  : "holds"},
          {"made_at", time_or_null(token.made)},
          {"by", token.by},
          {"expires_at", token.expires ? time_or_null(*token.expires) : Json(nullptr)},
          {"revoked_at", token.revoked ? time_or_null(*token.revoked) : Json(nullptr)},
          {"revoked_by", or_null(token.revoked_by)}};
}

}  // namespace

std::string new_token_json(const runner::NewToken& made) {
  Json json = object_of(made.token, made.token.made);
  json["token"] = made.secret;
  return dump(json);
}

std::string tokens_json(const std::vector<ledger::Token>& tokens, base::Instant now) {
  Json list = Json::array();
  for (const ledger::Token& token : tokens) list.push_back(object_of(token, now));
  return dump(list);
}

}  // namespace cli
