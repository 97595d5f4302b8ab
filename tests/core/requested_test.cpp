#include "core/requested.hpp"

#include <doctest/doctest.h>
#include <string>

using core::Requested;

namespace {

const std::string k_digest(64, 'a');
constexpr base::Instant k_now{core::k_request_holds_ms + 1000};

Requested request(std::vector<Requested::Voice> voices = {}) {
  return {7, "anna", "h", {}, {1000}, {{"a.lua", k_digest}}, std::move(voices), {}};
}

Requested::Voice yes(const std::string& by) {
  return {by, true, {}, {2000}};
}

}  // namespace

TEST_CASE("a run may be by a request once so many others have said yes, each counted once, and who asked not at all") {
  CHECK(core::why_no_run(request(), 0, k_now).empty());
  CHECK_FALSE(core::why_no_run(request(), 1, k_now).empty());
  CHECK_FALSE(core::why_no_run(request({yes("anna")}), 1, k_now).empty());
  CHECK(core::why_no_run(request({yes("bert")}), 1, k_now).empty());
  CHECK_FALSE(core::why_no_run(request({yes("bert"), yes("bert")}), 2, k_now).empty());
  CHECK(core::why_no_run(request({yes("bert"), yes("carl")}), 2, k_now).empty());
  CHECK(core::approvals(request({yes("bert"), yes("anna"), yes("carl"), yes("carl")})) == 2);
}

TEST_CASE("a request that was refused, used or forgotten is over, however many said yes") {
  Requested one = request({yes("bert"), {"carl", false, "not today", {3000}}});
  CHECK(core::why_no_run(one, 1, k_now).find("carl has refused it: not today") != std::string::npos);
  one = request({yes("bert")});
  one.used = base::Instant{4000};
  CHECK(core::why_no_run(one, 1, k_now).find("a run was begun by it") != std::string::npos);
  CHECK_FALSE(core::why_no_run(request({yes("bert")}), 1, {k_now.milliseconds + 1}).empty());
}

TEST_CASE("who asked may not speak, and nobody may once it is over") {
  CHECK_FALSE(core::why_no_voice(request(), "anna", k_now).empty());
  CHECK(core::why_no_voice(request(), "bert", k_now).empty());
  CHECK_FALSE(core::why_no_voice(request({{"carl", false, "", {3000}}}), "bert", k_now).empty());
}

TEST_CASE("names of any bytes are read back from the event as they were, and anything else is no request") {
  const std::vector<core::RequestedScript> scripts = {
      {"007_a b.lua", k_digest}, {"ä'\"<%>\n.lua", std::string(64, 'b')}, {"\xff\x01:.lua", std::string(64, 'c')}};
  CHECK(core::requested_scripts(core::text_of(scripts)) == scripts);
  for (const std::string& text : {std::string(), k_digest, k_digest + ":", k_digest + ":a%", k_digest + ":a%0",
                                  k_digest + ":a%zz", k_digest + ":a b", std::string("x:a")})
    CHECK_FALSE(core::requested_scripts(text));
}
