// One fettle run under the shim: started, struck, and cleared away with every process that it made.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "page.hpp"

namespace crash {

// The page in a file, mapped here. The file goes with it.
class SharedPage {
 public:
  explicit SharedPage(const std::string& path);
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage();

  void clear() noexcept;  // no fault, nothing counted
  Page& operator*() const noexcept { return *page_; }
  Page* operator->() const noexcept { return page_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  Page* page_;
};

struct Ended {
  int status = -1;  // exit code; 128 + N: killed by signal N
  bool hung = false;
  std::string said;  // both streams
};

// What is to happen at the call that the page names.
enum class Strike { nothing, kill_all, kill_caller };

class Program {
 public:
  // page: nullptr runs fettle without the shim.
  Program(const std::string& fettle, const std::string& directory, const std::vector<std::string>& arguments,
          const SharedPage* page, const std::vector<std::string>& roots);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const noexcept { return pid_; }
  // Waits for the end. When the fault strikes: `at_strike` is called while nobody can change the disk any more, then
  // the processes are killed as `strike` says.
  Ended wait(Strike strike = Strike::nothing, const std::function<void()>& at_strike = {});
  bool wait_for(std::chrono::microseconds most);  // true: it has ended
  void kill_all() noexcept;                       // returns when not one process of it is left

 private:
  bool reap();
  std::string said() const;

  pid_t pid_ = -1;
  int output_ = -1;
  int status_ = 0;
  bool gone_ = false;     // the program itself
  bool cleared_ = false;  // and all that it made
  const SharedPage* page_;
};

Ended run_fettle(const std::string& fettle, const std::string& directory, const std::vector<std::string>& arguments);

// Orphans of a run come to this process, so that it can wait until the last one is gone. Call once.
void adopt_orphans();

}  // namespace crash
