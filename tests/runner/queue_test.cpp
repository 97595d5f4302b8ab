#include "runner/queue.hpp"

#include <doctest/doctest.h>

namespace {

using runner::Queue;
using Names = std::vector<std::string>;

Names rest_of(Queue& queue) {
  Names names;
  while (!queue.empty()) names.push_back(queue.take());
  return names;
}

}  // namespace

TEST_CASE("queue: a lower number that comes late is next, a higher one has its place") {
  Queue queue({"001", "005", "009"}, core::Order::bytes);
  CHECK(queue.take() == "001");
  queue.add("007");
  queue.add("002");
  CHECK(queue.left() == 4);
  CHECK(queue.front() == "002");
  CHECK(rest_of(queue) == Names{"002", "005", "007", "009"});
}

TEST_CASE("queue: what is before us already is not taken twice, what was taken may come again") {
  Queue queue({"001", "005"}, core::Order::bytes);
  queue.add("005");
  queue.add("003");
  queue.add("003");
  CHECK(queue.left() == 3);
  CHECK(queue.take() == "001");
  queue.add("001");
  CHECK(rest_of(queue) == Names{"001", "003", "005"});
}

TEST_CASE("queue: the configured order holds for late ones too") {
  Queue queue({"2_b", "10_c"}, core::Order::natural);
  queue.add("9_x");
  CHECK(rest_of(queue) == Names{"2_b", "9_x", "10_c"});
}
