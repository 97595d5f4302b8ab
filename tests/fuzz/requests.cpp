#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "fuzz/target.hpp"
#include "web/access.hpp"
#include "web/http.hpp"
#include "web/verbs.hpp"

namespace fuzz {
namespace {

using State = web::Framing::State;
constexpr web::Sizes k_sizes{.head = 2048, .body = 4096};  // small ones, so that an input reaches them
constexpr std::string_view k_head_end = "\r\n\r\n", k_continue = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string k_token = "fettle_0123456789abcdef";

bool has_steering_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char byte) { return (byte < ' ' && byte != '\t') || byte == 0x7f; });
}

// However the bytes come, the same request is read out of them.
void framed_alike(std::string_view bytes, const web::Framing& whole) {
  for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
    const web::Framing part = web::framing_of(bytes.substr(0, size), k_sizes);
    if (part.state == State::refused) must(whole.state == State::refused, "what is refused early is refused whole");
    if (part.state != State::complete) continue;
    must(whole.state == State::complete && part.size == whole.size && part.head == whole.head,
         "a request that is whole is not changed by what follows it");
  }
  if (whole.state != State::complete) return;
  must(whole.head <= k_sizes.head && whole.size - whole.head <= k_sizes.body, "no request is larger than it may be");
  must(whole.size <= bytes.size(), "no request is larger than what came");
}

void only_those_who_may(const web::Request& from) {
  web::Access access({.hosts = {"a"}});
  access.learn({{.name = "anna", .scope = core::Scope::run, .sha256 = base::sha256_hex(k_token), .expires = {}}});
  web::Request request = from;
  if (!access.refuses(request))
    must(base::trim(request.header("host")).substr(0, 1).find_first_of("aA[") == 0, "it is asked for by its own name");
  const web::Access::Entry entry = access.enter(request);
  must(entry.viewer.has_value() == (request.header("authorization") == "Bearer " + k_token),
       "who has the token comes in, and nobody else does");
  const web::Viewer viewer{"anna", core::Scope::run, "secret of this sign-in"};
  if (!access.refuses_change(request, viewer)) {
    must(request.field("csrf") == viewer.csrf || request.header("x-csrf-token") == viewer.csrf,
         "nothing is changed without the secret of the sign-in");
    must(request.header("origin").empty() || request.header("origin").size() > request.header("host").size(),
         "nothing is changed from elsewhere");
  }
  web::Access door({.hosts = {"a"}});
  door.learn({{.name = "anna", .scope = core::Scope::run, .sha256 = base::sha256_hex(k_token), .expires = {}}});
  must(door.sign_in(request, request.field("token")).cookie.empty() == (base::trim(request.field("token")) != k_token),
       "a sign-in takes the token and nothing else");
}

// The words of a command: first ours, then options with what was sent behind their names, then `--` and names.
void commands_are_ours(const std::vector<std::string>& path, const web::Pairs& fields) {
  std::optional<web::Verb> verb;
  try {
    verb = web::verb_of(path, fields);
  } catch (const base::Error& error) {
    must(error.kind() == base::ErrorKind::usage, "what makes no sense is an error of who sent it");
    return;
  }
  if (!verb) return;
  const auto names = std::find(verb->words.begin(), verb->words.end(), "--");
  static const std::vector<std::string> k_ours = {"run",    "retry",   "rollback", "mark",   "cancel",
                                                  "pause",  "resume",  "plan",     "doctor", "ledger",
                                                  "verify", "request", "approve",  "refuse"};
  bool options = false;
  for (auto word = verb->words.begin(); word != names; ++word) {
    const bool is_option = word->starts_with("--");
    must(is_option || (!options && std::find(k_ours.begin(), k_ours.end(), *word) != k_ours.end()),
         "no word that was sent is a command");
    options = options || is_option;
  }
  for (const std::string& word : verb->words)
    must(word.find('\0') == std::string::npos, "a command is given each word as it was sent, and none cut short");
  must(!verb->words.empty() && (verb->words.front() != "mark" || verb->needs == core::Scope::admin),
       "who may run may not mark");
  must(verb->needs != core::Scope::read || !verb->audited, "what changes something needs more than to look");
}

void commands_of(const web::Request& request) {
  std::vector<std::string> path = web::parts_of_path(request.target);
  commands_are_ours(path, request.form);
  if (path.size() > 2) commands_are_ours({path.begin() + 2, path.end()}, request.form);
  try {
    const web::Pairs fields = web::fields_of_json(request.body);
    commands_are_ours(path, fields);
    if (path.size() > 2) commands_are_ours({path.begin() + 2, path.end()}, fields);
  } catch (const base::Error& error) {
    must(error.kind() == base::ErrorKind::usage, "a body that is none is an error of who sent it");
  }
}

// One head, one body, whatever was sent.
void is_one_answer(std::string_view bytes, const std::optional<std::string>& body) {
  if (bytes.starts_with(k_continue)) bytes.remove_prefix(k_continue.size());
  must(bytes.starts_with("HTTP/1.1 "), "an answer is one");
  const std::size_t end = bytes.find(k_head_end);
  must(end != std::string_view::npos, "an answer has a head");
  for (std::string_view head = bytes.substr(0, end); !head.empty();) {
    const std::size_t line = std::min(head.find("\r\n"), head.size());
    must(!has_steering_bytes(head.substr(0, line)), "no line of an answer is cut in two by what was sent");
    must(!head.starts_with("Set-Cookie"), "no line of an answer is made by what was sent");
    head.remove_prefix(std::min(line + 2, head.size()));
  }
  const std::string_view rest = bytes.substr(end + k_head_end.size());
  if (body) must(rest == *body || rest.empty(), "behind the head there is the body and nothing else");
}

}  // namespace

void requests(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  must(web::decoded(web::path_part(bytes)) == bytes, "a name survives the way through an address");
  const web::Framing framing = web::framing_of(bytes, k_sizes);
  framed_alike(bytes, framing);
  if (framing.state == State::refused) is_one_answer(web::refusal(framing.refusal), std::nullopt);
  if (framing.state != State::complete) return;
  const std::string_view request = bytes.substr(0, framing.size);
  std::optional<std::string> body;
  const web::Answer answer =
      web::answer(request, framing.head, "192.0.2.7", [&](const web::Request& asked) -> web::Response {
        must(!body, "a request is answered once");
        must(asked.body == request.substr(framing.head), "a handler is given the body that came");
        must(!has_steering_bytes(asked.target), "a target is one line");
        only_those_who_may(asked);
        commands_of(asked);
        body = asked.body;
        web::Response response{.type = "text/plain", .body = *body, .headers = {{"Location", asked.path}}};
        for (const auto& [name, value] : asked.query) response.headers.emplace_back("X-Query", name + value);
        for (const auto& [name, value] : asked.headers) response.headers.emplace_back("X-Header", value);
        return response;
      });
  must(!answer.live, "nobody listens who did not ask for it");
  is_one_answer(answer.bytes, body);
}

}  // namespace fuzz
