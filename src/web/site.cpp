#include "web/site.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "os/host.hpp"
#include "os/log.hpp"
#include "runner/survey.hpp"
#include "web/answers.hpp"
#include "web/health.hpp"
#include "web/html.hpp"
#include "web/http.hpp"
#include "web/reading.hpp"
#include "web/screens.hpp"
#include "web/serve.hpp"

namespace web {
namespace {

constexpr int k_share = 20;                            // a page is made at most one part in so many of the time
constexpr std::chrono::milliseconds k_fresh{100};      // at least so long, from its making on, it is given as it was
constexpr std::chrono::milliseconds k_at_once{1000};   // a command that ends within it is answered whole
constexpr std::size_t k_most_kept = 200;               // pages
constexpr std::size_t k_most_kept_size = 1024 * 1024;  // bytes, of one of them
constexpr std::string_view k_json = "application/json";

bool is_api(const std::vector<std::string>& path) {
  return path.size() > 2 && path[0] == "api" && path[1] == "v1";
}

std::optional<ledger::History> open_history(const core::Config& config) {
  return ledger::History::open(config.path(config.ledger.path));
}

// Only a path of ours: a sign-in must not lead elsewhere.
std::string path_of_ours(const std::string& next) {
  const bool is_path = next.starts_with('/') && !next.starts_with("//") && next.find('\\') == std::string::npos &&
                       std::none_of(next.begin(), next.end(), [](unsigned char byte) { return byte <= ' '; });
  return is_path ? next : "/";
}

Response live_answer() {
  Response response;
  response.type = "text/event-stream";
  response.body = "retry: 1000\n\n";
  response.live = true;
  return response;
}

std::int64_t number_in(const std::string& text) {
  const bool is_number = !text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter >= '0' && letter <= '9';
  });
  if (!is_number) throw NotFound("numbers in an address are whole and count from 1");
  return std::stoll(text);
}

std::string screen_of(const Look& look, const std::vector<std::string>& path) {
  if (path.empty()) return home_screen(look);
  const std::string& first = path.front();
  if (path.size() == 1) {
    if (first == "runs") return runs_screen(look);
    if (first == "history") return history_screen(look);
    if (first == "system") return system_screen(look);
    if (first == "add") return add_screen(look, std::nullopt);
  }
  if (path.size() == 2) {
    if (first == "scripts") return script_screen(look, path[1]);
    if (first == "attempts") return attempt_screen(look, number_in(path[1]));
    if (first == "runs") return run_screen(look, number_in(path[1]));
  }
  throw NotFound("there is no such page");
}

}  // namespace

Site::Site(cli::LoadedConfig loaded, AccessRules rules, std::string program, std::string config_file)
    : loaded_(std::move(loaded)),
      access_(std::move(rules), [this] { learn_keys(); }),
      actions_(std::move(program), std::move(config_file)) {}

void Site::learn_keys(Ledger ledger) {
  if (ledger == Ledger::another) {
    const std::lock_guard lock(tally_mutex_);
    tally_ = {};
  }
  std::vector<Key> keys;
  {
    const std::lock_guard lock(mutex_);
    if (ledger == Ledger::another) book_ = {};
    if (const auto history = open_history(loaded_.config)) history->take_in(book_);
    for (const ledger::Token& token : book_.tokens)
      if (!token.revoked) keys.push_back({token.name, token.scope, token.sha256, token.expires});
  }
  for (Key& key : keys_of_file(loaded_.config)) keys.push_back(std::move(key));
  access_.learn(std::move(keys));
}

Response Site::answer(const Request& request) {
  Response response;
  try {
    response = answer_any(request);
  } catch (const NotFound& missing) {
    response = fault(request, 404, "Not found", missing.what());
  } catch (const base::Error& error) {
    os::log_warning(fmt::format("{} {}: {}", request.method, request.path, error.what()));
    response = is_api(parts_of_path(request.target))
                   ? problem_of(error)
                   : fault(request, status_of(error.kind()), error.what(), error.state(), error.next());
  } catch (const std::exception& error) {
    os::log_warning(fmt::format("{} {}: {}", request.method, request.path, error.what()));
    response = fault(request, 500, "This went wrong", error.what());
  }
  protect(response);
  return response;
}

