#include "web/page_checks.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

namespace support {
namespace {

struct Tag {
  std::string name;  // "/div" closes
  std::map<std::string, std::string> attributes;
  std::size_t end = 0;  // behind it
};

std::string back(std::string text) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> all = {
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}};
  for (const auto& [entity, letter] : all)
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1))
      text.replace(at, entity.size(), letter);
  return text;
}

// The tag that begins here.
Tag tag_at(const std::string& page, std::size_t at) {
  Tag tag;
  const auto is_end = [](char letter) { return letter == ' ' || letter == '>' || letter == '\n' || letter == '='; };
  std::size_t from = ++at;
  while (at < page.size() && !is_end(page[at])) ++at;
  tag.name = page.substr(from, at - from);
  if (tag.name.ends_with('/')) tag.name.pop_back();
  while (at < page.size() && page[at] != '>') {
    if (page[at] == ' ' || page[at] == '\n' || page[at] == '/') {
      ++at;
      continue;
    }
    from = at;
    while (at < page.size() && !is_end(page[at])) ++at;
    const std::string name = page.substr(from, at - from);
    std::string value;
    if (at < page.size() && page[at] == '=') {
      const std::size_t close = page.find('"', at + 2);
      value = page[at + 1] == '"' && close != std::string::npos ? page.substr(at + 2, close - at - 2) : "?";
      at = close == std::string::npos ? page.size() : close + 1;
    }
    tag.attributes.insert_or_assign(name, back(value));
  }
  tag.end = std::min(at + 1, page.size());
  return tag;
}

std::vector<Tag> tags_of(const std::string& page) {
  std::vector<Tag> tags;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', tags.back().end)) {
    tags.push_back(tag_at(page, at));
    if (tags.back().end >= page.size()) break;
  }
  return tags;
}

bool is_empty_by_nature(const Tag& tag) {
  static const std::set<std::string> names = {"!doctype", "meta", "link", "input", "br", "wbr", "path", "rect"};
  return names.contains(tag.name);
}

void check_nesting(const std::vector<Tag>& tags, Faults& faults) {
  std::vector<std::string> open;
  for (const Tag& tag : tags) {
    if (is_empty_by_nature(tag)) continue;
    if (!tag.name.starts_with('/')) {
      open.push_back(tag.name);
    } else if (open.empty() || open.back() != tag.name.substr(1)) {
      faults.push_back(fmt::format("<{}> closes <{}>", tag.name, open.empty() ? "nothing" : open.back()));
      return;
    } else {
      open.pop_back();
    }
  }
  for (const std::string& name : open) faults.push_back(fmt::format("<{}> is not closed", name));
}

void check_fields(const std::vector<Tag>& tags, Faults& faults) {
  std::set<std::string> labelled;
  for (const Tag& tag : tags)
    if (tag.name == "label" && tag.attributes.contains("for")) labelled.insert(tag.attributes.at("for"));
  int labels = 0;
  for (const Tag& tag : tags) {
    if (tag.name == "label") ++labels;
    if (tag.name == "/label") --labels;
    if (tag.name != "input" && tag.name != "select") continue;
    const auto type = tag.attributes.find("type");
    if (type != tag.attributes.end() && type->second == "hidden") continue;
    const auto id = tag.attributes.find("id");
    const bool named = labels > 0 || tag.attributes.contains("aria-label") ||
                       (id != tag.attributes.end() && labelled.contains(id->second));
    if (!named)
      faults.push_back(fmt::format("a field without a label: {}",
                                   tag.attributes.contains("name") ? tag.attributes.at("name") : "?"));
  }
}

void check_headings(const std::vector<Tag>& tags, Faults& faults) {
  int level = 0;
  int titles = 0;
  int mains = 0;
  for (const Tag& tag : tags) {
    if (tag.name == "main") ++mains;
    if (tag.name.size() != 2 || tag.name[0] != 'h' || std::isdigit(static_cast<unsigned char>(tag.name[1])) == 0)
      continue;
    const int next = tag.name[1] - '0';
    if (next > level + 1) faults.push_back(fmt::format("h{} follows h{}", next, level));
    level = next;
    if (next == 1) ++titles;
  }
  if (titles != 1) faults.push_back(fmt::format("{} times h1", titles));
  if (mains != 1) faults.push_back(fmt::format("{} times main", mains));
}

void check_policy(const std::vector<Tag>& tags, Faults& faults) {
  std::set<std::string> ids;
  for (const Tag& tag : tags) {
    if (tag.name == "style" || (tag.name == "script" && !tag.attributes.contains("src")))
      faults.push_back(fmt::format("an inline <{}>", tag.name));
    for (const auto& [name, value] : tag.attributes) {
      if (name == "style" || name.starts_with("on"))
        faults.push_back(fmt::format("an inline {} at <{}>", name, tag.name));
      const bool is_address = name == "href" || name == "src" || name == "action";
      if (is_address && !value.starts_with('#') && (!value.starts_with('/') || value.starts_with("//")))
        faults.push_back(fmt::format("{} leads to {}", name, value));
      if (name == "id" && !ids.insert(value).second) faults.push_back(fmt::format("two have the id {}", value));
    }
  }
  bool folded = false;
  for (const Tag& tag : tags) {
    if (tag.name == "summary") folded = true;
    if (tag.name == "/summary") folded = false;
    if (folded && (tag.name == "a" || tag.name == "button"))
      faults.push_back(fmt::format("<{}> in a summary", tag.name));
  }
  for (const Tag& tag : tags)
    if (const auto by = tag.attributes.find("aria-labelledby"); by != tag.attributes.end() && !ids.contains(by->second))
      faults.push_back(fmt::format("nothing has the id {}", by->second));
}

}  // namespace

Faults faults_of(const std::string& page) {
  Faults faults;
  const std::vector<Tag> tags = tags_of(page);
  check_nesting(tags, faults);
  check_fields(tags, faults);
  check_headings(tags, faults);
  check_policy(tags, faults);
  if (!page.starts_with("<!doctype html>")) faults.emplace_back("no doctype");
  return faults;
}

std::vector<std::string> values_of(const std::string& page, const std::string& attribute) {
  std::vector<std::string> values;
  for (const Tag& tag : tags_of(page))
    if (const auto found = tag.attributes.find(attribute); found != tag.attributes.end())
      values.push_back(found->second);
  return values;
}

std::string read(const std::string& page) {
  std::string text;
  std::size_t at = page.find("<body");
  while (at < page.size()) {
    if (page[at] == '<') {
      const Tag tag = tag_at(page, at);
      at = tag.end;
      if (tag.name != "wbr" && tag.name != "strong" && tag.name != "/a" && tag.name != "/time" && tag.name != "/span")
        text += ' ';
      continue;
    }
    text += page[at++];
  }
  text = back(text);
  std::string out;
  for (const char letter : text) {
    const bool blank = letter == ' ' || letter == '\n';
    if (!blank || (!out.empty() && out.back() != ' ')) out += blank ? ' ' : letter;
  }
  return out;
}

}  // namespace support
