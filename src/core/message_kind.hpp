// The kinds of frames that the processes of a run send each other; what each carries is in core/message.hpp.
#pragma once

#include <cstdint>

namespace core {

enum class Kind : std::uint8_t {
  spawn = 1,
  spawned,
  ended,
  load = 16,
  ask,
  execute,
  worker_ready,
  loaded,
  line,
  answer,
  result,
  fault,
  progress,
  read_data,
  data,
  open = 48,
  begin,
  finish,
  inquire,
  broker_ready,
  began,
  done,
  inquired,
  heard,
  examine,
  examined,
  muster,
  mustered,
  changed_rows,
  restore,
  restored,
  statement = 64,
  many,
  fetch,
  close,
  describe,
  rows,
  affected,
  sql_fault,
  standing_by = 96,
  go,
  look,
  left,
  log_record,
  run_over,
};

}  // namespace core
