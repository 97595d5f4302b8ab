// A new file that is written from its beginning to its end. What goes wrong is thrown as Error(io), with errno's text.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace exchange {

class OutFile {
 public:
  // append: it may be there already.
  enum class Opens { anew, to_append };
  explicit OutFile(std::string path, Opens how = Opens::anew);
  void write(std::string_view bytes);
  // It is on disk when this returns.
  void finish();
  // It is whole, and on disk once put_in_place() has returned for its folder.
  void close();

 private:
  [[noreturn]] void refuse() const;

  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

// Makes a folder that is not there yet, for its owner alone. Throws Error(io).
void make_new_folder(const std::string& path);

// What was written beside a place takes it, unless something is there already; on disk when it returns. Both are files,
// or both are folders. Throws Error(usage): something is there; Error(io).
void put_in_place(const std::string& beside, const std::string& place);

// A small file as a whole, or none. Throws as put_in_place() does.
void write_new_file(const std::string& path, std::string_view text);

// What a path is called while it is being written; and whatever processes that are dead have left so.
std::string beside(const std::string& place);
void remove_dead_beside(const std::string& place);

}  // namespace exchange
