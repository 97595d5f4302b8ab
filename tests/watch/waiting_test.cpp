#include "watch/waiting.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace {

using std::chrono::milliseconds;
using watch::Moment;
using watch::Waiting;

constexpr core::FileStamp k_file{1, 2, 3, 4};
constexpr core::FileStamp k_changed{1, 2, 3, 5};
constexpr base::Instant k_wall{1'000'000};
const Moment k_now = Moment(std::chrono::hours(1));

core::Left left(const std::string& script, std::optional<milliseconds> until = {}) {
  return {script, k_file, core::Cause::none, "held", until};
}

}  // namespace

TEST_CASE("waiting: a script that a run has left is not tried again until its file changes") {
  Waiting waiting;
  CHECK(waiting.wants_run("a.lua", k_file, k_wall, k_now));
  waiting.left(left("a.lua"), k_now);
  CHECK_FALSE(waiting.wants_run("a.lua", k_file, k_wall, k_now));
  CHECK(waiting.wants_run("a.lua", k_changed, k_wall, k_now));
  CHECK(waiting.wants_run("b.lua", k_file, k_wall, k_now));
  CHECK(waiting.left_alone(k_wall, k_now).size() == 1);
}

TEST_CASE("waiting: one that waits for an hour is due at that hour, whichever way the clock came there") {
  Waiting waiting;
  waiting.left(left("a.lua", milliseconds(2'000'000)), k_now);
  CHECK(waiting.next_instant() == base::Instant{2'000'000});
  CHECK(waiting.due(k_wall, k_now).empty());
  CHECK(waiting.due({2'000'000}, k_now) == std::vector<std::string>{"a.lua"});
  CHECK(waiting.wants_run("a.lua", k_file, {2'000'000}, k_now));
  CHECK(waiting.left_alone({2'000'000}, k_now).empty());
  CHECK_FALSE(waiting.wants_run("a.lua", k_file, {1'999'999}, k_now));  // it was set back
}

TEST_CASE("waiting: one whose database cannot be reached is tried again after pauses that grow") {
  Waiting waiting;
  core::Left unreachable = left("a.lua");
  unreachable.cause = core::Cause::unreachable;
  Moment now = k_now;
  std::vector<std::int64_t> pauses;
  for (int count = 0; count < 10; ++count) {
    waiting.left(unreachable, now);
    const Moment next = *waiting.next_moment();
    CHECK_FALSE(waiting.wants_run("a.lua", k_file, k_wall, next - milliseconds(1)));
    CHECK(waiting.wants_run("a.lua", k_file, k_wall, next));
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(next - now).count());
    now = next;
  }
  CHECK(pauses == std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 300});
}

TEST_CASE("waiting: what a run did not come to starts none by itself, but is in the next one") {
  Waiting waiting;
  core::Left untried = left("a.lua");
  untried.untried = true;
  waiting.left(untried, k_now);
  CHECK_FALSE(waiting.wants_run("a.lua", k_file, k_wall, k_now));
  CHECK(waiting.left_alone(k_wall, k_now).empty());
}

TEST_CASE("waiting: a file that is being written is looked at with pauses that grow, and at once when it was closed") {
  Waiting waiting;
  Moment now = k_now;
  std::vector<std::int64_t> pauses;
  for (int count = 0; count < 5; ++count) {
    waiting.unready("a.lua", "still being written", now, milliseconds(1000));
    const Moment next = *waiting.next_moment();
    pauses.push_back(std::chrono::duration_cast<milliseconds>(next - now).count());
    now = next;
  }
  CHECK(pauses == std::vector<std::int64_t>{100, 200, 400, 800, 1000});
  waiting.noticed("a.lua");
  waiting.unready("a.lua", "still being written", now, milliseconds(1000));
  CHECK(*waiting.next_moment() == now + milliseconds(100));
  CHECK(waiting.left_alone(k_wall, now).empty());  // a run may look for itself
}

TEST_CASE("waiting: what is gone is forgotten, and so is what was left once something was decided elsewhere") {
  Waiting waiting;
  waiting.left(left("a.lua"), k_now);
  waiting.left(left("b.lua"), k_now);
  waiting.unready("c.lua", "still being written", k_now, milliseconds(1000));
  waiting.forget_all_but({"b.lua", "c.lua"});
  CHECK(waiting.entries().size() == 2);
  CHECK(waiting.any_left());
  waiting.forget_what_was_left();
  CHECK_FALSE(waiting.any_left());
  CHECK(waiting.entries().count("c.lua") == 1);
}
