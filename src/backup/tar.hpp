// Scripts as a tar that every tar program reads (ustar; a name that is too long for it in a pax header), written and
// read as it flows. The reader takes only what the writer makes: regular files, each whole in memory for a moment.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace backup {

class TarWriter {
 public:
  explicit TarWriter(std::function<void(std::string_view)> put) : put_(std::move(put)) {}
  // name: "succeeded/007_x.lua". modified: seconds since 1970.
  void add(std::string_view name, std::string_view bytes, std::int64_t modified);
  void finish();

 private:
  void write(std::string_view name, std::string_view bytes, std::int64_t modified, char type);

  std::function<void(std::string_view)> put_;
};

class TarReader {
 public:
  using Take = std::function<void(const std::string& name, std::string_view bytes)>;
  explicit TarReader(Take take) : take_(std::move(take)) {}
  void add(std::string_view bytes);
  // What is wrong with it; empty: it is whole.
  std::string end() const;

 private:
  void take_entries();
  bool take_entry(std::string_view& rest);

  Take take_;
  std::string held_, long_name_, fault_;
  bool ended_ = false;
};

}  // namespace backup
