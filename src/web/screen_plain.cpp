// Screens until those of screen_*.cpp take their place, one by one.
#include "web/screens.hpp"
namespace web {
std::string home_screen(const Look&) {
  return "<p>home";
}
std::string script_screen(const Look&, const std::string& n) {
  return "<p>script " + n;
}
std::string attempt_screen(const Look&, std::int64_t) {
  return "<p>attempt";
}
std::string runs_screen(const Look&) {
  return "<p>runs";
}
std::string run_screen(const Look&, std::int64_t) {
  return "<p>run";
}
std::string history_screen(const Look&) {
  return "<p>history";
}
std::string system_screen(const Look&) {
  return "<p>system";
}
std::string sign_in_screen(std::string_view said, std::string_view) {
  return "<p>sign in " + std::string(said);
}
std::string action_screen(const Look&, const Started& s) {
  return "<pre>" + s.command + s.output;
}
std::string fault_screen(std::string_view t, std::string_view x, std::string_view) {
  return std::string(t) + std::string(x);
}
}  // namespace web