Response Site::answer_any(Request request) {
  const std::vector<std::string> path = parts_of_path(request.target);
  if (request.method != "GET" && request.method != "POST")
    return problem(405, "No such method", "Things are read by GET and done by POST.");
  if (path.size() == 1 && path[0] == "healthz") return health_answer(loaded_.config, Asked::alive);
  if (path.size() == 1 && path[0] == "readyz") return health_answer(loaded_.config, Asked::ready);
  if (const auto refusal = access_.refuses(request)) return problem(refusal->status, "Not this page", refusal->text);
  if (path.size() == 2 && path[0] == "assets" && request.method == "GET") {
    if (auto asset = asset_answer(path[1], request.header("if-none-match"))) return *asset;
    throw NotFound("there is no such file");
  }
  if (path.size() == 1 && path[0] == "sign-in") return sign_in(request);

  const Access::Entry entry = access_.enter(request);
  if (entry.refusal) return problem(entry.refusal->status, "Not signed in", entry.refusal->text);
  if (!entry.viewer) {
    if (is_api(path) || path == std::vector<std::string>{"metrics"} || path == std::vector<std::string>{"live"})
      return problem(401, "Not signed in", "Send a token: Authorization: Bearer …. fettle token add makes one.");
    if (request.method == "GET") return go_to("/sign-in?next=" + path_part(request.target));
    return fault(request, 401, "You are not signed in any more", "Nothing was done.", {});
  }
  const Viewer& viewer = *entry.viewer;
  if (request.method == "POST")
    if (const auto refusal = access_.refuses_change(request, viewer))
      return is_api(path) ? problem(refusal->status, "Refused", refusal->text)
                          : fault(request, refusal->status, "Refused", refusal->text);
  if (is_api(path)) return answer_api(request, viewer, {path.begin() + 2, path.end()});
  if (request.method == "POST") return answer_form(request, viewer, path);
  if (path == std::vector<std::string>{"live"}) return live_answer();
  return kept_or(request, viewer, [&] { return answer_page(request, viewer, path); });
}

Response Site::sign_in(const Request& request) {
  if (request.method == "GET") {
    Response response;
    response.body = sign_in_screen({}, path_of_ours(request.parameter("next")));
    return response;
  }
  if (const auto refusal = access_.refuses_origin(request)) return problem(refusal->status, "Refused", refusal->text);
  const std::string next = path_of_ours(request.field("next"));
  const Access::SignIn result = access_.sign_in(request, request.field("token"));
  os::log_info(fmt::format("sign-in from {}: {}", request.address, result.cookie.empty() ? "refused" : "accepted"));
  if (result.cookie.empty()) {
    Response response;
    response.status = result.refusal.status;
    response.body = sign_in_screen(result.refusal.text, next);
    return response;
  }
  Response response = go_to(next);
  response.headers.emplace_back("Set-Cookie", result.cookie);
  return response;
}

// ---- pages ----

// Whoever asks for the same meanwhile waits for it, and takes it: a page costs what one of them costs.
Response Site::kept_or(const Request& request, const Viewer& viewer, const std::function<Response()>& make) {
  const std::string key = fmt::format("{}\n{}\n{}", viewer.name, viewer.csrf, request.target);
  const auto fresh = [&]() -> std::optional<Response> {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end() || found->second.until <= os::Steady::now()) return std::nullopt;
    return found->second.response;
  };
  if (auto response = fresh()) return *std::move(response);
  const std::lock_guard one_at_a_time(making_[std::hash<std::string>()(key) % making_.size()]);
  if (auto response = fresh()) return *std::move(response);
  const os::Deadline begun = os::Steady::now();
  Response response = make();
  if (response.body.size() > k_most_kept_size) return response;
  const os::Deadline::duration cost = os::Steady::now() - begun;
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= k_most_kept) kept_.clear();
  kept_[key] = {begun + std::clamp<os::Deadline::duration>(k_share * cost, k_fresh, k_oldest_page), response};
  return response;
}

Response Site::answer_page(const Request& request, const Viewer& viewer, const std::vector<std::string>& path) {
  const std::optional<ledger::History> history = open_history(loaded_.config);
  const Look look{loaded_, history, viewer, request};
  if (path == std::vector<std::string>{"metrics"}) {
    const std::lock_guard lock(tally_mutex_);
    return metrics_answer(look, tally_);
  }
  Response response;
  if (path.size() == 2 && path[0] == "actions") {
    const std::optional<Action> action = actions_.find(number_in(path[1]));
    if (!action) throw NotFound("there is no such command any more");
    response.body = action_screen(look, {.command = action->command,
                                         .output = action->output + action->talk,
                                         .running = !action->exit_code,
                                         .exit_code = action->exit_code.value_or(0),
                                         .run = run_of(*action)});
  } else {
    response.body = screen_of(look, path);
  }
  return response;
}

