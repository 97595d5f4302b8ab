// What every page must be, whatever it shows. Each check gives what is wrong, one sentence each.
#pragma once

#include <string>
#include <vector>

namespace support {

using Faults = std::vector<std::string>;

// Elements are closed in the order in which they were opened; ids and labels are unique; fields have labels; headings
// come in order; there is one main and one h1; nothing is inline that the content policy refuses; no address leads
// elsewhere.
Faults faults_of(const std::string& page);

// Values of one attribute, with entities turned back, in order: "href", "action".
std::vector<std::string> values_of(const std::string& page, const std::string& attribute);

// The text of a page as people read it: no tags, one blank between words, entities turned back.
std::string read(const std::string& page);

}  // namespace support
