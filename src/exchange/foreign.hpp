// A database in which another tool keeps its history: opened to be read, in one state, whoever writes meanwhile. Lives
// in the process of `fettle import`. Throws base::Error: target_unreachable, usage. No error tells its URL.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/cells.hpp"
#include "target/connection.hpp"

namespace exchange {

struct ForeignTable {
  std::string schema;  // empty: where the connection looks first
  std::string name;
  std::vector<std::string> columns;  // as they are written there
  std::vector<bool> zoned;           // of each, whether its times would be told in the zone of the session (MariaDB)

  // Names as one compares them: in lower case.
  bool has(std::string_view column) const;
  std::string shown() const { return schema.empty() ? name : schema + "." + name; }
};

class Foreign {
 public:
  // url: with its secrets; directory: relative paths are relative to it; ledger_path: of this folder.
  Foreign(const std::string& url, const std::string& directory, const std::string& ledger_path);

  std::string_view engine() const { return connection_->engine(); }
  const std::vector<ForeignTable>& tables() const noexcept { return tables_; }
  // nullptr: there is none. name: as shown(), or its last part; in any case of letters.
  const ForeignTable* find(std::string_view name) const;

  std::string quoted(std::string_view name) const;
  std::string quoted(const ForeignTable& table) const;
  // What to select for a column: its value, or the milliseconds since 1970.
  std::string value_of(const ForeignTable& table, std::size_t column) const;
  // Of each row that the statement gives.
  void each(const std::string& sql, const std::function<void(const Cells&)>& take) const;

 private:
  void look();

  std::unique_ptr<target::Connection> connection_;
  std::vector<ForeignTable> tables_;
};

std::string lowered(std::string_view text);

}  // namespace exchange
