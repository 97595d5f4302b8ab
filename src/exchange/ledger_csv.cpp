#include "exchange/ledger_csv.hpp"

#include <fmt/format.h>
#include <optional>

#include "exchange/ledger_text.hpp"
#include "exchange/out_file.hpp"

namespace exchange {

std::string csv_value(const std::string& text, Quotes wish) {
  if (wish == Quotes::where_needed && !text.empty() && text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char sign : text) quoted += sign == '"' ? std::string("\"\"") : std::string(1, sign);
  return quoted + '"';
}

void write_csv(const ledger::RowReader& from, const std::string& folder) {
  make_new_folder(folder);
  for (const ledger::Shape& shape : ledger::shapes()) {
    OutFile file(fmt::format("{}/{}.csv", folder, shape.table));
    std::string line;
    for (const ledger::Shape::Column& column : shape.columns) line += (line.empty() ? "" : ",") + column.name;
    file.write(line + "\r\n");
    from.each(shape, [&](const core::Row& row) {
      line.clear();
      for (std::size_t at = 0; at < row.size(); ++at) {
        if (at > 0) line += ',';
        if (const std::optional<std::string> text = text_of(row[at])) line += csv_value(*text, Quotes::where_needed);
      }
      file.write(line + "\r\n");
    });
    file.close();
  }
}

}  // namespace exchange
