// Which SQL a script may send to SQLite: asked by SQLite itself while it compiles a statement (sqlite3_set_authorizer),
// so no spelling gets around it.
#pragma once

#include <sqlite3.h>
#include <string>
#include <string_view>

#include "core/message.hpp"

namespace target {

class SqliteGuard {
 public:
  enum class Speaker { fettle, script };

  // Installs itself on the connection; must live as long as it.
  explicit SqliteGuard(sqlite3* database);
  SqliteGuard(const SqliteGuard&) = delete;
  SqliteGuard& operator=(const SqliteGuard&) = delete;

  void listen_to(Speaker speaker) noexcept { speaker_ = speaker; }
  Speaker speaker() const noexcept { return speaker_; }
  void expect(core::Access access) noexcept { access_ = access; }

  // The text of the statement that is compiled or stepped next (nullptr: none), which may compile others meanwhile.
  void expect(const char* sql) noexcept { sql_ = sql; }

  // Why the last statement was refused, and forgets it; empty: it was not the guard.
  std::string take_refusal();

 private:
  static int ask(void* self, int action, const char* first, const char* second, const char* schema,
                 const char* trigger) noexcept;
  int judge(int action, const char* first, const char* second);
  static bool touches_receipts(int action, const char* first, const char* second);
  int judge_schema_change();
  int judge_pragma(const char* name, const char* argument);
  int refuse(std::string why);

  Speaker speaker_ = Speaker::fettle;
  core::Access access_ = core::Access::write;
  const char* sql_ = nullptr;
  std::string refusal_;
};

}  // namespace target
