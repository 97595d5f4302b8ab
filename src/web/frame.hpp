// What stands around every screen: head, navigation, foot. Pure.
#pragma once

#include <string>
#include <string_view>

#include "web/look.hpp"

namespace web {

struct Frame {
  std::string title;      // of the window; raw
  std::string_view here;  // of the navigation: "/", "/runs", "/history", "/system"; empty: none of them
  std::string main;       // HTML
  bool changes = false;   // something goes on: without JavaScript the page is asked for again after some seconds
  std::string head = {};  // HTML in front of everything in main, not exchanged
};

std::string framed(const Look& look, const Frame& frame);

// For those of whom nobody knows who they are.
std::string framed_alone(std::string_view title, std::string_view main);

}  // namespace web