Response Site::answer_form(const Request& request, const Viewer& viewer, const std::vector<std::string>& path) {
  if (path == std::vector<std::string>{"sign-out"}) {
    Response response = go_to("/sign-in");
    response.headers.emplace_back("Set-Cookie", access_.sign_out(request));
    return response;
  }
  return start(request, viewer, path, false);
}

// ---- API ----

Response Site::answer_api(const Request& request, const Viewer& viewer, const std::vector<std::string>& path) {
  if (request.method == "POST") return start(request, viewer, path, true);
  if (path.size() == 2 && path[0] == "actions") {
    const std::optional<Action> action = actions_.find(number_in(path[1]));
    if (!action) return problem(404, "Not found", "There is no such command any more.");
    Response response = action_answer(*action, run_of(*action));
    response.status = 200;  // the command is told of, whatever became of it
    response.type = k_json;
    return response;
  }
  return kept_or(request, viewer, [&] {
    const std::optional<ledger::History> history = open_history(loaded_.config);
    if (auto response = read_api(path, {loaded_, history, viewer, request})) return *response;
    return problem(404, "Not found", "There is nothing of that name. GET /api/v1/openapi.json tells what there is.");
  });
}

// ---- commands ----

Response Site::start(const Request& request, const Viewer& viewer, const std::vector<std::string>& path, bool api) {
  const Pairs fields = api ? fields_of_json(request.body) : request.form;  // JSON, whatever curl calls it
  std::optional<Verb> verb = verb_of(path, fields);
  if (!verb)
    return api ? problem(404, "Not found", "There is no such verb.")
               : fault(request, 404, "Not found", "There is no such verb.");
  if (!viewer.may(verb->needs)) {
    const std::string text = fmt::format("This needs a token with the scope {}; yours has {}. Nothing was done.",
                                         core::name(verb->needs), core::name(viewer.scope));
    return api ? problem(403, "Not allowed", text) : fault(request, 403, "Not allowed", text);
  }
  const bool adds = path == std::vector<std::string>{"scripts"};
  if (adds && !loaded_.config.web.upload)
    throw base::Error(base::ErrorKind::usage, "scripts cannot be added from here", "Nothing was added.",
                      "[web] upload = true");
  if (loaded_.config.web.approvals > 0) verb = asking_first(*std::move(verb), path, fields);
  if (path.size() == 3 && path[0] == "runs") {
    const runner::Lock lock = runner::lock_state(loaded_.config);
    if (!lock.held || !lock.run || lock.run->id != number_in(path[1]))
      throw base::Error(base::ErrorKind::lock_held, fmt::format("run {} does not go on", path[1]),
                        "Nothing was cancelled.", "fettle status");
  }
  const std::int64_t id = actions_.start({.words = verb->words,
                                          .viewer = viewer,
                                          .address = request.address,
                                          .json = api,
                                          .audited = verb->audited,
                                          .input = verb->input,
                                          .key = api ? request.header("idempotency-key") : request.field("once")});
  os::log_info(fmt::format("{} at {}: {}", viewer.name, request.address, actions_.find(id)->command));
  const std::optional<Action> action = actions_.wait(id, k_at_once);
  {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }
  if (!api && adds && action->exit_code) return answer_added(request, viewer, *verb, *action);
  if (!api) return go_to(fmt::format("/actions/{}", id));
  return action_answer(*action, run_of(*action));
}

// What was typed is not lost when it is refused.
Response Site::answer_added(const Request& request, const Viewer& viewer, const Verb& verb, const Action& action) {
  const std::string name = verb.words.at(1).substr(std::string_view("--name=").size());
  if (action.exit_code == 0) return go_to(script_address(name));
  Response response;
  response.status = 422;
  response.body = add_screen({loaded_, std::nullopt, viewer, request},
                             Draft{name, verb.input, request.field("reason"), action.talk});
  return response;
}

std::int64_t Site::run_of(const Action& action) const {
  const std::optional<ledger::History> history = open_history(loaded_.config);
  return history ? history->run_of_process(action.pid, os::host_name(), action.started) : 0;
}

Response Site::fault(const Request& request, int status, std::string_view title, std::string_view text,
                     std::string_view next) const {
  if (is_api(parts_of_path(request.target))) return problem(status, title, text);
  Response response;
  response.status = status;
  response.body = fault_screen(title, text, next);
  return response;
}

}  // namespace web
