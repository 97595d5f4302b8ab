// Who may come in: signs people in, knows their sessions, and refuses what is not meant for this page, whoever sends
// it. Sessions live in the memory of `fettle serve`, and no longer than it; tokens in the ledger (ledger/tokens).
// Called by several threads at once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/scope.hpp"
#include "os/clock.hpp"
#include "web/look.hpp"
#include "web/request.hpp"

namespace web {

// What opens the door, and for whom.
struct Key {
  std::string name;
  core::Scope scope = core::Scope::read;
  std::string sha256;  // of the token, as hexadecimal digits
  std::optional<base::Instant> expires;
};

struct AccessRules {
  std::vector<std::string> hosts;  // names by which the page may be asked for; lower case, without ports
  bool behind_proxy = false;       // one that ends TLS: it says whose the request is, and its cookies are Secure
  std::chrono::hours session{12};  // from sign-in
  std::size_t most_sessions = 1000;
  std::size_t most_failures = 10;  // of one address within `forgotten`; then it is not heard
  std::chrono::milliseconds forgotten{60'000};
};

// Why a request is not answered.
struct Refusal {
  int status = 403;
  std::string text;
};

class Access {
 public:
  // look_again: called for a token that is not known, which may have been made a moment ago; it may learn() keys.
  explicit Access(AccessRules rules, std::function<void()> look_again = {})
      : rules_(std::move(rules)), look_again_(std::move(look_again)) {}

  // All keys that hold now. Sessions of others are over.
  void learn(std::vector<Key> keys);
  bool has_keys() const;

  // Whether the request is meant for this page at all, and came on the way that it should. address: whose it is, behind
  // a proxy; it replaces the one of the connection.
  std::optional<Refusal> refuses(Request& request) const;

  struct Entry {
    std::optional<Viewer> viewer;
    std::optional<Refusal> refusal;  // neither: nobody is signed in
  };
  // By the token in its Authorization header, else by its cookie.
  Entry enter(const Request& request);
  // Whether one that changes something was really sent by that viewer's page or program.
  std::optional<Refusal> refuses_change(const Request& request, const Viewer& viewer) const;
  // Whether it came from another site; for the sign-in itself.
  std::optional<Refusal> refuses_origin(const Request& request) const;

  struct SignIn {
    std::string cookie;  // a Set-Cookie; empty: it was refused
    Refusal refusal;
  };
  SignIn sign_in(const Request& request, const std::string& token);
  std::string sign_out(const Request& request);  // gives the Set-Cookie that takes the cookie away

 private:
  struct Session {
    std::string key;  // its sha256
    std::string csrf;
    os::Deadline end;
  };
  struct Failures {
    std::size_t count = 0;
    os::Deadline forgotten;
  };

  std::string cookie_name() const;
  std::string cookie_of(const Request& request) const;
  bool is_locked_out(const std::string& address);
  void remember_failure(const std::string& address);
  std::optional<Key> known_key(const std::string& token) const;
  std::optional<Key> key_of(const std::string& token) const;

  AccessRules rules_;
  std::function<void()> look_again_;
  mutable std::mutex mutex_;
  std::map<std::string, Key> keys_;          // by sha256
  std::map<std::string, Session> sessions_;  // by the sha256 of the cookie
  std::map<std::string, Failures> failures_;
};

}  // namespace web
