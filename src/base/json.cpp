#include "base/json.hpp"

#include <nlohmann/json.hpp>

namespace base {
namespace {

// Accepts every value and counts how deep arrays and objects lie in each other.
class DepthGuard final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit DepthGuard(std::size_t most) : left_(most) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return down(); }
  bool start_array(std::size_t) override { return down(); }
  bool end_object() override { return up(); }
  bool end_array() override { return up(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  bool down() { return left_ > 0 && left_-- > 0; }
  bool up() {
    ++left_;
    return true;
  }

  std::size_t left_;
};

}  // namespace

std::string json_quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string json;
  for (const std::string& text : texts) json += (json.empty() ? "[" : ",") + json_quote(text);
  return json.empty() ? json : json + "]";
}

std::string json_texts(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::string json;
  for (const auto& [name, text] : texts) json += (json.empty() ? "{" : ",") + json_quote(name) + ":" + json_quote(text);
  return json.empty() ? json : json + "}";
}

bool is_json(std::string_view text, std::size_t max_depth) {
  DepthGuard guard(max_depth);
  return nlohmann::json::sax_parse(text, &guard);
}

bool has_field(std::string_view text, std::string_view name) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  return value.is_object() && value.contains(std::string(name));
}

}  // namespace base
