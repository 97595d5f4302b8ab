// Everything that `fettle serve` answers: looks up who asks and what they may, and gives the screen, the document or
// the command. Opens the ledger only to read; what changes something is a command of its own (web/actions). Called by
// several threads at once.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cli/config_file.hpp"
#include "ledger/tally.hpp"
#include "os/clock.hpp"
#include "web/access.hpp"
#include "web/actions.hpp"
#include "web/look.hpp"
#include "web/request.hpp"
#include "web/verbs.hpp"

namespace web {

// So old is a page at most that is given again as it was.
inline constexpr std::chrono::milliseconds k_oldest_page{2000};

class Site {
 public:
  // program: path of fettle.
  Site(cli::LoadedConfig loaded, AccessRules rules, std::string program, std::string config_file);

  // Never throws.
  Response answer(const Request& request);

  // Takes in which tokens came and went. Throws base::Error.
  enum class Ledger { the_same, another };
  void learn_keys(Ledger ledger = Ledger::the_same);
  const cli::LoadedConfig& loaded() const noexcept { return loaded_; }
  bool has_keys() const { return access_.has_keys(); }

 private:
  Response answer_any(Request request);
  Response answer_open(const Request& request);  // what nobody need be signed in for; status 0: it is none of that
  Response answer_signed_in(const Request& request, const Viewer& viewer);
  Response answer_api(const Request& request, const Viewer& viewer, const std::vector<std::string>& path);
  Response answer_form(const Request& request, const Viewer& viewer, const std::vector<std::string>& path);
  Response answer_page(const Request& request, const Viewer& viewer, const std::vector<std::string>& path);
  Response sign_in(const Request& request);
  Response start(const Request& request, const Viewer& viewer, const std::vector<std::string>& path, bool api);
  Response fault(const Request& request, int status, std::string_view title, std::string_view text,
                 std::string_view next = {}) const;
  Response answer_added(const Request& request, const Viewer& viewer, const Verb& verb, const Action& action);
  std::int64_t run_of(const Action& action) const;  // 0: none that is known
  Response kept_or(const Request& request, const Viewer& viewer, const std::function<Response()>& make);

  cli::LoadedConfig loaded_;
  Access access_;
  Actions actions_;

  struct Kept {
    os::Deadline until;
    Response response;
  };
  std::mutex tally_mutex_;  // of this one
  ledger::Tally tally_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, Kept> kept_;
  std::array<std::mutex, 16> making_;  // a page each, by its address
  ledger::TokenBook book_;
};

}  // namespace web
