// URLs of databases as people configure them: secrets filled in, secrets hidden, the kinds that this version can open.
// No function here prints or throws a whole URL. Throws base::Error(config).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cli {

using Environment = std::map<std::string, std::string>;

Environment process_environment();

// Every ${NAME} replaced by that variable. Throws for one that is not set, or is never closed; place: where it is
// written.
std::string fill_variables(std::string_view url, const Environment& environment, const std::string& place);

// The first line of the file, without white space around it.
std::string secret_in(const std::string& path, const std::string& place, std::string_view key, std::string_view what);

// Throws when this version cannot open such a URL.
void check_scheme(std::string_view url, const std::string& place);

// Fit to be shown: passwords become "***". Everything between the first colon after "://" and the last "@" is one.
std::string mask_url(std::string_view url);

}  // namespace cli
